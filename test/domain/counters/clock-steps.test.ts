import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KPI_KEYS } from '../../../src/domain/kpis/kpi-rows';
import { DEFAULT_KPI_SETTINGS, type KpiSettings } from '../../../src/domain/kpis/settings';
import { Normalizer } from '../../../src/domain/normalizer/normalizer';
import type { Reading } from '../../../src/domain/messages/reading';
import type { Sample } from '../../../src/domain/messages/telemetry';
import { seededRandom } from '../../../src/support/random';
import { sampleReading } from '../../../testkit/meters/readings';
import { ROOT } from '../../../testkit/root';
import { PM500 } from '../../../src/meters/pm500';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const TEMPLATE = sampleReading([107], seededRandom(1));
const ZEROS = Object.fromEntries(Object.keys(TEMPLATE.blocks[0]!.values).map((name) => [name, 0]));

/** What `pm500-poll` says of a counter at this time; with the uptime of its host where that is given. */
function readingOf(timestamp: number, wh: number, uptimeMs?: number): Reading {
  const values = { ...ZEROS, active_energy_import_total: wh };
  const stamp = uptimeMs === undefined ? {} : { uptimeMs };
  return {
    ...TEMPLATE,
    ...(uptimeMs === undefined ? {} : { bootId: 'boot' }),
    layout: { ...TEMPLATE.layout, confirmed: true },
    timestamp,
    blocks: [{ ...TEMPLATE.blocks[0]!, values, timestamp, ...stamp }],
  };
}

function normalizerWith(own: Partial<KpiSettings>, saved?: unknown): Normalizer {
  const kpis = { ...DEFAULT_KPI_SETTINGS, kpis: KPI_KEYS, periods: ['day', 'year'] as const, ...own };
  const counters = { maxPower: 2_000_000 };
  return new Normalizer({ model: PM500, kpis, counters, energyDeltas: true, alarmRules: [] }, TEMPLATE.meter, saved);
}

type Metrics = Readonly<Record<string, Sample>>;

describe('whatever is done to the wall clock', function () {
  this.timeout(60_000);

  for (const demandWindow of ['fixed', 'sliding'] as const) {
    for (const stamps of ['uptime in the reading', 'uptime of the arrival'] as const) {
      it(`no good demand is one that the load never had, and totals are exact: ${demandWindow}, ${stamps}`, () => {
        let good = 0;
        for (let seed = 1; seed <= 8; seed++) {
          const random = seededRandom(seed);
          const demandMinutes = [1, 5, 15, 30][seed % 4]!;
          const own = { demandWindow, demandMinutes, timeZone: ['UTC', 'Asia/Kathmandu', 'Europe/Berlin'][seed % 3]! };
          let normalizer = normalizerWith(own);
          const isConstant = seed % 2 === 0;
          const everyMs = (demandMinutes * MINUTE_MS) / 10;
          let [wall, uptime, wh, deltas] = [Date.UTC(2026, 5, 15, 7), 1e6, 20_000_000, 0];
          let [least, most] = [Number.POSITIVE_INFINITY, 0];
          let metrics: Metrics = {};
          for (let index = 0; index < 400; index++) {
            const at = stamps === 'uptime in the reading' ? uptime : undefined;
            metrics = normalizer.accept(readingOf(Math.round(wall), wh, at), Math.round(wall), uptime).telemetry!
              .metrics;
            deltas += Number(metrics['energy_delta_active_import_total']?.value ?? 0);
            const demand = metrics['interval_demand'];
            if (demand?.quality === 'good') {
              good++;
              const step = HOUR_MS / (demandMinutes * MINUTE_MS) + 0.001 * most;
              const value = Number(demand.value);
              assert.ok(
                value <= most + step && value >= least - step,
                `seed ${seed}: ${value} of ${least} to ${most} W`,
              );
            }
            const spanMs = random() < 0.1 ? everyMs * (1 + 10 * random()) : everyMs;
            const added = Math.round(((isConstant ? 100_000 : random() * 1_000_000) * spanMs) / HOUR_MS);
            const power = (added * HOUR_MS) / spanMs;
            [least, most] = [Math.min(least, power), Math.max(most, power)];
            [wall, uptime, wh] = [wall + spanMs, uptime + spanMs, wh + added];
            if (random() < 0.03) wall += (random() - 0.5) * [3000, HOUR_MS, 6 * HOUR_MS, 4 * DAY_MS][index % 4]!;
            // An uptime of the arrival is known to one process only.
            if (at !== undefined && random() < 0.02)
              normalizer = normalizerWith(own, JSON.parse(JSON.stringify(normalizer.state())));
          }
          // What the last reading has seen.
          const counted = Number(metrics['active_energy_import_total']?.value) - 20_000_000;
          assert.equal(deltas, counted, `seed ${seed}: deltas`);
          assert.equal(metrics['active_energy_import_year']?.value, counted, `seed ${seed}: year`);
        }
        assert.ok(good > 80, `${good} windows were good`);
      });
    }
  }

  it('and with no more than a wall clock: readings of the past, twice, out of order, add nothing twice', () => {
    const random = seededRandom(5);
    const normalizer = normalizerWith({});
    const start = Date.UTC(2026, 5, 15);
    let deltas = 0;
    for (let index = 0; index < 500; index++) {
      const back = random() < 0.3 ? Math.floor(random() * 20) : 0;
      const minute = Math.max(0, index - back);
      const reading = readingOf(start + minute * MINUTE_MS, 1_000_000 + minute * 100);
      const { metrics } = normalizer.accept(reading, start + DAY_MS).telemetry!;
      deltas += Number(metrics['energy_delta_active_import_total']?.value ?? 0);
    }
    const { metrics } = normalizer.accept(readingOf(start + 500 * MINUTE_MS, 1_050_000), start + DAY_MS).telemetry!;
    deltas += Number(metrics['energy_delta_active_import_total']?.value ?? 0);
    assert.equal(deltas, 50_000);
    assert.equal(metrics['active_energy_import_day']?.value, 50_000);
    assert.equal(metrics['active_energy_import_day'].quality, 'good');
  });
});

