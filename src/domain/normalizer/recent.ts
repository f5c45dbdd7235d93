import { keptReading, type Reading } from '../messages/reading';
import type { Sample, Telemetry } from '../messages/telemetry';
import { normalizeReading, type NormalizeContext } from '../quality/normalize';
import { sampleOf } from '../quality/sample';
import { leaveOutDeltas } from './state';

/** Schedules of one meter are few; beyond this something else is sending, and memory stays flat. */
export const MOST_SCHEDULES = 64;

/** A number for what a reading is made of: schedules differ in it. Made faster than a text of all groups. */
export function scheduleKey({ blocks }: Reading): number {
  let key = 0;
  for (const { assembly, register } of blocks) key = (Math.imul(key, 31) + (assembly ?? register ?? 0)) | 0;
  return key;
}

interface JudgedReading {
  readonly reading: Reading;
  readonly context: NormalizeContext;
}

/** What is known of a metric. Each sample is written over the one before: to keep a new object each time is a tenth of all work. */
type Kept = { -readonly [Key in 'value' | 'unit' | 'quality' | 'provenance' | 'timestamp']: Sample[Key] } & {
  reason: Sample['reason'];
};

function keep(kept: Kept, { value, unit, quality, reason, provenance, timestamp }: Sample): void {
  kept.value = value;
  kept.unit = unit;
  kept.quality = quality;
  kept.reason = reason;
  kept.provenance = provenance;
  kept.timestamp = timestamp;
}

/**
 * What was last known of every schedule of a meter, for when everything is asked for. It keeps readings and no telemetry:
 * telemetry belongs to the flow, which may change what it was sent.
 */
export class RecentTelemetry {
  private readonly bySchedule = new Map<number, JudgedReading>();
  /** What was worked out; not every reading has all of it, as a demand stands in the one that ends its window. */
  private readonly derived = new Map<string, Kept>();

  /** @param context what the reading was judged by */
  remember(reading: Reading, context: NormalizeContext, derived?: Readonly<Record<string, Sample>>): void {
    const key = scheduleKey(reading);
    if (this.bySchedule.size >= MOST_SCHEDULES && !this.bySchedule.has(key)) this.bySchedule.clear();
    this.bySchedule.set(key, { reading: keptReading(reading, this.bySchedule.get(key)?.reading), context });
    for (const name in derived) {
      const sample = derived[name];
      const kept = this.derived.get(name);
      if (sample === undefined) continue;
      if (kept === undefined) this.derived.set(name, { ...sample, reason: sample.reason });
      else keep(kept, sample);
    }
  }

  /**
   * Everything that was last known; undefined before the first reading. Deltas are amounts and no state: whoever adds them
   * up would have one twice.
   */
  all(): Telemetry | undefined {
    const byAge = [...this.bySchedule.values()].sort((left, right) => left.reading.timestamp - right.reading.timestamp);
    const metrics: Record<string, Sample> = {};
    let newest: Telemetry | undefined;
    for (const { reading, context } of byAge) {
      newest = normalizeReading(reading, context);
      Object.assign(metrics, newest.metrics);
    }
    if (newest === undefined) return undefined;
    for (const [name, { value, unit, quality, reason, provenance, timestamp }] of this.derived) {
      metrics[name] = sampleOf(value, unit, quality, reason, provenance, timestamp);
    }
    leaveOutDeltas(metrics);
    return { ...newest, metrics };
  }
}
