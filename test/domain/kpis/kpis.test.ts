import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Demand } from '../../../src/domain/kpis/demand';
import { FixedDemand } from '../../../src/domain/kpis/fixed-demand';
import { KPI_KEYS, KPI_ROWS } from '../../../src/domain/kpis/kpi-rows';
import { KpiSet } from '../../../src/domain/kpis/kpi-set';
import { DEFAULT_KPI_SETTINGS, parseKpiSettings, type KpiSettings } from '../../../src/domain/kpis/settings';
import { SlidingDemand } from '../../../src/domain/kpis/sliding-demand';
import { DeltaCursor, type Piece } from '../../../src/domain/kpis/split';
import { unbalancePercent } from '../../../src/domain/kpis/unbalance';
import { TELEMETRY, type Sample } from '../../../src/domain/messages/telemetry';
import { ALL_METRICS, PERIODS, periodMetricOf } from '../../../src/metrics/derived-metrics';
import { seededRandom } from '../../../src/support/random';
import { sampleOf, telemetryOf } from '../../../testkit/meters/telemetry';
import { ROOT } from '../../../testkit/root';

const MINUTE_MS = 60_000;
const START = Date.UTC(2026, 0, 5);
const GOOD = { quality: 'good', provenance: 'verified' } as const;
const piece = (fromMs: number, toMs: number, added: number): Piece => ({
  counter: 'active_energy_import_total',
  added,
  fromMs,
  toMs,
  timestamp: toMs,
  isPlaced: true,
  judgment: GOOD,
});
const settings: KpiSettings = { ...DEFAULT_KPI_SETTINGS, kpis: KPI_KEYS, co2KgPerKwh: 0.5 };
/** Energy since the beginning, and the KPIs after it. */
const feed = (kpis: KpiSet, minutes: number, active: number, reactive = 0, change: Partial<Sample> = {}) =>
  kpis.update(
    telemetryOf(
      START + minutes * MINUTE_MS,
      { active_energy_import_total: 1e9 + active, reactive_energy_import_total: 1e9 + reactive },
      940_000_001,
      change,
    ),
  );

