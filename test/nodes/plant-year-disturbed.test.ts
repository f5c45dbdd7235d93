import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CounterMessage } from '../../src/domain/counters/counter-message';
import { seededRandom } from '../../src/support/random';
import { ClockedPlant } from '../../testkit/meters/clocked-plant';
import { FakeClock } from '../../testkit/fake-clock';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { ROOT } from '../../testkit/root';

/** Energy of every interval of the recorded year, Wh: nothing of the package takes part. */
const WATT_HOURS = readFileSync(join(ROOT, 'data/steel-plant-2018.csv'), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => Math.round(Number(line.split(',')[1]) * 1000));
const STEP_MS = 900_000;
const HOUR_MS = 3_600_000;
const ROWS_PER_DAY = 96;
/** The recorded year has 365 days too; a clock of 2018 would not be believed. */
const START = Date.UTC(2026, 0, 1);
/** Of the pair of REALs, at both ends of a day. */
const METER_STEP_WH = 63;

interface Disturbance {
  /** What the meter says for some readings. */
  readonly shown?: (wh: number) => number | null;
  /** For how many rows it lasts. */
  readonly rows?: number;
  /** The counter goes on from here. */
  readonly moved?: (wh: number) => number;
  readonly isRestart?: boolean;
  /** The host boots again. */
  readonly isBoot?: boolean;
  /** Nothing is read. */
  readonly isOutage?: boolean;
  /** By how much the clock of the host is wrong meanwhile. */
  readonly clockMs?: number;
}

const KINDS: readonly Disturbance[] = [
  { shown: () => 0, rows: 2 },
  { shown: () => null, rows: 3 },
  { shown: (wh) => wh + 9_113_000, rows: 1 },
  { shown: (wh) => wh + 9_113_000, rows: 2 },
  { shown: (wh) => wh + 2 ** 33, rows: 1 },
  { shown: (wh) => wh / 1000, rows: 2 },
  // Less than flowed in the interval would not be seen to go back, and is nothing that a reader can know.
  { moved: (wh) => wh - 200_000 },
  { moved: (wh) => wh + 4_000_000 },
  { moved: (wh) => wh - 4_000_000 },
  { moved: () => 0 },
  { moved: (wh) => wh * 2 + 10_000_000 },
  { isRestart: true },
  { isRestart: true, isBoot: true },
  { isRestart: true, isBoot: true, clockMs: -40 * 60_000, rows: 2 },
  { isOutage: true, rows: 20 },
  { clockMs: HOUR_MS, rows: 3 },
  { clockMs: -2 * HOUR_MS, rows: 5 },
];

describe('the recorded plant year with 200 disturbances, read by pm500-poll and counted by pm500-normalize', function () {
  this.timeout(400_000);

  for (const [name, properties, days, count] of [
    ['what it has learned, the whole year', {}, 365, 200],
    ['a rated power, a quarter of it', { maxPowerKw: 1000 }, 91, 50],
  ] as const) {
    it(`bounded by ${name}: every day and month is right to the step of the meter, or marked`, async () => {
      const userDir = temporaryFolder('year');
      const random = seededRandom(20);
      const pick = (below: number): number => Math.floor(random() * below);
      const disturbed = new Map<number, Disturbance>();
      while (disturbed.size < count) {
        const row = 100 + pick(days * ROWS_PER_DAY - 200);
        disturbed.set(row, KINDS[disturbed.size % KINDS.length]!);
      }
      const plant = new ClockedPlant(
        { kpis: ['energy'], periods: ['day', 'month'], energyDeltas: true, ...properties },
        new FakeClock(START),
        { userDir },
      );
      const truth = { day: 0, month: 0 };
      const sums = { good: 0, marked: 0 };
      let [clockMs, left, isOutage, openQuestions, boots] = [0, 0, false, 0, 0];
      await plant.read();
      for (let row = 0; row < days * ROWS_PER_DAY; row++) {
        const wh = WATT_HOURS[row]!;
        plant.leap(STEP_MS, wh);
        truth.day += wh;
        truth.month += wh;
        const now = left > 0 ? undefined : disturbed.get(row);
        if (now !== undefined) {
          ({ rows: left = 1, isOutage = false, clockMs = 0 } = now);
          plant.show = now.shown;
          if (now.moved !== undefined) plant.activeWh = Math.max(0, now.moved(plant.activeWh));
          if (now.isBoot === true) plant.clock.reboot(`boot ${++boots}`, clockMs);
          else plant.clock.jump(clockMs);
          if (now.isRestart === true) await plant.restart();
        }
        const out = isOutage ? undefined : await plant.read();
        for (const { payload } of plant.normalize.takeEvents()) {
          openQuestions = (payload as Partial<CounterMessage>).questions?.length ?? openQuestions;
        }
        const atMs = START + (row + 1) * STEP_MS;
        const isClockRight = clockMs === 0;
        if (left > 0 && --left === 0) {
          plant.clock.jump(-clockMs);
          [clockMs, isOutage, plant.show] = [0, false, undefined];
        }
        for (const period of ['day', 'month'] as const) {
          if (atMs % (ROWS_PER_DAY * STEP_MS) !== 0) continue;
          if (period === 'month' && new Date(atMs).getUTCDate() !== 1) continue;
          const total = out?.[`active_energy_import_last_${period}`];
          if (total?.quality === 'good' && isClockRight && total.timestamp === atMs) {
            const missing = Number(total.value) - truth[period];
            assert.ok(Math.abs(missing) <= METER_STEP_WH, `${period} until row ${row}: ${missing} Wh`);
            sums.good++;
          } else sums.marked++;
          truth[period] = 0;
        }
        if (openQuestions > 0 && random() < 0.3) {
          await plant.normalize.command({ counters: { answer: 'replaced' } });
          openQuestions = 0;
        }
        plant.outs.length = 0;
      }
      assert.ok(sums.good > 0.55 * days, `${sums.good} good, ${sums.marked} marked`);
      await plant.close();
      removeFolder(userDir);
    });
  }
});
