import type { Drill, DrillTurn } from './drills';
import type { MetricsPage } from './metrics-page';

/** What a drill has shown; times are ISO 8601 UTC. */
export interface DrillRecord {
  readonly schema: 'pm500.drill/1';
  readonly drill: string;
  readonly startedAt: string;
  /** When the fault was first seen, and when all was well again; absent where the drill ended before. */
  readonly seenAt?: string;
  readonly overAt?: string;
  /** From seen to over, s: the recovery time. */
  readonly rtoSeconds?: number;
  /** Records that were lost meanwhile, by the counters of delivery: the recovery point is 0 where none were. */
  readonly lostRecords: number;
  /** All was well again, and nothing was lost. */
  readonly passed: boolean;
}

/** What a drill needs of the world. */
export interface DrillWorld {
  /** The metrics page now; undefined where it does not come. */
  readonly look: () => Promise<MetricsPage | undefined>;
  /** Resolves when it is time to look again; false when the drill is to end. */
  readonly wait: () => Promise<boolean>;
  /** Epoch milliseconds UTC, and monotonic milliseconds. */
  readonly now: () => number;
  readonly monotonic: () => number;
  readonly say: (sentence: string) => void;
  /** What a person is to do, and by which commands. */
  readonly ask: (turn: DrillTurn) => void;
  /** In place of how long a drill says that all must have been well, s. */
  readonly steadySeconds?: number;
}

const LOST = 'pm500_delivery_lost_records_total';
const timeOf = (ms: number): string => new Date(ms).toISOString();

/** What a counter gained; one that is smaller than before began at zero with a new process. */
const gained = (before: number, now: number): number => (now >= before ? now - before : now);

/**
 * Watches a drill to its end. A state counts when two looks in a row have shown it, and as long as the drill says.
 * @returns the record, also of a drill that was ended before
 */
export async function runDrill(drill: Drill, world: DrillWorld): Promise<DrillRecord> {
  const { look, wait, now, monotonic, say, ask } = world;
  const { steadySeconds = drill.steadySeconds ?? 0 } = world;
  const startedAt = timeOf(now());
  let [lost, before] = [0, (await look())?.sum(LOST)];
  const until = async (
    sign: Drill['seen'],
    steadyMs = 0,
  ): Promise<{ readonly at: string; readonly monotonic: number } | undefined> => {
    let since: { at: string; monotonic: number } | undefined;
    for (;;) {
      const page = await look();
      if (page !== undefined) {
        const sum = page.sum(LOST);
        lost += gained(before ?? sum, sum);
        before = sum;
      }
      if (sign(page)) {
        if (since !== undefined && monotonic() - since.monotonic >= steadyMs) return since;
        since ??= { at: timeOf(now()), monotonic: monotonic() };
      } else since = undefined;
      if (!(await wait())) return undefined;
    }
  };
  say(`${drill.title}. Runbook: docs/${drill.runbook}`);
  ask(drill.make);
  const seen = await until(drill.seen);
  if (seen === undefined)
    return { schema: 'pm500.drill/1', drill: drill.name, startedAt, lostRecords: lost, passed: false };
  say(`Seen at ${seen.at}.`);
  ask(drill.end);
  const over = await until(drill.over, 1000 * steadySeconds);
  const record = { schema: 'pm500.drill/1', drill: drill.name, startedAt, seenAt: seen.at, lostRecords: lost } as const;
  if (over === undefined) return { ...record, passed: false };
  const rtoSeconds = Math.round((over.monotonic - seen.monotonic) / 1000);
  say(`Over at ${over.at}, after ${rtoSeconds} s (RTO); ${lost} records were lost (RPO).`);
  if (drill.after !== undefined) ask(drill.after);
  return { ...record, overAt: over.at, rtoSeconds, passed: lost === 0 };
}
