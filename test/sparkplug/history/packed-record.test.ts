import assert from 'node:assert/strict';
import { conditionOf } from '../../../src/sparkplug/metrics/metric-condition';
import { type HistoryRecord, writeHistoryRecord } from '../../../src/sparkplug/history/history-record';
import { RecordPacker, unpackRecord } from '../../../src/sparkplug/history/packed-record';
import type { Datatype, MetricValue } from '../../../src/sparkplug/codec/payload';
import { seededRandom } from '../../../src/support/random';
import { sample, START } from '../../../testkit/sparkplug/samples';

const VALUES: readonly (readonly [Datatype, MetricValue])[] = [
  ['Float', 1.5],
  ['Float', null],
  ['Double', -0],
  ['Double', NaN],
  ['Double', 2 ** 60 + 0.5],
  ['Int64', 2 ** 53 - 1],
  ['Int64', -(2n ** 62n)],
  ['Boolean', false],
  ['String', ''],
  ['Bytes', new Uint8Array([0, 255])],
];
const DESCRIPTION = Object.freeze({});
const CONDITIONS = [
  conditionOf('good'),
  conditionOf('uncertain', 'layout_inferred'),
  conditionOf('bad', 'read_failed'),
] as const;

describe('records in columns', () => {
  const random = seededRandom(11);
  const one = <Choice>(choices: readonly Choice[]): Choice => {
    const chosen = choices[Math.floor(random() * choices.length)];
    assert.ok(chosen !== undefined);
    return chosen;
  };
  const record = (isUniform: boolean): HistoryRecord => {
    const samples = Array.from({ length: Math.floor(random() * 6) }, (_, index) => {
      const [type, value] = one(VALUES);
      const timestamp = isUniform ? START : START + Math.floor(random() * 3);
      const condition = isUniform ? CONDITIONS[0] : one(CONDITIONS);
      return { name: `metric_${index}`, type, value, timestamp, description: DESCRIPTION, condition };
    });
    return { deviceId: one(['m1', 'm2']), samples };
  };

  it('come out as they went in, for the outbox, whatever went in before', () => {
    const packer = new RecordPacker();
    for (let round = 0; round < 2000; round++) {
      const given = record(random() < 0.5);
      assert.equal(writeHistoryRecord(unpackRecord(packer.pack(given))), writeHistoryRecord(given));
      if (random() < 0.01) packer.clear();
    }
  });

  it('are still what they were after many more have come', () => {
    const packer = new RecordPacker();
    const given = Array.from({ length: 3000 }, (_, round) => {
      const samples =
        round === 50 ? Array.from({ length: 9000 }, (_value, index) => sample(`m${index}`, index)) : undefined;
      return samples === undefined ? record(random() < 0.5) : { deviceId: 'm1', samples };
    });
    const packed = given.map((each) => packer.pack(each));
    packer.clear();
    packer.pack({ deviceId: 'm1', samples: [sample('other', 1)] });
    assert.deepEqual(packed.map(unpackRecord).map(writeHistoryRecord), given.map(writeHistoryRecord));
  });

  it('are what they were while others come and go, in places that are used again', () => {
    const packer = new RecordPacker();
    const held: { readonly given: string; readonly packed: ReturnType<RecordPacker['pack']> }[] = [];
    const blocks = new Set<unknown>();
    for (let round = 0; round < 20_000; round++) {
      const given = record(random() < 0.5);
      const packed = packer.pack(given);
      blocks.add(packed.block);
      held.push({ given: writeHistoryRecord(given), packed });
      while (held.length > 300 + 2000 * random()) {
        const oldest = held.shift();
        assert.ok(oldest !== undefined);
        assert.equal(writeHistoryRecord(unpackRecord(oldest.packed)), oldest.given);
        packer.release(oldest.packed);
      }
    }
    assert.ok(blocks.size < 15, `${blocks.size} blocks`);
  });

  it('share what they have in common', () => {
    const packer = new RecordPacker();
    const samples = ['a', 'b'].map((name) => sample(name, 1));
    const [first, second] = [0, 1].map(() => packer.pack({ deviceId: 'm1', samples }));
    assert.equal(first?.shape, second?.shape);
    assert.equal(first?.block, second?.block);
    assert.deepEqual([first?.hasOneTime, first?.conditions.length, first?.others], [true, 1, undefined]);
    const other = packer.pack({ deviceId: 'm1', samples: samples.map((each) => ({ ...each, type: 'Double' })) });
    assert.notEqual(other.shape, second?.shape);
  });
});
