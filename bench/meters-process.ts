import { serveChild } from './child';
import { runBare } from './meters-bare';
import type { MetersJob, MetersOutcome } from './meters-job';
import { runOurs } from './meters-ours';
import { MetersWatch } from './meters-watch';
import { pause } from './within';

/* A process that reads many meters; its job is a `MetersJob`. */

const LOOK_EVERY_MS = 100;
/** What has not been read by now never will be. */
const MOST_STARTING_MS = 40_000;
/** The last to start is not the only one that counts as running. */
const SETTLE_MS = 2000;
const BYTES_PER_KILOBYTE = 1024;

async function measure(job: MetersJob): Promise<MetersOutcome> {
  const collect = (globalThis as { gc?: () => void }).gc;
  collect?.();
  const memoryBefore = process.memoryUsage().rss;
  const seen = new Set<number>();
  let watch = new MetersWatch(0);
  let firstFailure: string | undefined;
  const cycles = {
    begin: (phaseMs: number): void => {
      watch.begin(phaseMs);
    },
    end: (meter: number, reads: number, failed: number): void => {
      if (seen.size < job.meters) seen.add(meter);
      watch.end(reads, failed);
    },
    fail: (message: string): void => {
      firstFailure ??= message;
    },
  };
  const running = job.way === 'ours' ? runOurs(job, cycles) : await runBare(job, cycles);
  const startedAt = performance.now();
  while (seen.size < job.meters && performance.now() - startedAt < MOST_STARTING_MS) await pause(LOOK_EVERY_MS);
  await pause(SETTLE_MS);
  const missedBefore = running.missed();
  const starting = watch.report(missedBefore);
  watch = new MetersWatch(missedBefore);
  await pause(job.measureMs);
  const memory = process.memoryUsage().rss - memoryBefore;
  return {
    starting,
    running: watch.report(running.missed()),
    kilobytesPerMeter: memory / BYTES_PER_KILOBYTE / job.meters,
    ...(firstFailure === undefined ? {} : { firstFailure }),
  };
}

if (require.main === module) serveChild((job) => measure(job as MetersJob));
