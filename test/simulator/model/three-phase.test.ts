import assert from 'node:assert/strict';
import { drawIntervalShape } from '../../../src/simulator/model/interval-shape';
import { measurePhases, type PhaseLoad } from '../../../src/simulator/model/three-phase';
import { seededRandom } from '../../../src/support/random';

const TURN = 2 * Math.PI;

/** Three phases of 230 V a third of a turn apart, loaded as given: [W, var] each. */
function measure(...loads: readonly (readonly [number, number])[]): Record<string, number> {
  const [first, second, third] = loads.map(([activeW, reactiveVar], index): PhaseLoad => ({
    volts: 230,
    angle: (-index * TURN) / 3,
    activeW,
    reactiveVar,
  }));
  return measurePhases([first!, second!, third!], 50);
}

function near(actual: number | undefined, expected: number): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);
}

describe('three phases', () => {
  it('with a balanced load leave nothing in the neutral', () => {
    const values = measure([2300, 1000], [2300, 1000], [2300, 1000]);
    near(values['current_n'], 0);
    near(values['voltage_l2_l3'], 230 * Math.sqrt(3));
    near(values['current_l3'], Math.hypot(2300, 1000) / 230);
    near(values['apparent_power_total'], 3 * Math.hypot(2300, 1000));
    near(values['power_factor_total'], 2300 / Math.hypot(2300, 1000));
    near(values['frequency'], 50);
  });

  it('send the whole current of a single load through the neutral', () => {
    near(measure([2300, 0], [0, 0], [0, 0])['current_n'], 10);
    near(measure([0, 0], [0, 1150], [0, 0])['current_n'], 5);
  });

  it('add the currents of two phases by their angles', () => {
    near(measure([2300, 0], [2300, 0], [0, 0])['current_n'], 10);
    // A lag of 60 degrees in L2 puts its current at -180 degrees, against that of L1.
    near(measure([2300, 0], [1150, 1150 * Math.sqrt(3)], [0, 0])['current_n'], 0);
    // A lead of the same size puts it at -60 degrees.
    near(measure([2300, 0], [1150, -1150 * Math.sqrt(3)], [0, 0])['current_n'], 10 * Math.sqrt(3));
  });

  it('add powers as vectors, so that opposite reactive powers cancel', () => {
    const values = measure([1000, 500], [1000, -500], [1000, 0]);
    near(values['apparent_power_total'], 3000);
    near(values['power_factor_total'], 1);
    assert.ok(values['power_factor_l1']! < 0.9);
  });

  it('sign the power factor by the direction of active power', () => {
    near(measure([-1000, 0], [-1000, 0], [-1000, 0])['power_factor_total'], -1);
    near(measure([0, 0], [0, 0], [0, 0])['power_factor_total'], 1);
  });
});

describe('shape of an interval', () => {
  it('has a mean of exactly one, never falls below zero, and its integral is that of its density', () => {
    const random = seededRandom(6);
    for (let draw = 0; draw < 200; draw++) {
      const shape = drawIntervalShape(0.5 * random(), random);
      near(shape.integral(0), 0);
      near(shape.integral(1), 1);
      for (let sample = 0; sample < 50; sample++) {
        const part = 0.001 + 0.998 * random();
        assert.ok(shape.density(part) > 0.49);
        const slope = (shape.integral(part + 1e-6) - shape.integral(part - 1e-6)) / 2e-6;
        assert.ok(Math.abs(slope - shape.density(part)) < 1e-4, `${slope} is not ${shape.density(part)}`);
      }
    }
  });
});
