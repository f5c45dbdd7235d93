import { startVictoriaMetrics } from '../testkit/servers/victoria-metrics';
import { waitFor } from '../testkit/wait';
import type { RunningProcess } from '../testkit/servers/processes';
import { acceptedBy, startWriting } from './influx-child';
import { WAYS, type Way } from './influx-ways';
import type { BenchLine } from './report';
import { pause, within } from './within';

/** How long the database is away; in the middle of it the writing process is killed and started again. */
const OUTAGE_MS = Number(process.env['PM500_OUTAGE_S'] ?? '5') * 1000;
const BESIDE_MS = 2000;
/** The longest pause between two attempts of ours grows with the outage. */
const RECOVER_MS = 10_000 + 1.5 * OUTAGE_MS;
const DATABASE_MS = 30_000;
/** At a point every ten milliseconds: what a batch that is being written has. */
const STILL_ON_THEIR_WAY = 300;

interface Writing {
  readonly way: Way;
  running: RunningProcess;
  /** Accepted by processes that have been killed. */
  readonly earlier: number[];
}

const meterOf = (way: Way): string => `outage-${way}`;
const acceptedOf = ({ earlier, running }: Writing): readonly number[] => [...earlier, ...acceptedBy(running)];

/** What each way has lost of what it had accepted, after an outage of the database with a kill and a restart in it. */
export async function benchOutage(folder: string): Promise<BenchLine> {
  const database = await startVictoriaMetrics();
  const epoch = Date.now() - 600_000;
  const start = (way: Way, first: number): Promise<RunningProcess> =>
    startWriting({
      ...{ kind: 'outage', way, first, epoch, api: 'v2', url: database.url },
      ...{ folder: `${folder}/outage-${way}`, meter: meterOf(way) },
    });
  const writings: Writing[] = [];
  try {
    for (const way of Object.keys(WAYS) as Way[]) writings.push({ way, running: await start(way, 0), earlier: [] });
    await pause(BESIDE_MS);
    await within('Stopping VictoriaMetrics', DATABASE_MS, database.halt());
    await pause(OUTAGE_MS / 2);
    for (const writing of writings) {
      await writing.running.kill();
      writing.earlier.push(...acceptedBy(writing.running));
      writing.running = await start(writing.way, (writing.earlier.at(-1) ?? 0) + 1);
    }
    await pause(OUTAGE_MS / 2);
    await database.resume();
    await pause(BESIDE_MS);
    const lost = async (writing: Writing): Promise<number> => {
      const asked = within('Asking VictoriaMetrics', DATABASE_MS, database.export(`{meter="${meterOf(writing.way)}"}`));
      const stored = new Set((await asked).flatMap(({ values }) => values));
      return acceptedOf(writing).filter((number) => !stored.has(number)).length;
    };
    // Whoever wants may bring away what still waits; the wait is as long as the first, ours, needs.
    const [ours] = writings;
    const isIn = async (): Promise<boolean> => ours !== undefined && (await lost(ours)) < STILL_ON_THEIR_WAY;
    await waitFor('the points of the disk outbox after the outage', isIn, { timeoutMs: RECOVER_MS, everyMs: 500 });
    await Promise.all(writings.map(({ running }) => running.stop()));
    const found = await Promise.all(
      writings.map(async (writing) => ({
        way: writing.way,
        lost: await lost(writing),
        of: acceptedOf(writing).length,
      })),
    );
    return {
      what: `points lost in an outage of ${OUTAGE_MS / 1000} s with a kill`,
      value: String(found.find(({ way }) => way === 'ours')?.lost),
      note: found.map(({ way, lost: missing, of }) => `${WAYS[way]} ${missing} of ${of}`).join('; '),
    };
  } finally {
    await Promise.all(writings.map(({ running }) => running.kill()));
    await database.stop();
  }
}
