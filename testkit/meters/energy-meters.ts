import type { EnergyCandidate } from '../../src/meters/meter-model';
import { withEnergy } from '../../src/domain/codec/built-in-layouts';
import { decodeBlock } from '../../src/domain/codec/decode';
import { encodeBlock } from '../../src/domain/codec/encode';
import type { EnergyMark } from '../../src/domain/layout-check/energy-trace';
import { compileLayout, type BlockPlan, type CompiledLayout } from '../../src/domain/codec/layout';
import { READING_SCHEMA, type Reading, type Value } from '../../src/domain/messages/reading';
import { WORKING_LAYOUT } from '../../src/meters/pm500/assemblies';
import { CATALOG, COUNTER_NAMES } from '../../src/metrics/catalog';
import { measurePhases, type PhaseLoad } from '../../src/simulator/model/three-phase';
import { PM500 } from '../../src/meters/pm500';

/** What a metered load is, and how long it is watched. */
export interface MeteredLoad {
  /** Negative: export. */
  readonly activeW: number;
  readonly reactiveVar: number;
  readonly seconds: number;
  /** Between two reads; powers and counters are read together. */
  readonly intervalMs: number;
  /** Powers are sent in kW. */
  readonly inKilo?: boolean;
}

export type Counters = Readonly<Record<string, number>>;

const START = Date.UTC(2026, 0, 5, 8);
const HOUR_MS = 3_600_000;
const ROLLOVER = new Map(CATALOG.map(({ name, rollover = Infinity }) => [name, rollover]));

/** Where all energy counters stand alike, import only unless `exported` says more, in Wh. */
export function countersAt(wattHours: number, exported = 0, hours = 8_000): Counters {
  return {
    active_energy_import_total: wattHours,
    reactive_energy_import_total: 0.41 * wattHours,
    active_energy_export_total: exported,
    reactive_energy_export_total: 0.37 * exported,
    active_energy_import_partial: 0.73 * wattHours,
    reactive_energy_import_partial: 0.29 * wattHours,
    active_energy_export_partial: 0.61 * exported,
    reactive_energy_export_partial: 0.23 * exported,
    run_hours: hours,
  };
}

const FLOWS: readonly (readonly [prefix: string, of: (load: MeteredLoad) => number])[] = [
  ['active_energy_import', ({ activeW }) => Math.max(0, activeW)],
  ['active_energy_export', ({ activeW }) => Math.max(0, -activeW)],
  ['reactive_energy_import', ({ reactiveVar }) => Math.max(0, reactiveVar)],
  ['reactive_energy_export', ({ reactiveVar }) => Math.max(0, -reactiveVar)],
];

/** Counters after the load has flowed for so long. A counter that passes its limit begins again. */
function countersAfter(start: Counters, load: MeteredLoad, milliseconds: number): Counters {
  const hours = milliseconds / HOUR_MS;
  return Object.fromEntries(
    COUNTER_NAMES.map((name) => {
      const power = FLOWS.find(([prefix]) => name.startsWith(prefix))?.[1](load) ?? 1;
      const limit = (ROLLOVER.get(name) ?? Infinity) + 100;
      return [name, ((start[name] ?? 0) + power * hours) % limit];
    }),
  );
}

/** The real-time values of a balanced feeder of 277 V. */
function instant({ activeW, reactiveVar }: MeteredLoad): Record<string, number> {
  const phases = [0, 1, 2].map((phase): PhaseLoad => ({
    volts: 277,
    angle: (-2 * Math.PI * phase) / 3,
    activeW: activeW / 3,
    reactiveVar: reactiveVar / 3,
  })) as [PhaseLoad, PhaseLoad, PhaseLoad];
  return measurePhases(phases, 50.02);
}

const layouts = new Map<string, CompiledLayout>();

