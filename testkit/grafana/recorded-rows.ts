import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../root';
import type { Measured } from './plant-site';

const QUARTER_MS = 900_000;
/** The step of the counters of the meter at this height, Wh, at both ends; and of what is worked out of a quarter. */
export const STEP_WH = 63;
export const STEP_W = 4 * STEP_WH;

/** Wh and varh of each quarter of an hour, by the file alone. */
const ROWS = readFileSync(join(ROOT, 'data/steel-plant-2018.csv'), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [, active, reactive] = line.split(',').map((cell) => 1000 * Number(cell));
    return { active: active ?? Number.NaN, reactive: reactive ?? Number.NaN };
  });

/**
 * Wh or varh of each quarter of an hour from one time to another.
 * @param startMs when the recorded year begins
 */
export function recordedRows(
  startMs: number,
  fromMs: number,
  toMs: number,
  kind: 'active' | 'reactive' = 'active',
): readonly number[] {
  return ROWS.slice((fromMs - startMs) / QUARTER_MS, (toMs - startMs) / QUARTER_MS).map((row) => row[kind]);
}

/**
 * Wh that the readings of a time added, by the file: from the last reading before it to the last in it.
 * @param times at which the meter is read, in order
 */
export function gainedBetween(plant: Measured, times: readonly number[], fromMs: number, toMs: number): number {
  const edge = (ms: number): number => plant.energyAt(times.findLast((time) => time < ms) ?? Number.NaN);
  return edge(toMs) - edge(fromMs);
}

/** Fails where a figure is not the one of the file. */
export function near(found: number | undefined, expected: number, allowed: number, what: string): void {
  assert.ok(found !== undefined && Math.abs(found - expected) <= allowed, `${what}: ${found}, by the file ${expected}`);
}
