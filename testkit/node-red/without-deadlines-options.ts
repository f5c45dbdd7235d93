import { join } from 'node:path';
import { recorderOnly } from '../frames/recording';

/** The `NODE_OPTIONS` of a process in which nothing ends because its time is up. */
export function withoutDeadlines(): string {
  const preload = `--require=${join(__dirname, 'without-deadlines.js')}`;
  return [recorderOnly(), preload].filter((option) => option !== undefined).join(' ');
}
