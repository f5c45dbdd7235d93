import assert from 'node:assert/strict';
import Ajv from 'ajv/dist/2020';
import { ALARM_SCHEMA } from '../../src/domain/alarms/alarm-message';
import { READING_SCHEMA } from '../../src/domain/messages/reading';
import { TELEMETRY_SCHEMA } from '../../src/domain/messages/telemetry';
import { normalizeReading } from '../../src/domain/quality/normalize';
import {
  IOT_ALARM,
  IOT_BATCH,
  IOT_EVENT,
  IOT_TELEMETRY,
  type IotEvent,
  type IotTelemetry,
} from '../../src/iot/contracts';
import { pack } from '../../src/iot/pack';
import { PROFILE_LIMITS } from '../../src/iot/profiles';
import { Recorder, type RecorderSettings } from '../../src/iot/recorder';
import { readRecordText } from '../../src/iot/record-text';
import { Sequences } from '../../src/iot/sequence';
import { splitRecord } from '../../src/iot/split-record';
import { TopicTemplate } from '../../src/iot/topic-template';
import { hasCode } from '../../src/support/errors';
import { seededRandom } from '../../src/support/random';
import { AlarmScript } from '../../testkit/meters/alarms';
import { sampleReading } from '../../testkit/meters/readings';
import { sampleOf, telemetryOf } from '../../testkit/meters/telemetry';
import { throwsWith } from '../../testkit/expect-error';
import { CONTRACTS } from '../../tools/messages/contracts';

const AT = 1_767_600_000_000;
const AWS = PROFILE_LIMITS['aws-iot-core'];
const recorderOf = (change: Partial<RecorderSettings> = {}): Recorder =>
  new Recorder(
    {
      template: new TopicTemplate('pm500/{site}/{meter}/{kind}', () => 'edge', AWS),
      naming: 'snake_case',
      withEvents: true,
      ...change,
    },
    new Sequences(seededRandom(1)),
    () => AT,
  );

/** A stranger's check of what is published: the schema alone, by another program. */
const ajv = new Ajv({ strict: false });
const validators = new Map(
  [IOT_TELEMETRY, IOT_ALARM, IOT_EVENT, IOT_BATCH].map(({ name, jsonSchema }) => [name, ajv.compile(jsonSchema)]),
);
function assertPublished(json: string): Readonly<Record<string, unknown>> {
  const message = JSON.parse(json) as Readonly<Record<string, unknown>>;
  const validate = validators.get(String(message['schema']));
  assert.ok(validate, String(message['schema']));
  assert.ok(validate(message), JSON.stringify(validate.errors));
  return message;
}

const only = (texts: readonly string[]): { readonly topic: string; readonly json: string } => {
  assert.equal(texts.length, 1);
  return readRecordText(texts[0] ?? '');
};

