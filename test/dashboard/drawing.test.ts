import assert from 'node:assert/strict';
import { arcPath, gaugeScale, handAngle, onCircle } from '../../src/dashboard/gauge-scale';
import { drawArrow, inDirection } from '../../src/dashboard/phasor-drawing';

const CENTER = { x: 100, y: 100 };
const rounded = ({ x, y }: { readonly x: number; readonly y: number }): readonly number[] => [
  Math.round(x * 1000) / 1000 + 0,
  Math.round(y * 1000) / 1000 + 0,
];

describe('the scale of a gauge', () => {
  it('has readable ends with every value inside, over thirteen decades', () => {
    for (let exponent = -3; exponent <= 9; exponent++) {
      for (const digit of [1, 1.4, 2.3, 4.44, 7, 9.99]) {
        const value = digit * 10 ** exponent;
        const { low, high } = gaugeScale('active_power', 0, value);
        assert.equal(low, 0);
        assert.ok(high >= value && high <= 2.5 * value, `${value}: ${high}`);
        const [first = ''] = high.toExponential().split('e');
        assert.ok(first.length <= 4, `${value}: ${high}`);
      }
    }
  });

  it('goes below zero where values do, and power factor to its own ends', () => {
    assert.deepEqual(gaugeScale('active_power', -441_300, 90_000), { low: -600_000, high: 150_000 });
    assert.deepEqual(gaugeScale('power_factor', 0.7, 0.98), { low: 0, high: 1 });
    assert.deepEqual(gaugeScale('power_factor', -0.2, 0.98), { low: -1, high: 1 });
  });

  it('is centered on the nominal frequency, and widens for what is far off', () => {
    assert.deepEqual(gaugeScale('frequency', 59.9, 60.1), { low: 57.5, high: 62.5 });
    assert.deepEqual(gaugeScale('frequency', 49.9, 50.1), { low: 47.5, high: 52.5 });
    const { low, high } = gaugeScale('frequency', 44, 50);
    assert.ok(low <= 44 && high >= 50);
  });

  it('has two ends where nothing is measured', () => {
    assert.deepEqual(gaugeScale('current', 0, 0), { low: 0, high: 1 });
  });

  it('points from one end to the other, and not beyond', () => {
    const scale = { low: 0, high: 200 };
    assert.deepEqual(
      [-50, 0, 100, 200, 900].map((value) => handAngle(scale, value)),
      [-135, -135, 0, 135, 135],
    );
  });

  it('draws arcs the long way where they are long', () => {
    assert.deepEqual(rounded(onCircle(CENTER, 50, 0)), [100, 50]);
    assert.deepEqual(rounded(onCircle(CENTER, 50, 90)), [150, 100]);
    assert.equal(arcPath(CENTER, 50, 0, 90), 'M 100.00 50.00 A 50 50 0 0 1 150.00 100.00');
    assert.match(arcPath(CENTER, 50, -135, 135), /A 50 50 0 1 1/);
  });
});

describe('an arrow', () => {
  it('points where its angle does: counterclockwise from the right', () => {
    assert.deepEqual(rounded(inDirection(CENTER, 50, 0)), [150, 100]);
    assert.deepEqual(rounded(inDirection(CENTER, 50, 90)), [100, 50]);
    assert.deepEqual(rounded(drawArrow(CENTER, 50, -120).tip), [75, 143.301]);
  });

  it('has a head that is no longer than itself, and a name beyond its tip', () => {
    const { neck, label } = drawArrow(CENTER, 4, 0);
    assert.deepEqual(rounded(neck), [102, 100]);
    assert.ok(label.x > 104);
  });
});
