import assert from 'node:assert/strict';
import { loadCsvProfile, parseCsvProfile } from '../../../src/simulator/model/csv-profile';
import { LOAD_INTERVAL_MS } from '../../../src/simulator/model/load-profile';
import { constantProfile, dailyProfile } from '../../../src/simulator/model/plain-profiles';

const HEADING =
  'interval_start,active_energy_kwh,reactive_energy_lagging_kvarh,reactive_energy_leading_kvarh,power_factor_lagging_pct,power_factor_leading_pct';
const FIRST = '2020-05-01T00:00,3.17,2.95,0,73.21,100';
const SECOND = '2020-05-01T00:15,4,0.5,1.25,66.77,100';

function refuse(text: string, message: RegExp): void {
  assert.throws(() => parseCsvProfile(text, 'load.csv'), { code: 'PROFILE_INVALID', message });
}

describe('recorded load', () => {
  it('ships a year of a plant, beginning on a working morning', () => {
    const load = loadCsvProfile();
    const first = Date.UTC(2018, 0, 1) / LOAD_INTERVAL_MS;
    assert.deepEqual(load.energyOf(first), {
      activeImportWh: 3170,
      activeExportWh: 0,
      reactiveImportVarh: 2950,
      reactiveExportVarh: 0,
    });
    assert.deepEqual(load.energyOf(first + 35_040), load.energyOf(first));
    assert.deepEqual(load.energyOf(first - 1).activeImportWh, 3670);
    const year = load.totalBefore(first + 35_040).activeImportWh - load.totalBefore(first).activeImportWh;
    assert.ok(Math.abs(year - 959_636_860) < 1e4, `${year} Wh a year`);
    assert.ok(load.energyOf(load.startMs / LOAD_INTERVAL_MS).activeImportWh > 50_000);
  });

  it('reads a file of its own from its first interval and repeats it', () => {
    const load = parseCsvProfile(`\uFEFF${HEADING}\r\n${FIRST}\r\n${SECOND}\r\n\r\n`, 'load.csv');
    const first = Date.UTC(2020, 4, 1) / LOAD_INTERVAL_MS;
    assert.equal(load.startMs, Date.UTC(2020, 4, 1));
    assert.equal(load.energyOf(first + 1).reactiveExportVarh, 1250);
    assert.equal(load.energyOf(first + 7).activeImportWh, 4000);
    assert.equal(load.energyOf(first - 2).activeImportWh, 3170);
    assert.equal(load.totalBefore(first + 5).activeImportWh, 2 * 7170 + 3170);
    assert.equal(load.totalBefore(first - 1).activeImportWh, -4000);
  });

  it('names line and column of what is wrong', () => {
    refuse('', /line 1, column interval_start/);
    refuse(HEADING, /line 2, column interval_start: the file holds no interval/);
    refuse(
      HEADING.replace('active_energy_kwh', 'energy'),
      /line 1, column active_energy_kwh: the heading has another word there/,
    );
    refuse(`${HEADING}\n${FIRST}\n2020-05-01T00:15,x,0,0,0,0`, /line 3, column active_energy_kwh: "x" is no number/);
    refuse(`${HEADING}\n2020-05-01T00:00,1,-2,0,0,0`, /line 2, column reactive_energy_lagging_kvarh: "-2"/);
    refuse(`${HEADING}\n2020-05-01T00:00,1,2,,0,0`, /line 2, column reactive_energy_leading_kvarh: ""/);
    refuse(`${HEADING}\n2020-05-01T00:00,1,2,0,101,0`, /line 2, column power_factor_lagging_pct: "101" .* to 100/);
    refuse(`${HEADING}\n2020-05-01T00:00,1,2,0,0,NaN`, /line 2, column power_factor_leading_pct/);
    refuse(`${HEADING}\n2020-05-01T00:00,1,2`, /line 2, column .*3 cells instead of 6/);
    refuse(`${HEADING}\n${FIRST}\n\n${SECOND}`, /line 3, column .* 1 cells/);
    refuse(`${HEADING}\n01.05.2020,1,2,0,0,0`, /line 2, column interval_start: "01.05.2020" is no time/);
    refuse(`${HEADING}\n2020-05-01T00:07,1,2,0,0,0`, /line 2, column interval_start: .* quarter of an hour/);
    refuse(`${HEADING}\n${FIRST}\n${FIRST}`, /line 3, column interval_start: .* 15 minutes after/);
  });

  it('refuses a device instead of reading it forever', () => {
    assert.throws(() => loadCsvProfile('/dev/zero'), { code: 'PROFILE_INVALID', message: /it is no regular file/ });
  });

  it('says which file cannot be read', () => {
    assert.throws(() => loadCsvProfile('/no/such/load.csv'), {
      code: 'PROFILE_INVALID',
      message: /^Load file \/no\/such\/load\.csv cannot be read/,
    });
  });
});

describe('plain loads', () => {
  it('a constant load never changes', () => {
    const load = constantProfile(100_000);
    assert.equal(load.variation, 0);
    for (const index of [-5, 0, 17, 1_000_000]) assert.equal(load.energyOf(index).activeImportWh, 25_000);
    assert.equal(constantProfile(-100_000).energyOf(3).activeExportWh, 25_000);
  });

  it('a plant weekday rests at night, works by day and comes near its peak', () => {
    const load = dailyProfile(100_000, 1);
    const powers = Array.from({ length: 96 }, (_, index) => load.energyOf(index).activeImportWh * 4);
    assert.ok(Math.max(...powers) > 95_000 && Math.max(...powers) < 104_000);
    assert.ok(powers[8]! < 0.2 * powers[44]!);
    assert.deepEqual(load.energyOf(96 * 100 + 40), load.energyOf(40));
  });

  it('refuse a power that no meter could show', () => {
    assert.throws(() => constantProfile(Number.NaN), { code: 'PROFILE_INVALID' });
    assert.throws(() => dailyProfile(1e12, 1), { code: 'PROFILE_INVALID', message: /kW/ });
  });
});