describe('records over MQTT', () => {
  it('have values, qualities, reasons and times of telemetry, and no units', () => {
    const telemetry = telemetryOf(AT, { voltage_l1_n: 230.5, current_l1: null });
    const metrics = {
      ...telemetry.metrics,
      frequency: sampleOf('frequency', 49.98, AT - 40, { quality: 'uncertain', reason: 'layout_inferred' }),
      active_energy_import_delta: sampleOf('active_energy_import_delta', 12, AT, { spanMs: 1000 }),
      // A bad value must not be taken for one, also where the message has a number.
      voltage_l2_n: sampleOf('voltage_l2_n', 9999, AT, { quality: 'bad', reason: 'out_of_range' }),
    };
    const meter = { name: 'm1', host: '127.0.0.1', tags: { site: 'plant', buildingNo: '7' }, serialNumber: 42 };
    const { topic, json } = only(recorderOf().take({ ...telemetry, meter, metrics }));
    assert.equal(topic, 'pm500/plant/m1/telemetry');
    const { sequence, ...message } = assertPublished(json);
    assert.ok(Number.isSafeInteger(sequence));
    assert.deepEqual(message, {
      schema: 'pm500.iot-telemetry/1',
      meter: 'm1',
      serial: 42,
      tags: { site: 'plant', building_no: '7' },
      timestamp: AT,
      quality: 'bad',
      metrics: {
        voltage_l1_n: 230.5,
        current_l1: null,
        frequency: 49.98,
        active_energy_import_delta: 12,
        voltage_l2_n: null,
      },
      qualities: { current_l1: 'bad', frequency: 'uncertain', voltage_l2_n: 'bad' },
      reasons: { current_l1: 'read_failed', frequency: 'layout_inferred', voltage_l2_n: 'out_of_range' },
      times: { frequency: AT - 40 },
      spans: { active_energy_import_delta: 1000 },
    });
  });

  it('have camelCase names where that was chosen', () => {
    const { json } = only(recorderOf({ naming: 'camelCase' }).take(telemetryOf(AT, { active_power_total: 1 })));
    assert.deepEqual((JSON.parse(json) as IotTelemetry).metrics, { activePowerTotal: 1 });
  });

  it('number what comes of a meter, each meter by itself', () => {
    const recorder = recorderOf();
    const numbers = Array.from({ length: 3 }, (_, at) => only(recorder.take(telemetryOf(AT + at, { frequency: 50 }))));
    const [first = 0, second, third] = numbers.map(({ json }) => (JSON.parse(json) as IotTelemetry).sequence);
    assert.deepEqual([second, third], [first + 1, first + 2]);
    const later = new Sequences(seededRandom(2));
    assert.notEqual(later.of('m1'), first, 'another start begins elsewhere');
  });

  it('are made of alarms, of diagnostics and of every other message, and fit the published schemas', () => {
    const script = new AlarmScript({ id: 'low', metric: 'voltage_l1_n', condition: 'below', limit: 200 });
    const alarms = [...script.see('voltage_l1_n', 100), script.list(), script.rules()];
    assert.ok(alarms.length >= 3);
    for (const alarm of alarms) {
      const { topic, json } = only(recorderOf({ naming: 'camelCase' }).take(alarm));
      assert.equal(topic, 'pm500/s/m1/alarm');
      assertPublished(json);
      assert.doesNotMatch(json, /"metric":"voltage_l1_n"/);
    }
    const side = { schema: 'pm500.diagnostics/1', timestamp: AT, readsPerSecond: 4, meters: [{ isLost: false }] };
    const { topic, json } = only(recorderOf().take(side));
    assert.equal(topic, 'pm500/_/_/event');
    const message = assertPublished(json);
    assert.deepEqual(message['content'], {
      schema: 'pm500.diagnostics/1',
      timestamp: AT,
      reads_per_second: 4,
      meters: [{ is_lost: false }],
    });
    assert.deepEqual(recorderOf({ withEvents: false }).take(side), []);
  });

  it('are made of every message that nodes of this package send, but readings and what was published', () => {
    const refused = CONTRACTS.filter(({ name }) => {
      if (name === TELEMETRY_SCHEMA || name === ALARM_SCHEMA) return false;
      try {
        assertPublished(only(recorderOf().take({ schema: name, meter: { name: 'm1', tags: {} }, timestamp: AT })).json);
        return false;
      } catch (thrown) {
        if (hasCode(thrown, 'MESSAGE_INVALID')) return true;
        throw thrown;
      }
    });
    assert.deepEqual(
      refused.map(({ name }) => name),
      [READING_SCHEMA, ...[IOT_TELEMETRY, IOT_ALARM, IOT_EVENT, IOT_BATCH].map(({ name }) => name)],
    );
  });

  it('leave codes, and names that are data, as they are', () => {
    const failures = { ENIP_REPLY_TIMEOUT: 3, CIP_STATUS: 1, aB: 1 };
    const message = {
      schema: 'pm500.diagnostics/1',
      failures,
      reasons: { read_failed: 1, aB: 2 },
      A_B: { c_d: 1, cD: 2 },
    };
    for (const naming of ['snake_case', 'camelCase'] as const) {
      const { content } = JSON.parse(only(recorderOf({ naming }).take(message)).json) as IotEvent;
      // Where two names would become the same, the one that is not in the chosen case stays.
      assert.deepEqual(content, message);
    }
  });

  it('know every member of a message whose names are data', () => {
    const named = new Set<string>();
    const look = (schema: unknown, name: string): void => {
      if (typeof schema !== 'object' || schema === null) return;
      if ('additionalProperties' in schema && typeof schema.additionalProperties === 'object') named.add(name);
      for (const [key, below] of Object.entries(schema)) look(below, key);
    };
    const ways = [READING_SCHEMA, TELEMETRY_SCHEMA, ALARM_SCHEMA];
    for (const { name, jsonSchema } of CONTRACTS)
      if (!ways.includes(name) && !name.startsWith('pm500.iot-')) look(jsonSchema, name);
    // Names of tags are in the chosen case.
    assert.deepEqual([...named].sort(), ['failures', 'reasons', 'tags']);
  });

  it('of a message that holds itself, or is without end, are refused at once', () => {
    const round: Record<string, unknown> = { schema: 'pm500.diagnostics/1' };
    Object.assign(round, { a: round, b: round, c: round });
    const list: unknown[] = [];
    list.push(list);
    const wide = Array.from({ length: 100_001 }, () => 0);
    for (const wrong of [round, { schema: 'pm500.diagnostics/1', list }, { schema: 'pm500.diagnostics/1', wide }])
      assert.throws(
        () => recorderOf().take(wrong),
        (thrown) => hasCode(thrown, 'MESSAGE_INVALID') && /holds itself|members/.test(String(thrown)),
      );
  });

  it('have a topic by the tags as the meter has them, and as they are published', () => {
    for (const [naming, tags, variable] of [
      ['snake_case', { costCenter: 'A' }, 'costCenter'],
      ['snake_case', { costCenter: 'A' }, 'cost_center'],
      ['camelCase', { cost_center: 'A' }, 'cost_center'],
      ['camelCase', { cost_center: 'A' }, 'costCenter'],
      ['snake_case', { Building: 'A' }, 'Building'],
    ] as const) {
      const telemetry = telemetryOf(AT, { frequency: 50 });
      const template = new TopicTemplate(`p/{${variable}}`, () => 'c', AWS);
      const recorder = recorderOf({ naming, template });
      const { topic } = only(recorder.take({ ...telemetry, meter: { ...telemetry.meter, tags } }));
      assert.equal(topic, 'p/A', `${naming} ${variable}`);
    }
  });

  it('lose no tag where two would have one name', () => {
    const telemetry = telemetryOf(AT, { frequency: 50 });
    const tags = { costCenter: 'A', cost_center: 'B', CostCenter: 'C' };
    const { json } = only(recorderOf().take({ ...telemetry, meter: { ...telemetry.meter, tags } }));
    assert.deepEqual((JSON.parse(json) as IotTelemetry).tags, tags);
  });

  it('give no number to what is refused, so that every gap is a loss', () => {
    const recorder = recorderOf();
    const numberOf = (): number =>
      (JSON.parse(only(recorder.take(telemetryOf(AT, { frequency: 50 }))).json) as IotTelemetry).sequence;
    const before = numberOf();
    const telemetry = telemetryOf(AT, { frequency: 50 });
    const meter = { ...telemetry.meter, tags: { site: 'x'.repeat(300) } };
    throwsWith(() => recorder.take({ ...telemetry, meter }), 'MESSAGE_INVALID');
    const loop: Record<string, unknown> = { schema: 'pm500.diagnostics/1', meter: telemetry.meter };
    throwsWith(() => recorder.take(Object.assign(loop, { loop })), 'MESSAGE_INVALID');
    assert.equal(numberOf(), before + 1);
  });

  it('are refused where they are not of this package, or damaged', () => {
    for (const payload of [5, {}, { schema: 'pm500.telemetry/1' }, { schema: 'pm500.reading/1' }])
      assert.throws(
        () => recorderOf().take(payload),
        (thrown) => hasCode(thrown, 'MESSAGE_INVALID'),
      );
  });

  it('of all metrics of a meter are parsed, valid and complete after they were cut', () => {
    const telemetry = normalizeReading(sampleReading([101, 102, 103, 104, 105], seededRandom(1)));
    const { json } = only(recorderOf().take(telemetry));
    const whole = assertPublished(json) as unknown as IotTelemetry;
    for (const bytes of [900, 2000, Buffer.byteLength(json) - 1]) {
      const parts = (splitRecord(json, bytes) ?? []).map((part) => assertPublished(part) as unknown as IotTelemetry);
      assert.ok(parts.length > 1);
      for (const part of parts) assert.ok(Buffer.byteLength(JSON.stringify(part)) <= bytes);
      assert.deepEqual(Object.assign({}, ...parts.map(({ metrics }) => metrics)), whole.metrics);
      assert.deepEqual(Object.assign({}, ...parts.map(({ qualities }) => qualities)), whole.qualities);
      const names = parts.flatMap(({ metrics }) => Object.keys(metrics));
      assert.equal(new Set(names).size, names.length, 'no metric stands in two parts');
      assert.deepEqual(
        parts.map(({ part, sequence }) => [part?.number, part?.count, sequence]),
        parts.map((_, at) => [at + 1, parts.length, whole.sequence]),
      );
    }
    assert.equal(splitRecord(json, 100), undefined, 'no part can be that small');
    assert.equal(splitRecord('{', 100), undefined);
  });
});

