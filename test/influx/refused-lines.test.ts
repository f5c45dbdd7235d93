import assert from 'node:assert/strict';
import type { Rejected } from '../../src/delivery/destination';
import { KnownOffenders } from '../../src/influx/known-offenders';
import { parseDropped } from '../../src/influx/refusal';
import { isAboutLines, namedLines } from '../../src/influx/refused-lines';
import { readComplaint } from '../../src/influx/reply-words';
import { judgeReply } from '../../src/influx/response-rules';
import { excessiveGrowth, FACTOR } from '../../testkit/growth';

const LINES = [
  'm,t=a f=1,g=2 1000',
  'nonsense',
  'm,t=a f="x" 2000',
  "it's' f= 5",
  'm f=1i 3000',
  'other f="x" 4000',
  'my\\ m,t=f\\=1 a=1,f="f=\\"" 500',
];

const name = (text: string, lineNumbers?: readonly number[]): readonly number[] =>
  namedLines(LINES, { text, ...(lineNumbers === undefined ? {} : { lineNumbers }) });

describe('lines that a server points at', () => {
  // As InfluxDB 1.6, 2.7, 3 and Cloud answered.
  const words: readonly (readonly [what: string, text: string, expected: readonly number[]])[] = [
    [
      'quoted, whatever they hold',
      "partial write: unable to parse 'nonsense': missing fields\nunable to parse 'it's' f= 5': missing field value dropped=0",
      [1, 3],
    ],
    [
      'by field, measurement and type',
      'partial write: field type conflict: input field "f" on measurement "m" is type string, already exists as type float dropped=1',
      [2],
    ],
    [
      'by an integer',
      'failure writing points to database: partial write: field type conflict: input field "f" on measurement "m" is type integer, already exists as type float dropped=1',
      [4],
    ],
    [
      'with names that are escaped in lines',
      'field type conflict: input field "f" on measurement "my m" is type string, already exists as type float',
      [6],
    ],
    ['by age', 'partial write: points beyond retention policy dropped=2', [3, 6]],
    [
      'by age, in the words of InfluxDB 2.7',
      'failure writing points to database: partial write: dropped 1 points outside retention policy of duration 24h0m0s - oldest point m at 1970-01-01T00:00:00.5Z dropped because it violates a Retention Policy Lower Bound at 2025-05-20T19:06:17Z, newest point m at 1970-01-01T00:00:00.5Z dropped because it violates a Retention Policy Lower Bound at 2025-05-20T19:06:17Z dropped=1 for database: 9f28 for retention policy: autogen',
      [3],
    ],
    [
      'by number in a sentence',
      'failed to parse line protocol: errors encountered on line(s):\nerror parsing line 2 (1-based): Invalid measurement was provided\nerror parsing line 4 (1-based): Unable to parse timestamp value',
      [1, 3],
    ],
    ['by nothing', 'internal error', []],
    ['by a number that is none of theirs', 'error in line 99: no', []],
  ];
  for (const [what, text, expected] of words) {
    it(`are found ${what}`, () => {
      assert.deepEqual(name(text), expected);
    });
  }

  it('looks up no more than could be lines, however many ends a quotation may have', () => {
    const hostile = (ends: number): string => `unable to parse '${"'".repeat(ends)}`;
    assert.deepEqual(name(`${hostile(64 * 1024)} unable to parse 'nonsense': x`), []);
    assert.deepEqual(name(`${hostile(30_000)} unable to parse 'nonsense': x`), [1]);
    // Trying every end would be work that grows with the square of the text.
    const [small, large] = [hostile(64 * 128), hostile(64 * 128 * FACTOR)];
    const growth = excessiveGrowth(
      () => void name(small),
      () => void name(large),
    );
    assert.equal(growth, undefined);
  });

  it('are found by the numbers of InfluxDB 3', () => {
    const body = {
      error: 'partial write of line protocol occurred',
      data: [
        { original_line: 'nonsense', line_number: 2, error_message: 'No fields were provided' },
        { original_line: 'x', line_number: 4, error_message: 'No fields were provided' },
      ],
    };
    const complaint = readComplaint(JSON.stringify(body), body);
    assert.equal(complaint.text, 'partial write of line protocol occurred: No fields were provided');
    assert.deepEqual(namedLines(LINES, complaint), [1, 3]);
    const single = { error: 'parsing failed for write_lp endpoint', data: body.data[0] };
    assert.deepEqual(namedLines(LINES, readComplaint('', single)), [1]);
    assert.deepEqual(namedLines(LINES, readComplaint('', { code: 'invalid', message: 'no', line: 3 })), [2]);
  });

  it('cost time in proportion to what is said, however it is said', () => {
    const hostile = [
      "unable to parse '".repeat(4000),
      `unable to parse '${"': ".repeat(20_000)}`,
      'input field "'.repeat(5000),
      'dropped='.repeat(8000),
      'error in line '.repeat(5000),
    ];
    for (const text of hostile) assert.deepEqual(name(text), []);
  });

  it('are counted where the server counts them', () => {
    assert.deepEqual(
      ['partial write: x dropped=12', 'dropped 3 points outside', 'nothing'].map((text) => parseDropped(text)),
      [12, 3, undefined],
    );
  });
});

describe('answers that are about lines', () => {
  const verdictOf = (status: number, text: string): string =>
    judgeReply({ status, contentType: 'application/json', text }, 'http://x', 0).kind;

  it('are refusals whatever their status', () => {
    const said = 'partial write: field type conflict: input field "f" on measurement "m" is type string dropped=1';
    assert.ok(isAboutLines({ text: said }));
    for (const status of [201, 400, 422, 500]) assert.equal(verdictOf(status, said), 'rejected', String(status));
    assert.equal(verdictOf(500, 'engine: max-series-per-database limit exceeded: (6)'), 'rejected');
  });

  it('are none where the words speak of the server', () => {
    assert.equal(verdictOf(500, 'internal error'), 'retry');
    assert.equal(verdictOf(504, 'timeout'), 'retry');
    assert.equal(verdictOf(201, '{"id":"x"}'), 'hold');
  });
});

describe('what is known of lines that were refused', () => {
  const record = (payload: string): { payload: string; acceptedAt: number } => ({ payload, acceptedAt: 0 });
  const rejected = (text: string, named: readonly number[]): Rejected => {
    const verdict = judgeReply({ status: 400, contentType: '', text }, 'http://x', 0);
    if (verdict.kind !== 'rejected') throw new Error(verdict.kind);
    return { ...verdict, named };
  };

  it('points at their like, until the database takes them', () => {
    const known = new KnownOffenders();
    assert.deepEqual(known.suspects(LINES.map(record)), []);
    const conflict =
      'partial write: field type conflict: input field "f" on measurement "m" is type string, already exists as type float dropped=1';
    known.learn(rejected(conflict, [2]), LINES.map(record));
    assert.deepEqual(known.suspects(['m f=1 1', 'm,t=x g=1,f="later" 9', 'n f="x" 1'].map(record)), [1]);
    known.forget();
    assert.deepEqual(known.suspects(['m f="x" 1'].map(record)), []);
  });

  it('points at what is as old', () => {
    const known = new KnownOffenders();
    known.learn(rejected('partial write: points beyond retention policy dropped=2', [0, 6]), LINES.map(record));
    assert.deepEqual(known.suspects(['m f=1 1001', 'm f=1 999', 'm f=1 1000'].map(record)), [1, 2]);
  });
});
