import assert from 'node:assert/strict';
import { BUILT_IN_LAYOUT } from '../../src/acquisition/layout-file';
import { decodeBlock } from '../../src/domain/decode';
import { encodeBlock } from '../../src/domain/encode';
import type { Value } from '../../src/domain/reading';
import { CATALOGUE } from '../../src/meter/catalogue';
import { CATALOG_NUMBERS } from '../../src/meter/identity';
import { loadCsvProfile } from '../../src/simulator/csv-profile';
import { LOAD_INTERVAL_MS, type LoadProfile } from '../../src/simulator/load-profile';
import { MeterModel } from '../../src/simulator/meter-model';
import { constantProfile, dailyProfile } from '../../src/simulator/plain-profiles';
import { repeatingProfile } from '../../src/simulator/repeating-profile';
import { findCatalogNumber } from '../../src/simulator/supply';
import { seededRandom } from '../../src/support/random';

const PHASES = ['l1', 'l2', 'l3'] as const;
const POWERS = [...PHASES, 'total'] as const;

function modelOf(load: LoadProfile, seed = 1, catalogNumber = '1420-V2-ENT', startMs?: number): MeterModel {
  return new MeterModel({
    model: findCatalogNumber(catalogNumber),
    serialNumber: 940_000_123,
    seed,
    load,
    ...(startMs === undefined ? {} : { startMs }),
  });
}

function numberIn(values: Readonly<Record<string, Value>>, name: string): number {
  const value = values[name];
  assert.equal(typeof value, 'number', name);
  return value as number;
}

function close(actual: number, expected: number, relative: number, what: string): void {
  const size = Math.max(Math.abs(actual), Math.abs(expected), 1e-9);
  assert.ok(Math.abs(actual - expected) <= relative * size, `${what}: ${actual} is not ${expected}`);
}

/** A load that imports and exports both kinds of energy. */
function mixedProfile(): LoadProfile {
  const random = seededRandom(5);
  const intervals = Array.from({ length: 24 }, () => ({
    activeImportWh: random() < 0.3 ? 0 : 20_000 * random(),
    activeExportWh: random() < 0.5 ? 0 : 9_000 * random(),
    reactiveImportVarh: random() < 0.3 ? 0 : 8_000 * random(),
    reactiveExportVarh: random() < 0.3 ? 0 : 6_000 * random(),
  }));
  return repeatingProfile({ description: 'mixed', intervals, firstStartMs: 0, startMs: 0, variation: 0.2 });
}

const LOADS: readonly (readonly [string, () => LoadProfile])[] = [
  ['the recorded plant year', () => loadCsvProfile()],
  ['a constant load', () => constantProfile(100_000)],
  ['a constant feed-in', () => constantProfile(-40_000)],
  ['a plant weekday', () => dailyProfile(250_000, 3)],
  ['both directions', mixedProfile],
];

/** How far two phase voltages may stand from a third of a turn, radians: twice the sum of the angle waves. */
const WORST_ANGLE = 0.011;

