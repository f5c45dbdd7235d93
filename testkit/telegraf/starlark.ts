import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../servers/programs';
import { textOf, type Settings } from './configuration';
import type { FieldValue, TelegrafMetric } from './metric';

/** Debian's own where it is there: a manager of versions in front of another one takes a second to start it. */
const DEBIAN_PYTHON = '/usr/bin/python3';

type Coded = readonly ['integer' | 'float' | 'plain', string | boolean];

function encode(value: FieldValue): Coded {
  if (typeof value === 'bigint') return ['integer', String(value)];
  if (typeof value !== 'number') return ['plain', value];
  return ['float', Number.isNaN(value) ? 'nan' : Number.isFinite(value) ? String(value) : value > 0 ? 'inf' : '-inf'];
}

function decode([kind, value]: Coded): FieldValue {
  if (kind === 'plain') return value;
  if (kind === 'integer') return BigInt(value);
  return { nan: NaN, inf: Infinity, '-inf': -Infinity }[String(value)] ?? Number(value);
}

interface Message {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, Coded>>;
  readonly time: number;
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

/**
 * `processors.starlark`: Starlark is a subset of Python, so Python runs the script after it was checked to be Starlark.
 * @throws Error for a script that is none, or that fails
 */
export function runStarlark(settings: Settings, metrics: readonly TelegrafMetric[]): readonly TelegrafMetric[] {
  const messages = metrics.map(({ timestamp, fields, ...metric }): Message => ({
    ...metric,
    time: timestamp,
    fields: mapValues(fields, encode),
  }));
  const python = existsSync(DEBIAN_PYTHON) ? DEBIAN_PYTHON : findProgram('python3');
  const input = JSON.stringify({ source: textOf(settings, 'source'), metrics: messages });
  const output = execFileSync(python, ['-I', '-S', join(__dirname, 'starlark.py')], {
    input,
    encoding: 'utf8',
    stdio: 'pipe',
  });
  return (JSON.parse(output) as readonly Message[]).map(({ time, fields, ...metric }) => ({
    ...metric,
    timestamp: time,
    fields: mapValues(fields, decode),
  }));
}
