import { createHash } from 'node:crypto';
import { ALL_METRICS } from '../../metrics/derived-metrics';
import type { Datatype } from '../codec/payload';

/** Characters of a code. */
export const CODE_LENGTH = 4;

interface CodedMetric {
  readonly name: string;
  readonly type: Datatype;
}

/**
 * Short codes of the canonical metrics, for what is stored. A code is made of the name alone, so that it means the same to
 * every version of this software, whatever metrics are added; where two names had the same one, neither has it.
 */
const BY_CODE = new Map<string, CodedMetric>();
const BY_NAME = new Map<string, { readonly code: string; readonly type: Datatype }>();

for (const { name, sparkplugType: type } of ALL_METRICS) {
  const code = createHash('sha256').update(name).digest('base64url').slice(0, CODE_LENGTH);
  const other = BY_CODE.get(code);
  if (other === undefined) {
    BY_CODE.set(code, { name, type });
    BY_NAME.set(name, { code, type });
  } else BY_NAME.delete(other.name);
}

/** The code of a canonical metric and the datatype that goes without saying. */
export function codeOf(name: string): { readonly code: string; readonly type: Datatype } | undefined {
  return BY_NAME.get(name);
}

export function metricOf(code: string): CodedMetric | undefined {
  return BY_CODE.get(code);
}

/** Digits that tell any two numbers of 32 bits apart, and fewer that mostly do. */
const FLOAT_DIGITS = [7, 8, 9];

/** A number that is the same one in 32 bits, with no more digits than that needs. */
export function shortFloat(value: number): number {
  if (Math.fround(value) !== value || value === 0) return value;
  for (const digits of FLOAT_DIGITS) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}
