import type { JsonMember, JsonShape } from '../../../src/support/setting';
import { isRecord, type UnknownRecord } from '../../../src/support/expect';

/** JSON of a setting, as its rows show it. */
export interface ShapedValue {
  /** Without a list that is the whole. */
  readonly whole: UnknownRecord;
  readonly lists: Readonly<Record<string, readonly UnknownRecord[]>>;
}

/** More would be slow to type in: every change looks at each row. */
const MOST_ROWS = 300;

const isList = ({ lists }: JsonShape): boolean => '' in lists;
const isRows = (value: unknown): value is readonly UnknownRecord[] =>
  Array.isArray(value) && value.length <= MOST_ROWS && value.every(isRecord);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * What rows show of a text; undefined where they cannot: a path, a variable, no JSON, JSON of another shape, or more than a
 * person edits in rows.
 */
export function readShaped(shape: JsonShape, text: string): ShapedValue | undefined {
  const value = text.trim() === '' ? (isList(shape) ? [] : {}) : parsed(text);
  if (isList(shape)) return isRows(value) ? { whole: {}, lists: { '': value } } : undefined;
  if (!isRecord(value)) return undefined;
  const lists = Object.keys(shape.lists).map((list) => [list, value[list] ?? []] as const);
  const fitting = lists.filter((entry): entry is readonly [string, readonly UnknownRecord[]] => isRows(entry[1]));
  return fitting.length === lists.length ? { whole: value, lists: Object.fromEntries(fitting) } : undefined;
}

/** The text of what rows show: the one that was read where nothing is different, so that no character of it changes. */
export function writeShaped(shape: JsonShape, { whole, lists }: ShapedValue, source: string): string {
  const before = readShaped(shape, source);
  const unwritten = Object.entries(lists).filter(([list, rows]) => rows.length > 0 || Array.isArray(whole[list]));
  const value = isList(shape) ? (lists[''] ?? []) : { ...whole, ...Object.fromEntries(unwritten) };
  const was = before === undefined ? undefined : isList(shape) ? before.lists[''] : before.whole;
  if (JSON.stringify(value) === JSON.stringify(was)) return source;
  return Object.keys(value).length === 0 ? '' : JSON.stringify(value, undefined, '  ');
}

/** What a text stands for where a number, true or false may stand, too; a text in quotes is always one. */
function scalarOf(text: string): string | number | boolean {
  const value = parsed(text);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : text;
}

const isPlainTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string' && /^[^\s,]+$/.test(each));

/** What does not stand in words side by side is shown, and given, as JSON. */
function textsOf(text: string): readonly unknown[] {
  const value = parsed(text);
  return Array.isArray(value) ? (value as readonly unknown[]) : text.split(/[\s,]+/).filter((each) => each !== '');
}

/** A member as an input shows it; of several choices, those that are made. */
export function shownOf(
  { setting, isNeeded = false, isTexts = false, isScalar = false }: JsonMember,
  raw: unknown,
): string {
  if (setting.kind === 'choices') {
    const given: readonly unknown[] = Array.isArray(raw) ? raw : [];
    const chosen = setting.options.filter(({ value }) => given.includes(value));
    return chosen.map(({ value }) => value).join(' ');
  }
  if (setting.kind === 'flag') return raw === true ? 'true' : '';
  if (raw === undefined) return setting.kind === 'choice' && !isNeeded ? String(setting.default) : '';
  if (isTexts && isPlainTexts(raw)) return raw.join(', ');
  if (typeof raw !== 'string') return JSON.stringify(raw);
  return isScalar && scalarOf(raw) !== raw ? JSON.stringify(raw) : raw;
}

/** What a person gave a member by an input that shows something else than before; undefined where it is to have nothing. */
export function givenBy(
  { setting, isTexts = false, isScalar = false }: JsonMember,
  given: string,
  raw: unknown,
): unknown {
  const text = given.trim();
  if (setting.kind === 'choices') {
    const chosen = text === '' ? [] : text.split(' ');
    const known = setting.options.map(({ value }) => value);
    const before: readonly unknown[] = Array.isArray(raw) ? raw : [];
    const kept = before.filter((each) => typeof each !== 'string' || !known.includes(each) || chosen.includes(each));
    const all = [...kept, ...chosen.filter((each) => !kept.includes(each))];
    return all.length === 0 ? undefined : all;
  }
  if (text === '') return undefined;
  if (setting.kind === 'flag') return true;
  if (isTexts) return textsOf(text);
  if (isScalar) return scalarOf(text);
  // What is no number stays as it was typed, for the parser to say so.
  return setting.kind === 'number' && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** Where in a shape a path of a sentence leads. */
export interface JsonPlace {
  readonly list?: string;
  readonly row?: number;
  readonly member?: string;
}

/** @param path behind the name of the setting, such as `.rules[0].period` */
export function placeOf(shape: JsonShape, path: string): JsonPlace {
  const steps = [...path.matchAll(/\.(\w+)|\[(\d+)\]/g)].map(([, name, index]) => name ?? Number(index));
  const [first] = steps;
  const inList = (list: string, [row, member]: readonly (string | number | undefined)[]): JsonPlace => ({
    list,
    ...(typeof row === 'number' ? { row } : {}),
    ...(typeof member === 'string' ? { member } : {}),
  });
  if (isList(shape)) return inList('', steps);
  if (typeof first !== 'string') return {};
  return Object.hasOwn(shape.lists, first) ? inList(first, steps.slice(1)) : { member: first };
}
