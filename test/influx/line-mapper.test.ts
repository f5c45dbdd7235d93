import assert from 'node:assert/strict';
import { LineMapper } from '../../src/influx/line-mapper';
import { DELIVERY_SCHEMA } from '../../src/delivery/diagnostics';
import { READING_SCHEMA } from '../../src/domain/messages/reading';
import { TELEMETRY_SCHEMA } from '../../src/domain/messages/telemetry';
import { Pm500Error } from '../../src/support/errors';
import { seededRandom } from '../../src/support/random';

const DEFAULTS = { influxMeasurement: 'm', timestamp: 5 };
const lines = (payload: unknown): readonly string[] => new LineMapper().map(payload, DEFAULTS).lines;

const TELEMETRY = {
  schema: TELEMETRY_SCHEMA,
  meter: { name: 'main', host: 'h', tags: { site: 's' } },
  timestamp: 9,
  metrics: {
    frequency: { value: 60, unit: 'Hz', quality: 'good', provenance: 'verified', timestamp: 9 },
    current_l1: { value: null, unit: 'A', quality: 'bad', reason: 'read_failed', provenance: 'verified', timestamp: 9 },
  },
};

describe('lines of a message', () => {
  const shapes: readonly (readonly [what: string, payload: unknown, expected: readonly string[]])[] = [
    [
      'telemetry',
      TELEMETRY,
      ['m,meter=main,quality=good,site=s frequency=60 9', 'm,meter=main,quality=bad,site=s bad_read_failed=1 9'],
    ],
    ['an object of fields', { a: 1, b: true, c: 'x', d: null, e: 7n }, ['m a=1,b=true,c="x",e=7i 5']],
    ['integers as other nodes write them', { a: '42i', b: '-7i', c: '42', d: 'i' }, ['m a=42i,b=-7i,c="42",d="i" 5']],
    ['a time among the fields', { a: 1, time: 99 }, ['m a=1 99']],
    ['a Date among the fields', { a: 1, time: new Date(77) }, ['m a=1 77']],
    ['fields and tags', [{ a: 1 }, { room: 'r 1', floor: 2, empty: null }], ['m,floor=2,room=r\\ 1 a=1 5']],
    ['fields alone in an array', [{ a: 1 }], ['m a=1 5']],
    ['an array of pairs', [[{ a: 1 }, { t: 'x' }], [{ a: 2, time: 6 }]], ['m,t=x a=1 5', 'm a=2 6']],
    ['a point alone', { measurement: 'x', fields: { a: 1 }, tags: { t: 'u' }, timestamp: 3 }, ['x,t=u a=1 3']],
    [
      'an array of points',
      [
        { measurement: 'x', fields: { a: 1 }, timestamp: new Date(8) },
        { fields: { a: 2 }, timestamp: '1970-01-01T00:00:00.004Z' },
        { fields: { time: 6, a: 3 } },
      ],
      ['x a=1 8', 'm a=2 4', 'm a=3 6'],
    ],
    ['an object with nothing to write', { a: null, b: NaN }, []],
  ];
  for (const [what, payload, expected] of shapes) {
    it(`takes ${what}`, () => {
      assert.deepEqual(lines(payload), expected);
    });
  }

  it('counts what it leaves out, per message', () => {
    const mapper = new LineMapper();
    assert.deepEqual(mapper.map({ a: NaN, b: Infinity, c: 1 }, DEFAULTS), { lines: ['m c=1 5'], leftOut: 2 });
    assert.deepEqual(mapper.map({ c: 1 }, DEFAULTS), { lines: ['m c=1 5'], leftOut: 0 });
  });

  const refused: readonly (readonly [what: string, payload: unknown, path: RegExp])[] = [
    ['nothing', undefined, /^payload is missing/],
    ['a number', 5, /^payload is 5, expected an object/],
    ['bytes', Buffer.from('hello'), /^payload is an object, expected an object of fields, no Uint8Array/],
    ['a date', new Date(0), /^payload is an object, expected an object of fields, no Date/],
    ['a map', [new Map([['a', 1]])], /^payload\[0\] is an object, expected an object of fields, no Map/],
    ['text', 'hello', /^payload is "hello"/],
    ['an empty array', [], /^payload is an array, expected at least one point/],
    ['three things in an array', [{ a: 1 }, {}, {}], /\[fields, tags\]/],
    ['a field that is an object', { a: { b: 1 } }, /^payload\.a is an object/],
    ['a tag that is an object', [{ a: 1 }, { t: {} }], /^payload\[1\]\.t is an object/],
    ['a wrong time', { a: 1, time: 'soon' }, /^payload\.time is "soon"/],
    ['a wrong timestamp', [{ fields: { a: 1 }, timestamp: {} }], /^payload\[0\]\.timestamp is an object/],
    ['a measurement that is no name', { fields: { a: 1 }, measurement: {} }, /measurement is an object/],
    ['a measurement that would be a comment', { fields: { a: 1 }, measurement: '#x' }, /#x/],
    ['a point among points that is none', [{ fields: { a: 1 } }, 5], /^payload\[1\] is 5/],
    ['a reading', { schema: READING_SCHEMA }, /pm500-normalize/],
    ['diagnostics of a sink', { schema: DELIVERY_SCHEMA, depth: 5 }, /^payload\.schema is "pm500\.delivery/],
    ['telemetry with a wrong sample', { ...TELEMETRY, metrics: { frequency: 60 } }, /payload\.metrics\.frequency/],
  ];
  it('passes over what pm500-normalize sends beside alarms, and pm500-poll beside readings', () => {
    for (const schema of ['normalize-diagnostics', 'diagnostics', 'layout-check', 'counter-event'])
      assert.deepEqual(lines({ schema: `pm500.${schema}/1`, meter: { name: 'm1' }, counts: {} }), []);
  });

  for (const [what, payload, message] of refused) {
    it(`refuses ${what} in one sentence`, () => {
      assert.throws(
        () => lines(payload),
        (error) => error instanceof Pm500Error && message.test(error.message) && !error.message.includes('\n'),
      );
    });
  }

  it('gives lines or a coded error for whatever comes, 20 000 payloads', () => {
    const random = seededRandom(11);
    const leaves: readonly unknown[] = [
      0,
      -1.5,
      NaN,
      '',
      'x',
      '1i',
      true,
      null,
      undefined,
      9n ** 99n,
      new Date(NaN),
      () => 1,
    ];
    const keys = ['fields', 'tags', 'measurement', 'timestamp', 'time', 'schema', 'a', '', '__proto__', 'toString'];
    const grow = (depth: number): unknown => {
      const kind = depth > 3 ? 0 : random();
      if (kind < 0.3) return leaves[Math.floor(random() * leaves.length)];
      const size = Math.floor(random() * 4);
      if (kind < 0.5) return Array.from({ length: size }, () => grow(depth + 1));
      return Object.fromEntries(
        Array.from({ length: size }, () => [keys[Math.floor(random() * keys.length)]!, grow(depth + 1)]),
      );
    };
    let accepted = 0;
    const mapper = new LineMapper();
    for (let round = 0; round < 20_000; round += 1) {
      try {
        accepted += mapper.map(grow(0), DEFAULTS).lines.length;
      } catch (error) {
        assert.ok(error instanceof Pm500Error, String(error));
      }
    }
    assert.ok(accepted > 300, `${accepted} lines`);
  }).timeout(60_000);
});