describe('unbalance', () => {
  it('is the NEMA MG-1 figure of worked examples: 0.84 %, 1.96 % and 2.5 %', () => {
    // industrialmonitordirect.com, "NEMA MG1 Limits, Causes, and Motor Derating"; tools.gera.services, "AC voltage
    // imbalance calculator"; SymCom Motor Saver 201-575-AU, page 5, which rounds on the way: 5.3 of 208.3 V.
    assert.ok(Math.abs(unbalancePercent(460, 467, 450) - 1.96) < 0.005);
    assert.ok(Math.abs(unbalancePercent(480, 476, 472) - 0.840336) < 1e-6);
    assert.ok(Math.abs(unbalancePercent(203, 210, 212) - 2.56) < 1e-9);
    assert.equal(unbalancePercent(230, 230, 230), 0);
    assert.equal(unbalancePercent(9, 0, 0), 200);
  });

  it('is never negative, never above 200 %, the same in any order and at any scale', () => {
    const random = seededRandom(1);
    for (let round = 0; round < 2000; round++) {
      const [a, b, c] = [random() * 400, random() * 400, random() * 400];
      const value = unbalancePercent(a, b, c);
      assert.ok(value >= 0 && value <= 200);
      assert.ok(Math.abs(unbalancePercent(c, a, b) - value) < 1e-9);
      assert.ok(Math.abs(unbalancePercent(3 * a, 3 * b, 3 * c) - value) < 1e-9);
    }
  });

  const update = (values: Record<string, number | null>, own: Partial<KpiSettings> = {}): Record<string, Sample> =>
    new KpiSet({ ...settings, ...own }).update(telemetryOf(START, values));

  it('takes line-to-line voltages where there are some, else line-to-neutral ones', () => {
    const neutral = { voltage_l1_n: 230, voltage_l2_n: 230, voltage_l3_n: 230 };
    assert.equal(update(neutral)['voltage_unbalance']?.value, 0);
    const both = update({ ...neutral, voltage_l1_l2: 480, voltage_l2_l3: 476, voltage_l3_l1: 472 });
    assert.equal(Number(both['voltage_unbalance']?.value).toFixed(2), '0.84');
    assert.equal(both['voltage_unbalance']?.unit, '%');
  });

  it('is bad with a bad input, absent without one, undefined without current', () => {
    const bad = update({ current_l1: 1, current_l2: null, current_l3: 1 })['current_unbalance'];
    assert.deepEqual([bad?.value, bad?.quality, bad?.reason], [null, 'bad', 'read_failed']);
    assert.equal('current_unbalance' in update({ current_l1: 1, current_l2: 1 }), false);
    const zero = update({ current_l1: 0, current_l2: 0, current_l3: 0 })['current_unbalance'];
    assert.deepEqual([zero?.quality, zero?.reason], ['bad', 'undefined_result']);
    const small = { current_l1: 2, current_l2: 2, current_l3: 3 };
    assert.equal(update(small)['current_unbalance']?.quality, 'good');
    assert.equal(update(small, { minimumAmperes: 5 })['current_unbalance']?.quality, 'bad');
    const noise = { current_l1: 0.4, current_l2: 0, current_l3: 0 };
    assert.equal(update(noise)['current_unbalance']?.reason, 'undefined_result', 'no 200 %');
    assert.equal(Number(update(noise, { minimumAmperes: 0 })['current_unbalance']?.value).toFixed(6), '200.000000');
    const dead = { voltage_l1_l2: 6, voltage_l2_l3: 1, voltage_l3_l1: 0 };
    assert.equal(update(dead)['voltage_unbalance']?.reason, 'undefined_result');
    assert.equal(update(dead, { minimumVolts: 1 })['voltage_unbalance']?.quality, 'good');
  });

  it('is as good, and its place as well known, as the worst of its inputs', () => {
    const telemetry = telemetryOf(START, { current_l1: 9, current_l2: 9, current_l3: 9 });
    const worst = { quality: 'uncertain', reason: 'layout_inferred', provenance: 'inferred' } as const;
    const metrics = { ...telemetry.metrics, current_l3: sampleOf('current_l3', 9, START, worst) };
    const { quality, reason, provenance } = new KpiSet(settings).update({ ...telemetry, metrics })[
      'current_unbalance'
    ]!;
    assert.deepEqual({ quality, reason, provenance }, worst);
  });
});

