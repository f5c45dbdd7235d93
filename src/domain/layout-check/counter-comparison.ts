import { COUNTER_NAMES } from '../../metrics/catalog';
import type { Sentence } from '../../support/sentence';
import { sameCounter, type Counters } from './pair-scale';
import { LAYOUT_SENTENCES } from './sentences';
import { HOURS_TOLERANCE } from './tolerances';
import type { Fault } from './verdict';
import { formatValue, metricValue } from './words';

const { say } = LAYOUT_SENTENCES;

export interface ComparedCounters {
  readonly faults: readonly Fault[];
  /** Counter to a sentence that Modbus shows the same. */
  readonly same: ReadonlyMap<string, Sentence>;
  /** Counter to other counters that Modbus shows the same value of. */
  readonly alike: ReadonlyMap<string, readonly string[]>;
}

/**
 * Counters of an assembly beside the 64-bit registers of the same meter, which were read in the manual.
 * @param scale Wh in one step of the meter @param toleranceWh what may have flowed between the two reads
 */
export function compareCounters(
  counters: Counters,
  verified: Counters,
  scale: number,
  toleranceWh: number,
): ComparedCounters {
  const agree = (name: string, left: number, right: number): boolean =>
    name === 'run_hours' ? Math.abs(left - right) <= HOURS_TOLERANCE : sameCounter(left, right, scale, toleranceWh);
  const faults: Fault[] = [];
  const same = new Map<string, Sentence>();
  const alike = new Map<string, readonly string[]>();
  for (const name of COUNTER_NAMES) {
    const [seen, wanted] = [counters[name], verified[name]];
    if (seen === undefined || wanted === undefined) continue;
    const about = { ...metricValue(name, seen), wanted: formatValue(name, wanted) };
    if (!agree(name, seen, wanted)) faults.push({ metrics: [name], evidence: say('differsByModbus', about) });
    else same.set(name, say('sameByModbus', about));
    alike.set(
      name,
      COUNTER_NAMES.filter((other) => other !== name && agree(name, verified[other] ?? Number.NaN, wanted)),
    );
  }
  return { faults, same, alike };
}
