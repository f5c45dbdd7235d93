import assert from 'node:assert/strict';
import { workingLayout } from '../../../src/domain/codec/built-in-layouts';
import { decodeBlock } from '../../../src/domain/codec/decode';
import { encodeBlock } from '../../../src/domain/codec/encode';
import type { BlockPlan } from '../../../src/domain/codec/layout';
import type { Value } from '../../../src/domain/messages/reading';
import { seededRandom } from '../../../src/support/random';
import { PM500 } from '../../../src/meters/pm500';

function planOf(instance: number): BlockPlan {
  const plan = workingLayout(PM500).blocks.get(instance);
  assert.ok(plan !== undefined);
  return plan;
}

describe('decodeBlock', () => {
  it('reads little-endian REALs in table order (assembly 101)', () => {
    const bytes = new Uint8Array(48);
    const view = new DataView(bytes.buffer);
    for (let index = 0; index < 12; index++) view.setFloat32(4 * index, 100 + index, true);
    const { values, problems } = decodeBlock(planOf(101), bytes);
    assert.equal(values['voltage_l1_n'], 100);
    assert.equal(values['voltage_ll_avg'], 107);
    assert.equal(values['current_n'], 111);
    assert.equal(problems, undefined);
  });

  it('reads the words of product information with the odd letter in the high byte (assembly 100)', () => {
    // Words 0x4107, 0x4102, 0x0000 and the letters "AB".."M", low byte first on the wire.
    const words = [0x4107, 0x4102, 0, 0x4142, 0x4344, 0x4546, 0x4748, 0x494a, 0x4b4c, 0x4d00];
    const bytes = new Uint8Array(words.flatMap((word) => [word & 0xff, word >>> 8]));
    assert.deepEqual(decodeBlock(planOf(100), bytes).values, {
      firmware_base: 'A.7',
      firmware_communication: 'A.2',
      firmware_analog: '',
      identification_letters: 'ABCDEFGHIJKLM',
    });
  });

  it('reads alarm and output bits (assembly 108)', () => {
    assert.deepEqual(decodeBlock(planOf(108), Uint8Array.of(0b1010, 0, 0b01, 0)).values, {
      alarm_1: false,
      alarm_2: true,
      alarm_3: false,
      alarm_4: true,
      output_1: true,
      output_2: false,
    });
  });

  it('joins counters from pairs, kWh to Wh (assembly 107)', () => {
    const bytes = new Uint8Array(72);
    const view = new DataView(bytes.buffer);
    view.setFloat32(0, 3, true);
    view.setFloat32(4, 250_000.5, true);
    view.setFloat32(68, 12.5, true);
    const { values } = decodeBlock(planOf(107), bytes);
    assert.equal(values['active_energy_import_total'], 3_250_000_500);
    assert.equal(values['run_hours'], 12.5);
  });

  it('tells overload from not-a-number, and gives a value to neither', () => {
    const bytes = new Uint8Array(48);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, 0x7fffffff, true);
    view.setFloat32(4, Number.NaN, true);
    view.setFloat32(8, Number.NEGATIVE_INFINITY, true);
    const { values, problems } = decodeBlock(planOf(101), bytes);
    assert.deepEqual(
      ['voltage_l1_n', 'voltage_l2_n', 'voltage_l3_n'].map((name) => values[name]),
      [null, null, null],
    );
    assert.deepEqual(problems, {
      voltage_l1_n: 'overload',
      voltage_l2_n: 'not_a_number',
      voltage_l3_n: 'not_a_number',
    });
  });

  it('respects the offset of a view into a larger buffer', () => {
    const large = new Uint8Array(60);
    new DataView(large.buffer).setFloat32(12, 230, true);
    assert.equal(decodeBlock(planOf(101), large.subarray(12, 60)).values['voltage_l1_n'], 230);
  });

  it('takes no value from what was decoded before where bytes are missing', () => {
    decodeBlock(planOf(101), new Uint8Array(48).fill(0x42));
    assert.throws(() => decodeBlock(planOf(101), new Uint8Array(8)), RangeError);
  });
});

describe('decode(encode(x)) = x', () => {
  const random = seededRandom(20_260_101);
  for (const plan of workingLayout(PM500).blocks.values()) {
    it(`holds for assembly ${plan.instance}`, () => {
      for (let round = 0; round < 200; round++) {
        const values: Record<string, Value> = {};
        for (const { row, metric } of plan.rows) {
          if (metric.kind === 'state') values[row.metric] = random() < 0.5;
          else if (row.encoding === 'REVISION') values[row.metric] = `B.${Math.floor(random() * 256)}`;
          else if (metric.kind === 'text') values[row.metric] = 'SX1234567890Z';
          else if (row.encoding === 'REAL_PAIR') values[row.metric] = Math.floor(random() * 9e9) * 1000;
          else values[row.metric] = Math.fround((random() - 0.3) * 1000);
        }
        const decoded = decodeBlock(plan, encodeBlock(plan, values)).values;
        for (const { row } of plan.rows) {
          const expected = values[row.metric];
          const actual = decoded[row.metric];
          if (row.encoding === 'REAL_PAIR') {
            // A single holds 24 bits: below 1 000 000 kWh the low element is exact to 1/16 kWh.
            assert.ok(Math.abs(Number(actual) - Number(expected)) <= 62.5, `${row.metric}: ${String(actual)}`);
          } else assert.equal(actual, expected, row.metric);
        }
      }
    });
  }

  it('turns missing numbers into NaN, which decodes to null', () => {
    const plan = planOf(102);
    const { values, problems } = decodeBlock(plan, encodeBlock(plan, {}));
    assert.ok(Object.values(values).every((value) => value === null));
    assert.equal(Object.keys(problems ?? {}).length, 18);
  });
});
