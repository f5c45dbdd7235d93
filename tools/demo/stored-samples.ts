/** A value as a database holds it. */
export interface StoredSample {
  readonly value: unknown;
  /** What the tag says. */
  readonly quality: string;
}

/** Samples of one field by their time, epoch milliseconds. */
export type FieldSamples = ReadonlyMap<number, StoredSample>;

/** What a database holds of the metrics of one meter, read and derived: field name to samples. */
export type StoredFields = ReadonlyMap<string, FieldSamples>;

/** How many values were bad, by time and reason. */
export type BadCounts = ReadonlyMap<number, Readonly<Record<string, number>>>;

/** What happened to an alarm, as far as numbers say it. */
export interface StoredAlarm {
  readonly id: string;
  readonly timestamp: number;
  readonly isActive: boolean;
  /** When its condition began, epoch milliseconds. */
  readonly since: number;
}

/** What a database holds, and what it holds more than once. */
export interface StoredSamples {
  readonly fields: StoredFields;
  /** Of values that were read, and of derived ones. */
  readonly bad: Readonly<Record<'read' | 'derived', BadCounts>>;
  readonly alarms: readonly StoredAlarm[];
  /** Each sample that came once more. */
  readonly repeated: readonly { readonly field: string; readonly timestamp: number }[];
}

/** One sample of one field, with the value of the tag that was asked for. */
export interface Row {
  readonly field: string;
  readonly tag: string;
  readonly timestamp: number;
  readonly value: unknown;
}

export const NOTHING_STORED: StoredSamples = {
  fields: new Map(),
  bad: { read: new Map(), derived: new Map() },
  alarms: [],
  repeated: [],
};

/** Fields that count bad values by reason, such as `bad_overload`. */
const BAD_FIELD = /^bad_(.+)$/;

function collectBad(rows: readonly Row[]): BadCounts {
  const counts = new Map<number, Record<string, number>>();
  for (const { field, timestamp, value } of rows) {
    const [, reason] = BAD_FIELD.exec(field) ?? [];
    if (reason === undefined) continue;
    const known = counts.get(timestamp) ?? {};
    known[reason] = Number(value);
    counts.set(timestamp, known);
  }
  return counts;
}

function collectAlarms(rows: readonly Row[]): readonly StoredAlarm[] {
  return rows
    .filter(({ field }) => field === 'active')
    .map(({ tag, timestamp, value }) => {
      const since = rows.find((row) => row.field === 'since' && row.tag === tag && row.timestamp === timestamp);
      return { id: tag, timestamp, isActive: value === 1, since: Number(since?.value) };
    });
}

/** Fields of a measurement that came more than once for one time; those of alarms more than once for one alarm. */
function* findRepeated(measurement: string, rows: readonly Row[]): Generator<{ field: string; timestamp: number }> {
  const seen = new Set<string>();
  for (const { field, tag, timestamp } of rows) {
    const key = `${field} ${measurement === 'alarms' ? tag : ''} ${timestamp}`;
    if (seen.has(key)) yield { field, timestamp };
    seen.add(key);
  }
}

/** Sorts the rows of the measurements of values, of derived values and of alarms. */
export function collect(rows: Readonly<Record<'read' | 'derived' | 'alarms', readonly Row[]>>): StoredSamples {
  const fields = new Map<string, Map<number, StoredSample>>();
  for (const { field, timestamp, value, tag } of [...rows.read, ...rows.derived]) {
    if (BAD_FIELD.test(field)) continue;
    const samples = fields.get(field) ?? new Map<number, StoredSample>();
    fields.set(field, samples.set(timestamp, { value, quality: tag }));
  }
  return {
    fields,
    bad: { read: collectBad(rows.read), derived: collectBad(rows.derived) },
    alarms: collectAlarms(rows.alarms),
    repeated: Object.entries(rows).flatMap(([measurement, some]) => [...findRepeated(measurement, some)]),
  };
}
