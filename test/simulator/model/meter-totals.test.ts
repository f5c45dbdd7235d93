import assert from 'node:assert/strict';
import { loadCsvProfile } from '../../../src/simulator/model/csv-profile';
import { LOAD_INTERVAL_MS } from '../../../src/simulator/model/load-profile';
import { constantProfile, dailyProfile } from '../../../src/simulator/model/plain-profiles';
import { repeatingProfile } from '../../../src/simulator/model/repeating-profile';
import { seededRandom } from '../../../src/support/random';
import { close, LOADS, mixedProfile, modelOf, numberIn, PHASES } from '../../../testkit/simulator/models';

describe('demand, maxima and counters of the simulated meter', function () {
  this.timeout(60_000);

  it('demand is the difference of the energy counters over the last whole quarter of an hour', () => {
    for (const [name, createLoad] of LOADS) {
      const meter = modelOf(createLoad(), 6);
      const random = seededRandom(3);
      for (let sample = 0; sample < 40; sample++) {
        const timeMs = meter.startMs + LOAD_INTERVAL_MS + random() * 3 * 86_400_000;
        const endMs = Math.floor(timeMs / LOAD_INTERVAL_MS) * LOAD_INTERVAL_MS;
        const before = meter.section('counters', endMs - LOAD_INTERVAL_MS);
        const after = meter.section('counters', endMs);
        const demand = meter.section('demand', timeMs);
        const flow = (metric: string): number => (numberIn(after, metric) - numberIn(before, metric)) * 4;
        const p = flow('active_energy_import_total') - flow('active_energy_export_total');
        const q = flow('reactive_energy_import_total') - flow('reactive_energy_export_total');
        assert.ok(Math.abs(numberIn(demand, 'demand_active_power_total') - p) < 1e-3, name);
        assert.ok(Math.abs(numberIn(demand, 'demand_reactive_power_total') - q) < 1e-3, name);
        close(numberIn(demand, 'demand_apparent_power_total'), Math.hypot(p, q), 1e-5, name);
        for (const quantity of ['active_power', 'reactive_power']) {
          const sum = PHASES.reduce((total, phase) => total + numberIn(demand, `demand_${quantity}_${phase}`), 0);
          close(numberIn(demand, `demand_${quantity}_total`), sum, 1e-9, `${name}: sum of demand ${quantity}`);
        }
        const phases = PHASES.reduce((total, phase) => total + numberIn(demand, `demand_voltage_${phase}_n`), 0);
        close(numberIn(demand, 'demand_voltage_ln_avg'), phases / 3, 1e-9, name);
      }
    }
  });

  it('demand current is near the mean current of its interval', () => {
    const meter = modelOf(dailyProfile(200_000, 1), 8);
    const endMs = meter.startMs + LOAD_INTERVAL_MS;
    const demand = meter.section('demand', endMs + 1);
    let sum = 0;
    for (let second = 0; second < 900; second++) {
      sum += numberIn(meter.section('instant', meter.startMs + second * 1000 + 500), 'current_l1') / 900;
    }
    close(numberIn(demand, 'demand_current_l1'), sum, 0.005, 'demand current');
  });

  it('maxima never fall and never lie below what was shown', () => {
    const meter = modelOf(loadCsvProfile(), 9);
    const random = seededRandom(21);
    let timeMs = meter.startMs;
    let before = meter.section('maximum', timeMs);
    for (let sample = 0; sample < 120; sample++) {
      timeMs += random() * 600_000;
      const instant = meter.section('instant', timeMs);
      const now = meter.section('maximum', timeMs);
      for (const name of Object.keys(now)) {
        assert.ok(numberIn(now, name) >= numberIn(before, name), `${name} fell`);
        assert.ok(numberIn(now, name) >= numberIn(instant, name.slice('max_'.length)), `${name} lies too low`);
      }
      before = now;
    }
  });

  it('maxima see what happened between two reads', () => {
    const meter = modelOf(dailyProfile(100_000, 1), 9, '1420-V2-ENT', Date.UTC(2018, 0, 8, 2));
    const night = numberIn(meter.section('maximum', meter.startMs), 'max_active_power_total');
    const nextNight = numberIn(meter.section('maximum', meter.startMs + 86_400_000), 'max_active_power_total');
    assert.ok(nextNight > 5 * night, `${nextNight} W after a day that began with ${night} W`);
  });

  it('counters start above a million so that both halves of a pair are used, and never fall', () => {
    for (let seed = 0; seed < 200; seed++) {
      const counters = modelOf(constantProfile(1000), seed).section('counters', 0);
      for (const [name, value] of Object.entries(counters)) {
        if (name.endsWith('_total')) assert.ok((value as number) > 1e9, `${name} of seed ${seed}`);
      }
      for (const stem of [
        'active_energy_import',
        'reactive_energy_import',
        'active_energy_export',
        'reactive_energy_export',
      ])
        assert.ok(numberIn(counters, `${stem}_partial`) < numberIn(counters, `${stem}_total`), stem);
    }
    const meter = modelOf(mixedProfile(), 3);
    let before = meter.section('counters', 0);
    for (let timeMs = 0; timeMs < 86_400_000; timeMs += 7_001) {
      const now = meter.section('counters', timeMs);
      for (const name of Object.keys(now)) assert.ok(numberIn(now, name) >= numberIn(before, name), `${name} fell`);
      before = now;
    }
  });

  it('run hours count only while current flows', () => {
    const none = { activeImportWh: 0, activeExportWh: 0, reactiveImportVarh: 0, reactiveExportVarh: 0 };
    const load = repeatingProfile({
      description: 'half an hour on, half an hour off',
      intervals: [{ ...none, activeImportWh: 100 }, { ...none, activeImportWh: 100 }, none, none],
      firstStartMs: 0,
      startMs: 0,
      variation: 0.1,
    });
    const meter = modelOf(load);
    const hours = (timeMs: number): number =>
      numberIn(meter.section('counters', timeMs), 'run_hours') - numberIn(meter.section('counters', 0), 'run_hours');
    close(hours(900_000), 0.25, 1e-9, 'running');
    close(hours(3_000_000), 0.5, 1e-9, 'stopped');
    close(hours(36_000_000), 5, 1e-9, 'ten hours');
    const idle = meter.section('instant', 2_000_000);
    assert.equal(idle['current_l1'], 0);
    assert.equal(idle['power_factor_total'], 1);
  });
});
