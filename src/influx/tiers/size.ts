import type { Metric } from '../../metrics/measurement';
import { aggregatesOf, type Aggregate } from './aggregates';
import { RAW, SUMMARY_TIERS, TIERS, type Tier } from './plan';

/** What is stored of one meter. */
export interface StoredMeter {
  /** Values that are read, each every `everySeconds`. */
  readonly read: readonly Metric[];
  /** Values that are worked out of them. */
  readonly derived: readonly Metric[];
  readonly everySeconds: number;
  /** Length of the demand window, whose figures are told once for each. */
  readonly demandSeconds: number;
}

/** What one meter takes in one tier. */
export interface TierSize {
  readonly tier: string;
  /** Points, of all its measurements. */
  readonly pointsPerDay: number;
  /** Values in them. */
  readonly valuesPerDay: number;
  /** On the disk, after the database has made its files as small as they get. */
  readonly bytesPerDay: number;
  /** How long it is kept, days; infinite forever. */
  readonly keepDays: number;
}

const DAY_SECONDS = 86_400;
/** Months have no one length. */
const MONTH_DAYS = 365 / 12;

/**
 * Bytes of one value with its time on the disk of InfluxDB 1, where points come at regular times: measured with a simulated
 * meter behind the recorded plant (`test/integration/influx-size.test.ts` measures it again). A value is stored as its
 * difference to the one before, so one that stays is nearly nothing, and a double that was worked out takes most.
 */
const BYTES = { read: 3.4, counter: 4.3, workedOut: 7.5, period: 2.3, delta: 1, still: 0.25, window: 5 } as const;

/** In the index of a file: of a series of one field, and of each part of it with so many values. */
const INDEX_BYTES = { series: 110, block: 50, valuesInBlock: 1000 } as const;

function bytesOf(metric: Metric, isDerived: boolean, aggregate?: Aggregate): number {
  const { kind, name, statistic, quantity, influxType } = metric;
  if (aggregate === 'count' || influxType !== 'float' || quantity === 'phase_sequence') return BYTES.still;
  if (!isDerived) {
    if (kind !== 'counter') return BYTES.read;
    // Few feeders export.
    return name.includes('export') ? BYTES.still : BYTES.counter;
  }
  if (statistic === 'demand') return BYTES.window;
  if (statistic === 'delta') return BYTES.delta;
  if (statistic !== 'period') return BYTES.workedOut;
  return name.includes('_last_') || quantity === 'time' ? BYTES.still : BYTES.period;
}

/** How long the points of a tier are apart, seconds. */
function secondsOf(tier: Tier, meter: StoredMeter): number {
  const found = SUMMARY_TIERS.find(({ name }) => name === tier.name);
  if (found === undefined) return meter.everySeconds;
  if ('windowMs' in found) return Math.max(found.windowMs / 1000, meter.everySeconds);
  return found.period === 'day' ? DAY_SECONDS : MONTH_DAYS * DAY_SECONDS;
}

/** What one meter takes in a tier, of all its values; `tierSizes` says what makes it more or less. */
export function tierSize(tier: Tier, meter: StoredMeter): TierSize {
  const seconds = secondsOf(tier, meter);
  let [valuesPerDay, bytesPerDay] = [0, 0];
  const add = (metric: Metric, isDerived: boolean, aggregate?: Aggregate): void => {
    const isTold = isDerived && metric.statistic === 'demand';
    const values = DAY_SECONDS / (isTold ? Math.max(seconds, meter.demandSeconds) : seconds);
    valuesPerDay += values;
    // Short series do not shrink: the first values of a part are stored whole.
    const isShort = values * tier.shardDays < INDEX_BYTES.valuesInBlock / 10;
    const blocks = values / INDEX_BYTES.valuesInBlock + 1 / tier.shardDays;
    bytesPerDay +=
      values * (isShort ? BYTES.workedOut : bytesOf(metric, isDerived, aggregate)) +
      INDEX_BYTES.series / tier.shardDays +
      INDEX_BYTES.block * blocks;
  };
  for (const [metrics, isDerived] of [
    [meter.read, false],
    [meter.derived, true],
  ] as const) {
    for (const metric of metrics) {
      if (tier.name === RAW.name) add(metric, isDerived);
      else for (const aggregate of aggregatesOf(metric)) add(metric, isDerived, aggregate);
    }
  }
  const measurements = meter.derived.length === 0 ? 1 : 2;
  return {
    tier: tier.name,
    pointsPerDay: (measurements * DAY_SECONDS) / seconds,
    valuesPerDay,
    bytesPerDay,
    keepDays: tier.keepDays === 0 ? Number.POSITIVE_INFINITY : tier.keepDays,
  };
}

/**
 * What one meter takes in every tier. Report by exception makes it less; values of several qualities in one cycle make it a
 * little more, as do times that are not regular.
 */
export function tierSizes(meter: StoredMeter): readonly TierSize[] {
  return TIERS.map((tier) => tierSize(tier, meter));
}

/** Bytes on the disk so many days after the first point. */
export function bytesAfter(sizes: readonly TierSize[], days: number): number {
  return sizes.reduce((sum, { bytesPerDay, keepDays }) => sum + bytesPerDay * Math.min(days, keepDays), 0);
}
