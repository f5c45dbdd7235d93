import type { Unit } from '../../metrics/measurement';
import { derivedSample, worseOf } from '../quality/judgment';
import type { Sample, Samples } from '../messages/telemetry';

const LINE_TO_LINE = ['voltage_l1_l2', 'voltage_l2_l3', 'voltage_l3_l1'] as const;
const LINE_TO_NEUTRAL = ['voltage_l1_n', 'voltage_l2_n', 'voltage_l3_n'] as const;
const CURRENTS = ['current_l1', 'current_l2', 'current_l3'] as const;
const PERCENT: Unit = '%';

/**
 * Percent unbalance by NEMA MG-1: the largest deviation from the mean, in percent of the mean. NaN when the mean is not
 * above `floor`, where a share says nothing.
 */
export function unbalancePercent(first: number, second: number, third: number, floor = 0): number {
  const mean = (first + second + third) / 3;
  if (!(mean > floor)) return Number.NaN;
  const deviation = Math.max(Math.abs(first - mean), Math.abs(second - mean), Math.abs(third - mean));
  return (100 * deviation) / mean;
}

function numberOf({ value }: Sample): number {
  return typeof value === 'number' ? value : Number.NaN;
}

/** From three samples; undefined when the telemetry does not hold them. */
function unbalanceOf(samples: Samples, names: readonly [string, string, string], floor: number): Sample | undefined {
  const [first, second, third] = [samples[names[0]], samples[names[1]], samples[names[2]]];
  if (first === undefined || second === undefined || third === undefined) return undefined;
  const judgment = worseOf(worseOf(first, second), third);
  const value = unbalancePercent(numberOf(first), numberOf(second), numberOf(third), floor);
  return derivedSample(value, PERCENT, Math.max(first.timestamp, second.timestamp, third.timestamp), judgment);
}

/** Of the line-to-line voltages, which motors see; of line-to-neutral ones where a layout has no others. */
export function voltageUnbalance(samples: Samples, floor: number): Sample | undefined {
  return unbalanceOf(samples, LINE_TO_LINE, floor) ?? unbalanceOf(samples, LINE_TO_NEUTRAL, floor);
}

export function currentUnbalance(samples: Samples, floor: number): Sample | undefined {
  return unbalanceOf(samples, CURRENTS, floor);
}
