import type { Random } from '../../support/random';

/** One sine of simulated time. */
export interface Wave {
  readonly amplitude: number;
  readonly periodMs: number;
  /** Radians at time 0. */
  readonly phase: number;
}

/** Amplitude and period of a wave; where it begins is drawn. */
export type WaveRow = readonly [amplitude: number, periodMs: number];

export function drawWaves(rows: readonly WaveRow[], random: Random): Wave[] {
  return rows.map(([amplitude, periodMs]) => ({
    amplitude,
    // No two meters, and no two quantities of one, beat in step.
    periodMs: periodMs * (0.9 + 0.2 * random()),
    phase: 2 * Math.PI * random(),
  }));
}

export function sumWaves(waves: readonly Wave[], timeMs: number): number {
  let sum = 0;
  for (const { amplitude, periodMs, phase } of waves) {
    sum += amplitude * Math.sin((2 * Math.PI * timeMs) / periodMs + phase);
  }
  return sum;
}
