import assert from 'node:assert/strict';
import { LineMapper } from '../../src/influx/line-mapper';
import { readHints, type MessageHints } from '../../src/influx/message-points';
import { watchTimes } from '../../src/influx/odd-times';

const TARGET = { influxMeasurement: 'm', retentionPolicy: '' };
const IN_2026 = Date.UTC(2026, 10, 27);

describe('times in messages that are mostly of another unit', () => {
  let now: number;
  let said: string[];
  let linesOf: (hints: MessageHints) => readonly string[];

  beforeEach(() => {
    now = IN_2026;
    said = [];
    const mapper = new LineMapper();
    const onTime = watchTimes(
      () => now,
      ({ code, message }) => said.push(`${code}: ${message}`),
    );
    linesOf = (hints) => mapper.map({ f: 1 }, readHints(hints, TARGET, now, onTime)).lines;
  });

  it('are kept as they are, and a sentence says once under which precision they would be likely', () => {
    const seconds = IN_2026 / 1000;
    for (let count = 0; count < 3; count += 1) assert.deepEqual(linesOf({ timestamp: seconds }), [`m f=1 ${seconds}`]);
    assert.equal(said.length, 1);
    assert.match(said[0] ?? '', /^MESSAGE_TIME_UNLIKELY: .*1970-01-21T.*msg\.precision \(mostly 's'\)/);
    assert.deepEqual(linesOf({ timestamp: seconds, precision: 's' }), [`m f=1 ${IN_2026}`]);
  });

  it('are told apart by the unit that the message says', () => {
    linesOf({ timestamp: IN_2026, precision: 'us' });
    assert.match(said[0] ?? '', /msg\.precision \(mostly 'ms'\)/);
  });

  it('are not those of a gateway whose clock begins in 1970: its points are kept, and nobody is told a wrong reason', () => {
    now = 60_000;
    for (const at of [0, 1000, now]) assert.deepEqual(linesOf({ timestamp: at }), [`m f=1 ${at}`]);
    assert.deepEqual(linesOf({}), [`m f=1 ${now}`]);
    assert.deepEqual(said, []);
    // Another meter or gateway has the right time already.
    assert.deepEqual(linesOf({ timestamp: IN_2026 }), [`m f=1 ${IN_2026}`]);
    assert.deepEqual(said, []);
    now = IN_2026;
    assert.deepEqual(linesOf({ timestamp: 1000 }), ['m f=1 1000']);
    assert.equal(said.length, 1, 'once the clock is set, a time of 1970 is said');
  });

  it('are said before the clock is set too, where they lie far ahead', () => {
    now = 60_000;
    linesOf({ timestamp: 8_000_000_000_000 });
    assert.equal(said.length, 1);
  });
});
