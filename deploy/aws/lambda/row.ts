/** Types of columns, as Glue and Athena call them. */
export type ColumnType =
  'string' | 'bigint' | 'int' | 'double' | 'boolean' | `map<string,${'string' | 'bigint' | 'double'}>`;

/** A column of the lake. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly comment: string;
}

/** The table of the lake as lake/records.json has it. */
export interface LakeTable {
  readonly format: 'pm500.lake/1';
  /** In the order in which they came: a new one stands behind all others, and none changes or goes. */
  readonly columns: readonly Column[];
  readonly partitions: readonly Column[];
}

/** A row, and the partition that it belongs to. */
export interface Row {
  readonly kind: string;
  /** Of the time of the record in UTC, not of its arrival: what comes late goes to its own day. */
  readonly day: string;
  readonly columns: Readonly<Record<string, unknown>>;
}

const KINDS: Readonly<Record<string, string>> = {
  'pm500.iot-telemetry/1': 'telemetry',
  'pm500.iot-alarm/1': 'alarm',
  'pm500.iot-event/1': 'event',
};
/** Contracts whose records have a row. */
export const ROW_SCHEMAS: readonly string[] = Object.keys(KINDS);

const DAY_MS = 86_400_000;
/** The days that queries see are from here to tomorrow: what is of another day would lie where nobody ever finds it. */
export const FIRST_DAY = '2018-01-01';
const EARLIEST_MS = Date.parse(FIRST_DAY);

/** Whether a time is of a day that queries see. @param now epoch milliseconds, as the time */
export function isDayOfLake(timestamp: number, now: number): boolean {
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  return timestamp >= EARLIEST_MS && timestamp < today + 2 * DAY_MS;
}

/** Members that are columns by the same name. */
const SAME = [
  'schema',
  'meter',
  'serial',
  'tags',
  'sequence',
  'quality',
  'qualities',
  'reasons',
  'times',
  'spans',
] as const;
/** Of all other members, only those of telemetry have columns. */
const TAKEN: ReadonlySet<string> = new Set([...SAME, 'timestamp', 'part', 'metrics']);

/** Columns that are no metrics. */
const OF_RECORDS: ReadonlySet<string> = new Set([
  ...SAME,
  'site',
  'time_ms',
  'part',
  'parts',
  'content',
  'other_metrics',
]);

type Members = Readonly<Record<string, unknown>>;
const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const FITS: Readonly<Partial<Record<ColumnType, (value: unknown) => boolean>>> = {
  double: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  string: (value) => typeof value === 'string',
};

/** Makes rows of records of iot-out. What the table does not know is kept as JSON, so that nothing vanishes. */
export class RowMaker {
  private readonly metricTypes: ReadonlyMap<string, ColumnType>;

  /** @param now epoch milliseconds */
  constructor(
    table: LakeTable,
    private readonly now: () => number = Date.now,
  ) {
    this.metricTypes = new Map(
      table.columns.filter(({ name }) => !OF_RECORDS.has(name)).map(({ name, type }) => [name, type]),
    );
  }

  /** @throws Error for what is no record of iot-out, or has no time */
  rowOf(record: unknown): Row {
    if (!isMembers(record)) throw new Error('It is no object.');
    const { schema, timestamp, tags, metrics, part } = record;
    const kind = typeof schema === 'string' ? KINDS[schema] : undefined;
    if (kind === undefined) throw new Error(`It has the contract ${String(schema)}, which has no rows.`);
    if (typeof timestamp !== 'number' || !isDayOfLake(timestamp, this.now()))
      throw new Error(
        `Its timestamp is ${String(timestamp)}, of no day from ${FIRST_DAY} to tomorrow, in milliseconds.`,
      );
    const columns: Record<string, unknown> = { time_ms: Math.round(timestamp) };
    for (const name of SAME) if (record[name] !== undefined) columns[name] = record[name];
    if (isMembers(tags) && typeof tags['site'] === 'string') columns['site'] = tags['site'];
    if (isMembers(part)) {
      columns['part'] = part['number'];
      columns['parts'] = part['count'];
    }
    if (isMembers(metrics)) this.addMetrics(metrics, columns);
    const rest = Object.entries(record).filter(([name]) => !TAKEN.has(name));
    if (rest.length > 0) columns['content'] = JSON.stringify(Object.fromEntries(rest));
    return { kind, day: new Date(timestamp).toISOString().slice(0, 10), columns };
  }

  private addMetrics(metrics: Members, columns: Record<string, unknown>): void {
    const others: [string, unknown][] = [];
    for (const [name, value] of Object.entries(metrics)) {
      const type = this.metricTypes.get(name);
      // A value that is bad is null, in a column as well as in a record.
      if (type !== undefined && value === null) continue;
      if (type !== undefined && FITS[type]?.(value) === true) columns[name] = value;
      else others.push([name, value]);
    }
    if (others.length > 0) columns['other_metrics'] = JSON.stringify(Object.fromEntries(others));
  }
}
