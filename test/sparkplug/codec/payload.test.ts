import assert from 'node:assert/strict';
import { hasCode } from '../../../src/support/errors';
import {
  DATA_FORM,
  decodePayload,
  encodePayload,
  encodePropertySet,
  interpretValue,
} from '../../../src/sparkplug/codec/payload';
import type {
  Datatype,
  DecodedValue,
  PayloadMetric,
  MetricValue,
  PropertySet,
} from '../../../src/sparkplug/codec/payload';

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function valueHex(type: Datatype, value: MetricValue): string {
  // 12 LL: the metric; 0a 01 6d: name "m"; 20 TT: datatype
  return hex(encodePayload({ metrics: [{ name: 'm', type, value }] })).slice(4);
}

function roundTrip(type: Datatype, value: MetricValue): DecodedValue | undefined {
  return decodePayload(encodePayload({ metrics: [{ name: 'm', type, value }] })).metrics[0]?.value;
}

const VECTORS: readonly (readonly [Datatype, MetricValue, string])[] = [
  ['Int8', -128, '0a016d2001' + '5080ffffff0f'],
  ['Int8', 127, '0a016d2001' + '507f'],
  ['Int16', -1, '0a016d2002' + '50ffffffff0f'],
  ['Int32', -2_147_483_648, '0a016d2003' + '508080808008'],
  ['Int64', -1n, '0a016d2004' + '58ffffffffffffffffff01'],
  ['Int64', 9_223_372_036_854_775_807n, '0a016d2004' + '58ffffffffffffffff7f'],
  ['UInt8', 255, '0a016d2005' + '50ff01'],
  ['UInt16', 65_535, '0a016d2006' + '50ffff03'],
  ['UInt32', 4_294_967_295, '0a016d2007' + '50ffffffff0f'],
  ['UInt64', 18_446_744_073_709_551_615n, '0a016d2008' + '58ffffffffffffffffff01'],
  ['Float', 1.5, '0a016d2009' + '650000c03f'],
  ['Double', -2.5, '0a016d200a' + '6900000000000004c0'],
  ['Boolean', false, '0a016d200b' + '7000'],
  ['Boolean', true, '0a016d200b' + '7001'],
  ['String', 'Ω', '0a016d200c' + '7a02cea9'],
  ['String', '', '0a016d200c' + '7a00'],
  ['DateTime', 1_700_000_000_000, '0a016d200d' + '5880d095ffbc31'],
  ['Text', 'abc', '0a016d200e' + '7a03616263'],
  [
    'UUID',
    '123e4567-e89b-12d3-a456-426614174000',
    '0a016d200f' + '7a24' + Buffer.from('123e4567-e89b-12d3-a456-426614174000').toString('hex'),
  ],
  ['Bytes', Uint8Array.of(0, 255), '0a016d2011' + '82010200ff'],
  ['File', Uint8Array.of(1), '0a016d2012' + '82010101'],
  ['Float', null, '0a016d2009' + '3801'],
];

