import { isRecord } from '../support/expect';
import type { IotAlarm, IotRecord, IotTelemetry } from './contracts';
import { IOT_ALARM_SCHEMA, IOT_TELEMETRY_SCHEMA } from './contracts';

/** Members of an alarm that can be long. */
const ALARM_LISTS = ['rules', 'inactive', 'active', 'unjudged'] as const;
/** No record is cut into more: then something else is wrong with it, or with the limit. */
const MOST_PARTS = 1024;
/** Members of telemetry that are by metric. */
const BY_METRIC = ['metrics', 'qualities', 'reasons', 'times', 'spans'] as const;

function slice<Item>(items: readonly Item[], number: number, count: number): readonly Item[] {
  return items.slice(Math.floor((items.length * number) / count), Math.floor((items.length * (number + 1)) / count));
}

function partOfTelemetry(record: IotTelemetry, number: number, count: number): IotTelemetry {
  const names = slice(Object.keys(record.metrics), number, count);
  const only = Object.fromEntries(
    BY_METRIC.flatMap((member) => {
      const all = record[member];
      if (all === undefined) return [];
      const own = names.filter((name) => Object.hasOwn(all, name)).map((name) => [name, all[name]] as const);
      return [[member, Object.fromEntries(own)] as const];
    }),
  );
  return { ...record, ...only, part: { number: number + 1, count } };
}

function partOfAlarm(record: IotAlarm, number: number, count: number): IotAlarm {
  const only = Object.fromEntries(
    ALARM_LISTS.flatMap((member) => {
      const all: readonly unknown[] | undefined = record[member];
      return all === undefined ? [] : [[member, slice(all, number, count)] as const];
    }),
  );
  return { ...record, ...only, part: { number: number + 1, count } };
}

/** One of `count` parts; undefined for what has nothing to cut. */
function partOf(record: IotRecord, number: number, count: number): IotRecord | undefined {
  if (record.schema === IOT_TELEMETRY_SCHEMA) return partOfTelemetry(record, number, count);
  if (record.schema === IOT_ALARM_SCHEMA) return partOfAlarm(record, number, count);
  return undefined;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/**
 * A record cut into parts of at most `bytes`, each a record of its own with `part`; undefined where it cannot be.
 * Nothing of it is in two parts.
 */
export function splitRecord(json: string, bytes: number): readonly string[] | undefined {
  const parsed = parse(json);
  if (!isRecord(parsed)) return undefined;
  const record = parsed as unknown as IotRecord;
  for (
    let count = Math.ceil(Buffer.byteLength(json) / bytes) + 1;
    count <= MOST_PARTS;
    count = Math.ceil(count * 1.5)
  ) {
    const parts: string[] = [];
    for (let number = 0; number < count; number += 1) {
      const part = partOf(record, number, count);
      if (part === undefined) return undefined;
      const text = JSON.stringify(part);
      if (Buffer.byteLength(text) > bytes) break;
      parts.push(text);
    }
    if (parts.length === count) return parts;
  }
  return undefined;
}