describe('the recorded plant year under 200 steps of the clock', function () {
  this.timeout(120_000);
  const ROWS = readFileSync(join(ROOT, 'data/steel-plant-2018.csv'), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [start = '', kwh] = line.split(',');
      // The file is of 2018; a clock of that year would not be believed.
      return {
        startMs: Date.parse(`${start}:00Z`) + 8 * 365 * DAY_MS + 2 * DAY_MS,
        wh: Math.round(Number(kwh) * 1000),
      };
    });
  const STEP_MS = 15 * MINUTE_MS;

  it('has the true year; demands and days are right where they are good, and most are', () => {
    const random = seededRandom(11);
    const steps = new Map<number, { readonly byMs: number; readonly rows: number }>();
    while (steps.size < 200) {
      const at = 400 + Math.floor(random() * (ROWS.length - 1200));
      const sizes = [STEP_MS, HOUR_MS, DAY_MS, 7 * MINUTE_MS, 3_000, 30 * DAY_MS, 3650 * DAY_MS];
      const byMs = sizes[steps.size % sizes.length]! * (random() < 0.5 ? 1 : -1) * (1 + Math.floor(random() * 3));
      if ([...steps.keys()].every((other) => Math.abs(other - at) > 60)) steps.set(at, { byMs, rows: 1 + (at % 45) });
    }
    const days = new Map<number, number>();
    for (const { startMs, wh } of ROWS) {
      const day = Math.floor(startMs / DAY_MS);
      days.set(day, (days.get(day) ?? 0) + wh);
    }
    const normalizer = normalizerWith({ kpis: ['demand', 'energy'] });
    let [wh, offBy, offUntil] = [50_000_000, 0, -1];
    const accept = (trueMs: number): Metrics =>
      normalizer.accept(readingOf(trueMs + offBy, wh, trueMs), trueMs + offBy, trueMs).telemetry!.metrics;
    accept(ROWS[0]!.startMs);
    const seen = { demands: 0, days: 0, steps: 0 };
    let metrics: Metrics = {};
    for (const [index, row] of ROWS.entries()) {
      const step = steps.get(index);
      if (step !== undefined) {
        [offBy, offUntil] = [step.byMs, index + step.rows];
        seen.steps++;
      } else if (index === offUntil) offBy = 0;
      wh += row.wh;
      metrics = accept(row.startMs + STEP_MS);
      const demand = metrics['interval_demand'];
      if (demand?.quality === 'good') {
        seen.demands++;
        assert.ok(
          Math.abs(Number(demand.value) - row.wh * 4) <= 0.001 * row.wh * 4,
          `${index}: ${String(demand.value)}`,
        );
      }
      const last = metrics['active_energy_import_last_day'];
      if (last?.quality === 'good') {
        seen.days++;
        const day = Math.floor(last.timestamp / DAY_MS) - 1;
        assert.equal(last.value, days.get(day), `${index}: the day before that of the clock`);
      }
    }
    assert.equal(seen.steps, 200);
    const year = ROWS.reduce((sum, row) => sum + row.wh, 0);
    const of = (name: string): unknown => metrics[name]?.value;
    assert.equal(of('active_energy_import_last_year'), year);
    assert.ok(seen.demands > 0.7 * ROWS.length && seen.days > 0.7 * ROWS.length, JSON.stringify(seen));
  });
});
