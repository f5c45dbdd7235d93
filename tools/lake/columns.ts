import type { Metric } from '../../src/metrics/measurement';

/** A column of deploy/aws/lake/records.json. */
export interface LakeColumn {
  readonly name: string;
  /** As Glue and Athena call it. */
  readonly type: string;
  readonly comment: string;
}

export interface LakeTableFile {
  readonly format: 'pm500.lake/1';
  readonly columns: readonly LakeColumn[];
  readonly partitions: readonly LakeColumn[];
}

/** What a row has beside metrics; contracts of iot-out have the same members (docs/messages.md). */
const FIXED: readonly LakeColumn[] = [
  { name: 'schema', type: 'string', comment: 'contract of the record' },
  { name: 'site', type: 'string', comment: 'the tag site; null where the meter has none' },
  { name: 'meter', type: 'string', comment: 'name, unique on a site' },
  { name: 'serial', type: 'bigint', comment: 'serial number of the meter, once read' },
  { name: 'tags', type: 'map<string,string>', comment: 'site, area and others that the meter was given' },
  { name: 'time_ms', type: 'bigint', comment: 'timestamp of the record, epoch milliseconds UTC' },
  {
    name: 'sequence',
    type: 'bigint',
    comment: 'counts the records of a meter; key with site, meter, time_ms and part',
  },
  { name: 'part', type: 'int', comment: 'of a record that was too large for one message, from 1 on; null otherwise' },
  { name: 'parts', type: 'int', comment: 'how many parts it has' },
  { name: 'quality', type: 'string', comment: 'the worst of all values in it: good, uncertain or bad' },
  { name: 'qualities', type: 'map<string,string>', comment: 'of the metrics that are not good' },
  { name: 'reasons', type: 'map<string,string>', comment: 'why a metric is not good' },
  { name: 'times', type: 'map<string,bigint>', comment: 'of the metrics not read at time_ms, epoch milliseconds UTC' },
  { name: 'spans', type: 'map<string,double>', comment: 'of deltas: the time that the value covers, milliseconds' },
  { name: 'content', type: 'string', comment: 'JSON of what else the record has: alarms, events' },
  { name: 'other_metrics', type: 'string', comment: 'JSON of metrics that have no column' },
];

const PARTITIONS: readonly LakeColumn[] = [
  { name: 'kind', type: 'string', comment: 'telemetry, alarm or event' },
  { name: 'day', type: 'string', comment: 'of time_ms in UTC, such as 2026-05-04' },
];

const TYPES: Readonly<Record<Metric['influxType'], string>> = { float: 'double', boolean: 'boolean', string: 'string' };

function columnOf({ name, label, unit, influxType }: Metric): LakeColumn {
  return { name, type: TYPES[influxType], comment: unit === '' ? label : `${label}, ${unit}` };
}

/**
 * The table after the metric table: columns that are there keep place and type, and new metrics come behind them. Files that
 * were written before stay readable, and so do those after.
 * @param before the table as it is; undefined for the first
 * @throws Error where a metric would have another type, or the name of a column that is none of a metric
 */
export function lakeTable(before: LakeTableFile | undefined, metrics: readonly Metric[]): LakeTableFile {
  const wanted = new Map([...FIXED, ...metrics.map(columnOf)].map((column) => [column.name, column]));
  if (wanted.size !== FIXED.length + metrics.length) throw new Error('Two columns of the lake have one name.');
  const kept = (before?.columns ?? FIXED).map((column) => {
    const now = wanted.get(column.name) ?? column;
    if (now.type !== column.type)
      throw new Error(
        `The column ${column.name} of the lake is ${column.type} and cannot become ${now.type}; give the metric another name.`,
      );
    return now;
  });
  const there = new Set(kept.map(({ name }) => name));
  const added = [...wanted.values()].filter(({ name }) => !there.has(name));
  return { format: 'pm500.lake/1', columns: [...kept, ...added], partitions: PARTITIONS };
}
