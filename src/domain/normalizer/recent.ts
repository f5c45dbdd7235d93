import type { Reading } from '../messages/reading';
import type { Sample, Telemetry } from '../messages/telemetry';
import { leaveOutDeltas } from './state';

/** Schedules of one meter are few; beyond this something else is sending, and memory stays flat. */
export const MOST_SCHEDULES = 64;

/** A number for what a reading is made of: schedules differ in it. Made faster than a text of all groups. */
export function scheduleKey({ blocks }: Reading): number {
  let key = 0;
  for (const { assembly, register } of blocks) key = (Math.imul(key, 31) + (assembly ?? register ?? 0)) | 0;
  return key;
}

/** The last telemetry of every schedule of a meter, for when everything is asked for. */
export class RecentTelemetry {
  private readonly bySchedule = new Map<number, Telemetry>();
  /** What was worked out; not every reading has all of it, as a demand stands in the one that ends its window. */
  private readonly derived: Record<string, Sample> = {};

  remember(reading: Reading, measured: Telemetry, derived?: Readonly<Record<string, Sample>>): void {
    const key = scheduleKey(reading);
    if (this.bySchedule.size >= MOST_SCHEDULES && !this.bySchedule.has(key)) this.bySchedule.clear();
    this.bySchedule.set(key, measured);
    if (derived !== undefined) Object.assign(this.derived, derived);
  }

  /**
   * Everything that was last known; undefined before the first reading. Deltas are amounts and no state: whoever adds them
   * up would have one twice.
   */
  all(): Telemetry | undefined {
    const byAge = [...this.bySchedule.values()].sort((left, right) => left.timestamp - right.timestamp);
    const newest = byAge.at(-1);
    if (newest === undefined) return undefined;
    const metrics: Record<string, Sample> = {};
    for (const telemetry of byAge) Object.assign(metrics, telemetry.metrics);
    Object.assign(metrics, this.derived);
    leaveOutDeltas(metrics);
    return { ...newest, metrics };
  }
}
