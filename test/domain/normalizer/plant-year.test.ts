import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_KPI_SETTINGS } from '../../../src/domain/kpis/settings';
import { KPI_KEYS } from '../../../src/domain/kpis/kpi-rows';
import { KpiSet } from '../../../src/domain/kpis/kpi-set';
import type { Sample } from '../../../src/domain/messages/telemetry';
import { telemetryOf } from '../../../testkit/meters/telemetry';
import { ROOT } from '../../../testkit/root';

/** The year as the file says it: nothing of the package takes part. */
const ROWS = readFileSync(join(ROOT, 'data/steel-plant-2018.csv'), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [start = '', ...cells] = line.split(',');
    const [kwh = 0, kvarh = 0, leadingKvarh = 0, powerFactorPercent = 0] = cells.map(Number);
    return { start, month: start.slice(0, 7), day: start.slice(0, 10), kwh, kvarh, leadingKvarh, powerFactorPercent };
  });
const STEP_MS = 900_000;
const startOf = (row: { start: string }): number => Date.parse(`${row.start}:00Z`);
type Row = (typeof ROWS)[number];
/** Hundredths of a kWh, summed as whole numbers. */
const sum = (rows: readonly Row[], key: 'kwh' | 'kvarh' | 'leadingKvarh'): number =>
  rows.reduce((total, row) => total + Math.round(row[key] * 100), 0) / 100;
const close = (actual: unknown, expected: number, what: string): void => {
  assert.ok(
    Math.abs(Number(actual) - expected) <= 1e-9 * Math.abs(expected),
    `${what}: ${String(actual)}, not ${expected}`,
  );
};
const MONTHS = [...new Set(ROWS.map(({ month }) => month))];

const settings = {
  ...DEFAULT_KPI_SETTINGS,
  kpis: KPI_KEYS,
  periods: ['day', 'month', 'year'] as const,
  co2KgPerKwh: 0.4,
};

/** What the KPIs say after each interval; counters as a meter has them, from a first reading on. */
function replay(visit: (row: Row, out: Record<string, Sample>) => void): void {
  let kpis = new KpiSet(settings);
  const wh = {
    active_energy_import_total: 9_999_990_000,
    reactive_energy_import_total: 5_000_000_000,
    reactive_energy_export_total: 7,
  };
  kpis.update(telemetryOf(startOf(ROWS[0]!), wh));
  for (const [index, row] of ROWS.entries()) {
    wh.active_energy_import_total += Math.round(row.kwh * 1000);
    wh.reactive_energy_import_total += Math.round(row.kvarh * 1000);
    wh.reactive_energy_export_total += Math.round(row.leadingKvarh * 1000);
    if (index % 5000 === 4321) kpis = new KpiSet(settings, {}, JSON.parse(JSON.stringify(kpis.state())));
    visit(row, kpis.update(telemetryOf(startOf(row) + STEP_MS, wh)));
  }
}

describe('KPIs of the recorded plant year', function () {
  this.timeout(60_000);
  const ends: { row: Row; out: Record<string, Sample> }[] = [];
  const misfits: string[] = [];
  let weighted = 0;

  before(() => {
    replay((row, out) => {
      const demand = Number(out['interval_demand']?.value);
      if (Math.abs(demand - row.kwh * 4000) > 1e-6) misfits.push(`${row.start} demand ${demand}`);
      const factor = out['interval_power_factor'];
      // The file rounds to two decimals of a percent; its one interval without energy has no factor.
      if (row.kwh > 0) {
        const error = Math.abs(Number(factor?.value) * 100 - row.powerFactorPercent);
        if (error > 0.005001) misfits.push(`${row.start} power factor ${String(factor?.value)}`);
        weighted += Number(factor?.value) * row.kwh;
      } else if (factor?.quality !== 'bad') misfits.push(`${row.start} has a power factor`);
      if (row.start.endsWith('T23:45')) ends.push({ row, out });
    });
  });

  it('has every demand of the file, and the power factor of every interval', () => {
    assert.deepEqual(misfits.slice(0, 5), []);
    const kwh = sum(ROWS, 'kwh');
    const fromFile = ROWS.reduce((total, row) => total + row.powerFactorPercent * row.kwh, 0) / 100 / kwh;
    assert.ok(Math.abs(weighted / kwh - fromFile) < 5e-5, `${weighted / kwh} and ${fromFile}`);
  });

  it('has the energy of every day, its peak with its time, and its load factor', () => {
    assert.equal(ends.length, 365);
    for (const { row, out } of ends)
      check(
        'day',
        ROWS.filter(({ day }) => day === row.day),
        out,
      );
  });

  it('has the same of every month, with power factor, penalty and CO2', () => {
    assert.equal(MONTHS.length, 12);
    for (const month of MONTHS) {
      const rows = ROWS.filter((row) => row.month === month);
      const { out } = ends.filter(({ row }) => row.month === month).at(-1)!;
      check('month', rows, out);
      assert.equal(out['active_energy_import_last_month']!.quality, 'good');
    }
  });

  it('has the same of the year', () => {
    check('year', ROWS, ends.at(-1)!.out);
  });

  function check(period: string, rows: readonly Row[], out: Record<string, Sample>): void {
    const what = `${period} ${rows[0]!.day}`;
    const value = (base: string): unknown => out[`${base}_last_${period}`]?.value;
    const [kwh, kvarh] = [sum(rows, 'kwh'), sum(rows, 'kvarh')];
    const peak = Math.max(...rows.map((row) => row.kwh));
    const first = rows.findIndex((row) => row.kwh === peak);
    const hours = rows.length / 4;
    const free = kwh * Math.sqrt(1 / 0.81 - 1);
    close(value('active_energy_import'), kwh * 1000, `${what} energy`);
    close(value('reactive_energy_import'), kvarh * 1000, `${what} reactive energy`);
    close(value('reactive_energy_export'), sum(rows, 'leadingKvarh') * 1000, `${what} leading reactive energy`);
    close(value('peak_demand'), peak * 4000, `${what} peak`);
    assert.equal(value('peak_demand_time'), startOf(rows[first]!) + STEP_MS, `${what} time of the peak`);
    close(value('load_factor'), (100 * kwh) / hours / (peak * 4), `${what} load factor`);
    close(value('power_factor'), kwh / Math.sqrt(kwh * kwh + kvarh * kvarh), `${what} power factor`);
    close(value('reactive_energy_excess'), 1000 * Math.max(0, kvarh - free), `${what} excess`);
    close(value('power_factor_penalty'), (100 * Math.max(0, kvarh - free)) / kvarh, `${what} penalty`);
    close(value('co2'), kwh * 0.4, `${what} CO2`);
    assert.equal(value('coverage'), 100, `${what} coverage`);
  }
});
