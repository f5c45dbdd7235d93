import type { TimeRange } from '../influx/tiers/influxql';

/** The times of a report. */
export interface ReportTimes {
  readonly period: TimeRange;
  /** From before the period before to after the period. */
  readonly around: TimeRange;
  readonly yearBefore: TimeRange;
}
