import type { Random } from '../../src/support/random';
import { isRecord } from '../../src/support/expect';
import { pickOne } from '../pick-one';

/** What people and programs put where something else belongs, and what tries to be evaluated or to reach a prototype. */
const JUNK: readonly unknown[] = [
  null,
  undefined,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '',
  ' ',
  'x',
  '99:99',
  '2026-13-40',
  '9'.repeat(400),
  '\u0000\n\u2028',
  '${globalThis.pm500Evaluated = true}',
  '$eval("1")',
  '(() => { globalThis.pm500Evaluated = true })()',
  '__proto__',
  'constructor',
  [],
  {},
  [[]],
  [null],
  { __proto__: null },
  JSON.parse('{"__proto__": {"polluted": true}}'),
];
const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', '', 'x', 'a\nb', '\u2028'];

/** A copy of plain data with some of it replaced, renamed, left out or doubled; `share` of all places. */
export function damage(value: unknown, random: Random, share: number): unknown {
  const go = (each: unknown): unknown => {
    if (random() < share) return pickOne(random, JUNK);
    if (Array.isArray(each)) {
      const list = (each as readonly unknown[]).map(go);
      return random() < share ? [...list, ...list] : list;
    }
    if (!isRecord(each)) return each;
    const entries = Object.entries(each).flatMap(([name, member]): (readonly [string, unknown])[] => {
      const dice = random();
      if (dice < share / 3) return [];
      return [[dice < share ? pickOne(random, NAMES) : name, go(member)]];
    });
    // Own members whatever their names are, as JSON.parse makes them.
    return Object.fromEntries(entries);
  };
  return go(value);
}

/** Fails when damage was evaluated or has reached the prototype of all objects. */
export function assertUntouched(): void {
  const plain = {} as { polluted?: unknown };
  const marks = globalThis as { pm500Evaluated?: unknown };
  if (plain.polluted !== undefined) throw new Error('The prototype of all objects was changed.');
  if (marks.pm500Evaluated !== undefined) throw new Error('Something that came from outside was evaluated.');
}
