import assert from 'node:assert/strict';
import { NominalWatch } from '../../../src/domain/normalizer/nominal-watch';
import { READING_SCHEMA, type Reading, type Value } from '../../../src/domain/messages/reading';

const GRID_277 = { lineToNeutralVolts: 277, frequencyHz: 60 } as const;
const GRID_230 = { lineToNeutralVolts: 230, frequencyHz: 50 } as const;

function readingOf(values: Readonly<Record<string, Value>>): Reading {
  return {
    schema: READING_SCHEMA,
    meter: { name: 'main', host: '10.0.0.5', tags: {} },
    layout: { name: 'pm500', confirmed: true },
    timestamp: 0,
    blocks: [{ assembly: 102, group: 'realtime', timestamp: 0, latencyMs: 1, values, provenance: {} }],
  };
}

const supply = (one: number, two = one, three = one, frequency: Value = 50): Reading =>
  readingOf({ voltage_l1_n: one, voltage_l2_n: two, voltage_l3_n: three, frequency });

/** What is said while a reading comes every second. */
function said(watch: NominalWatch, readings: (second: number) => Reading, seconds = 300): readonly string[] {
  return Array.from({ length: seconds }, (_, second) => watch.accept(readings(second), 1000 * second)).filter(
    (sentence) => sentence !== undefined,
  );
}

describe('nominal values that are not those of the site', () => {
  it('are said once, with what was measured', () => {
    assert.deepEqual(
      said(new NominalWatch(GRID_277), () => supply(231, 230, 232)),
      [
        'Meter "main": 231 V and 50.0 Hz measured for a minute, but the nominal values of this node are 277 V and 60 Hz; correct them, or the default alarms judge by wrong limits.',
      ],
    );
  });

  it('by the frequency alone, by the voltage alone, and where one is not read', () => {
    const frequencyOnly = said(new NominalWatch({ lineToNeutralVolts: 230, frequencyHz: 60 }), () => supply(230));
    assert.match(frequencyOnly.join(), /230 V and 50\.0 Hz measured .* 230 V and 60 Hz/);
    assert.match(said(new NominalWatch(GRID_230), () => readingOf({ frequency: 60 })).join(), /": 60\.0 Hz measured/);
    const withoutFrequency = readingOf({ voltage_l1_n: 120, voltage_l2_n: 120, voltage_l3_n: 120 });
    assert.match(said(new NominalWatch(GRID_230), () => withoutFrequency).join(), /": 120 V measured/);
  });

  it('say so where the voltage between lines was entered', () => {
    const watch = new NominalWatch({ lineToNeutralVolts: 400, frequencyHz: 50 });
    assert.match(said(watch, () => supply(230)).join(), /between line and neutral/);
  });

  it('are none on the nominal supply, to the edges of what the standard allows', () => {
    for (const volts of [0.86 * 230, 230, 1.14 * 230]) {
      assert.deepEqual(
        said(new NominalWatch(GRID_230), () => supply(volts)),
        [],
        String(volts),
      );
    }
  });

  it('are not taken from a dip, from phases that differ, from overloads or from an outage', () => {
    assert.deepEqual(
      said(new NominalWatch(GRID_230), (second) => supply(second % 70 < 55 ? 150 : 230)),
      [],
    );
    assert.deepEqual(
      said(new NominalWatch(GRID_230), () => supply(10, 230, 230)),
      [],
    );
    assert.deepEqual(
      said(new NominalWatch(GRID_230), () => supply(0, 0, 0, 0)),
      [],
    );
    assert.deepEqual(
      said(new NominalWatch(GRID_230), () => supply(NaN, NaN, NaN, null)),
      [],
    );
    assert.deepEqual(
      said(new NominalWatch(GRID_230), () => readingOf({})),
      [],
    );
  });

  it('need more than two readings that are an hour apart', () => {
    const watch = new NominalWatch(GRID_277);
    assert.deepEqual([watch.accept(supply(230), 0), watch.accept(supply(230), 3_600_000)], [undefined, undefined]);
  });
});
