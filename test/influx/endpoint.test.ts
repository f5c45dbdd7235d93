import assert from 'node:assert/strict';
import { authorization, wordsOf, writePath, type Endpoint } from '../../src/influx/endpoint';
import { convertTimestamps, type Precision } from '../../src/influx/precision';
import { parseFieldConflict, refusalAdvice, requestFaultAdvice } from '../../src/influx/refusal';
import { judgeReply } from '../../src/influx/response-rules';
import { hasCode } from '../../src/support/errors';

const v1 = (over: object = {}): Endpoint => ({
  api: 'v1',
  database: 'energy',
  retentionPolicy: '',
  user: '',
  password: '',
  ...over,
});

describe('destinations of lines', () => {
  const paths: readonly (readonly [endpoint: Endpoint, precision: Precision, path: string])[] = [
    [
      { api: 'v2', org: 'my org', bucket: 'a&b', token: '' },
      'ms',
      '/api/v2/write?org=my+org&bucket=a%26b&precision=ms',
    ],
    [{ api: 'v2', org: '', bucket: 'b', token: '' }, 'us', '/api/v2/write?bucket=b&precision=us'],
    [{ api: 'v3', database: 'energy', token: '' }, 'ns', '/api/v2/write?bucket=energy&precision=ns'],
    [v1(), 'ms', '/write?db=energy&precision=ms'],
    [v1({ retentionPolicy: 'raw' }), 'ns', '/write?db=energy&rp=raw&precision=n'],
    [v1(), 'us', '/write?db=energy&precision=u'],
    [{ api: 'line-protocol', path: '/telegraf', token: '', user: '', password: '' }, 'ns', '/telegraf?precision=ns'],
    [{ api: 'line-protocol', path: '/x?a=b', token: '', user: '', password: '' }, 's', '/x?a=b&precision=s'],
  ];
  for (const [endpoint, precision, path] of paths) {
    it(`writes to ${path}`, () => {
      assert.equal(writePath(endpoint, precision), path);
    });
  }

  for (const path of ['', 'telegraf', '/a b', '/a#b', '/x?precision=s']) {
    it(`refuses the path "${path}"`, () => {
      assert.throws(
        () => writePath({ api: 'line-protocol', path, token: '', user: '', password: '' }, 'ms'),
        (error) => hasCode(error, 'CONFIG_INVALID'),
      );
    });
  }

  it('gives the credential that the server knows, and none where none is set', () => {
    assert.equal(authorization({ api: 'v2', org: '', bucket: 'b', token: 't' }), 'Token t');
    assert.equal(authorization(v1()), undefined);
    const basic = `Basic ${Buffer.from('é:p:w').toString('base64')}`;
    assert.equal(authorization(v1({ user: 'é', password: 'p:w' })), basic);
  });

  it('names what the server knows in its advice', () => {
    const reply = { status: 404, contentType: '', text: 'database not found: "energy"' };
    const verdict = judgeReply(reply, 'http://db', 0, wordsOf({ api: 'v1' }));
    assert.ok(verdict.kind === 'hold');
    assert.match(verdict.error.message, /check URL, database and retention policy of the target/);
  });
});

describe('timestamps on the wire', () => {
  const lines = 'm,t=a\\ 5 f=1,s="x 7" 1767600000123\nm f=2i -1500\nm f=3 0';
  const vectors: readonly (readonly [precision: Precision, converted: string])[] = [
    ['ms', lines],
    ['us', 'm,t=a\\ 5 f=1,s="x 7" 1767600000123000\nm f=2i -1500000\nm f=3 0'],
    ['ns', 'm,t=a\\ 5 f=1,s="x 7" 1767600000123000000\nm f=2i -1500000000\nm f=3 0'],
    ['s', 'm,t=a\\ 5 f=1,s="x 7" 1767600000\nm f=2i -2\nm f=3 0'],
  ];
  for (const [precision, converted] of vectors) {
    it(`are converted to ${precision}, and nothing else is touched`, () => {
      assert.equal(convertTimestamps(lines, precision), converted);
    });
  }
});

describe('words of a refusal', () => {
  const conflicts: readonly (readonly [text: string, field: string, given: string, existing: string])[] = [
    [
      'partial write: field type conflict: input field "value" on measurement "m" is type string, already exists as type float dropped=1',
      'value',
      'string',
      'float',
    ],
    [
      'failure writing points to database: partial write: field type conflict: input field "a b" on measurement "m" is type integer, already exists as type boolean dropped=2',
      'a b',
      'integer',
      'boolean',
    ],
    [
      "partial write of line protocol occurred: invalid column type for field 'f' on line 1: expected type float, but got string",
      'f',
      'string',
      'float',
    ],
  ];
  for (const [text, field, given, existing] of conflicts) {
    it(`name the field that conflicts: ${field}`, () => {
      const conflict = parseFieldConflict(text);
      assert.deepEqual([conflict?.field, conflict?.given, conflict?.existing], [field, given, existing]);
      const verdict = judgeReply({ status: 400, contentType: 'application/json', text }, 'http://db', 0);
      assert.ok(verdict.kind === 'rejected');
      assert.deepEqual(verdict.error.details['conflict'], conflict);
      assert.ok(verdict.error.message.includes(`the field ${field} is ${existing} in the database`));
    });
  }

  it('say what to do about retention and limits', () => {
    assert.match(refusalAdvice('partial write: points beyond retention policy dropped=4').text, /retention/);
    assert.match(refusalAdvice('partial write: max-series-per-database limit exceeded: (1) dropped=1').text, /limit/);
    assert.equal(refusalAdvice("unable to parse 'x'").text, 'correct what the message holds');
  });

  const faults = [
    [400, 'database is required'],
    [500, 'retention policy not found: raw'],
    [400, 'invalid precision "x" (use n, u, ms, s, m or h)'],
    [400, 'gzip: invalid header'],
    [400, 'organization name "o" not found'],
  ] as const;
  for (const [status, text] of faults) {
    it(`do not blame the lines: ${text}`, () => {
      assert.equal(judgeReply({ status, contentType: '', text }, 'http://db', 0).kind, 'hold');
    });
  }

  it('blame the lines where a line only speaks of such things', () => {
    for (const text of ["unable to parse 'gzip: x f=y': bad", "partial write: unable to parse 'database is required'"])
      assert.equal(requestFaultAdvice(text), undefined);
  });
});