describe('topics by template', () => {
  const facts = { meter: 'm/1', tags: { site: 'a+b#c', area: '', line: '$x%2F', odd: 'a\0b\ud800' }, kind: 'alarm' };

  it('escape what would mean something else, so that two values never share a topic', () => {
    const topic = new TopicTemplate('x/{site}/{area}/{line}/{meter}/{odd}', () => 'c', AWS).topicOf(facts);
    assert.equal(topic, 'x/a%2Bb%23c/_/%24x%252F/m%2F1/a%00b\ufffd');
    assert.equal(
      new TopicTemplate('{client}/{kind}/{constructor}', () => 'edge 1', AWS).topicOf(facts),
      'edge 1/alarm/_',
    );
  });

  it('of Basic Ingest do not count the levels of the rule', () => {
    const template = new TopicTemplate('$aws/rules/to_lake/a/b/c/d/e/f/g/{meter}', () => 'c', AWS);
    assert.equal(template.topicOf(facts), '$aws/rules/to_lake/a/b/c/d/e/f/g/m%2F1');
    const long = { ...facts, meter: 'm'.repeat(256) };
    assert.equal(new TopicTemplate('$aws/rules/r/{meter}', () => 'c', AWS).topicOf(long).length, 256 + 13);
  });

  it('are refused before anything is sent where the broker would not take them', () => {
    for (const wrong of [
      'a/+/b',
      'a/#',
      '',
      'a/{meter',
      'a/{}/b',
      '$SYS/x',
      '$aws/things/x',
      'a\tb',
      'a/b/c/d/e/f/g/h/i',
    ])
      throwsWith(() => new TopicTemplate(wrong, () => 'c', AWS), 'CONFIG_INVALID');
    throwsWith(() => new TopicTemplate('$aws/rules/r/x', () => 'c', PROFILE_LIMITS.broker), 'CONFIG_INVALID');
    const template = new TopicTemplate('{meter}', () => 'c', AWS);
    throwsWith(() => template.topicOf({ ...facts, meter: 'ü'.repeat(129) }), 'MESSAGE_INVALID');
    assert.equal(template.topicOf({ ...facts, meter: 'ü'.repeat(128) }).length, 128);
  });
});