describe('payload codec', () => {
  it('writes and reads the vectors of every datatype', () => {
    for (const [type, value, bytes] of VECTORS) {
      assert.equal(valueHex(type, value), bytes, `${type} ${String(value)}`);
      assert.deepEqual(roundTrip(type, value), value, `${type} ${String(value)}`);
    }
  });

  it('keeps NaN and the infinities of floating point datatypes', () => {
    for (const type of ['Float', 'Double'] as const) {
      for (const value of [Number.NaN, Infinity, -Infinity, -0]) {
        const result = roundTrip(type, value);
        assert.ok(Object.is(result, value), `${type} ${value}`);
      }
    }
  });

  it('takes safe integers for the 64-bit datatypes', () => {
    assert.equal(roundTrip('Int64', -5), -5n);
    assert.equal(roundTrip('UInt64', 7), 7n);
    assert.equal(roundTrip('DateTime', 7n), 7);
  });

  const REFUSED: readonly (readonly [Datatype, unknown])[] = [
    ['Int8', 128],
    ['Int8', -129],
    ['Int16', 32_768],
    ['Int32', 2_147_483_648],
    ['Int64', 9_223_372_036_854_775_808n],
    ['Int64', 2 ** 60],
    ['UInt8', 256],
    ['UInt8', -1],
    ['UInt16', 65_536],
    ['UInt32', 4_294_967_296],
    ['UInt64', -1n],
    ['UInt64', 18_446_744_073_709_551_616n],
    ['UInt8', 1.5],
    ['UInt8', Number.NaN],
    ['UInt8', '1'],
    ['UInt8', undefined],
    ['Float', 1e39],
    ['Float', 1n],
    ['Double', '1'],
    ['Boolean', 1],
    ['Boolean', 'true'],
    ['String', 1],
    ['String', '\ud800'],
    ['UUID', 'not-a-uuid'],
    ['DateTime', new Date(0)],
    ['DateTime', -1],
    ['DateTime', 1n << 60n],
    ['Bytes', [1, 2]],
  ];

  it('refuses what a datatype cannot hold, naming metric, value and type', () => {
    for (const [type, value] of REFUSED) {
      assert.throws(
        () => encodePayload({ metrics: [{ name: 'the_metric', type, value: value as MetricValue }] }),
        (thrown) =>
          hasCode(thrown, 'SPARKPLUG_VALUE_INVALID') &&
          (thrown as Error).message.includes('the_metric') &&
          (thrown as Error).message.includes(type),
        `${type} ${String(value)}`,
      );
    }
  });

  it('refuses types that are none, and values that are not of their type', () => {
    for (const type of ['DataSet', 'Template', 'Int8Array', 'PropertySet', 'float', '', 'toString']) {
      assert.throws(
        () => encodePayload({ metrics: [{ name: 'm', type: type as Datatype, value: 1 }] }),
        (thrown) => hasCode(thrown, 'SPARKPLUG_VALUE_INVALID'),
        type,
      );
    }
  });

  it('refuses a metric without a name, and times, aliases and seq out of range', () => {
    const metric: PayloadMetric = { name: 'm', type: 'Boolean', value: true };
    const bad = (thrown: unknown): boolean => hasCode(thrown, 'SPARKPLUG_VALUE_INVALID');
    assert.throws(() => encodePayload({ metrics: [{ type: 'Boolean', value: true }] }), bad);
    assert.throws(() => encodePayload({ metrics: [{ ...metric, name: '' }] }), bad);
    assert.throws(() => encodePayload({ metrics: [{ ...metric, alias: -1 }] }), bad);
    assert.throws(() => encodePayload({ metrics: [{ ...metric, timestamp: 1.5 }] }), bad);
    assert.throws(() => encodePayload({ metrics: [], timestamp: Number.NaN }), bad);
    assert.throws(() => encodePayload({ metrics: [], seq: 256 }), bad);
    assert.throws(() => encodePayload({ metrics: [], seq: -1 }), bad);
  });

  it('encodes correctly after a refused payload', () => {
    const good = { metrics: [{ name: 'm', type: 'UInt8', value: 1 }] } as const;
    const before = hex(encodePayload(good));
    assert.throws(() => encodePayload({ metrics: [...good.metrics, { name: 'n', type: 'UInt8', value: 999 }] }));
    assert.equal(hex(encodePayload(good)), before);
  });

  it('carries every part of payload and metric', () => {
    const properties: PropertySet = {
      engUnit: { type: 'String', value: 'V' },
      Quality: { type: 'Int32', value: 192 },
      nothing: { type: 'Double', value: null },
      since: { type: 'DateTime', value: 1_700_000_000_000 },
      limits: {
        type: 'PropertySet',
        value: { low: { type: 'Float', value: -1 }, none: { type: 'Int8', value: null } },
      },
      list: { type: 'PropertySetList', value: [{}, { a: { type: 'UInt64', value: 1n } }] },
    };
    const payload = {
      timestamp: 1_700_000_000_001,
      seq: 255,
      uuid: 'schema',
      body: Uint8Array.of(9),
      metrics: [
        {
          name: 'a/b c',
          alias: 4097,
          timestamp: 1_600_000_000_000,
          type: 'Float',
          value: 230.5,
          isHistorical: true,
          isTransient: true,
          properties,
        },
      ],
    } as const;
    const decoded = decodePayload(encodePayload(payload));
    assert.deepEqual(decoded, {
      timestamp: payload.timestamp,
      seq: 255,
      uuid: 'schema',
      body: payload.body,
      metrics: [
        {
          name: 'a/b c',
          alias: 4097n,
          timestamp: 1_600_000_000_000,
          datatype: 9,
          isHistorical: true,
          isTransient: true,
          isNull: false,
          properties,
          raw: { field: 'float', content: 230.5 },
          value: 230.5,
        },
      ],
    });
    const shared = { metrics: [{ ...payload.metrics[0], properties: encodePropertySet(properties) }] };
    assert.deepEqual(decodePayload(encodePayload(shared)).metrics, decoded.metrics);
  });

  it('leaves names and datatypes out of data where aliases stand for them', () => {
    const metrics: PayloadMetric[] = [
      { name: 'a', alias: 1, type: 'UInt8', value: 3 },
      { name: 'b', type: 'UInt8', value: 4 },
    ];
    const [a, b] = decodePayload(encodePayload({ metrics }, DATA_FORM)).metrics;
    assert.deepEqual([a?.name, a?.alias, a?.datatype], [undefined, 1n, undefined]);
    assert.deepEqual([b?.name, b?.alias, b?.datatype], ['b', undefined, undefined]);
    assert.equal(a?.value, undefined);
    assert.ok(a?.raw !== undefined);
    assert.equal(interpretValue('UInt8', a.raw), 3);
    assert.equal(interpretValue('String', a.raw), undefined);
  });

  it('refuses property sets that no host can read', () => {
    const withProperties = (properties: PropertySet): Uint8Array =>
      encodePayload({ metrics: [{ name: 'm', type: 'Boolean', value: true, properties }] });
    const bad = (thrown: unknown): boolean => hasCode(thrown, 'SPARKPLUG_VALUE_INVALID');
    assert.throws(() => withProperties({ a: { type: 'Bytes', value: Uint8Array.of(1) } }), bad);
    assert.throws(() => withProperties({ a: { type: 'UInt8', value: 300 } }), bad);
    assert.throws(() => withProperties({ '': { type: 'UInt8', value: 3 } }), bad);
    assert.throws(() => withProperties({ a: { type: 'Template' as Datatype, value: 3 } }), bad);
    const loop: Record<string, { type: 'PropertySet'; value: PropertySet }> = {};
    loop['self'] = { type: 'PropertySet', value: loop };
    assert.throws(() => withProperties(loop), bad);
  });

  it('does not let a property key reach the prototype of an object', () => {
    const properties = JSON.parse('{"__proto__":{"type":"Int32","value":1}}') as PropertySet;
    const decoded = decodePayload(encodePayload({ metrics: [{ name: 'm', type: 'Int8', value: 1, properties }] }));
    assert.deepEqual(Object.keys(decoded.metrics[0]?.properties ?? {}), ['__proto__']);
    assert.equal(Object.getPrototypeOf(decoded.metrics[0]?.properties), Object.prototype);
  });
});
