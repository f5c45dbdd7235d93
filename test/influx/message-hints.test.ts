import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { LineMapper } from '../../src/influx/line-mapper';
import { readHints, type MessageHints } from '../../src/influx/message-points';

const NOW = 1_700_000_000_123;
const lines = (payload: unknown, hints: MessageHints = {}): readonly string[] =>
  new LineMapper().map(payload, readHints(hints, { influxMeasurement: 'own', retentionPolicy: 'rp' }, NOW)).lines;
const refused = (payload: unknown, hints: MessageHints, reason: RegExp): void => {
  assert.throws(() => lines(payload, hints), { code: 'MESSAGE_INVALID', message: reason });
};

describe('messages as people send them to the common InfluxDB nodes', () => {
  it('say the unit of their timestamps', () => {
    const rows: readonly (readonly [precision: string, time: unknown])[] = [
      ['s', 1_700_000_000],
      ['s', '1700000000'],
      ['ms', 1_700_000_000_000],
      ['u', 1_700_000_000_000_000],
      ['us', '1700000000000000'],
      ['n', '1700000000000000000'],
      ['ns', 1_700_000_000_000_000_000n],
    ];
    for (const [precision, time] of rows) {
      const expected = ['own f=1 1700000000000'];
      assert.deepEqual(lines({ f: 1, time }, { precision }), expected, precision);
      assert.deepEqual(lines([{ measurement: 'own', fields: { f: 1 }, timestamp: time }], { precision }), expected);
      assert.deepEqual(lines({ f: 1 }, { precision, timestamp: time }), expected);
    }
    assert.deepEqual(lines({ f: 1, time: 28_333_333 }, { precision: 'm' }), ['own f=1 1699999980000']);
    refused({ f: 1 }, { precision: 'minutes' }, /precision is "minutes", expected one of n, ns, u/);
    refused({ f: 1 }, { precision: 'toString' }, /precision is/);
  });

  it('give a time as Date or text, whatever realm the Date is of', () => {
    const date = new Date(1000);
    const foreign: unknown = runInNewContext('new Date(1000)');
    for (const time of [date, foreign, '1970-01-01T00:00:01Z', 1000, '1000']) {
      assert.deepEqual(lines({ f: 1 }, { timestamp: time }), ['own f=1 1000']);
      assert.deepEqual(lines({ f: 1, time }), ['own f=1 1000']);
      assert.deepEqual(lines({ fields: { f: 1 }, timestamp: time }), ['own f=1 1000']);
    }
    for (const timestamp of [undefined, null, '']) assert.deepEqual(lines({ f: 1 }, { timestamp }), [`own f=1 ${NOW}`]);
    for (const timestamp of ['yesterday', {}, true, new Date(NaN), NaN])
      refused({ f: 1 }, { timestamp }, /timestamp is .* expected epoch milliseconds/);
  });

  it('are refused where a time cannot be milliseconds', () => {
    refused({ f: 1, time: 1_700_000_000_000_000_000 }, {}, /payload\.time is .*msg\.precision/);
    refused({ f: 1 }, { timestamp: NOW, precision: 's' }, /timestamp is/);
  });

  it('name a measurement by a number, and are refused where they name it by nothing that is a name', () => {
    assert.deepEqual(lines({ f: 1, time: 1 }, { measurement: 5 }), ['5 f=1 1']);
    assert.deepEqual(lines([{ measurement: 7, fields: { f: 1 }, timestamp: 1 }]), ['7 f=1 1']);
    refused({ f: 1 }, { measurement: { value: 'm' } }, /measurement is an object/);
  });

  it('ask for the retention policy of the target, or are refused', () => {
    assert.equal(lines({ f: 1 }, { retentionPolicy: 'rp' }).length, 1);
    for (const retentionPolicy of ['four_weeks', { value: 'rp' }])
      refused({ f: 1 }, { retentionPolicy }, /retentionPolicy is .*choose another influx-target/);
  });

  it('may name a field or a tag __proto__', () => {
    const payload: unknown = JSON.parse('[{"__proto__": 1, "time": 5}, {"__proto__": "t"}]');
    assert.deepEqual(lines(payload), ['own,__proto__=t __proto__=1 5']);
  });

  it('stay different series, whatever their tags hold', () => {
    const mapper = new LineMapper();
    const hints = readHints({}, { influxMeasurement: 'm', retentionPolicy: '' }, 1);
    const of = (tags: object): readonly string[] => mapper.map([{ f: 1 }, tags], hints).lines;
    assert.deepEqual(of({ a: 'b', c: 'd' }), ['m,a=b,c=d f=1 1']);
    assert.deepEqual(of({ a: 'b\0c\0d' }), ['m,a=b\0c\0d f=1 1']);
    assert.deepEqual(of({ a: 'b 1 c1 d' }), ['m,a=b\\ 1\\ c1\\ d f=1 1']);
  });
});