describe('demand', () => {
  it('splits energy without losing a Wh, wherever it is cut', () => {
    const random = seededRandom(2);
    for (let round = 0; round < 2000; round++) {
      const whole = piece(START, START + 1 + Math.floor(random() * 1e6), Math.floor(random() * 1e5));
      const cursor = new DeltaCursor(whole);
      let [sum, at] = [0, START];
      while (at < whole.toMs) {
        at += 1 + Math.floor(random() * 1e5);
        const part = cursor.takeUntil(at);
        assert.ok(part !== undefined && part.added >= 0 && Number.isInteger(part.added));
        sum += part.added;
      }
      assert.equal(sum, whole.added);
      assert.equal(cursor.takeUntil(at + 1), undefined);
    }
  });

  it('of fixed windows holds all energy: their means times their length add up to it, however it arrives', () => {
    const random = seededRandom(3);
    for (let round = 0; round < 100; round++) {
      const window = new FixedDemand(5 * MINUTE_MS);
      const demands: Demand[] = [];
      const guessed = new Set<number>();
      let [at, added] = [START, 0];
      while (at < START + 120 * MINUTE_MS) {
        const next = Math.min(at + 1 + Math.floor(random() ** 3 * 20 * MINUTE_MS), START + 120 * MINUTE_MS);
        const amount = Math.floor(random() * 1000);
        window.add(piece(at, next, amount), (demand) => demands.push(demand));
        const [first, last] = [at, next - 1].map((time) => Math.floor((time - START) / (5 * MINUTE_MS)));
        if (first !== last && next - at > 63_000) for (let index = first!; index <= last!; index++) guessed.add(index);
        added += amount;
        at = next;
      }
      assert.deepEqual(
        demands.map(({ endMs }) => endMs),
        Array.from({ length: 24 }, (_, index) => START + (index + 1) * 5 * MINUTE_MS),
      );
      const energy = demands.reduce((sum, { value }) => sum + value / 12, 0);
      assert.ok(Math.abs(energy - added) < 1e-6, `${energy} and ${added}`);
      for (const [index, { judgment }] of demands.entries()) {
        assert.equal(judgment.reason, guessed.has(index) ? 'counter_gap' : undefined, `window ${index}`);
      }
      assert.ok(guessed.size > 0);
    }
  });

  it('of a window that was not wholly measured is a lower bound, and uncertain', () => {
    const window = new FixedDemand(15 * MINUTE_MS);
    const demands: Demand[] = [];
    window.add(piece(START + 10 * MINUTE_MS, START + 15 * MINUTE_MS, 1000), (demand) => demands.push(demand));
    assert.equal(demands[0]?.value, 4000);
    assert.deepEqual([demands[0].judgment.quality, demands[0].judgment.reason], ['uncertain', 'period_incomplete']);
  });

  it('of a sliding window equals the energy of the last minutes, and keeps few moments', () => {
    const window = new SlidingDemand(15 * MINUTE_MS);
    const random = seededRandom(4);
    const sums = [0];
    for (let second = 1; second <= 7200; second++) {
      const amount = Math.floor(random() * 100);
      sums.push(sums.at(-1)! + amount);
      let found: Demand | undefined;
      window.add(piece(START + (second - 1) * 1000, START + second * 1000, amount), (demand) => (found = demand));
      if (second < 900) assert.equal(found, undefined, 'before the first whole window there is none');
      else {
        const expected = 4 * (sums[second]! - sums[second - 900]!);
        assert.ok(Math.abs(found!.value - expected) < 0.02 * expected + 1, `${second}: ${found!.value}, ${expected}`);
      }
    }
    assert.ok((window.state() as readonly unknown[]).length < 150);
  });

  it('of a sliding window begins anew when energy is missing in between', () => {
    const window = new SlidingDemand(MINUTE_MS);
    const demands: Demand[] = [];
    const visit = (demand: Demand): void => void demands.push(demand);
    window.add(piece(START, START + MINUTE_MS, 100), visit);
    window.add(piece(START + 2 * MINUTE_MS, START + 2.5 * MINUTE_MS, 100), visit);
    assert.equal(demands.length, 1);
    window.add(piece(START + 2.5 * MINUTE_MS, START + 3 * MINUTE_MS, 100), visit);
    assert.deepEqual(
      demands.map(({ value }) => value),
      [6000, 12_000],
    );
  });

  it('of a sliding window finds the peak that fixed windows cut in two', () => {
    const peaks = (['fixed', 'sliding'] as const).map((demandWindow) => {
      const kpis = new KpiSet({ ...settings, demandWindow, demandMinutes: 10 });
      let out: Record<string, Sample> = {};
      for (let minute = 0; minute <= 60; minute++)
        out = feed(kpis, minute, 1000 * Math.min(10, Math.max(0, minute - 25)));
      return [out['peak_demand_day']?.value, out['peak_demand_time_day']?.value];
    });
    assert.deepEqual(peaks, [
      [30_000, START + 30 * MINUTE_MS],
      [60_000, START + 35 * MINUTE_MS],
    ]);
  });
});

