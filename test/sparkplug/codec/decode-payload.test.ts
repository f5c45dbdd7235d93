import assert from 'node:assert/strict';
import { seededRandom } from '../../../src/support/random';
import { hasCode } from '../../../src/support/errors';
import { DATA_FORM, decodePayload, encodePayload } from '../../../src/sparkplug/codec/payload';
import type { PayloadMetric } from '../../../src/sparkplug/codec/payload';

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}

const SAMPLE: readonly PayloadMetric[] = [
  { name: 'bdSeq', type: 'Int64', value: 3n, timestamp: 1_700_000_000_000 },
  { name: 'Node Control/Rebirth', type: 'Boolean', value: false },
  {
    name: 'voltage',
    alias: 1,
    type: 'Float',
    value: 230.25,
    properties: {
      engUnit: { type: 'String', value: 'V' },
      more: { type: 'PropertySet', value: { a: { type: 'Int32', value: -1 } } },
      list: { type: 'PropertySetList', value: [{ b: { type: 'Boolean', value: true } }] },
    },
  },
  { name: 'letters', alias: 2, type: 'String', value: 'ABC' },
  { name: 'blob', alias: 3, type: 'Bytes', value: Uint8Array.of(1, 2, 3) },
  { name: 'none', alias: 4, type: 'Double', value: null },
];

const MALFORMED: readonly (readonly [string, string])[] = [
  ['a timestamp that is cut off', '08 80'],
  ['a timestamp of more than 64 bits', '08 ff ff ff ff ff ff ff ff ff 7f'],
  ['a timestamp beyond exact numbers', '08 ff ff ff ff ff ff ff ff 7f'],
  ['a metric that is cut off', '12 05 0a 01'],
  ['a name that reaches beyond its metric', '12 03 0a 05 61 62 63 64 65'],
  ['a name that is not UTF-8', '12 04 0a 02 c3 28'],
  ['a fixed64 that reaches beyond its metric', '12 03 69 00 00 00 00 00 00 00 00'],
  ['field number 0', '00 01'],
  ['an end of group without a start', '0c'],
  ['a wire type that does not exist', '0e'],
  ['more property keys than values', '12 05 4a 03 0a 01 61'],
  ['a boolean metric that carries text', '12 05 20 0b 7a 01 61'],
  ['an Int8 of 300', '12 05 20 01 50 ac 02'],
];

describe('payload decoder', () => {
  it('refuses malformed payloads with a coded sentence', () => {
    for (const [what, bytes] of MALFORMED) {
      assert.throws(
        () => decodePayload(fromHex(bytes)),
        (thrown) => hasCode(thrown, 'SPARKPLUG_PAYLOAD_INVALID'),
        what,
      );
    }
  });

  it('passes over unknown fields of every wire type, and over groups', () => {
    const unknown = '9806 01 a106 0000000000000000 aa06 02 6162 ad06 00000000 b306 0801 b406';
    const payload = decodePayload(fromHex(`${unknown} 12 09 0a 01 6d 20 05 50 07 98 06 01`.replace('12 09', '12 0a')));
    assert.equal(payload.metrics[0]?.value, 7);
  });

  it('names values that it cannot read and keeps the rest of the message', () => {
    const payload = decodePayload(fromHex('12 08 0a 01 74 20 28 9a 01 00 12 07 0a 01 6d 20 05 50 07'));
    assert.deepEqual(payload.metrics[0]?.raw, { field: 'unsupported', content: 'extension' });
    assert.equal(payload.metrics[0].value, undefined);
    assert.equal(payload.metrics[1]?.value, 7);
  });

  it('takes UInt32 from the 64-bit field and sign-extended small numbers, as widespread encoders write them', () => {
    assert.equal(decodePayload(fromHex('12 04 20 07 58 07')).metrics[0]?.value, 7);
    assert.equal(decodePayload(fromHex('12 0d 20 01 50 ff ff ff ff ff ff ff ff ff 01')).metrics[0]?.value, -1);
    assert.equal(decodePayload(fromHex('12 0d 20 03 58 fe ff ff ff ff ff ff ff ff 01')).metrics[0]?.value, -2);
  });

  it('gives an empty payload for no bytes', () => {
    assert.deepEqual(decodePayload(new Uint8Array(0)), { metrics: [] });
  });

  it('does not read beyond a view into a larger buffer', () => {
    const whole = encodePayload({ metrics: SAMPLE, seq: 1 });
    const framed = Buffer.concat([Buffer.from([1, 2, 3]), whole, Buffer.from([4, 5])]);
    assert.deepEqual(decodePayload(framed.subarray(3, 3 + whole.length)), decodePayload(whole));
  });

  it('survives 100 000 mutated and random inputs with a payload or a coded error', function () {
    this.timeout(60_000);
    const random = seededRandom(500);
    const below = (limit: number): number => Math.floor(random() * limit);
    const seeds = [
      encodePayload({ metrics: SAMPLE, seq: 7, timestamp: 1 }),
      encodePayload({ metrics: SAMPLE }, DATA_FORM),
    ];
    let accepted = 0;
    for (let round = 0; round < 100_000; round++) {
      let input: Uint8Array;
      if (round % 4 === 0) input = Uint8Array.from({ length: below(64) }, () => below(256));
      else {
        input = Uint8Array.from(seeds[round % 2] ?? []);
        for (let edits = 1 + below(4); edits > 0; edits--) input[below(input.length)] = below(256);
        if (round % 3 === 0) input = input.subarray(0, below(input.length));
      }
      try {
        decodePayload(input);
        accepted++;
      } catch (thrown) {
        assert.ok(hasCode(thrown, 'SPARKPLUG_PAYLOAD_INVALID'), Buffer.from(input).toString('hex'));
      }
    }
    assert.ok(accepted > 1000 && accepted < 99_000, `${accepted} accepted`);
  });
});
