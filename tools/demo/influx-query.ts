import { exportSeries } from '../../test/support/victoria-metrics-query';

/** Where InfluxDB listens unless told otherwise; what the reference flows expect. */
export const INFLUX_DEFAULT_PORT = 8086;

/** How to reach a database that speaks the InfluxDB v2 API for writing. */
export interface InfluxAccess {
  readonly url: string;
  readonly token: string;
  readonly org: string;
  readonly bucket: string;
}

/** Samples of one field: epoch milliseconds to value. */
export type FieldSamples = ReadonlyMap<number, unknown>;

/** What a database holds of one meter: field name to samples. */
export type StoredFields = ReadonlyMap<string, FieldSamples>;

export interface StoredQuery {
  readonly influxMeasurement: string;
  readonly meter: string;
  /** Only samples from here on, epoch milliseconds. */
  readonly since: number;
}

type Row = readonly [field: string, timestamp: number, value: unknown];

/** What a database holds, and what it holds more than once. */
export interface StoredSamples {
  readonly fields: StoredFields;
  /** Each sample that came once more. */
  readonly repeated: readonly { readonly field: string; readonly timestamp: number }[];
}

function collect(rows: Iterable<Row>): StoredSamples {
  const fields = new Map<string, Map<number, unknown>>();
  const repeated: { field: string; timestamp: number }[] = [];
  for (const [field, timestamp, value] of rows) {
    const samples = fields.get(field) ?? new Map<number, unknown>();
    if (samples.has(timestamp)) repeated.push({ field, timestamp });
    fields.set(field, samples.set(timestamp, value));
  }
  return { fields, repeated };
}

/** VictoriaMetrics: one series for each field, named after measurement and field. */
async function queryVictoriaMetrics(access: InfluxAccess, query: StoredQuery): Promise<StoredSamples> {
  const prefix = `${query.influxMeasurement}_`;
  const series = await exportSeries(access.url, `{meter="${query.meter}",__name__=~"${prefix}.*"}`);
  return collect(
    series.flatMap(({ metric, timestamps, values }) => {
      const field = (metric['__name__'] ?? '').slice(prefix.length);
      return timestamps
        .map((timestamp, index) => [field, timestamp, values[index]] as const)
        .filter(([, timestamp]) => timestamp >= query.since);
    }),
  );
}

/** One cell of annotated CSV as InfluxDB writes it. */
function parseValue(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return text !== '' && Number.isFinite(number) ? number : text;
}

/** InfluxDB v2: Flux, answered as CSV. */
async function queryFlux(access: InfluxAccess, query: StoredQuery): Promise<StoredSamples> {
  const flux = [
    `from(bucket: ${JSON.stringify(access.bucket)})`,
    `range(start: ${new Date(query.since).toISOString()})`,
    `filter(fn: (r) => r._measurement == ${JSON.stringify(query.influxMeasurement)} and r.meter == ${JSON.stringify(query.meter)})`,
    'map(fn: (r) => ({ field: r._field, time: int(v: r._time), text: string(v: r._value) }))',
    'keep(columns: ["field", "time", "text"])',
  ].join(' |> ');
  const response = await fetch(new URL(`api/v2/query?org=${encodeURIComponent(access.org)}`, withSlash(access.url)), {
    method: 'POST',
    headers: {
      authorization: `Token ${access.token}`,
      'content-type': 'application/vnd.flux',
      accept: 'application/csv',
    },
    body: flux,
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`The query was answered ${response.status}: ${text.slice(0, 300)}`);
  return collect(parseFluxRows(text));
}

const NANOSECONDS_PER_MILLISECOND = 1_000_000n;

/** Rows of field, time and text; none of our values has a comma. */
function* parseFluxRows(csv: string): Generator<Row> {
  let heading: readonly string[] = [];
  for (const line of csv.split(/\r?\n/)) {
    const cells = line.split(',');
    if (cells.includes('field') && cells.includes('time')) heading = cells;
    else if (line !== '' && heading.length > 0) {
      const cell = (name: string): string => cells[heading.indexOf(name)] ?? '';
      yield [cell('field'), Number(BigInt(cell('time')) / NANOSECONDS_PER_MILLISECOND), parseValue(cell('text'))];
    }
  }
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}

/** Whether this is a VictoriaMetrics, which takes InfluxDB's writes but not its queries. */
export async function isVictoriaMetrics({ url }: InfluxAccess): Promise<boolean> {
  const response = await fetch(new URL('api/v1/query?query=1', withSlash(url)));
  return response.ok && (await response.text()).includes('"resultType"');
}

/** Everything that a database holds of one meter; VictoriaMetrics shows a sample that was written twice as two. */
export async function querySamples(access: InfluxAccess, query: StoredQuery): Promise<StoredSamples> {
  return (await isVictoriaMetrics(access)) ? queryVictoriaMetrics(access, query) : queryFlux(access, query);
}

export async function queryStored(access: InfluxAccess, query: StoredQuery): Promise<StoredFields> {
  return (await querySamples(access, query)).fields;
}
