import { type InfluxAccess, type RowQuery, withSlash } from './influx-access';
import type { Row } from './stored-samples';

/** One cell of annotated CSV as InfluxDB writes it. */
function parseValue(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return text !== '' && Number.isFinite(number) ? number : text;
}

/** InfluxDB v2: Flux, answered as CSV. */
export async function queryFlux(access: InfluxAccess, query: RowQuery): Promise<readonly Row[]> {
  const { influxMeasurement, meter, since, tag, fields } = query;
  const fieldFilter = fields?.map((field) => `r._field == ${JSON.stringify(field)}`).join(' or ');
  const flux = [
    `from(bucket: ${JSON.stringify(access.bucket)})`,
    `range(start: ${new Date(since).toISOString()})`,
    `filter(fn: (r) => r._measurement == ${JSON.stringify(influxMeasurement)} and r.meter == ${JSON.stringify(meter)})`,
    ...(fieldFilter === undefined ? [] : [`filter(fn: (r) => ${fieldFilter})`]),
    `map(fn: (r) => ({ field: r._field, tag: r.${tag}, time: int(v: r._time), text: string(v: r._value) }))`,
    'keep(columns: ["field", "tag", "time", "text"])',
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
  return [...parseFluxRows(text)];
}

const NANOSECONDS_PER_MILLISECOND = 1_000_000n;

/** Rows of field, tag, time and text; none of our values has a comma. */
function* parseFluxRows(csv: string): Generator<Row> {
  let heading: readonly string[] = [];
  for (const line of csv.split(/\r?\n/)) {
    const cells = line.split(',');
    if (cells.includes('field') && cells.includes('time')) heading = cells;
    else if (line !== '' && heading.length > 0) {
      const cell = (name: string): string => cells[heading.indexOf(name)] ?? '';
      yield {
        field: cell('field'),
        tag: cell('tag'),
        timestamp: Number(BigInt(cell('time')) / NANOSECONDS_PER_MILLISECOND),
        value: parseValue(cell('text')),
      };
    }
  }
}
