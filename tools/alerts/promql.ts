import { kpiMeasurement, PHASE_TAG, QUALITY_TAG } from '../../src/influx/mapping';
import { DERIVED_METRICS } from '../../src/metrics/derived-metrics';
import { CATALOG } from '../../src/metrics/catalog';
import { MEASUREMENT, SERIES_TAGS } from '../influxdb/plan';

/** PromQL that Prometheus, VictoriaMetrics and Grafana understand alike. */

/** What tells one meter from another, in measured values and in what the metrics page says. */
const METER_LABELS = SERIES_TAGS.filter((tag) => tag !== QUALITY_TAG && tag !== PHASE_TAG);
export const BY_METER = `by (${METER_LABELS.join(', ')})`;
export const ON_METER = `on (${METER_LABELS.join(', ')})`;

/** Values reported by exception come at least every five minutes, unless a site chose longer. */
const LOOK_BACK_SECONDS = 360;
/** What is told once for each demand window: windows have up to an hour. */
const WINDOW_LOOK_BACK_SECONDS = 3900;

const MEASUREMENTS = new Map(
  [[MEASUREMENT, CATALOG] as const, [kpiMeasurement(MEASUREMENT), DERIVED_METRICS] as const].flatMap(
    ([measurement, metrics]) => metrics.map(({ name }) => [name, measurement] as const),
  ),
);

/**
 * The series that a measured or derived metric is in a database that takes line protocol and speaks PromQL.
 * @throws Error for a metric that no table has
 */
export function seriesOf(metric: string): string {
  const measurement = MEASUREMENTS.get(metric);
  if (measurement === undefined) throw new Error(`No table has the metric ${metric}.`);
  return `${measurement}_${metric}`;
}

type Aggregation = 'min' | 'max';

/** As PromQL writes a duration, to the millisecond. */
export function durationOf(seconds: number): string {
  const ms = Math.round(1000 * seconds);
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** Durations of rules; a test makes all of them shorter by one factor. */
export class Durations {
  /** @param scale 1, or less to have everything happen sooner */
  constructor(private readonly scale = 1) {}

  of(seconds: number): string {
    return durationOf(this.seconds(seconds));
  }

  /** For a limit that is a time to wait, seconds. */
  seconds(seconds: number): number {
    return seconds * this.scale;
  }

  /** The newest value of a metric for each meter, whatever its quality: bad ones are not there. */
  newest(metric: string, aggregation: Aggregation): string {
    return this.ofEach(`last_over_time(${seriesOf(metric)}[${this.of(LOOK_BACK_SECONDS)}])`, aggregation);
  }

  /** The series of a metric that is told once for each demand window, while the last window counts. */
  ofWindow(metric: string): string {
    return `last_over_time(${seriesOf(metric)}[${this.of(WINDOW_LOOK_BACK_SECONDS)}])`;
  }

  /** Its mean over so many seconds. */
  mean(metric: string, seconds: number, aggregation: Aggregation): string {
    return this.ofEach(`avg_over_time(${seriesOf(metric)}[${this.of(seconds)}])`, aggregation);
  }

  private ofEach(expression: string, aggregation: Aggregation): string {
    return `${aggregation} ${BY_METER} (${expression})`;
  }
}

/** What a person has set for a meter; see `limitMetrics`. */
export const limitOf = (series: string): string => `min ${BY_METER} (${series})`;

/** `left` in relation to what was set for the same meter. */
export const relative = (left: string, series: string): string => `${left} / ${ON_METER} ${limitOf(series)}`;

/** The series of several phases side by side, told apart by the label `phase`. */
export function phases(expressionOf: (phase: 'l1' | 'l2' | 'l3') => string): string {
  return (['l1', 'l2', 'l3'] as const)
    .map((phase) => `label_replace(${expressionOf(phase)}, "phase", "${phase.toUpperCase()}", "", "")`)
    .join(' or ');
}

/** How much a counter grew, the beginning of a series included: `increase` alone passes over what a new series starts with. */
export function grown(counter: string, span: string): string {
  return `increase(${counter}[${span}]) > 0 or (${counter} > 0 unless ${counter} offset ${span})`;
}
