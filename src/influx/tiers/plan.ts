import type { Period } from '../../metrics/derived-metrics';

/** Points that are kept for a time under one name. */
export interface Tier {
  /** Also the name of the v1 retention policy, and the end of the name of the v2 bucket and the v3 table. */
  readonly name: string;
  /** 0 forever. */
  readonly keepDays: number;
  /** Length of a file of the database, which is dropped as a whole, days. */
  readonly shardDays: number;
}

/** Windows of one length, which the database sums up by itself. */
export interface WindowTier extends Tier {
  /** Name of the tier that it is made of. */
  readonly from: string;
  readonly windowMs: number;
  /** A duration as InfluxQL and Flux write it. */
  readonly window: string;
  /** The same for SQL. */
  readonly interval: string;
  /** How often the database works, and how far back: points that are later than this need a roll-up. */
  readonly every: string;
  readonly again: string;
}

/** Days and months of the site, which have no one length. */
export interface PeriodTier extends Tier {
  readonly from: string;
  readonly period: Exclude<Period, 'year'>;
  /** How many periods before the range of a roll-up are made with it: one may have ended while nothing ran. */
  readonly alsoBefore: number;
  /** For Flux and SQL. */
  readonly window: string;
  readonly interval: string;
}

/** Database of InfluxDB 1 and 3, and the beginning of the names of v2 buckets. */
export const DATABASE = 'energy';

export const RAW: Tier = { name: 'raw', keepDays: 30, shardDays: 1 };

/**
 * A minute is worked out of raw points, a quarter of an hour out of minutes. On InfluxDB 1 continuous queries do it: minutes
 * are made twice, so that what comes up to two minutes late is in them; the running quarter is made again every five
 * minutes and is incomplete until it ends.
 */
export const WINDOW_TIERS: readonly WindowTier[] = [
  {
    name: '1m',
    from: 'raw',
    windowMs: 60_000,
    window: '1m',
    interval: '1 minute',
    every: '2m',
    again: '4m',
    keepDays: 90,
    shardDays: 7,
  },
  {
    name: '15m',
    from: '1m',
    windowMs: 900_000,
    window: '15m',
    interval: '15 minutes',
    every: '5m',
    again: '30m',
    keepDays: 1095,
    shardDays: 28,
  },
];

/**
 * Days and months end in the time zone of the site. A continuous query of InfluxDB 1 cannot make them, by its source: it begins a range at
 * midnight by the offset of the moment at which the range begins, so a range that begins on the day of a clock change cuts
 * an hour off a day, forever. `pm500 influx rollup` makes each from its true beginning to its true end. They have a name
 * of their own, so that they never mix with days of UTC that an earlier version kept as `1d`.
 */
const PERIOD_TIERS: readonly PeriodTier[] = [
  {
    name: 'day',
    from: '15m',
    period: 'day',
    alsoBefore: 3,
    window: '1d',
    interval: '1 day',
    keepDays: 0,
    shardDays: 364,
  },
  {
    name: 'month',
    from: 'day',
    period: 'month',
    alsoBefore: 1,
    window: '1mo',
    interval: '1 month',
    keepDays: 0,
    shardDays: 3640,
  },
];

export const SUMMARY_TIERS: readonly (WindowTier | PeriodTier)[] = [...WINDOW_TIERS, ...PERIOD_TIERS];
export const TIERS: readonly Tier[] = [RAW, ...SUMMARY_TIERS];

/** @throws Error for a name that no tier has; a fault of the caller */
export function tierNamed(name: string): Tier {
  const found = TIERS.find((tier) => tier.name === name);
  if (found === undefined) throw new Error(`There is no tier ${name}.`);
  return found;
}
