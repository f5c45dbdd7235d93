import type { Quality } from '../../src/domain/quality/quality';
import type { Sample, Telemetry } from '../../src/domain/messages/telemetry';
import { agree, asNumber, compare, type Comparison } from './compare';
import type { SeenMetric } from './sparkplug-watch';

/** Sparkplug 3.0.0, 6.4.14; it has no word for uncertain but stale. */
const QUALITY_CODES: Readonly<Record<Quality, number>> = { good: 192, uncertain: 500, bad: 0 };

/** The values of each metric in the order of their own time, as a host keeps them when history has filled the gaps. */
function timelines(seen: readonly SeenMetric[]): ReadonlyMap<string, readonly SeenMetric[]> {
  const lines = new Map<string, SeenMetric[]>();
  for (const metric of seen) {
    const line = lines.get(metric.name);
    if (line === undefined) lines.set(metric.name, [metric]);
    else line.push(metric);
  }
  for (const line of lines.values()) line.sort((left, right) => left.timestamp - right.timestamp);
  return lines;
}

function isSame(seen: SeenMetric, { value, quality, reason }: Sample): boolean {
  if (seen.quality !== QUALITY_CODES[quality] || seen.reason !== (reason ?? '')) return false;
  if (quality === 'bad') return seen.value === null;
  const [published, expected] = [asNumber(seen.value), asNumber(value)];
  if (published === undefined || expected === undefined) return seen.value === value;
  return agree(published, expected);
}

/**
 * Whether a host that saw all this had the value, the quality and its reason of every sample at the time of that sample.
 * Only changes are published, so a value stands until the next one; that of a first birth stands also for before, when it
 * was read already and had not changed. Failed reads are not compared: they can end the whole device instead.
 */
export function compareReplayed(telemetries: readonly Telemetry[], seen: readonly SeenMetric[]): Comparison {
  const lines = timelines(seen);
  return compare(
    telemetries.flatMap(({ metrics }) =>
      Object.entries(metrics).flatMap(([name, sample]) => {
        if (sample.reason === 'read_failed') return [];
        const line = lines.get(name) ?? [];
        const found = line.findLast(({ timestamp }) => timestamp <= sample.timestamp) ?? line[0];
        if (found !== undefined && isSame(found, sample)) return [undefined];
        const had =
          found === undefined ? 'nothing' : `${String(found.value)} of quality ${found.quality} ${found.reason}`;
        return [
          `${name} at ${new Date(sample.timestamp).toISOString()} was ${String(sample.value)} (${sample.quality} ${sample.reason ?? ''}), the host had ${had}`,
        ];
      }),
    ),
  );
}