describe('period figures', () => {
  it('are good only when every delta was, and the whole time is known', () => {
    const kpis = new KpiSet(settings);
    feed(kpis, 0, 0);
    const first = feed(kpis, 15, 1000, 500);
    assert.equal(first['active_energy_import_day']?.quality, 'good', 'the day began with the reading');
    assert.equal(first['active_energy_import_month']?.reason, 'period_incomplete', 'the month began days before');
    const gap = feed(kpis, 45, 3000, 1500);
    assert.equal(gap['active_energy_import_day']?.reason, 'counter_gap');
    assert.equal(feed(kpis, 60, 4000, 2000)['power_factor_day']?.reason, 'counter_gap', 'it stays so for the day');
    const ended = feed(kpis, 24 * 60, 100_000, 50_000);
    assert.equal(ended['power_factor_last_day']?.reason, 'counter_gap');
    assert.equal('power_factor_day' in ended, false, 'the new day has nothing yet');
    assert.equal(feed(kpis, 24 * 60 + 15, 101_000, 50_500)['power_factor_day']?.quality, 'good');
  });

  it('carry an uncertain layout to every figure', () => {
    const kpis = new KpiSet(settings);
    const assumed = { quality: 'uncertain', reason: 'layout_assumed', provenance: 'assumed' } as const;
    feed(kpis, 0, 0, 0, assumed);
    const out = feed(kpis, 15, 1000, 500, assumed);
    for (const name of ['energy_delta_active_import_total', 'interval_demand', 'load_factor_day', 'co2_day']) {
      assert.deepEqual([out[name]?.quality, out[name]?.reason, out[name]?.provenance], Object.values(assumed), name);
    }
  });

  it('follow their formulas', () => {
    const kpis = new KpiSet({ ...settings, tanPhi: 0.5 });
    feed(kpis, 0, 0, 0);
    feed(kpis, 15, 10_000, 4000);
    const out = feed(kpis, 30, 30_000, 24_000);
    const value = (name: string): number => Number(out[name]?.value);
    assert.equal(value('interval_demand'), 80_000);
    assert.equal(value('interval_demand_time'), START + 30 * MINUTE_MS);
    assert.ok(Math.abs(value('interval_power_factor') - Math.SQRT1_2) < 1e-15);
    assert.ok(Math.abs(value('power_factor_day') - 30 / Math.hypot(30, 24)) < 1e-15);
    assert.equal(value('peak_demand_day'), 80_000);
    assert.equal(value('load_factor_day'), 75);
    assert.equal(value('reactive_energy_excess_day'), 9000);
    assert.equal(value('power_factor_penalty_day'), 37.5);
    assert.equal(value('co2_day'), 15);
    assert.equal(value('coverage_day'), 100);
  });

  it('have no load factor while the highest demand is in a window that has not ended', () => {
    const kpis = new KpiSet(settings);
    feed(kpis, 0, 0, 0);
    assert.equal(feed(kpis, 15, 4000, 0)['load_factor_day']?.value, 100);
    const rising = feed(kpis, 20, 14_000, 0)['load_factor_day'];
    assert.deepEqual([rising?.quality, rising?.reason], ['bad', 'undefined_result']);
    assert.equal(feed(kpis, 30, 20_000, 0)['load_factor_day']?.value, 62.5);
    for (let minute = 45; minute <= 600; minute += 15) {
      const value = Number(feed(kpis, minute, 20_000 + (minute - 30) * 1000, 0)['load_factor_day']?.value);
      assert.ok(value > 0 && value <= 100, `${value} % after ${minute} minutes`);
    }
  });

  it('are all defined with a unit, and pass as telemetry', () => {
    const kpis = new KpiSet(settings);
    feed(kpis, 0, 0);
    const out = { ...feed(kpis, 24 * 60, 1000, 500), ...feed(kpis, 24 * 60 + 15, 2000, 900) };
    const units = new Map(ALL_METRICS.map(({ name, unit }) => [name, unit]));
    for (const [name, { unit }] of Object.entries(out)) assert.equal(unit, units.get(name), name);
    TELEMETRY.parse(JSON.parse(JSON.stringify({ ...telemetryOf(START, {}), metrics: out })));
  });

  it('can be switched off one by one', () => {
    for (const { key } of KPI_ROWS) {
      const kpis = new KpiSet({ ...settings, kpis: KPI_KEYS.filter((each) => each !== key) });
      const values = { current_l1: 1, current_l2: 1, current_l3: 1, voltage_l1_n: 1, voltage_l2_n: 1, voltage_l3_n: 1 };
      feed(kpis, 0, 0);
      const out = { ...feed(kpis, 15, 1000, 900), ...kpis.update(telemetryOf(START, values)) };
      const metrics: readonly string[] = KPI_ROWS.find((row) => row.key === key)!.metrics;
      const names = metrics.flatMap((base) => [base, ...PERIODS.map((period) => periodMetricOf(base, period, false))]);
      assert.deepEqual(
        names.filter((name) => name in out),
        [],
        key,
      );
    }
  });

  it('go on after a restart at any moment as if nothing had happened, in fixed and in sliding windows', () => {
    for (let seed = 0; seed < 12; seed++) {
      const own = {
        ...settings,
        demandWindow: seed % 2 === 0 ? 'fixed' : 'sliding',
        timeZone: 'Europe/Berlin',
      } as const;
      const cut = Math.floor(seededRandom(seed)() * 200);
      const runs = [-1, cut].map((restartAt) => {
        const random = seededRandom(seed + 500);
        let kpis = new KpiSet(own);
        let [minute, active, reactive] = [0, 0, 0];
        return Array.from({ length: 200 }, (_, index) => {
          if (index === restartAt) kpis = new KpiSet(own, {}, JSON.parse(JSON.stringify(kpis.state())));
          minute += random() < 0.03 ? 1500 * random() : 10 * random();
          [active, reactive] = [active + Math.floor(random() * 9000), reactive + Math.floor(random() * 9000)];
          if (random() < 0.02) active = 0;
          return feed(kpis, Math.round(minute), active, random() < 0.1 ? Number.NaN : reactive);
        });
      });
      assert.deepEqual(runs[1], runs[0], `seed ${seed}, restart before ${cut}`);
    }
  });

  it('start anew from a state that is none', () => {
    const kpis = new KpiSet(settings);
    feed(kpis, 0, 0);
    feed(kpis, 10, 500);
    const state = JSON.stringify(kpis.state());
    const random = seededRandom(9);
    for (let round = 0; round < 200; round++) {
      const broken = state.replace(/(?<=[:,[])("[^"]*"|-?\d+(\.\d+)?)(?=[,}\]])/g, (text) =>
        random() < 0.1 ? ['null', '"x"', '-1', '{}'][Math.floor(random() * 4)]! : text,
      );
      const out = feed(new KpiSet(settings, {}, JSON.parse(broken)), 15, 1000, 500);
      for (const { value } of Object.values(out)) assert.ok(value === null || Number.isFinite(value), broken);
    }
  });
});

describe('KPI settings', () => {
  it('are the defaults where nothing is said', () => {
    assert.deepEqual(parseKpiSettings(undefined), { settings: DEFAULT_KPI_SETTINGS, problems: [] });
    assert.ok(Math.abs(DEFAULT_KPI_SETTINGS.tanPhi - 0.4843) < 1e-4);
    const { settings: read } = parseKpiSettings({ powerFactorLimit: 0.8, demandMinutes: 30, kpis: ['cost'] });
    assert.deepEqual([read.tanPhi.toFixed(9), read.demandMinutes, read.kpis], ['0.750000000', 30, ['cost']]);
  });

  it('say what is wrong in one sentence each, and keep the rest', () => {
    const { settings: read, problems } = parseKpiSettings({
      kpis: ['demnad'],
      demandMinutes: 7,
      timeZone: 'Mars/Olympus',
      co2KgPerKwh: -1,
      powerFactorLimit: 'x',
      tariff: { timeZone: 'UTC' },
      periods: ['year'],
    });
    assert.deepEqual(read, { ...DEFAULT_KPI_SETTINGS, periods: ['year'] });
    assert.deepEqual(
      problems.map((problem) => problem.split(' ')[0]),
      ['tariff.periods', 'kpis[0]', 'timeZone', 'demandMinutes', 'powerFactorLimit', 'co2KgPerKwh'],
    );
    for (const problem of problems) assert.match(problem, /^\S+ is [^\n]+, expected [^\n]+; correct [^\n]+\.$/);
  });
});

describe('docs/kpis.md', () => {
  it('has every KPI with its formula and source', () => {
    const page = readFileSync(join(ROOT, 'docs/kpis.md'), 'utf8').replace(/\s+/g, ' ');
    for (const { key, formula, source } of KPI_ROWS) {
      for (const text of [`\`${key}\``, formula, source]) assert.ok(page.includes(text), text);
    }
  });
});
