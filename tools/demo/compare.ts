import type { Telemetry } from '../../src/domain/telemetry';
import type { FieldSamples, StoredFields } from './influx-query';
import type { SeenMetric } from './sparkplug-watch';

/** Single precision on the broker, decimal digits in the database. */
const RELATIVE_TOLERANCE = 1e-6;
/** A point carries the time of its reading, a Sparkplug metric that of its own assembly. */
const SAME_READING_MS = 500;

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

/** Whether every value that went to `influx-out` is in the database under its time. Text is not compared. */
export function compareStored(telemetries: readonly Telemetry[], stored: StoredFields): Comparison {
  return compare(
    telemetries.flatMap(({ metrics, timestamp }) =>
      Object.entries(metrics).flatMap(([name, { value }]) => {
        const expected = asNumber(value);
        if (expected === undefined) return [];
        const found = asNumber(stored.get(name)?.get(timestamp));
        if (found !== undefined && agree(found, expected)) return [undefined];
        return [`${name} at ${new Date(timestamp).toISOString()} is ${found ?? 'missing'}, expected ${expected}`];
      }),
    ),
  );
}

/** What is stored of a field about this time; readings on demand may come closer to each other than their tolerance. */
function about(samples: FieldSamples | undefined, timestamp: number): readonly number[] {
  return [...(samples ?? [])].flatMap(([time, value]) => {
    const number = asNumber(value);
    return number !== undefined && Math.abs(time - timestamp) <= SAME_READING_MS ? [number] : [];
  });
}

/** What is known of a meter stands in births only, in folders such as `Properties/`. Names of measured values have none. */
const isMeasured = ({ name }: SeenMetric): boolean => !name.includes('/');

/** Whether every value that a Sparkplug subscriber saw up to `until` is in the database too, by name, time and amount. */
export function comparePublished(seen: readonly SeenMetric[], stored: StoredFields, until: number): Comparison {
  return compare(
    seen
      .filter((metric) => isMeasured(metric) && metric.timestamp <= until)
      .flatMap(({ name, value, timestamp }) => {
        const published = asNumber(value);
        if (published === undefined) return [];
        const found = about(stored.get(name), timestamp);
        if (found.some((value) => agree(value, published))) return [undefined];
        return [
          `${name} at ${new Date(timestamp).toISOString()} is ${published} on the broker and ${found.join(' or ') || 'missing'} in the database`,
        ];
      }),
  );
}
