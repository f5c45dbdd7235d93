import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeBlock } from '../../src/domain/codec/decode';
import { encodeBlock } from '../../src/domain/codec/encode';
import { READING_SCHEMA, type Reading, type Value } from '../../src/domain/messages/reading';
import { CATALOG } from '../../src/metrics/catalog';
import { measurePhases, type PhaseLoad } from '../../src/simulator/model/three-phase';
import { ROOT } from '../root';
import { WORKING } from './energy-meters';

const STEP_MS = 900_000;

/** One row of the recorded year: a quarter of an hour. */
interface Quarter {
  /** Wh and varh of it. */
  readonly active: number;
  readonly reactive: number;
}

/** The recorded year as the file says it; nothing of the package takes part. */
const QUARTERS: readonly Quarter[] = readFileSync(join(ROOT, 'data/steel-plant-2018.csv'), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [, active, reactive] = line.split(',').map((cell) => Math.round(Number(cell) * 1000));
    return { active: active ?? 0, reactive: reactive ?? 0 };
  });

const TOTALS = { active: [0], reactive: [0] };
for (const { active, reactive } of QUARTERS) {
  TOTALS.active.push((TOTALS.active.at(-1) ?? 0) + active);
  TOTALS.reactive.push((TOTALS.reactive.at(-1) ?? 0) + reactive);
}

/** A plant whose recorded year begins at some time, with a constant power within each quarter of an hour. */
export class RecordedPlant {
  constructor(private readonly startMs: number) {}

  /** Wh or varh since the beginning. */
  energyAt(timeMs: number, kind: 'active' | 'reactive' = 'active'): number {
    const place = (timeMs - this.startMs) / STEP_MS;
    const row = Math.floor(place);
    return (TOTALS[kind][row] ?? 0) + (place - row) * (QUARTERS[row]?.[kind] ?? 0);
  }

  /** W or var. */
  powerAt(timeMs: number, kind: 'active' | 'reactive' = 'active'): number {
    return (QUARTERS[Math.floor((timeMs - this.startMs) / STEP_MS)]?.[kind] ?? 0) * 4;
  }
}

function phasesOf(activeW: number, reactiveVar: number): readonly [PhaseLoad, PhaseLoad, PhaseLoad] {
  const phase = (place: number): PhaseLoad => ({
    volts: 277,
    angle: (-2 * Math.PI * place) / 3,
    activeW: activeW / 3,
    reactiveVar: reactiveVar / 3,
  });
  return [phase(0), phase(1), phase(2)];
}

/** What a reading holds; of all values a database would have much to do in a test. */
const KEPT: ReadonlySet<string> = new Set([
  'voltage_l1_n',
  'active_power_total',
  'power_factor_total',
  'active_energy_import_total',
  'reactive_energy_import_total',
]);

const EXPORTED = 'active_energy_export_total';

/** Where the counters of a meter stand, Wh and varh. */
export interface PlantCounters {
  readonly active: number;
  readonly reactive: number;
  /** Of a meter that exports. */
  readonly exported?: number;
}

/**
 * A reading of that plant as a meter with a confirmed layout gives it: through the bytes of its assemblies, so rounded as a
 * meter rounds.
 * @param plant its power; negative where the meter exports
 * @param isWhole whether it holds every value of its assemblies
 */
export function plantReading(
  plant: Pick<RecordedPlant, 'powerAt'>,
  timestamp: number,
  counters: PlantCounters,
  name = 'main-incomer',
  isWhole = false,
): Reading {
  const none = Object.fromEntries(
    CATALOG.filter(({ influxType }) => influxType === 'float').map((each) => [each.name, 0]),
  );
  const instant = measurePhases(phasesOf(plant.powerAt(timestamp), plant.powerAt(timestamp, 'reactive')), 60);
  const all: Record<string, Value> = {
    ...none,
    ...instant,
    active_energy_import_total: counters.active,
    reactive_energy_import_total: counters.reactive,
    [EXPORTED]: counters.exported ?? 0,
  };
  const isKept = (metric: string): boolean =>
    isWhole || KEPT.has(metric) || (metric === EXPORTED && counters.exported !== undefined);
  const kept = <Item>(record: Readonly<Record<string, Item>>): Record<string, Item> =>
    Object.fromEntries(Object.entries(record).filter(([metric]) => isKept(metric)));
  const blocks = [101, 102, 107].map((instance) => {
    const plan = WORKING.blocks.get(instance);
    if (plan === undefined) throw new Error(`There is no assembly ${instance}.`);
    const { values } = decodeBlock(plan, encodeBlock(plan, all));
    return {
      assembly: instance,
      group: plan.group,
      timestamp,
      latencyMs: 1,
      provenance: kept(plan.provenance),
      values: kept(values),
    };
  });
  return {
    schema: READING_SCHEMA,
    meter: {
      name,
      host: '127.0.0.1',
      tags: { site: 'gwangyang' },
      catalogNumber: '1420-V2-ENT',
      serialNumber: 940_000_001,
    },
    layout: { name: WORKING.name, confirmed: true },
    timestamp,
    blocks,
  };
}
