import { checkValue } from '../codec/check-value';
import { conditionOf } from '../metrics/metric-condition';
import type { MetricSample } from '../metrics/metrics';
import type { Datatype, EncodedPropertySet, MetricValue } from '../codec/payload';

/** What an edge node knows of one metric of a device. */
export interface MetricState {
  readonly name: string;
  /** That of the last DBIRTH. */
  alias: number;
  latest: MetricSample;
  /** What the host has: the sample of the last birth or data message. */
  published: MetricSample | undefined;
  /** True: `latest` has not been sent. */
  isPending: boolean;
  /** True: `latest` was given out as unsent already. */
  isHeld: boolean;
  /** True: the last DBIRTH had this metric with this datatype. */
  isBorn: boolean;
  /** True: `published` was too large; the host has a bad one in its place. */
  isLeftOut: boolean;
}

export function isSame(left: MetricSample, right: MetricSample): boolean {
  return left.type === right.type && Object.is(left.value, right.value) && left.condition.key === right.condition.key;
}

export function fits(type: Datatype, value: MetricValue, name: string): boolean {
  try {
    checkValue(type, value, name);
    return true;
  } catch {
    return false;
  }
}

/** Gives `latest` out as unsent, once. A failed read is no value. @returns true when it was or had been given out */
export function hold(state: MetricState, unsent: MetricSample[]): boolean {
  if (state.latest.condition.isReadFailed) return false;
  if (!state.isHeld) unsent.push(state.latest);
  state.isHeld = true;
  return true;
}

export function byTime(left: MetricSample, right: MetricSample): number {
  return left.timestamp - right.timestamp;
}

/** The samples in order of time: the same list where they are, which nearly all are. */
export function sortedByTime(samples: readonly MetricSample[]): readonly MetricSample[] {
  let before = Number.NEGATIVE_INFINITY;
  for (const { timestamp } of samples) {
    if (timestamp < before) return samples.toSorted(byTime);
    before = timestamp;
  }
  return samples;
}

/** True when the host has the same as in this sample. */
export function isPublished({ published }: MetricState, sample: MetricSample): boolean {
  return published !== undefined && isSame(published, sample);
}

/**
 * Quality travels in data whenever it is not good, and once when it has become good again; its reason when it changes.
 * @param before key of the condition that the host has
 */
export function dataProperties(
  { condition }: MetricSample,
  before: string | undefined,
): EncodedPropertySet | undefined {
  if (condition.key !== before) return condition.properties;
  return condition.isGood ? undefined : condition.lasting;
}

/** What a host takes a value for that comes without a word of its quality. */
export const GOOD_KEY = conditionOf('good').key;
