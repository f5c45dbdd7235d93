import type { AlarmMessage } from '../domain/alarms/alarm-message';
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
    const message = readMessage(payload);
    switch (message?.kind) {
      case 'telemetry':
        return [this.text('telemetry', this.telemetry(message.telemetry))];
      case 'alarm':
        return [this.text('alarm', this.alarm(message.alarm))];
      case 'side':
        return this.settings.withEvents && isRecord(payload) ? [this.text('event', this.event(payload))] : [];
      case undefined:
        throw new Pm500Error(
          'MESSAGE_INVALID',
          'What came is no message of this package; wire the outputs of pm500-normalize or pm500-poll to iot-out.',
        );
    }
  }

  private text(kind: string, record: IotRecord): string {
    const { meter, tags } = record;
    return recordText(this.settings.template.topicOf({ meter, tags, kind }), record);
  }

  private telemetry({ meter, timestamp, metrics }: Telemetry): IotTelemetry {
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
      tags: this.tags(meter.tags),
      timestamp,
      sequence: this.sequences.of(meter.name),
      quality,
      metrics: values,
      qualities,
      reasons,
      ...(isEmpty(times) ? {} : { times }),
      ...(isEmpty(spans) ? {} : { spans }),
    };
  }

  private alarm({ meter, timestamp, event, alarm, rules, inactive, active, unjudged }: AlarmMessage): IotAlarm {
    const named = <Row extends { readonly metric: string }>(row: Row): Row => ({
      ...row,
      metric: this.nameOf(row.metric),
    });
    return {
      schema: IOT_ALARM_SCHEMA,
      meter: meter.name,
      tags: this.tags(meter.tags),
      timestamp,
      sequence: this.sequences.of(meter.name),
      event,
      ...(alarm === undefined ? {} : { alarm: named(alarm) }),
      ...(rules === undefined ? {} : { rules: rules.map(named) }),
      ...(inactive === undefined ? {} : { inactive: inactive.map(named) }),
      active: active.map(named),
      unjudged: unjudged.map(named),
    };
  }

  private event(message: UnknownRecord): IotEvent {
    const { schema, timestamp, meter } = message;
    const { name, tags } = isRecord(meter) ? meter : { name: meter, tags: undefined };
    const about = typeof name === 'string' ? name : '';
    const all = isRecord(tags) ? Object.entries(tags) : [];
    const texts = all.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    return {
      schema: IOT_EVENT_SCHEMA,
      meter: about,
      tags: this.tags(Object.fromEntries(texts)),
      timestamp: typeof timestamp === 'number' && Number.isFinite(timestamp) ? timestamp : this.now(),
      sequence: this.sequences.of(about),
      about: String(schema),
      content: renamedDeep(message, this.settings.naming) as IotEvent['content'],
    };
  }

  private tags(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    return renamed(tags, this.settings.naming);
  }
}

function isEmpty(members: object): boolean {
  for (const _ in members) return false;
  return true;
}
