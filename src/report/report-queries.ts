import { QUALITY_REASONS, type QualityReason } from '../domain/quality/quality';
import { deltaMetricOf } from '../metrics/derived-metrics';
import { alarmMeasurement, ALARM_TAG, SEVERITY_TAG } from '../influx/alarm-points';
import { kpiMeasurement, METER_TAG, QUALITY_FIELD, QUALITY_TAG } from '../influx/mapping';
import { badField } from '../influx/points';
import { tierField, type Aggregate } from '../influx/tiers/aggregates';
import { figureOf, identifier, literal, measurementIn, type TimeRange, type Wanted } from '../influx/tiers/influxql';
import type { InfluxQlServer, QuerySeries } from '../influx/tiers/influxql-server';
import { DAY_MS } from './period';

/** Two years in one answer come near to what is taken of a server. Whole quarters of an hour. */
const LONGEST_ANSWER_MS = 100 * DAY_MS;
/** The tier that reports are made of. */
const REPORT_TIER = '15m';

/** Where the points of a report are. */
export interface ReportPlace {
  readonly server: InfluxQlServer;
  readonly database: string;
  /** The measurement of the influx-out nodes. */
  readonly influxMeasurement: string;
  /** The tag of the meters that are meant: other sites may have meters of the same names. All, where it is left out. */
  readonly site?: string;
}

/** A row of an answer: the time, tags by `tag`, numbers and texts by the name of the column. */
export interface StoredRow {
  readonly startMs: number;
  readonly tag: (name: string) => string;
  readonly number: (column: string) => number | undefined;
  readonly text: (column: string) => string | undefined;
}

export function* rowsOf(series: readonly QuerySeries[]): Generator<StoredRow> {
  for (const { columns, values, tags = {} } of series) {
    const places = new Map(columns.map((column, place) => [column, place]));
    for (const row of values) {
      const value = (column: string): unknown => row[places.get(column) ?? -1];
      yield {
        startMs: Number(row[0]),
        tag: (name) => tags[name] ?? '',
        number: (column) => {
          const found = value(column);
          return typeof found === 'number' ? found : undefined;
        },
        text: (column) => {
          const found = value(column);
          return typeof found === 'string' ? found : undefined;
        },
      };
    }
  }
}

const ENERGY_FIELDS = {
  activeImport: deltaMetricOf('active_energy_import_total'),
  activeExport: deltaMetricOf('active_energy_export_total'),
  reactiveImport: deltaMetricOf('reactive_energy_import_total'),
  reactiveExport: deltaMetricOf('reactive_energy_export_total'),
} as const;

/** Reasons for which energy is in no delta. */
export const COUNTER_REASONS = [
  'counter_started',
  'counter_replaced',
  'counter_unconfirmed',
] as const satisfies readonly QualityReason[];

const column = (field: string, wanted: Wanted, as: string): string =>
  `${figureOf(field, wanted, REPORT_TIER)} AS ${identifier(as)}`;

const within = ({ fromMs, toMs }: TimeRange): string => `time >= ${fromMs}ms AND time < ${toMs}ms`;
/** That of points where their telemetry names a site. */
export const SITE_TAG = 'site';
const ofSite = ({ site }: ReportPlace): readonly string[] =>
  site === undefined ? [] : [`${identifier(SITE_TAG)} = ${literal(site)}`];
const ofMeter = (place: ReportPlace, meter: string): string =>
  [`${identifier(METER_TAG)} = ${literal(meter)}`, ...ofSite(place)].join(' AND ');

/** What is asked of each quarter of an hour. */
function byQuarter(
  place: ReportPlace,
  from: string,
  columns: readonly string[],
  meter: string,
  range: TimeRange,
  tags: readonly string[] = [],
): string {
  const groups = [`time(${REPORT_TIER})`, ...tags.map(identifier)].join(', ');
  return `SELECT ${columns.join(', ')} FROM ${from} WHERE ${ofMeter(place, meter)} AND ${within(range)} GROUP BY ${groups} fill(none)`;
}

function placesOf({
  database,
  influxMeasurement,
}: ReportPlace): Readonly<Record<'read' | 'derived' | 'alarms', string>> {
  const of = (name: string): string => measurementIn(database, REPORT_TIER, name);
  return {
    read: of(influxMeasurement),
    derived: of(kpiMeasurement(influxMeasurement)),
    alarms: of(alarmMeasurement(influxMeasurement)),
  };
}