describe('messages of records', () => {
  const recordsOf = (count: number, change: object = {}): { payload: string; acceptedAt: number }[] =>
    Array.from({ length: count }, (_, at) => {
      const telemetry = telemetryOf(AT + at, { frequency: 50 });
      const meter = { ...telemetry.meter, name: `m${at % 3}`, ...change };
      return { payload: recorderOf().take({ ...telemetry, meter })[0] ?? '', acceptedAt: AT };
    });

  it('carry records of one topic together, in order, within both limits', () => {
    const records = recordsOf(100);
    const { messages, tooLarge } = pack(records, { payloadBytes: 1500, records: 5 });
    assert.deepEqual(tooLarge, []);
    const places = new Map<string, number[]>();
    for (const { topic, payload, places: own } of messages) {
      assert.ok(payload.byteLength <= 1500 && own.length <= 5);
      const batch = IOT_BATCH.parse(assertPublished(payload.toString()));
      assert.equal(batch.records.length, own.length);
      places.set(topic, [...(places.get(topic) ?? []), ...own]);
    }
    assert.equal(places.size, 3);
    for (const all of places.values())
      assert.deepEqual(
        all,
        all.toSorted((one, other) => one - other),
      );
    assert.deepEqual(
      [...places.values()].flat().sort((one, other) => one - other),
      records.map((_, at) => at),
    );
  });

  it('are the record itself where each has one', () => {
    const [message] = pack(recordsOf(1), { payloadBytes: 127_000, records: 1 }).messages;
    assert.equal(assertPublished(message?.payload.toString() ?? '')['schema'], 'pm500.iot-telemetry/1');
  });

  it('carry parts of what is too large, and say what cannot be cut', () => {
    const large = recorderOf().take(normalizeReading(sampleReading([101, 102], seededRandom(1))))[0] ?? '';
    const event = recorderOf().take({ schema: 'pm500.diagnostics/1', text: 'x'.repeat(2000) })[0] ?? '';
    const records = [large, event].map((payload) => ({ payload, acceptedAt: AT }));
    const { messages, tooLarge } = pack(records, { payloadBytes: 1000, records: 1 });
    assert.deepEqual(tooLarge, [1]);
    assert.ok(messages.length > 1);
    for (const { payload, places } of messages) {
      assert.ok(payload.byteLength <= 1000);
      assert.deepEqual(places, [0]);
    }
  });
});
