import { PM500 } from '../../../src/meters/pm500';
import type { DefaultAlarm } from '../../../src/meters/meter-model';

/** Alert rules have the limits of the default alarms: both say the same at the same values. */

/** Any nominal frequency: limits are shares of it. */
export const HERTZ = 50;

/** Default alarms of the meter with every nominal value 1, so that their limits are shares of it. */
const SHARES = PM500.defaultAlarms({ lineToNeutralVolts: 1, frequencyHz: HERTZ, ratedAmperes: 1 });

/** A default alarm: the limits of both are the same. */
export function alarm(id: string): DefaultAlarm {
  const found = SHARES.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`The meter has no default alarm ${id}.`);
  return found;
}

/** The one number that a default alarm compares with. */
export function limitOfAlarm(id: string): number {
  const { limit } = alarm(id);
  if (typeof limit !== 'number') throw new Error(`The default alarm ${id} has no limit.`);
  return limit;
}

/** How far off nominal a default alarm lets a value be, a share of it. */
export function bandOf(id: string, nominal: number): number {
  const { high } = alarm(id);
  if (high === undefined) throw new Error(`The default alarm ${id} has no band.`);
  return Number((high / nominal - 1).toFixed(6));
}
