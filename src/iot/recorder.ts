import type { AlarmMessage } from '../domain/alarms/alarm-message';
import { DELIVERY_SCHEMA } from '../delivery/diagnostics';
import { readMessage } from '../domain/messages/read-message';
import type { Telemetry } from '../domain/messages/telemetry';
import { worse, type Quality, type QualityReason } from '../domain/quality/quality';
import { Pm500Error } from '../support/errors';
import { isRecord, type UnknownRecord } from '../support/expect';
import {
  IOT_ALARM_SCHEMA,
  IOT_EVENT_SCHEMA,
  IOT_TELEMETRY_SCHEMA,
  type IotAlarm,
  type IotEvent,
  type IotRecord,
  type IotTelemetry,
} from './contracts';
import { metricNamer, renamed, renamedDeep, type Naming } from './naming';
import { recordText } from './record-text';
import type { Sequences } from './sequence';
import type { TopicTemplate } from './topic-template';

export interface RecorderSettings {
  readonly template: TopicTemplate;
  readonly naming: Naming;
  /** Whether messages that are neither telemetry nor alarms go out too. */
  readonly withEvents: boolean;
}

type Tags = Readonly<Record<string, string>>;

interface MeterFacts {
  readonly name: string;
  readonly tags: Tags;
}

/** Makes records of messages: each a topic and a JSON text. */
export class Recorder {
  private readonly nameOf: (metric: string) => string;

  /** @param now epoch milliseconds, for messages that have no time */
  constructor(
    private readonly settings: RecorderSettings,
    private readonly sequences: Sequences,
    private readonly now: () => number,
  ) {
    this.nameOf = metricNamer(settings.naming);
  }

  /** @throws Pm500Error MESSAGE_INVALID for what is not of this package, damaged, or has no topic */
  take(payload: unknown): readonly string[] {
    // Diagnostics of sinks: no other sink takes them, not even in passing.
    if (isRecord(payload) && payload['schema'] === DELIVERY_SCHEMA) return this.event(payload);
    const message = readMessage(payload);
    switch (message?.kind) {
      case 'telemetry':
        return [
          this.text('telemetry', message.telemetry.meter, (tags, sequence) =>
            this.telemetry(message.telemetry, tags, sequence),
          ),
        ];
      case 'alarm':
        return [this.text('alarm', message.alarm.meter, (tags, sequence) => this.alarm(message.alarm, tags, sequence))];
      case 'side':
        return isRecord(payload) ? this.event(payload) : [];
      case undefined:
        throw new Pm500Error(
          'MESSAGE_INVALID',
          'What came is no message of this package; wire the outputs of pm500-normalize or pm500-poll to iot-out.',
        );
    }
  }

  /**
   * The number is taken when nothing can refuse the record any more: a gap in the numbers is a record that was lost.
   * @param meter tags as the meter has them; in the chosen case they name a topic as well
   */
  private text(kind: string, meter: MeterFacts, recordOf: (tags: Tags, sequence: number) => IotRecord): string {
    const tags = renamed(meter.tags, this.settings.naming);
    const all = tags === meter.tags ? tags : { ...tags, ...meter.tags };
    const topic = this.settings.template.topicOf({ meter: meter.name, tags: all, kind });
    return recordText(topic, recordOf(tags, this.sequences.of(meter.name)));
  }

  private telemetry({ meter, timestamp, metrics }: Telemetry, tags: Tags, sequence: number): IotTelemetry {
    const values: Record<string, IotTelemetry['metrics'][string]> = {};
    const qualities: Record<string, Exclude<Quality, 'good'>> = {};
    const reasons: Record<string, QualityReason> = {};
    const times: Record<string, number> = {};
    const spans: Record<string, number> = {};
    let quality: Quality = 'good';
    for (const name in metrics) {
      const sample = metrics[name];
      if (sample === undefined) continue;
      const key = this.nameOf(name);
      // A value that is bad is none, whatever it says.
      values[key] = sample.quality === 'bad' ? null : sample.value;
      if (sample.quality !== 'good') qualities[key] = sample.quality;
      if (sample.reason !== undefined) reasons[key] = sample.reason;
      if (sample.timestamp !== timestamp) times[key] = sample.timestamp;
      if (sample.spanMs !== undefined) spans[key] = sample.spanMs;
      quality = worse(quality, sample.quality);
    }
    return {
      schema: IOT_TELEMETRY_SCHEMA,
      meter: meter.name,
      ...(meter.serialNumber === undefined ? {} : { serial: meter.serialNumber }),
      tags,
      timestamp,
      sequence,
      quality,
      metrics: values,
      qualities,
      reasons,
      ...(isEmpty(times) ? {} : { times }),
      ...(isEmpty(spans) ? {} : { spans }),
    };
  }

  private alarm(message: AlarmMessage, tags: Tags, sequence: number): IotAlarm {
    const { meter, timestamp, event, alarm, rules, inactive, active, unjudged } = message;
    const named = <Row extends { readonly metric: string }>(row: Row): Row => ({
      ...row,
      metric: this.nameOf(row.metric),
    });
    return {
      schema: IOT_ALARM_SCHEMA,
      meter: meter.name,
      tags,
      timestamp,
      sequence,
      event,
      ...(alarm === undefined ? {} : { alarm: named(alarm) }),
      ...(rules === undefined ? {} : { rules: rules.map(named) }),
      ...(inactive === undefined ? {} : { inactive: inactive.map(named) }),
      active: active.map(named),
      unjudged: unjudged.map(named),
    };
  }

  private event(message: UnknownRecord): readonly string[] {
    if (!this.settings.withEvents) return [];
    const { schema, timestamp, meter } = message;
    const { name, tags } = isRecord(meter) ? meter : { name: meter, tags: undefined };
    const all = isRecord(tags) ? Object.entries(tags) : [];
    const texts = all.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    const about = { name: typeof name === 'string' ? name : '', tags: Object.fromEntries(texts) };
    const content = renamedDeep(message, this.settings.naming) as IotEvent['content'];
    const record = this.text('event', about, (named, sequence) => ({
      schema: IOT_EVENT_SCHEMA,
      meter: about.name,
      tags: named,
      timestamp: typeof timestamp === 'number' && Number.isFinite(timestamp) ? timestamp : this.now(),
      sequence,
      about: String(schema),
      content,
    }));
    return [record];
  }
}

function isEmpty(members: object): boolean {
  for (const _ in members) return false;
  return true;
}
