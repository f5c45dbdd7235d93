import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { momentOf } from './local-time';

export const STEP_MS = 900_000;

/** A quarter of an hour of the recorded plant. */
export interface RecordedQuarter {
  readonly startMs: number;
  readonly activeWh: number;
  readonly reactiveVarh: number;
}

/**
 * A month of the recorded year, whose times are those of clocks of its plant.
 * @param month such as `2018-01`
 */
export function readRecording(month: string, timeZone: string): readonly RecordedQuarter[] {
  const text = readFileSync(resolve(__dirname, '../../data/steel-plant-2018.csv'), 'utf8');
  return text
    .trim()
    .split('\n')
    .filter((row) => row.startsWith(month))
    .map((row) => {
      const [start = '', kwh, kvarh] = row.split(',');
      return {
        startMs: momentOf(Date.parse(`${start}:00Z`), timeZone),
        activeWh: Math.round(Number(kwh) * 1000),
        reactiveVarh: Math.round(Number(kvarh) * 1000),
      };
    });
}
