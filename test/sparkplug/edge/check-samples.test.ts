import assert from 'node:assert/strict';
import { DATATYPES, DATATYPE_NAMES, type Datatype } from '../../../src/sparkplug/codec/datatypes';
import type { MetricValue } from '../../../src/sparkplug/codec/model';
import { encodePayload } from '../../../src/sparkplug/codec/payload';
import { checkSamples } from '../../../src/sparkplug/edge/check-samples';
import type { MetricSample } from '../../../src/sparkplug/metrics/metrics';
import { Pm500Error } from '../../../src/support/errors';
import { seededRandom } from '../../../src/support/random';
import { readPayload, valueOf } from '../../../testkit/sparkplug/independent-decoder';
import { sample } from '../../../testkit/sparkplug/samples';

const ROUNDS = 3000;
const MOST_SAMPLES = 6;
const RESERVED = 'instance';
const LONE_SURROGATE = '\uD800';

/** At and beside every limit, and what no datatype takes. */
const VALUES: readonly unknown[] = [
  ...[0, -0, 1, -1, 127, 128, -128, -129, 255, 256, 32_767, 32_768, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1, 2 ** 32],
  ...[
    0.5,
    1e-320,
    3.4028234e38,
    3.4028236e38,
    Number.MAX_VALUE,
    Number.MAX_SAFE_INTEGER,
    2 ** 53,
    Number.NaN,
    Infinity,
  ],
  ...[0n, -1n, 2n ** 63n - 1n, 2n ** 63n, -(2n ** 63n), 2n ** 64n - 1n, 2n ** 64n],
  ...[true, false, null, undefined, '', 'text', 'é\u0000\u2028', LONE_SURROGATE, 'x'.repeat(1000)],
  ...['123e4567-e89b-12d3-a456-426614174000', '123e4567', new Uint8Array(), new Uint8Array([0, 255])],
  ...[{}, [], [1], new Date(0), Symbol('s'), () => 1],
];
const NAMES = ['voltage', 'a/b', 'é', ' ', '__proto__', 'constructor', '', LONE_SURROGATE, RESERVED, 'x'.repeat(300)];
const TIMES = [0, 1, 1.5, -1, Number.NaN, Infinity, 2 ** 53, Number.MAX_SAFE_INTEGER, Date.UTC(2026, 0, 1)];
const DEVICES = ['main-incomer', 'main-incomer', 'main-incomer', 'é', '', 'a/b', 'a+b', '#'];

/** What a refusal says; undefined where the samples are taken. */
function refusalOf(deviceId: string, samples: readonly MetricSample[]): string | undefined {
  try {
    checkSamples(deviceId, samples, (name) => name === RESERVED);
    return undefined;
  } catch (thrown) {
    assert.ok(thrown instanceof Pm500Error, String(thrown));
    assert.match(thrown.code, /^SPARKPLUG_(ID|VALUE)_INVALID$/);
    assert.match(thrown.message, /^Sparkplug[^\n]*\.$/);
    assert.ok(thrown.message.length < 1000);
    return thrown.message;
  }
}

/** The value as the datatype can have it on the wire, by the specification alone (Sparkplug 3.0.0, 6.4.16). */
function wanted(type: Datatype, value: MetricValue): unknown {
  const { field } = DATATYPES[type];
  if (value === null || field === 'boolean' || field === 'string' || field === 'double') return value;
  if (field === 'float') return Math.fround(value as number);
  if (field === 'bytes') return Buffer.from(value as Uint8Array);
  // Whole numbers have one zero.
  return type === 'Int64' || type === 'UInt64' ? BigInt(value as number) : Number(value) + 0;
}

describe('samples of a device, checked before anything of them is taken', () => {
  it(`are refused in one sentence, or sent exactly as they are, for ${ROUNDS} random lists`, () => {
    const random = seededRandom(20_261_127);
    const oneOf = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
    let [taken, refused] = [0, 0];
    for (let round = 0; round < ROUNDS; round += 1) {
      const samples = Array.from({ length: Math.floor(random() * MOST_SAMPLES) }, (_, index): MetricSample => {
        // Most are in order, or nearly every list would be refused.
        const isOdd = random() < 0.5;
        const type = oneOf(DATATYPE_NAMES);
        const value = isOdd ? oneOf(VALUES) : null;
        const rest = { name: isOdd ? oneOf(NAMES) : `m${index}`, timestamp: isOdd ? oneOf(TIMES) : index };
        return Object.freeze({ ...sample('m', 0), ...rest, type, value: value as MetricValue });
      });
      const deviceId = oneOf(DEVICES);
      const why = refusalOf(deviceId, Object.freeze(samples));
      // A list is refused for one of its samples, wherever that stands, and for nothing else.
      const single = samples.map((each) => refusalOf('main-incomer', [each])).find((each) => each !== undefined);
      const isGoodId = refusalOf(deviceId, []) === undefined;
      assert.equal(why === undefined, single === undefined && isGoodId, `round ${round}: ${String(why)}`);
      if (why !== undefined) {
        refused += 1;
        continue;
      }
      taken += 1;
      const metrics = samples.map(({ name, type, value, timestamp }) => ({ name, type, value, timestamp }));
      const seen = readPayload(encodePayload({ timestamp: 1, metrics })).metrics;
      assert.equal(seen.length, samples.length);
      for (const [index, { name, type, value, timestamp }] of samples.entries()) {
        const metric = seen[index];
        assert.ok(metric !== undefined);
        assert.deepEqual([metric.name, metric.timestamp], [name, timestamp]);
        assert.deepEqual(valueOf(metric, DATATYPES[type].code), wanted(type, value), `round ${round}: ${type}`);
      }
    }
    assert.ok(taken > ROUNDS / 10 && refused > ROUNDS / 10, `${taken} taken, ${refused} refused`);
  });

  it('of every datatype and value: what is taken alone is what another decoder gives back', () => {
    for (const type of DATATYPE_NAMES) {
      let taken = 0;
      for (const value of VALUES as readonly MetricValue[]) {
        if (refusalOf('main-incomer', [{ ...sample('m', 0), name: 'm', type, value }]) !== undefined) continue;
        taken += 1;
        const [metric] = readPayload(encodePayload({ timestamp: 1, metrics: [{ name: 'm', type, value }] })).metrics;
        assert.ok(metric !== undefined);
        assert.deepEqual(valueOf(metric, DATATYPES[type].code), wanted(type, value), type);
      }
      assert.ok(taken > 1, type);
    }
  });
});
