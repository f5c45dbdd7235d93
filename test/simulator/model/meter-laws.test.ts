import assert from 'node:assert/strict';
import { loadCsvProfile } from '../../../src/simulator/model/csv-profile';
import { LOAD_INTERVAL_MS } from '../../../src/simulator/model/load-profile';
import { seededRandom } from '../../../src/support/random';
import { close, LOADS, modelOf, numberIn, PHASES, POWERS } from '../../../testkit/simulator/models';

/** How far two phase voltages may stand from a third of a turn, radians: twice the sum of the angle waves. */
const WORST_ANGLE = 0.011;

describe('laws of the simulated meter', function () {
  this.timeout(60_000);

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
});
