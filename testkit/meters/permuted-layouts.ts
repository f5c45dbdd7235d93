import { decodeBlock } from '../../src/domain/codec/decode';
import { encodeBlock } from '../../src/domain/codec/encode';
import { compileLayout, type CompiledLayout } from '../../src/domain/codec/layout';
import { READING_SCHEMA, type Reading, type Value } from '../../src/domain/messages/reading';
import { absentMetrics } from '../../src/domain/quality/wiring';
import { WORKING_LAYOUT } from '../../src/meters/pm500/assemblies';
import type { Pm500WiringMode } from '../../src/meters/pm500/identity';
import { seededRandom } from '../../src/support/random';
import { measurePhases, type PhaseLoad } from '../../src/simulator/model/three-phase';
import { PM500 } from '../../src/meters/pm500';

export const LAYOUT: CompiledLayout = compileLayout(PM500, WORKING_LAYOUT);
type Values = Readonly<Record<string, Value>>;

/** Values of one moment. */
export interface MeterMoment {
  readonly timestamp: number;
  readonly values: Values;
}

/** Changes the bytes of an assembly as a meter of another layout would send them. */
export type Mutation = (instance: number, bytes: Uint8Array) => void;

/** The readings of a meter that sends something else than the layout says. */
export function readingsOf(moments: readonly MeterMoment[], mutate: Mutation = () => undefined): Reading[] {
  return moments.map(({ timestamp, values }) => ({
    schema: READING_SCHEMA,
    meter: { name: 'feeder', host: '127.0.0.1', tags: {}, catalogNumber: '1420-V2-ENT', serialNumber: 940_000_001 },
    layout: { name: LAYOUT.name, confirmed: false },
    timestamp,
    blocks: [...LAYOUT.blocks.values()].map((plan) => {
      const bytes = encodeBlock(plan, values);
      mutate(plan.instance, bytes);
      const { group, instance, provenance } = plan;
      return { assembly: instance, group, timestamp, latencyMs: 1, provenance, ...decodeBlock(plan, bytes) };
    }),
  }));
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Exchanges elements of an assembly, each given by its index from 0. */
export function exchange(instance: number, pairs: readonly (readonly [number, number])[]): Mutation {
  return (seen, bytes) => {
    if (seen !== instance) return;
    const view = viewOf(bytes);
    for (const [first, second] of pairs) {
      const [one, two] = [view.getFloat32(4 * first, true), view.getFloat32(4 * second, true)];
      view.setFloat32(4 * first, two, true);
      view.setFloat32(4 * second, one, true);
    }
  };
}

/** Multiplies elements of an assembly. */
export function multiply(instance: number, elements: readonly number[], factor: number): Mutation {
  return (seen, bytes) => {
    if (seen !== instance) return;
    const view = viewOf(bytes);
    for (const element of elements) view.setFloat32(4 * element, factor * view.getFloat32(4 * element, true), true);
  };
}

/** Writes the pairs of assembly 107 with another pair scale. */
export function repair(pairScale: number): Mutation {
  return (seen, bytes) => {
    if (seen !== 107) return;
    const view = viewOf(bytes);
    for (let offset = 0; offset < bytes.length; offset += 8) {
      const value = view.getFloat32(offset, true) * 1e6 + view.getFloat32(offset + 4, true);
      const high = Math.floor(value / pairScale);
      view.setFloat32(offset, high, true);
      view.setFloat32(offset + 4, value - high * pairScale, true);
    }
  };
}

/** Every exchange of two elements. */
export function pairsUpTo(count: number): (readonly [number, number])[] {
  return Array.from({ length: count }, (_, first) => first).flatMap((first) =>
    Array.from({ length: count - first - 1 }, (_, index) => [first, first + 1 + index] as const),
  );
}

const START_COUNTERS: Readonly<Record<string, number>> = {
  active_energy_import_total: 51_234_567_800,
  reactive_energy_import_total: 2_987_654_300,
  active_energy_export_total: 1_700_300_200,
  reactive_energy_export_total: 1_345_600_100,
  active_energy_import_partial: 345_678_900,
  reactive_energy_import_partial: 156_789_000,
  active_energy_export_partial: 23_400_500,
  reactive_energy_export_partial: 8_900_700,
  run_hours: 12_345.5,
};
const HOUR_MS = 3_600_000;
const FINE_STEPS = 50;

/**
 * A four-wire feeder whose three phases differ well in everything. Its load swings from import to export and back in
 * straight lines, so that all flows are at work. The phases draw their loads from the seed.
 */
export function unevenMoments(seed: number, count = 16, stepMs = 60_000): MeterMoment[] {
  const random = seededRandom(seed);
  const between = (low: number, high: number): number => low + (high - low) * random();
  const turn = Math.floor(3 * random());
  const volts = between(225, 240);
  const pick = (values: readonly number[], index: number): number => values[(index + turn) % 3] ?? 0;
  const base = [0, 1, 2].map((index) => ({
    volts: volts * pick([0.92, 0.97, 1.08], index),
    apparent: pick([32_000, 55_000, 18_000], index) * between(0.95, 1.05),
    angle: pick([0.5, 0.75, 0.3], index),
  }));
  const start = Date.UTC(2026, 0, 5, 8);
  return Array.from({ length: count }, (_, index) => {
    const way = index < count / 2 ? 1 : -0.8;
    const phases = base.map(({ volts: size, apparent, angle }, phase): PhaseLoad => ({
      volts: size,
      angle: (-2 * Math.PI * phase) / 3,
      activeW: way * apparent * Math.cos(angle),
      reactiveVar: (way > 0 ? 1 : -0.7) * apparent * Math.sin(angle),
    })) as [PhaseLoad, PhaseLoad, PhaseLoad];
    return { timestamp: start + index * stepMs, values: { ...measurePhases(phases, 50.02), phase_sequence: 0 } };
  });
}

const QUANTITIES = ['active_power', 'apparent_power', 'reactive_power'] as const;

/** The real-time values that a meter in another wiring would show of the same feeder. */
function rewire(values: Values, mode: Pm500WiringMode): Record<string, Value> {
  const wired: Record<string, Value> = { ...values };
  const at = (name: string): number => Number(values[name]);
  if (mode === '3PN' || mode === '3P') return wired;
  for (const quantity of QUANTITIES) {
    const first = at(`${quantity}_l1`);
    wired[`${quantity}_total`] = mode === '2P' ? first + at(`${quantity}_l2`) : mode === '1P' ? first : 3 * first;
  }
  const [active, reactive] = [Number(wired['active_power_total']), Number(wired['reactive_power_total'])];
  const apparent = Math.hypot(active, reactive);
  wired['apparent_power_total'] = apparent;
  wired['power_factor_total'] = active / apparent;
  if (mode === '2P') {
    const angle = (phase: string): number => Math.atan2(at(`reactive_power_${phase}`), at(`active_power_${phase}`));
    const between = (2 * Math.PI) / 3 + angle('l2') - angle('l1');
    const [first, second] = [at('current_l1'), at('current_l2')];
    wired['current_n'] = Math.sqrt(first ** 2 + second ** 2 + 2 * first * second * Math.cos(between));
  }
  if (mode === '2P') wired['voltage_ln_avg'] = (at('voltage_l1_n') + at('voltage_l2_n')) / 2;
  return wired;
}

/** The integral of a straight line's positive part, summed in fine steps. */
function flowed(from: number, to: number, sign: 1 | -1, hours: number): number {
  let sum = 0;
  for (let step = 0; step < FINE_STEPS; step++) {
    const power = from + ((to - from) * (step + 0.5)) / FINE_STEPS;
    sum += (Math.max(0, sign * power) * hours) / FINE_STEPS;
  }
  return sum;
}

/**
 * Everything that a meter shows: real-time values, maxima since the first moment, demand, counters that are the integral
 * of power.
 * @param missing what it shows for values that its wiring has not
 */
export function metered(
  moments: readonly MeterMoment[],
  mode: Pm500WiringMode = '3PN',
  missing: 0 | null = 0,
): MeterMoment[] {
  const absent = absentMetrics(PM500, mode);
  const counters = { ...START_COUNTERS };
  const maxima: Record<string, number> = {};
  let before: Readonly<Record<string, Value>> | undefined;
  let beforeAt = 0;
  return moments.map(({ timestamp, values: measured }) => {
    const instant = rewire(measured, mode);
    const hours = (timestamp - beforeAt) / HOUR_MS;
    const earlier = before;
    if (earlier !== undefined) {
      for (const [name, quantity, sign] of [
        ['active_energy_import', 'active_power_total', 1],
        ['active_energy_export', 'active_power_total', -1],
        ['reactive_energy_import', 'reactive_power_total', 1],
        ['reactive_energy_export', 'reactive_power_total', -1],
      ] as const) {
        const energy = flowed(Number(earlier[quantity]), Number(instant[quantity]), sign, hours);
        for (const kind of ['total', 'partial'])
          counters[`${name}_${kind}`] = (counters[`${name}_${kind}`] ?? 0) + energy;
      }
      counters['run_hours'] = (counters['run_hours'] ?? 0) + hours;
    }
    before = instant;
    beforeAt = timestamp;
    const values: Record<string, Value> = { ...instant, ...counters };
    for (const [name, value] of Object.entries(instant)) {
      if (name === 'phase_sequence') continue;
      maxima[name] = Math.max(maxima[name] ?? Number.NEGATIVE_INFINITY, Number(value));
      values[`max_${name}`] = maxima[name];
      values[`demand_${name}`] = value;
    }
    for (const name of absent) values[name] = missing;
    return { timestamp, values };
  });
}