describe('laws of the simulated meter', () => {
  for (const [name, createLoad] of LOADS) {
    for (const catalogNumber of ['1420-V1-ENT', '1420-V2P-ENT']) {
      it(`hold for ${name} on a ${catalogNumber}`, () => {
        const load = createLoad();
        const meter = modelOf(load, 11, catalogNumber);
        const nominal = catalogNumber.includes('V1') ? 120 : 277;
        const random = seededRandom(99);
        let timeMs = meter.startMs;
        for (let sample = 0; sample < 300; sample++) {
          timeMs += random() * 7_200_000 * (sample % 3);
          const instant = meter.section('instant', timeMs);
          const of = (metric: string): number => numberIn(instant, metric);
          const [v1, v2, v3] = PHASES.map((phase) => of(`voltage_${phase}_n`)) as [number, number, number];
          for (const volts of [v1, v2, v3]) close(volts, nominal, 0.08, 'voltage near nominal');
          close(of('voltage_ln_avg'), (v1 + v2 + v3) / 3, 1e-12, 'mean of L-N');
          for (const [metric, from, to] of [
            ['voltage_l1_l2', v1, v2],
            ['voltage_l2_l3', v2, v3],
            ['voltage_l3_l1', v3, v1],
          ] as const) {
            const cosine = (from * from + to * to - of(metric) ** 2) / (2 * from * to);
            assert.ok(
              Math.abs(Math.acos(cosine) - (2 * Math.PI) / 3) < WORST_ANGLE,
              `${metric} is no 120 degrees apart`,
            );
          }
          const ll = of('voltage_l1_l2') + of('voltage_l2_l3') + of('voltage_l3_l1');
          close(of('voltage_ll_avg'), ll / 3, 1e-12, 'mean of L-L');
          close(of('voltage_ll_avg'), Math.sqrt(3) * of('voltage_ln_avg'), 0.001, 'sqrt(3)');
          for (const quantity of ['active_power', 'reactive_power'] as const) {
            const sum = PHASES.reduce((total, phase) => total + of(`${quantity}_${phase}`), 0);
            close(of(`${quantity}_total`), sum, 1e-12, `sum of ${quantity}`);
          }
          for (const phase of POWERS) {
            const [p, q, s] = [
              of(`active_power_${phase}`),
              of(`reactive_power_${phase}`),
              of(`apparent_power_${phase}`),
            ];
            close(s * s, p * p + q * q, 1e-12, `S of ${phase}`);
            if (s > 0) close(of(`power_factor_${phase}`), p / s, 1e-12, `PF of ${phase}`);
          }
          const currents = PHASES.map((phase) => of(`current_${phase}`)) as [number, number, number];
          PHASES.forEach((phase, index) => {
            close(currents[index]! * of(`voltage_${phase}_n`), of(`apparent_power_${phase}`), 1e-12, `I of ${phase}`);
          });
          const largest = Math.max(...currents);
          assert.ok(of('current_n') <= 0.2 * largest + 1e-9, `neutral ${of('current_n')} of ${largest} A`);
          if (largest > 0) assert.ok(of('current_n') > 0, 'a slight unbalance leaves a neutral current');
          close(of('frequency'), 60, 0.001, 'frequency');
          close(of('active_power_total'), meter.activePowerAt(timeMs), 1e-9, 'load');
        }
      });
    }

    it(`energy is the integral of power for ${name}`, () => {
      const meter = modelOf(createLoad(), 4);
      const random = seededRandom(17);
      for (let sample = 0; sample < 200; sample++) {
        const timeMs = meter.startMs + random() * 30 * 86_400_000;
        const stepMs = 20;
        const before = meter.section('counters', timeMs - stepMs);
        const after = meter.section('counters', timeMs + stepMs);
        const instant = meter.section('instant', timeMs);
        for (const [energy, power] of [
          ['active_energy', 'active_power_total'],
          ['reactive_energy', 'reactive_power_total'],
        ] as const) {
          const flow = (direction: string): number =>
            numberIn(after, `${energy}_${direction}_total`) - numberIn(before, `${energy}_${direction}_total`);
          const meanPower = ((flow('import') - flow('export')) * 3_600_000) / (2 * stepMs);
          const scale = Math.abs(numberIn(instant, power)) + 100;
          assert.ok(Math.abs(meanPower - numberIn(instant, power)) < 0.02 * scale, `${power}: ${meanPower}`);
        }
      }
    });
  }

  it('counters advance by exactly what the recorded intervals say', () => {
    const load = loadCsvProfile();
    const meter = modelOf(load, 2);
    let before = meter.section('counters', meter.startMs);
    for (let interval = 1; interval <= 35_100; interval += 1) {
      const timeMs = meter.startMs + interval * LOAD_INTERVAL_MS;
      const now = meter.section('counters', timeMs);
      const energy = load.energyOf(timeMs / LOAD_INTERVAL_MS - 1);
      for (const [metric, expected] of [
        ['active_energy_import', energy.activeImportWh],
        ['active_energy_export', energy.activeExportWh],
        ['reactive_energy_import', energy.reactiveImportVarh],
        ['reactive_energy_export', energy.reactiveExportVarh],
      ] as const) {
        for (const counter of [`${metric}_total`, `${metric}_partial`]) {
          close(numberIn(now, counter) - numberIn(before, counter), expected, 1e-6, `interval ${interval} ${counter}`);
        }
      }
      before = now;
    }
  });

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
    for (let sample = 0; sample < 300; sample++) {
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

describe('simulated meter', () => {
  it('gives every metric of the catalogue, and no other', () => {
    const values = modelOf(loadCsvProfile()).valuesAt(Date.UTC(2018, 5, 1, 10));
    assert.deepEqual(Object.keys(values).sort(), CATALOGUE.map(({ name }) => name).sort());
    for (const { name, kind, range } of CATALOGUE) {
      const value = values[name];
      if (kind === 'state') assert.equal(typeof value, 'boolean', name);
      else if (kind === 'text') assert.equal(typeof value, 'string', name);
      else {
        assert.ok(Number.isFinite(value), name);
        if (range !== undefined) assert.ok((value as number) >= range.min && (value as number) <= range.max, name);
      }
    }
  });

  it('repeats itself for the same seed and differs for another', () => {
    const at = Date.UTC(2018, 2, 5, 14, 3, 7);
    const values = (seed: number): unknown => modelOf(loadCsvProfile(), seed).valuesAt(at);
    assert.deepEqual(values(42), values(42));
    assert.notDeepEqual(values(42), values(43));
  });

  it('does not depend on what was read before, maxima aside', () => {
    const at = Date.UTC(2018, 2, 5, 14, 3, 7);
    const fresh = modelOf(loadCsvProfile(), 5);
    const used = modelOf(loadCsvProfile(), 5);
    for (let step = 0; step < 50; step++) used.valuesAt(used.startMs + step * 123_456);
    for (const section of ['instant', 'demand', 'counters', 'states', 'texts'] as const) {
      assert.deepEqual(fresh.section(section, at), used.section(section, at), section);
    }
  });

  it('survives the way through the bytes of every assembly', () => {
    for (const { catalogNumber } of CATALOG_NUMBERS) {
      const values = modelOf(loadCsvProfile(), 7, catalogNumber).valuesAt(Date.UTC(2018, 2, 5, 14));
      for (const plan of BUILT_IN_LAYOUT.blocks.values()) {
        const decoded = decodeBlock(plan, Buffer.from(encodeBlock(plan, values)));
        assert.equal(decoded.problems, undefined);
        for (const [name, value] of Object.entries(decoded.values)) {
          if (typeof value === 'number') close(value, numberIn(values, name), 1e-6, name);
          else assert.equal(value, values[name], name);
        }
      }
    }
  });

  it('says its model in the firmware words and 13 letters', () => {
    const texts = (catalogNumber: string): Readonly<Record<string, Value>> =>
      modelOf(constantProfile(1), 1, catalogNumber).section('texts', 0);
    assert.match(String(texts('1420-V2-ENT')['firmware_base']), /^A\.\d+$/);
    assert.match(String(texts('1420-V1-ENT')['firmware_base']), /^B\.\d+$/);
    assert.equal(texts('1420-V1-ENT')['firmware_analog'], '');
    assert.match(String(texts('1420-V1A-ENT')['firmware_analog']), /^B\.\d+$/);
    assert.match(String(texts('1420-V1-ENT')['identification_letters']), /^[A-Z0-9]{13}$/);
  });

  it('raises alarms in a busy plant and none at rest, and only a unit with digital outputs switches them', () => {
    const busy = (catalogNumber: string): Readonly<Record<string, Value>> =>
      modelOf(constantProfile(100_000), 1, catalogNumber).section('states', 0);
    assert.equal(busy('1420-V2P-ENT')['alarm_1'], true);
    assert.equal(busy('1420-V2P-ENT')['output_1'], true);
    assert.equal(busy('1420-V2A-ENT')['output_1'], false);
    const plant = modelOf(loadCsvProfile());
    const sunday = plant.section('states', Date.UTC(2018, 0, 14, 4));
    assert.deepEqual([sunday['alarm_1'], sunday['alarm_2'], sunday['output_1']], [false, false, false]);
  });

  it('refuses a catalog number that does not exist', () => {
    assert.throws(() => findCatalogNumber('1420-V3-ENT'), { code: 'CONFIG_INVALID', message: /1420-V1-ENT/ });
  });
});
