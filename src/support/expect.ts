import { Pm500Error, type ErrorCode } from './errors';

/** A plain object whose members are not known yet. */
export type UnknownRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is UnknownRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as it is shown in a sentence: short, on one line, never a dump. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** What a person or a form may have written, as text; undefined for lists and objects, which need not have a text. */
export function plainText(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

const LONGEST_PATH = 120;

/** Names in a path come from outside: whatever they hold, a sentence stays on one line. */
function describePath(path: string): string {
  const line = path.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ');
  return line.length > LONGEST_PATH ? `${line.slice(0, LONGEST_PATH)}…` : line;
}

/**
 * Checks of one message or file at its boundary: each says in one sentence which path holds what and what belongs there.
 * @param code the error code that a failed check carries
 * @param advice what to do about it, the end of every sentence
 */
export class Expect {
  constructor(
    private readonly code: ErrorCode,
    private readonly advice: string,
  ) {}

  /** The error has the path among its details. */
  fail(path: string, value: unknown, expected: string): never {
    throw new Pm500Error(
      this.code,
      `${describePath(path)} is ${describeValue(value)}, expected ${expected}; ${this.advice}`,
      { details: { path } },
    );
  }

  record(path: string, value: unknown): UnknownRecord {
    return isRecord(value) ? value : this.fail(path, value, 'an object');
  }

  array(path: string, value: unknown): readonly unknown[] {
    return Array.isArray(value) ? (value as readonly unknown[]) : this.fail(path, value, 'an array');
  }

  text(path: string, value: unknown): string {
    return typeof value === 'string' ? value : this.fail(path, value, 'text');
  }

  flag(path: string, value: unknown): boolean {
    return typeof value === 'boolean' ? value : this.fail(path, value, 'true or false');
  }

  finite(path: string, value: unknown): number {
    return typeof value === 'number' && Number.isFinite(value) ? value : this.fail(path, value, 'a number');
  }

  choice<Choice extends string>(path: string, value: unknown, choices: readonly Choice[]): Choice {
    const found = choices.find((choice) => choice === value);
    return found ?? this.fail(path, value, `one of ${choices.join(', ')}`);
  }
}
