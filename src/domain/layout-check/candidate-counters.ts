import { compileLayout, type RowPlan } from '../codec/layout';
import type { EnergyCandidate, MeterModel } from '../../meters/meter-model';
import { oncePer } from '../../support/once-per';

/** Which sentence says it, and what stands in it beside the metric. */
export type Oddity = readonly [
  key: 'noNumber' | 'negative' | 'tiny' | 'highNotWhole' | 'lowTooLarge' | 'minutes' | 'beyond',
  places?: Readonly<Record<string, number>>,
];

/** One counter as a candidate reads it. */
export interface CounterReading {
  /** In the catalog's unit; NaN where it is no number. */
  readonly value: number;
  /** The smallest change that these bytes can show, in the catalog's unit. */
  readonly step: number;
  /** Why no counter can look like this; of the metric itself the sentence does not know yet. */
  readonly odd?: Oddity;
}

/** A candidate with the places of its counters worked out. */
export interface CompiledCandidate {
  readonly candidate: EnergyCandidate;
  readonly rows: readonly RowPlan[];
}

/** Below this a REAL is the bits of something else: no meter shows a millionth of a Wh. */
const SMALLEST = 1e-9;
/** Bits of the mantissa of a single. */
const MANTISSA_BITS = 23;
/** Whole numbers below it are exact as singles. */
const EXACT = 2 ** (MANTISSA_BITS + 1);
/** Smallest exponent of a normal single. */
const LEAST_EXPONENT = -126;
const HALF = 2 ** 32;
/** Hours and minutes in one number: 100 steps of it are an hour. */
const STEPS_PER_HOUR = 100;
const MINUTES_PER_HOUR = 60;

/** Every candidate of a model, compiled once. */
export const compiledCandidates = oncePer((model: MeterModel): readonly CompiledCandidate[] =>
  model.energy.candidates.map((candidate) => {
    const assemblies = [candidate.assembly];
    const layout = compileLayout(model, { format: 'pm500.layout/1', name: candidate.name, assemblies });
    return { candidate, rows: [...layout.blocks.values()].flatMap(({ rows }) => rows) };
  }),
);

/** Distance to the next single. */
function stepOf(single: number): number {
  const exponent = single === 0 ? LEAST_EXPONENT : Math.max(LEAST_EXPONENT, Math.floor(Math.log2(Math.abs(single))));
  return 2 ** (exponent - MANTISSA_BITS);
}

function oddSingle(single: number): Oddity | undefined {
  if (!Number.isFinite(single)) return ['noNumber'];
  if (single < 0) return ['negative'];
  return single > 0 && single < SMALLEST ? ['tiny'] : undefined;
}

function readPair(bytes: DataView, { row, highOffset, lowOffset, scale }: RowPlan): CounterReading {
  const [high, low] = [bytes.getFloat32(highOffset, true), bytes.getFloat32(lowOffset, true)];
  const pairScale = row.pairScale ?? 1;
  // A whole number of up to 24 bits is exact: then the low part alone has steps.
  const step = Math.max(high < EXACT ? 0 : stepOf(high) * pairScale, stepOf(low)) * scale;
  const value = (high * pairScale + low) * scale;
  const odd: Oddity | undefined =
    oddSingle(high) ??
    oddSingle(low) ??
    (Number.isInteger(high) ? undefined : (['highNotWhole'] as const)) ??
    (low > pairScale ? (['lowTooLarge', { most: pairScale }] as const) : undefined);
  return { value, step, ...(odd === undefined ? {} : { odd }) };
}

function readWide(bytes: DataView, { row, highOffset, lowOffset, scale }: RowPlan): CounterReading {
  const count = bytes.getUint32(highOffset, true) * HALF + bytes.getUint32(lowOffset, true);
  if (row.encoding === 'ULINT') return { value: count * scale, step: scale };
  const minutes = count % STEPS_PER_HOUR;
  const value = (count - minutes) / STEPS_PER_HOUR + minutes / MINUTES_PER_HOUR;
  const odd: Oddity | undefined = minutes >= MINUTES_PER_HOUR ? ['minutes', { count: minutes }] : undefined;
  return { value, step: 1 / MINUTES_PER_HOUR, ...(odd === undefined ? {} : { odd }) };
}

function readSingle(bytes: DataView, { offset, scale }: RowPlan): CounterReading {
  const single = bytes.getFloat32(offset, true);
  const odd = oddSingle(single);
  return { value: single * scale, step: stepOf(single) * scale, ...(odd === undefined ? {} : { odd }) };
}

/** What one row of a candidate makes of the bytes of the energy counters. */
export function readCounter(bytes: DataView, plan: RowPlan): CounterReading {
  const { encoding } = plan.row;
  const reading =
    encoding === 'REAL_PAIR'
      ? readPair(bytes, plan)
      : encoding === 'REAL'
        ? readSingle(bytes, plan)
        : readWide(bytes, plan);
  const limit = plan.metric.rollover ?? Number.POSITIVE_INFINITY;
  if (reading.odd === undefined && reading.value > limit + 2 * reading.step) {
    return { ...reading, odd: ['beyond'] };
  }
  return reading;
}
