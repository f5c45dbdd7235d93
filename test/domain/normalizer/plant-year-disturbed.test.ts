import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KpiSet } from '../../../src/domain/kpis/kpi-set';
import { DEFAULT_KPI_SETTINGS } from '../../../src/domain/kpis/settings';
import { seededRandom } from '../../../src/support/random';
import { telemetryOf } from '../../../testkit/meters/telemetry';
import { ROOT } from '../../../testkit/root';

/** Energy of every interval of the recorded year, Wh: nothing of the package takes part. */
const ROWS = readFileSync(join(ROOT, 'data/steel-plant-2018.csv'), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [start = '', kwh = ''] = line.split(',');
    return { start, wh: Math.round(Number(kwh) * 1000) };
  });
const STEP_MS = 900_000;
const DISTURBANCES = 200;
const settings = { ...DEFAULT_KPI_SETTINGS, kpis: ['energy'] as const, periods: ['day', 'month'] as const };

type Show = (real: number) => number | null;
/** A wrong reading, or several; or a counter that goes on from elsewhere. */
const KINDS: readonly { readonly shown?: Show; readonly times?: number; readonly offset?: Show }[] = [
  { shown: () => 0, times: 2 },
  { shown: () => null, times: 3 },
  { shown: (real) => real + 9_113_000 },
  { shown: (real) => real + 9_113_000, times: 2 },
  { shown: (real) => real + 2 ** 33 },
  { shown: (real) => Math.floor(real / 1000), times: 2 },
  // Less than flowed in the interval would not be seen to go back, and is nothing that a reader can know.
  { offset: (real) => real - 200_000 },
  { offset: (real) => real + 4_000_000 },
  { offset: (real) => real - 4_000_000 },
  { offset: () => 0 },
  { offset: (real) => real * 2 + 10_000_000 },
];

describe('the recorded plant year with 200 disturbances of its counter', function () {
  this.timeout(120_000);
  for (const [name, counters] of [
    ['a rated power', { maxPower: 1_000_000 }],
    ['what it has learned', {}],
  ] as const) {
    it(`bounded by ${name}, has every day and month right to the Wh, or marked`, () => {
      const random = seededRandom(20);
      const disturbed = new Set<number>();
      while (disturbed.size < DISTURBANCES) disturbed.add(100 + Math.floor(random() * (ROWS.length - 200)));
      let kpis = new KpiSet(settings, counters);
      let [value, left] = [20_000_000, 0];
      let show: Show | undefined;
      const truth = { day: 0, month: 0 };
      const sums = { good: 0, marked: 0 };
      kpis.update(telemetryOf(Date.parse(`${ROWS[0]!.start}:00Z`), { active_energy_import_total: value }));
      for (const [index, { start, wh }] of ROWS.entries()) {
        value += wh;
        truth.day += wh;
        truth.month += wh;
        if (disturbed.has(index)) {
          const kind = KINDS[Math.floor(random() * KINDS.length)]!;
          if (kind.offset !== undefined) value = Math.max(0, Number(kind.offset(value)));
          else [show, left] = [kind.shown, kind.times ?? 1];
        }
        const shown = left > 0 && show !== undefined ? show(value) : value;
        left--;
        if (index % 997 === 0) kpis = new KpiSet(settings, counters, JSON.parse(JSON.stringify(kpis.state())));
        const atMs = Date.parse(`${start}:00Z`) + STEP_MS;
        const out = kpis.update(telemetryOf(atMs, { active_energy_import_total: shown }));
        if (kpis.questions.length > 0 && random() < 0.3) kpis.answer('replaced', atMs);
        for (const period of ['day', 'month'] as const) {
          const isOver =
            period === 'day'
              ? new Date(atMs).getUTCHours() + new Date(atMs).getUTCMinutes() === 0
              : new Date(atMs).getUTCDate() === 1 && atMs % 86_400_000 === 0;
          if (!isOver) continue;
          const total = out[`active_energy_import_last_${period}`];
          if (total?.quality === 'good' && total.timestamp === atMs && kpis.questions.length === 0) {
            assert.equal(total.value, truth[period], `${period} until ${start}`);
            sums.good++;
          } else sums.marked++;
          truth[period] = 0;
        }
      }
      assert.ok(sums.good > 150, `${sums.good} good, ${sums.marked} marked`);
    });
  }
});
