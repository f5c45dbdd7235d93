import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseTariff } from '../../src/domain/tariff/parse-tariff';
import { NO_ENERGY } from '../../src/report/load-profile';
import { tariffFigures } from '../../src/report/tariff-costs';
import { billOf, CONTRACT, figureOf, MONTH, savedBy, TARIFF, workedMonth } from '../../tools/bill/example';
import { BILL_PAGE, billPage } from '../../tools/bill/main';
import { readRecording } from '../../tools/bill/recording';
import { ROOT } from '../../testkit/root';

/** January of the file by the clocks of its plant: no zone, no KPI and no tariff of the package takes part. */
const ROWS = readFileSync(join(ROOT, 'data/steel-plant-2018.csv'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('2018-01-'))
  .map((line) => {
    const [start = '', kwh, kvarh] = line.split(',');
    return { day: start.slice(0, 10), hour: Number(start.slice(11, 13)), kwh: Number(kwh), kvarh: Number(kvarh) };
  });
const isWorkday = (day: string): boolean => ![0, 6].includes(new Date(day).getUTCDay()) && day !== '2018-01-01';

/** The level of an hour, by the words of the page. */
function levelOf({ day, hour }: { day: string; hour: number }): string {
  if (hour >= 22 || hour < 6) return 'night';
  return isWorkday(day) && hour >= 8 && hour < 20 ? 'peak' : 'off_peak';
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const kwhOf = (level: string): number => sum(ROWS.filter((row) => levelOf(row) === level).map(({ kwh }) => kwh));

describe('the worked example of a tariff', () => {
  const month = workedMonth();
  const lines = billOf(month);
  const amounts = lines.map(({ amount }) => amount);

  it('the page is what the KPIs say now', () => {
    assert.equal(readFileSync(BILL_PAGE, 'utf8'), billPage(month), 'run npx tsx tools/bill/main.ts');
  });

  it('has the amounts that the recording gives without the package', () => {
    assert.equal(ROWS.length, 31 * 96);
    const [kwh, kvarh] = [sum(ROWS.map((row) => row.kwh)), sum(ROWS.map((row) => row.kvarh))];
    const peak = 4 * Math.max(...ROWS.map((row) => row.kwh));
    const tanPhi = Math.sqrt(1 / CONTRACT.powerFactorLimit ** 2 - 1);
    const expected = [kwhOf('peak'), kwhOf('off_peak'), kwhOf('night'), peak, peak - 550, kvarh - tanPhi * kwh];
    for (const [place, amount] of expected.entries()) {
      assert.ok(Math.abs((amounts[place] ?? 0) - amount) < 1e-6, `${lines[place]?.what ?? ''}: ${amount}`);
    }
    assert.equal(amounts.length, expected.length);
    assert.ok(Math.abs(figureOf(month, 'load_factor') - (100 * kwh) / 744 / peak) < 1e-9);
  });

  it('each line is amount times price in whole cents, and the energy is what the metric cost says', () => {
    for (const { amount, price, cost, what } of lines) assert.equal(cost, Number((amount * price).toFixed(2)), what);
    const energy = sum(lines.slice(0, 3).map(({ cost }) => cost));
    assert.ok(Math.abs(figureOf(month, 'cost') - energy) < 0.02);
  });

  it('the report has the same energy at each price level', () => {
    const quarters = readRecording(MONTH.text, TARIFF.timeZone).map(({ startMs, activeWh }) => ({
      ...NO_ENERGY,
      ...{ startMs, activeImport: activeWh, state: 'measured' as const, uncertainImport: 0, unknown: [] },
    }));
    const { levels } = tariffFigures(parseTariff(TARIFF), quarters);
    assert.equal(levels.length, TARIFF.periods.length);
    for (const [place, { importKwh }] of levels.entries()) {
      assert.ok(Math.abs(importKwh - (amounts[place] ?? 0)) < 1e-6);
    }
  });

  it('counts the windows that a lower peak would ask for', () => {
    const above = ROWS.filter(({ kwh }) => 4 * kwh > 550);
    const { windows, days, saved } = savedBy(month, 550);
    assert.deepEqual([windows, days], [above.length, new Set(above.map(({ day }) => day)).size]);
    assert.ok(Math.abs(saved - 62.56 * (9.5 + 4)) < 1e-6);
  });

  it('shows a tariff that the node takes as it stands', () => {
    const [, shown = ''] = /```json\n([\s\S]*?)```/.exec(readFileSync(BILL_PAGE, 'utf8')) ?? [];
    assert.deepEqual(JSON.parse(shown), TARIFF);
  });
});
