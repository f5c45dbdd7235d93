import assert from 'node:assert/strict';
import { displayOf } from '../../../src/domain/shown/display';
import { shownValues } from '../../../src/domain/shown/shown-values';
import { METRIC_KINDS, UNITS } from '../../../src/metrics/measurement';
import { seededRandom } from '../../../src/support/random';
import { sampleReading, READ_AT } from '../../../testkit/meters/readings';

const GROUPS = ['realtime', 'energy', 'status', 'product'];

describe('values as a display shows them', () => {
  const cases = [
    [277.1284, 'V', 'gauge', '277.13 V'],
    [13_812.4, 'V', 'gauge', '13.812 kV'],
    [441_312.7, 'W', 'gauge', '441.31 kW'],
    [-1_500, 'W', 'gauge', '-1.5000 kW'],
    [999.96, 'W', 'gauge', '999.96 W'],
    [12_345_678, 'W', 'gauge', '12346 kW'],
    [123_456_789, 'W', 'gauge', '123457 kW'],
    [59.998_7, 'Hz', 'gauge', '59.999 Hz'],
    [0.987_654, '', 'gauge', '0.98765 '],
    [0.000_000_12, 'A', 'gauge', '0.00000 A'],
    [1_234_567_890, 'Wh', 'counter', '1234567.9 kWh'],
    [40, 'Wh', 'counter', '0.0 kWh'],
    [0, 'W', 'gauge', '0 W'],
    [0, 'Wh', 'counter', '0 kWh'],
    [2_345.6, 'h', 'counter', '2345.6 h'],
  ] as const;
  for (const [value, unit, kind, text] of cases) {
    it(`${value} ${unit} is ${text}`, () => {
      const shown = displayOf(value, unit, kind);
      assert.equal(`${shown.text} ${shown.unit}`, text);
    });
  }

  it('are within half of their last digit, for every unit and size', () => {
    for (const unit of UNITS) {
      for (const kind of METRIC_KINDS) {
        for (let exponent = -3; exponent < 12; exponent += 0.37) {
          const value = -(10 ** exponent);
          const { text, unit: shown } = displayOf(value, unit, kind);
          assert.match(text, /^-?\d+(\.\d+)?$/);
          const factor = shown === unit ? 1 : 1000;
          const digits = text.split('.')[1]?.length ?? 0;
          assert.ok(
            Math.abs(Number(text) * factor - value) <= factor * 0.5001 * 10 ** -digits,
            `${value} ${unit}: ${text}`,
          );
        }
      }
    }
  });

  it('carry group, label, quality with its reason, provenance and time, and nothing in place of a value that is missing', () => {
    const reading = sampleReading([100, 101, 102, 107, 108], seededRandom(1));
    const rows = shownValues(reading, READ_AT, GROUPS);
    assert.deepEqual([...new Set(rows.map(({ group }) => group))], GROUPS, 'what is compared first stands first');
    for (const row of rows) {
      assert.ok(row.label !== '' && row.group !== '' && row.timestamp > 0, JSON.stringify(row));
      if (row.quality === 'good') assert.equal(row.reason, '');
      else assert.notEqual(row.reason, '');
    }
  });
});
