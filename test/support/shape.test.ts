import assert from 'node:assert/strict';
import { hasCode } from '../../src/support/errors';
import { Expect } from '../../src/support/expect';
import {
  choice,
  closed,
  constant,
  COUNT,
  FLAG,
  INTEGER,
  list,
  NUMBER,
  object,
  optional,
  orNull,
  pattern,
  POSITIVE,
  record,
  TEXT,
  type Shape,
} from '../../src/support/shape';
import { once } from '../../src/support/quick-shape';

const expect = new Expect('MESSAGE_INVALID', 'mend it.');

/** The sentence about a value; undefined where it fits. Both ways must agree. */
function sentence(shape: Shape<unknown>, value: unknown): string | undefined {
  try {
    shape.explain(expect, 'it', value);
  } catch (thrown) {
    assert.ok(hasCode(thrown, 'MESSAGE_INVALID') && thrown instanceof Error);
    assert.equal(shape.fits(value), false, thrown.message);
    return thrown.message.replace(/; mend it\.$/, '');
  }
  assert.equal(shape.fits(value), true, JSON.stringify(value));
  return undefined;
}

describe('a shape', () => {
  const pair = object({ a: NUMBER, 'b"\n': optional(TEXT) });
  const holes: unknown[] = [1];
  holes[2] = 3;

  const fitting: readonly (readonly [shape: Shape<unknown>, ...values: readonly unknown[]])[] = [
    [TEXT, '', 'a'],
    [NUMBER, 0, -1.5, Number.MAX_VALUE],
    [INTEGER, -3, 2 ** 60],
    [COUNT, 0, 7],
    [POSITIVE, Number.MIN_VALUE],
    [FLAG, true, false],
    [choice(['x', 'y']), 'x', 'y', 'x'],
    [constant('v/1'), 'v/1'],
    [pattern(/^[a-f]+$/, 'letters'), 'abc'],
    [orNull(TEXT), null, 'a'],
    [list(NUMBER), [], [1, 2]],
    [list(NUMBER, 2), [], [1, 2]],
    [record(NUMBER, undefined, { most: 1, what: 'members' }), {}, { a: 1 }],
    [record(NUMBER), {}, { a: 1 }, Object.create(null)],
    [pair, { a: 1 }, { a: 1, 'b"\n': 'x' }, { a: 1, 'b"\n': undefined }, { a: 1, c: 'later versions' }],
    [closed({ a: NUMBER }), { a: 1 }],
    [object({}), {}],
  ];
  it('takes what it says', () => {
    for (const [shape, ...values] of fitting)
      for (const value of values) assert.equal(sentence(shape, value), undefined);
  });

  const refused: readonly (readonly [shape: Shape<unknown>, value: unknown, sentence: string])[] = [
    [TEXT, undefined, 'it is missing, expected text'],
    [NUMBER, Number.NaN, 'it is NaN, expected a number'],
    [NUMBER, '1', 'it is "1", expected a number'],
    [INTEGER, 1.5, 'it is 1.5, expected a whole number'],
    [COUNT, -1, 'it is -1, expected a whole number that is not negative'],
    [POSITIVE, 0, 'it is 0, expected a number above 0'],
    [choice(['x', 'y']), 'toString', 'it is "toString", expected one of x, y'],
    [constant('v/1'), 'v/2', 'it is "v/2", expected "v/1"'],
    [orNull(TEXT), 5, 'it is 5, expected text'],
    [list(NUMBER), { length: 0 }, 'it is an object, expected an array'],
    [list(NUMBER), holes, 'it[1] is missing, expected a number'],
    [list(NUMBER, 2), [1, 2, 3], 'it is an array, expected at most 2 items'],
    [
      record(NUMBER, undefined, { most: 1, what: 'members' }),
      { a: 1, b: null },
      'it is an object, expected at most 1 members',
    ],
    [record(NUMBER), [], 'it is an array, expected an object'],
    [record(NUMBER), { a: 1, b: null }, 'it.b is null, expected a number'],
    [record(NUMBER, choice(['a'])), { b: 1 }, 'it.b is "b", expected one of a'],
    [pair, null, 'it is null, expected an object'],
    [pair, [], 'it is an array, expected an object'],
    [pair, {}, 'it.a is missing, expected a number'],
    [pair, { a: 1, 'b"\n': null }, 'it.b"  is null, expected text'],
    [closed({ a: NUMBER }), { a: 1, z: 2 }, 'it.z is 2, expected no such member'],
  ];
  it('refuses everything else by the first path that is wrong, what is there and what belongs there', () => {
    for (const [shape, value, expected] of refused) assert.equal(sentence(shape, value), expected);
  });

  it('is looked at once for an object that nobody can change, and each time for any other', () => {
    let looked = 0;
    const counted: Shape<unknown> = { ...NUMBER, fits: (value) => (looked++, NUMBER.fits(value)) };
    const shape = once(record(counted));
    const frozen = Object.freeze({ a: 1 });
    const open: Record<string, unknown> = { a: 1 };
    for (let round = 0; round < 3; round++) assert.ok(shape.fits(frozen) && shape.fits(open));
    assert.equal(looked, 1 + 3);
    open['a'] = 'x';
    assert.ok(!shape.fits(open) && !shape.fits(Object.freeze({ a: 'x' })) && !shape.fits(5));
  });
});
