import type { Expect } from '../support/expect';

/** What one unit of each precision is in milliseconds; the names that the InfluxDB nodes and APIs have for them. */
const UNIT_MS: Readonly<Record<string, number>> = {
  n: 1e-6,
  ns: 1e-6,
  u: 1e-3,
  us: 1e-3,
  µ: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
/** InfluxDB holds nanoseconds in 64 bits: up to the year 2262. */
const LATEST_MS = 9_223_372_036_854;
const DIGITS = /^-?\d{1,20}$/;

/** What numbers mean that are times. */
export interface TimeUnit {
  /** Milliseconds of one unit; 1 where absent. */
  readonly unitMs?: number;
  /** Told of times that were given as numbers: only these depend on the unit. */
  readonly onTime?: OnTime | undefined;
}

/**
 * @param time epoch milliseconds
 * @param unitMs milliseconds of the unit in which the message gave it
 */
export type OnTime = (time: number, unitMs: number) => void;

/**
 * Milliseconds of one unit of a precision that a message names.
 * @throws Pm500Error MESSAGE_INVALID for a name that no InfluxDB has
 */
export function unitOf(expect: Expect, precision: unknown): number {
  if (precision === undefined || precision === null || precision === '') return 1;
  const unit = typeof precision === 'string' && Object.hasOwn(UNIT_MS, precision) ? UNIT_MS[precision] : undefined;
  return unit ?? expect.fail('precision', precision, `one of ${Object.keys(UNIT_MS).join(', ')}`);
}

/** The name of the precision under which a time that was given in another unit would be likely; undefined where none. */
export function precisionThatFits(
  time: number,
  unitMs: number,
  isLikely: (time: number) => boolean,
): string | undefined {
  return ['s', 'ms', 'us', 'ns'].find((name) => isLikely((time / unitMs) * (UNIT_MS[name] ?? 1)));
}

/**
 * Epoch milliseconds of a number or digits in a unit, of a Date, or of text that Date understands. A Date of a function
 * node comes from another realm.
 * @throws Pm500Error MESSAGE_INVALID
 */
export function parseTime(expect: Expect, path: string, value: unknown, { unitMs = 1, onTime }: TimeUnit): number {
  const time = toMilliseconds(value, unitMs);
  if (time !== undefined && Math.abs(time) <= LATEST_MS) {
    if (isCount(value)) onTime?.(time, unitMs);
    return time;
  }
  return expect.fail(path, value, 'epoch milliseconds (or msg.precision to say their unit), or a Date');
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'bigint' || (typeof value === 'string' && DIGITS.test(value));
}

function toMilliseconds(value: unknown, unitMs: number): number | undefined {
  if (isCount(value)) return Number(value) * unitMs;
  if (typeof value === 'string') return Date.parse(value);
  const isDate = Object.prototype.toString.call(value) === '[object Date]';
  return isDate ? Number(value) : undefined;
}
