import { ALARM_EVENTS } from '../domain/alarms/alarm-message';
import { ACTIVE_ALARM, RULE_ROW, UNJUDGED_RULE } from '../domain/alarms/alarm-set';
import { contract } from '../domain/messages/contract';
import { EPOCH_MS, MOST_METRICS, QUALITY, READ_AT, REASON, TAGS, VALUE } from '../domain/messages/parts';
import {
  choice,
  constant,
  COUNT,
  described,
  list,
  NUMBER,
  object,
  optional,
  POSITIVE,
  record,
  TEXT,
  type Shape,
  type TypeOf,
} from '../support/shape';
import { MOST_RECORDS } from './profiles';

/**
 * What leaves over MQTT. All members have names of one word, so that they are the same in snake_case and in camelCase;
 * names of metrics and tags are in the one that was chosen. Units are those of docs/values.md and stand in no message.
 */

export const IOT_TELEMETRY_SCHEMA = 'pm500.iot-telemetry/1';
export const IOT_ALARM_SCHEMA = 'pm500.iot-alarm/1';
export const IOT_EVENT_SCHEMA = 'pm500.iot-event/1';
export const IOT_BATCH_SCHEMA = 'pm500.iot-batch/1';

const ADVICE = 'send what iot-out has published.';

const PART = object({
  number: described(POSITIVE, 'from 1 on'),
  count: described(POSITIVE, 'of all parts'),
});

/** Meter, timestamp and sequence together name a record, and with `part` a part of one: a second with the same is a repetition. */
const KEY = {
  sequence: described(
    COUNT,
    'counts the records of a meter; it begins anywhere and goes up by one. Meter, timestamp, sequence and part name a record: a second one with the same is a repetition',
  ),
  part: optional(PART, 'of a record that was too large for one message; the parts together are the record'),
};

const METER_NAME = described(TEXT, 'unique on a site');

const names = <Type>(shape: Shape<Type>): Shape<Readonly<Record<string, Type>>> =>
  record(shape, undefined, { most: MOST_METRICS, what: 'metrics' });

export const IOT_TELEMETRY = contract(
  IOT_TELEMETRY_SCHEMA,
  { title: 'Telemetry of one meter as iot-out publishes it over MQTT', advice: ADVICE },
  object({
    schema: constant(IOT_TELEMETRY_SCHEMA),
    meter: METER_NAME,
    serial: optional(NUMBER, 'serial number of the meter, once read'),
    tags: TAGS,
    timestamp: READ_AT,
    ...KEY,
    quality: described(QUALITY, 'the worst of all values in it'),
    metrics: described(names(VALUE), 'in the unit of docs/values.md; null where there is no value that can be trusted'),
    qualities: described(names(choice(['uncertain', 'bad'])), 'of the metrics that are not good; all others are'),
    reasons: described(names(REASON), 'why a metric is not good'),
    times: optional(names(EPOCH_MS), 'of the metrics that were not read at `timestamp`, epoch milliseconds UTC'),
    spans: optional(names(NUMBER), 'of deltas: the time that the value covers, milliseconds up to its time'),
  }),
);

export const IOT_ALARM = contract(
  IOT_ALARM_SCHEMA,
  { title: 'Alarm of one meter as iot-out publishes it over MQTT', advice: ADVICE },
  object({
    schema: constant(IOT_ALARM_SCHEMA),
    meter: METER_NAME,
    tags: TAGS,
    timestamp: described(EPOCH_MS, 'when it happened, epoch milliseconds UTC'),
    ...KEY,
    event: choice(ALARM_EVENTS),
    alarm: optional(ACTIVE_ALARM, 'with raised, cleared and acknowledged'),
    rules: optional(list(UNJUDGED_RULE), 'with unjudged and judged: the rules that the event is about'),
    inactive: optional(list(RULE_ROW), 'with configured: the rules that are judged and have no alarm'),
    active: described(list(ACTIVE_ALARM), 'the table of active alarms, after the event'),
    unjudged: described(list(UNJUDGED_RULE), 'all rules that cannot be judged, after the event'),
  }),
);

export const IOT_EVENT = contract(
  IOT_EVENT_SCHEMA,
  { title: 'Any other message of this package as iot-out publishes it over MQTT', advice: ADVICE },
  object({
    schema: constant(IOT_EVENT_SCHEMA),
    meter: described(TEXT, 'empty where it is not about one meter'),
    tags: TAGS,
    timestamp: described(EPOCH_MS, 'of the message; where it has none, when it came to iot-out'),
    ...KEY,
    about: described(TEXT, 'the contract of the message, for instance pm500.diagnostics/1'),
    content: described(object({}), 'the message; its members in the chosen case'),
  }),
);

const RECORD_CONTRACTS = [IOT_TELEMETRY, IOT_ALARM, IOT_EVENT];

const ANY_RECORD: Shape<IotRecord> = {
  schema: { anyOf: RECORD_CONTRACTS.map(({ jsonSchema: { $schema: _draft, $id: _id, ...schema } }) => schema) },
  fits: (value) => RECORD_CONTRACTS.some((each) => accepts(each, value)),
  explain: (expect, path, value) => {
    if (!RECORD_CONTRACTS.some((each) => accepts(each, value))) expect.fail(path, value, 'a record of iot-out');
  },
};

function accepts({ parse }: { readonly parse: (value: unknown) => unknown }, value: unknown): boolean {
  try {
    parse(value);
    return true;
  } catch {
    return false;
  }
}

export const IOT_BATCH = contract(
  IOT_BATCH_SCHEMA,
  { title: 'Several records in one message of iot-out', advice: ADVICE },
  object({
    schema: constant(IOT_BATCH_SCHEMA),
    records: described(list(ANY_RECORD, MOST_RECORDS), 'in the order in which they came'),
  }),
);

export type IotTelemetry = ReturnType<typeof IOT_TELEMETRY.parse>;
export type IotAlarm = ReturnType<typeof IOT_ALARM.parse>;
export type IotEvent = ReturnType<typeof IOT_EVENT.parse>;
export type IotRecord = IotTelemetry | IotAlarm | IotEvent;
export type IotPart = TypeOf<typeof PART>;
