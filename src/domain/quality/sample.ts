import type { Provenance, Unit } from '../../metrics/measurement';
import type { Value } from '../messages/reading';
import type { Sample } from '../messages/telemetry';
import type { Quality, QualityReason } from './quality';

/** @param reason undefined for what is good */
export function sampleOf(
  value: Value,
  unit: Unit,
  quality: Quality,
  reason: QualityReason | undefined,
  provenance: Provenance,
  timestamp: number,
): Sample {
  return reason === undefined
    ? { value, unit, quality, provenance, timestamp }
    : { value, unit, quality, reason, provenance, timestamp };
}

/**
 * The first sample of each kind, made before all others and without a time. V8 settles by the first objects of a kind how
 * it stores a member: one that has only ever been a number gets a box of its own in each object. One that was nothing once
 * is a reference, so all samples of a reading share the number of their time: a reading of 107 values takes 3.7 kB less.
 */
const NO_TIME = undefined as unknown as number;
const FIRST: readonly Sample[] = [
  sampleOf(null, '', 'good', undefined, 'verified', NO_TIME),
  sampleOf(null, '', 'bad', 'read_failed', 'verified', NO_TIME),
];

/**
 * What `{ ...blank }` begins metrics with that are known to get all of these names. Named one by one, more than a dozen
 * members turn an object into a hash table, which grows by copying itself: for a hundred that takes twice the time and
 * several times the memory.
 * @param later names that stand behind them and have no sample yet
 */
export function blankMetrics(names: readonly string[]): Readonly<Record<string, Sample>>;
export function blankMetrics(
  names: readonly string[],
  later: readonly string[],
): Readonly<Record<string, Sample | undefined>>;
export function blankMetrics(
  names: readonly string[],
  later: readonly string[] = [],
): Readonly<Record<string, Sample | undefined>> {
  const [blank] = FIRST;
  const all = names.map((name): [string, Sample | undefined] => [name, blank]);
  return Object.fromEntries([...all, ...later.map((name): [string, Sample | undefined] => [name, undefined])]);
}
