import { join } from 'node:path';
import { recorderOnly } from '../frames/recording';

/** What a message over the channel of the process names the time by which its wall clock is ahead of the true one, ms. */
export const CLOCK_AHEAD = 'clockAheadMs';

/** The `NODE_OPTIONS` of a process whose wall clock is set by messages over its channel. */
export function settableClock(): string {
  const preload = `--require=${join(__dirname, 'settable-clock.js')}`;
  return [recorderOnly(), preload].filter((option) => option !== undefined).join(' ');
}