/** The working layout with assembly 107 as this candidate has it. */
export function layoutWith(candidate: EnergyCandidate): CompiledLayout {
  const known = layouts.get(candidate.name) ?? compileLayout(PM500, withEnergy(WORKING_LAYOUT, candidate));
  layouts.set(candidate.name, known);
  return known;
}

export const WORKING: CompiledLayout = compileLayout(PM500, WORKING_LAYOUT);

function planOf({ blocks }: CompiledLayout, instance: number): BlockPlan {
  const plan = blocks.get(instance);
  if (plan === undefined) throw new Error(`no assembly ${instance}`);
  return plan;
}

/** Changes the 72 bytes of assembly 107 at one moment, counted from 0. */
export type Spoil = (bytes: Uint8Array, moment: number) => Uint8Array;

/**
 * Readings of a meter that sends its counters as one candidate has it, decoded with the working layout, as they come
 * from a session that knows nothing better.
 */
export function energyReadings(
  candidate: EnergyCandidate,
  start: Counters,
  load: MeteredLoad,
  spoil: Spoil = (bytes) => bytes,
): Reading[] {
  const served = planOf(layoutWith(candidate), 107);
  const factor = load.inKilo === true ? 1e-3 : 1;
  const values = Object.fromEntries(
    Object.entries(instant(load)).map(([name, value]) => [
      name,
      /^\w+_power_/.test(name) && !name.startsWith('power_factor') ? value * factor : value,
    ]),
  );
  const count = Math.floor((1000 * load.seconds) / load.intervalMs) + 1;
  return Array.from({ length: count }, (_, moment): Reading => {
    const timestamp = START + moment * load.intervalMs;
    const counters = countersAfter(start, load, moment * load.intervalMs);
    const all: Record<string, Value> = { ...values, phase_sequence: 0, ...counters };
    const blocks = [101, 102, 107].map((instance) => {
      const plan = planOf(WORKING, instance);
      const encoded = encodeBlock(instance === 107 ? served : plan, all);
      const bytes = instance === 107 ? spoil(encoded, moment) : encoded;
      const { group, provenance } = plan;
      const raw = instance === 107 ? { raw: Buffer.from(bytes).toString('hex') } : {};
      return { assembly: instance, group, timestamp, latencyMs: 1, provenance, ...raw, ...decodeBlock(plan, bytes) };
    });
    return {
      schema: READING_SCHEMA,
      meter: { name: 'feeder', host: '127.0.0.1', tags: {}, catalogNumber: '1420-V2-ENT', serialNumber: 940_000_001 },
      layout: { name: WORKING.name, confirmed: false },
      timestamp,
      blocks,
    };
  });
}

/** The same as marks of the check, without the way over readings: what flowed is exact. */
export function energyMarks(
  candidate: EnergyCandidate,
  start: Counters,
  load: MeteredLoad,
  spoil: Spoil = (bytes) => bytes,
): EnergyMark[] {
  const served = planOf(layoutWith(candidate), 107);
  const count = Math.floor((1000 * load.seconds) / load.intervalMs) + 1;
  const none: Counters = Object.fromEntries(COUNTER_NAMES.map((name) => [name, 0]));
  return Array.from({ length: count }, (_, moment): EnergyMark => {
    const elapsedMs = moment * load.intervalMs;
    const { buffer, byteOffset, byteLength } = spoil(
      encodeBlock(served, countersAfter(start, load, elapsedMs)),
      moment,
    );
    const flown = countersAfter(none, load, elapsedMs);
    return {
      timestamp: START + elapsedMs,
      bytes: new DataView(buffer, byteOffset, byteLength),
      flows: {
        activeImport: flown['active_energy_import_total'] ?? 0,
        activeExport: flown['active_energy_export_total'] ?? 0,
        reactiveImport: flown['reactive_energy_import_total'] ?? 0,
        reactiveExport: flown['reactive_energy_export_total'] ?? 0,
      },
      segment: 0,
    };
  });
}
