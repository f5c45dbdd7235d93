import type { Sample, Telemetry } from '../../src/domain/messages/telemetry';
import type { SeenMetric } from './sparkplug-watch';
import type { FieldSamples, StoredFields, StoredSamples } from './stored-samples';
import { countBad } from './telemetry-watch';

/** Single precision on the broker, decimal digits in the database. */
const RELATIVE_TOLERANCE = 1e-6;
/** Readings on demand may come this close to each other and count as one. */
const SAME_READING_MS = 500;
/** A busy computer may be so long over one reading. */
const LONGEST_READING_MS = 10_000;

export interface Comparison {
  readonly compared: number;
  /** What did not agree, in words; the first few. */
  readonly differences: readonly string[];
}

/** Numbers as they are, true and false as databases without booleans keep them; undefined for text. */
export function asNumber(value: unknown): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'number' ? value : undefined;
}

/** Whether two numbers are the same but for single precision. */
export function agree(left: number, right: number): boolean {
  return Math.abs(left - right) <= RELATIVE_TOLERANCE * Math.max(Math.abs(left), Math.abs(right), 1e-3);
}

/** Counts checks, each undefined or what differs, in words. */
export function compare(checks: Iterable<string | undefined>): Comparison {
  let compared = 0;
  const differences: string[] = [];
  for (const difference of checks) {
    compared++;
    if (difference !== undefined) differences.push(difference);
  }
  return { compared, differences };
}

function compareValue(
  name: string,
  timestamp: number,
  { value, quality }: Sample,
  stored: StoredFields,
): string | undefined {
  const found = stored.get(name)?.get(timestamp);
  const at = `${name} at ${new Date(timestamp).toISOString()}`;
  if (quality === 'bad')
    return found === undefined ? undefined : `${at} is ${String(found.value)}, expected nothing: it was bad`;
  const [expected, number] = [asNumber(value), asNumber(found?.value)];
  if (expected === undefined || found === undefined || number === undefined)
    return `${at} is missing, expected ${String(value)}`;
  if (!agree(number, expected)) return `${at} is ${number}, expected ${expected}`;
  return found.quality === quality ? undefined : `${at} is of quality ${found.quality}, expected ${quality}`;
}

/**
 * Whether the bad values of each moment are counted with their reasons, and no others are. Where two readings have the
 * same time and the same reason, a database keeps the count of one.
 */
function compareBad(telemetries: readonly Telemetry[], { bad }: StoredSamples): readonly (string | undefined)[] {
  const moments = new Map<number, Telemetry[]>();
  for (const telemetry of telemetries) {
    const some = moments.get(telemetry.timestamp);
    if (some === undefined) moments.set(telemetry.timestamp, [telemetry]);
    else some.push(telemetry);
  }
  return [...moments].flatMap(([timestamp, some]) =>
    (['read', 'derived'] as const).flatMap((kind) => {
      const expected = some.map((telemetry) => countBad(telemetry)[kind]);
      const found = bad[kind].get(timestamp) ?? {};
      const reasons = new Set([found, ...expected].flatMap((counts) => Object.keys(counts)));
      return [...reasons].map((reason) => {
        const counts = expected.flatMap((each) => each[reason] ?? []);
        const count = found[reason] ?? 0;
        if (counts.includes(count)) return undefined;
        return `bad_${reason} at ${new Date(timestamp).toISOString()} is ${count}, expected ${counts.length === 0 ? 'none' : counts.join(' or ')}`;
      });
    }),
  );
}

/**
 * Whether every value that went to `influx-out` is in the database under its time with its quality, and every bad one is
 * counted with its reason and nothing stands in its place. Text is not compared.
 */
export function compareStored(telemetries: readonly Telemetry[], stored: StoredSamples): Comparison {
  const values = telemetries.flatMap(({ metrics, timestamp }) =>
    Object.entries(metrics).flatMap(([name, sample]) => {
      if (sample.quality !== 'bad' && asNumber(sample.value) === undefined) return [];
      return [compareValue(name, timestamp, sample, stored.fields)];
    }),
  );
  return compare([...values, ...compareBad(telemetries, stored)]);
}

const idOf = (name: string, timestamp: number): string => `${name} ${timestamp}`;

/** A point carries the time of its reading, a Sparkplug metric that of its own assembly: the former by name and the latter. */
function readingTimes(telemetries: readonly Telemetry[]): ReadonlyMap<string, readonly number[]> {
  const times = new Map<string, number[]>();
  for (const { metrics, timestamp: time } of telemetries) {
    for (const [name, { timestamp }] of Object.entries(metrics)) {
      const some = times.get(idOf(name, timestamp));
      if (some === undefined) times.set(idOf(name, timestamp), [time]);
      else some.push(time);
    }
  }
  return times;
}

/** The time of a reading that nobody saw is that of its oldest assembly: the last one before, or one that is as good as it. */
function likelyTimes(samples: FieldSamples, timestamp: number): readonly number[] {
  const times = [...samples.keys()];
  const before = Math.max(...times.filter((time) => time <= timestamp && timestamp - time <= LONGEST_READING_MS));
  return times.filter((time) => time === before || Math.abs(time - timestamp) <= SAME_READING_MS);
}

/** What is known of a meter stands in births only, in folders such as `Properties/`. Names of measured values have none. */
const isMeasured = ({ name }: SeenMetric): boolean => !name.includes('/');

/**
 * Whether every value that a Sparkplug subscriber saw up to `until` is in the database too, by name, time and amount.
 * @param telemetries what was seen of the readings, which tells the times of their points
 */
export function comparePublished(
  seen: readonly SeenMetric[],
  stored: StoredFields,
  until: number,
  telemetries: readonly Telemetry[],
): Comparison {
  const times = readingTimes(telemetries);
  return compare(
    seen
      .filter((metric) => isMeasured(metric) && metric.timestamp <= until)
      .flatMap(({ name, value, timestamp }) => {
        const published = asNumber(value);
        if (published === undefined) return [];
        const samples: FieldSamples = stored.get(name) ?? new Map();
        const found = (times.get(idOf(name, timestamp)) ?? likelyTimes(samples, timestamp)).flatMap(
          (time) => asNumber(samples.get(time)?.value) ?? [],
        );
        if (found.some((number) => agree(number, published))) return [undefined];
        return [
          `${name} at ${new Date(timestamp).toISOString()} is ${published} on the broker and ${found.join(' or ') || 'missing'} in the database`,
        ];
      }),
  );
}
