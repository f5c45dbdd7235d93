import { CATALOG } from '../../src/metrics/catalog';
import { ALL_METRICS } from '../../src/metrics/derived-metrics';
import type { Metric } from '../../src/metrics/measurement';
import { alarmMeasurement } from '../../src/influx/alarm-points';
import { kpiMeasurement } from '../../src/influx/mapping';
import { badField } from '../../src/influx/points';
import { aggregatesOf } from '../../src/influx/tiers/aggregates';
import { figureOf, identifier, type Wanted } from '../../src/influx/tiers/influxql';
import { RAW, tierNamed } from '../../src/influx/tiers/plan';
import { QUALITY_REASONS } from '../../src/domain/quality/quality';
import { SOURCES } from '../influxdb/plan';

const READ = SOURCES[0]?.influxMeasurement ?? '';
const CATALOG_NAMES: ReadonlySet<string> = new Set(CATALOG.map(({ name }) => name));

/** Tags by which a person chooses; each is a variable of the same name. */
export const CHOSEN_TAGS = ['site', 'area', 'line', 'meter'] as const;

/** Also points without the tag: where everything is chosen, the expression matches the empty text. */
const CHOSEN = CHOSEN_TAGS.map((tag) => `"${tag}" =~ /^\${${tag}:regex}$/`).join(' AND ');

/** Reasons for which a value is missing. */
export const BAD_REASONS = Object.entries(QUALITY_REASONS).flatMap(([reason, { quality }]) =>
  quality === 'bad' ? [reason] : [],
);

/**
 * InfluxQL of panels. It knows which field of which measurement and tier holds what of a metric, and refuses what nothing
 * holds, so that no panel can ask for a name that is written wrong or for a mean that has no meaning.
 */
export class Influx {
  private readonly metrics: ReadonlyMap<string, Metric>;

  constructor(metrics: readonly Metric[] = ALL_METRICS) {
    this.metrics = new Map(metrics.map((metric) => [metric.name, metric]));
  }

  /** @throws Error for a name that the table lacks */
  metric(name: string): Metric {
    const found = this.metrics.get(name);
    if (found === undefined) throw new Error(`The table has no metric ${name}.`);
    return found;
  }

  /**
   * The unit of a metric, or of several that stand side by side.
   * @throws Error where they differ
   */
  unitOf(...names: readonly string[]): Metric['unit'] {
    const [first = '', ...others] = names;
    const { unit } = this.metric(first);
    const other = others.find((name) => this.metric(name).unit !== unit);
    if (other !== undefined) throw new Error(`${other} is not in ${unit}, as ${first} is.`);
    return unit;
  }

  /**
   * For what a query works out, and means only in one unit.
   * @throws Error where the metric is in another
   */
  in(unit: Metric['unit'], name: string): string {
    if (this.metric(name).unit !== unit) throw new Error(`${name} is not in ${unit}; its query has to be changed.`);
    return name;
  }

  /**
   * A figure of a metric.
   * @throws Error where the tier does not keep it, or it says nothing
   */
  figure(name: string, wanted: Wanted, tier: string): string {
    const kept = aggregatesOf(this.metric(name));
    const needs = wanted === 'mean' ? (['sum', 'count'] as const) : [wanted];
    const missing = needs.find((aggregate) => !kept.includes(aggregate));
    // Every reading is a point of the raw tier: the newest of any value is there, and how many there are.
    const isRawOnly = tier === RAW.name && (wanted === 'last' || wanted === 'count');
    if (missing !== undefined && !isRawOnly) throw new Error(`No ${wanted} of ${name} has a meaning.`);
    return figureOf(name, wanted, tier);
  }

  /** The measurement with what is read, or with what is worked out, of a metric. */
  from(name: string, tier: string): string {
    this.metric(name);
    return this.fromMeasurement(CATALOG_NAMES.has(name) ? READ : kpiMeasurement(READ), tier);
  }

  fromRead(tier: string): string {
    return this.fromMeasurement(READ, tier);
  }

  fromKpis(tier: string): string {
    return this.fromMeasurement(kpiMeasurement(READ), tier);
  }

  fromAlarms(tier: string): string {
    return this.fromMeasurement(alarmMeasurement(READ), tier);
  }

  /** Without a database: that of the data source. */
  private fromMeasurement(influxMeasurement: string, tier: string): string {
    return `FROM ${identifier(tierNamed(tier).name)}.${identifier(influxMeasurement)} WHERE ${CHOSEN} AND $timeFilter`;
  }

  /** One figure, one series for each meter, over time. Windows without a value are there, so that a line ends at a gap. */
  over(name: string, wanted: Wanted, tier: string, by = '"meter"'): string {
    return `SELECT ${this.figure(name, wanted, tier)} ${this.from(name, tier)} GROUP BY time($__interval), ${by} fill(null)`;
  }

  /**
   * What a tier of days or months holds, each under the time at which it began. No window is laid over them: by the rules
   * of the database one can begin an hour off after a change of clocks. In a quarter of an hour stands one of them at most.
   */
  ofEach(period: 'day' | 'month', name: string, wanted: Wanted): string {
    return `SELECT ${this.figure(name, wanted, period)} ${this.from(name, period)} GROUP BY time(15m), "meter" fill(none)`;
  }

  /** One figure of the whole time, for each meter. */
  whole(name: string, wanted: Wanted, tier: string, by = '"meter"'): string {
    return `SELECT ${this.figure(name, wanted, tier)} ${this.from(name, tier)} GROUP BY ${by}`;
  }

  /** Several figures in one row for each meter; `as` is the heading. All must be of one measurement. */
  row(
    columns: readonly { readonly name: string; readonly wanted: Wanted; readonly as: string }[],
    tier: string,
  ): string {
    const [first] = columns;
    if (first === undefined) throw new Error('A row needs a column.');
    const selected = columns.map(({ name, wanted, as }) => `${this.figure(name, wanted, tier)} AS ${identifier(as)}`);
    return `SELECT ${selected.join(', ')} ${this.from(first.name, tier)} GROUP BY "meter"`;
  }

  /** How many values were missing, by reason. */
  missing(reasons: readonly string[], tier: string): string {
    const field = (reason: string): string => (tier === RAW.name ? badField(reason) : `${badField(reason)}_sum`);
    return `SELECT ${reasons.map((reason) => `sum(${identifier(field(reason))}) AS ${identifier(reason)}`).join(', ')} ${this.fromRead(tier)} GROUP BY time($__interval) fill(none)`;
  }
}
