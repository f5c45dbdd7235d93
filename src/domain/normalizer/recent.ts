import type { Reading } from '../reading';
import type { Sample, Telemetry } from '../telemetry';

/** Schedules of one meter are few; beyond this something else is sending, and memory stays flat. */
const MOST_SCHEDULES = 64;
const INSTANCES = 64;

/** The last telemetry of every schedule of a meter, for when everything is asked for. */
export class RecentTelemetry {
  private readonly bySchedule = new Map<number, Telemetry>();

  remember(reading: Reading, telemetry: Telemetry): void {
    const [first] = reading.blocks;
    // Schedules differ in what they read; a number is made faster than a text of all groups.
    const key = (first?.assembly ?? first?.register ?? 0) * INSTANCES + reading.blocks.length;
    if (this.bySchedule.size >= MOST_SCHEDULES && !this.bySchedule.has(key)) this.bySchedule.clear();
    this.bySchedule.set(key, telemetry);
  }

  /** Everything that was last known; undefined before the first reading. */
  all(): Telemetry | undefined {
    const byAge = [...this.bySchedule.values()].sort((left, right) => left.timestamp - right.timestamp);
    const newest = byAge.at(-1);
    if (newest === undefined) return undefined;
    const metrics: Record<string, Sample> = {};
    for (const telemetry of byAge) Object.assign(metrics, telemetry.metrics);
    return { ...newest, metrics };
  }
}