/** Energies, demands and what was said of the counters, by quality and site. */
export async function queryLoad(place: ReportPlace, meter: string, range: TimeRange): Promise<readonly QuerySeries[]> {
  const columns = [
    ...Object.entries(ENERGY_FIELDS).map(([key, field]) => column(field, 'sum', key)),
    column('interval_demand', 'max', 'demand'),
    column('interval_demand', 'last', 'lastDemand'),
    column('interval_demand_time', 'last', 'demandEnd'),
    column(QUALITY_FIELD, 'min', 'code'),
    ...COUNTER_REASONS.map((reason) => column(badField(reason), 'sum', reason)),
  ];
  const found: QuerySeries[] = [];
  for (let { fromMs } = range; fromMs < range.toMs; fromMs += LONGEST_ANSWER_MS) {
    const part = { fromMs, toMs: Math.min(fromMs + LONGEST_ANSWER_MS, range.toMs) };
    found.push(
      ...(await place.server.query(
        byQuarter(place, placesOf(place).derived, columns, meter, part, [QUALITY_TAG, SITE_TAG]),
      )),
    );
  }
  return found;
}

/** Names of meters of a place that have energies in a time. */
export async function queryMeters(place: ReportPlace, range: TimeRange): Promise<readonly string[]> {
  const where = [within(range), ...ofSite(place)].join(' AND ');
  const columns = Object.entries(ENERGY_FIELDS).map(([key, field]) => column(field, 'sum', key));
  const found = await place.server.query(
    `SELECT ${columns.join(', ')} FROM ${placesOf(place).derived} WHERE ${where} GROUP BY ${identifier(METER_TAG)}`,
  );
  return [...rowsOf(found)]
    .map(({ tag }) => tag(METER_TAG))
    .filter((name) => name !== '')
    .sort();
}

const MEASURED: readonly Aggregate[] = ['sum', 'count', 'min', 'max'];

/** Sum, count, least and greatest of some gauges, by quarter; columns are `<field>_sum` and so on. */
export function queryGauges(
  place: ReportPlace,
  of: 'read' | 'derived',
  fields: readonly string[],
  meter: string,
  range: TimeRange,
  tags: readonly string[] = [],
): Promise<readonly QuerySeries[]> {
  const columns = fields.flatMap((field) =>
    MEASURED.map((aggregate) => column(field, aggregate, tierField(field, aggregate))),
  );
  return place.server.query(byQuarter(place, placesOf(place)[of], columns, meter, range, tags));
}

/** How the counter of active import stood at the end of each quarter. */
export function queryCounter(place: ReportPlace, meter: string, range: TimeRange): Promise<readonly QuerySeries[]> {
  const columns = [column('active_energy_import_total', 'last', 'counter')];
  return place.server.query(byQuarter(place, placesOf(place).read, columns, meter, range));
}

const BAD_REASONS = Object.entries(QUALITY_REASONS).flatMap(([reason, { quality }]) =>
  quality === 'bad' ? [reason] : [],
);

/** How many values of the meter were missing, by reason, in one row. */
export function queryMissing(place: ReportPlace, meter: string, range: TimeRange): Promise<readonly QuerySeries[]> {
  const columns = BAD_REASONS.map((reason) => column(badField(reason), 'sum', reason));
  return place.server.query(
    `SELECT ${columns.join(', ')} FROM ${placesOf(place).read} WHERE ${ofMeter(place, meter)} AND ${within(range)}`,
  );
}

/** What happened to alarms, by quarter. */
export function queryAlarms(place: ReportPlace, meter: string, range: TimeRange): Promise<readonly QuerySeries[]> {
  const columns = [
    column('raised', 'sum', 'raised'),
    column('active', 'last', 'active'),
    column('message', 'last', 'message'),
  ];
  return place.server.query(byQuarter(place, placesOf(place).alarms, columns, meter, range, [ALARM_TAG, SEVERITY_TAG]));
}

/** The last that was known of alarms before a time, one row for each. */
export function queryAlarmsBefore(
  place: ReportPlace,
  meter: string,
  beforeMs: number,
): Promise<readonly QuerySeries[]> {
  const columns = [column('active', 'last', 'active'), column('message', 'last', 'message')];
  const groups = [ALARM_TAG, SEVERITY_TAG].map(identifier).join(', ');
  return place.server.query(
    `SELECT ${columns.join(', ')} FROM ${placesOf(place).alarms} WHERE ${ofMeter(place, meter)} AND time < ${beforeMs}ms GROUP BY ${groups}`,
  );
}
