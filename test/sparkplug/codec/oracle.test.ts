import assert from 'node:assert/strict';
import { get } from 'sparkplug-payload';
import { decodePayload, encodePayload } from '../../../src/sparkplug/codec/payload';
import type { Datatype, PayloadMetric, MetricValue } from '../../../src/sparkplug/codec/payload';

/**
 * `sparkplug-payload` 1.0.3 as an oracle where it is right. Where it is not: it takes no BigInt and no Date, sends NaN as
 * 0, does not check ranges, puts UInt32 into the 64-bit field, and repeats names and datatypes in data.
 */
function oracle(): NonNullable<ReturnType<typeof get>> {
  const found = get('spBv1.0');
  assert.ok(found);
  return found;
}

const CASES: readonly (readonly [Datatype, MetricValue])[] = [
  ['Int8', 5],
  ['Int16', 300],
  ['Int32', 70_000],
  ['UInt8', 255],
  ['UInt16', 65_535],
  ['Float', 230.5],
  ['Double', -1.25e-7],
  ['Boolean', true],
  ['Boolean', false],
  ['String', 'Ω and more'],
  ['Text', 'text'],
  ['UUID', '123e4567-e89b-12d3-a456-426614174000'],
  ['Bytes', Uint8Array.of(1, 2, 3)],
  ['File', Uint8Array.of(4)],
  ['DateTime', 1_700_000_000_000],
  ['Int64', 12],
  ['UInt64', 13],
];

function metricOf(type: Datatype, value: MetricValue): PayloadMetric {
  return {
    name: 'group/metric',
    alias: 70_000,
    timestamp: 1_700_000_000_123,
    type,
    value,
    isHistorical: true,
    properties: { engUnit: { type: 'String', value: 'V' }, Quality: { type: 'Int32', value: 500 } },
  };
}

describe('payload codec beside sparkplug-payload', () => {
  it('makes the same bytes', () => {
    for (const [type, value] of CASES) {
      const payload = { timestamp: 1_700_000_000_456, seq: 17, metrics: [metricOf(type, value)] };
      assert.deepEqual(
        Buffer.from(encodePayload(payload)).toString('hex'),
        Buffer.from(oracle().encodePayload(payload as never)).toString('hex'),
        type,
      );
    }
  });

  it('reads what the other writes', () => {
    for (const [type, value] of CASES) {
      const bytes = oracle().encodePayload({ timestamp: 1, seq: 2, metrics: [metricOf(type, value)] as never });
      const read = decodePayload(bytes).metrics[0]?.value;
      assert.deepEqual(typeof read === 'bigint' ? Number(read) : read, value, type);
    }
    const uint32 = oracle().encodePayload({ metrics: [{ name: 'm', type: 'UInt32', value: 4_000_000_000 }] } as never);
    assert.equal(decodePayload(uint32).metrics[0]?.value, 4_000_000_000);
  });

  it('is read by the other', () => {
    const properties = { engUnit: { type: 'String', value: 'V' }, Quality: { type: 'Int32', value: 192 } } as const;
    for (const [type, value] of [
      ...CASES,
      ['Int8', -5],
      ['Int16', -300],
      ['Int32', -70_000],
      ['Float', null],
    ] as const) {
      const bytes = encodePayload({ timestamp: 5, seq: 0, metrics: [{ name: 'm', type, value, properties }] });
      const read = oracle().decodePayload(bytes);
      const seen: unknown = read.metrics?.[0]?.value;
      const plain = typeof seen === 'object' && seen !== null && 'toNumber' in seen ? Number(seen) : seen;
      assert.deepEqual(Buffer.isBuffer(plain) ? new Uint8Array(plain) : plain, value, type);
      assert.deepEqual(JSON.parse(JSON.stringify(read.metrics?.[0]?.properties)), properties);
    }
  });
});
