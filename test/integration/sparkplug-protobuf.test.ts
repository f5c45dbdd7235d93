import assert from 'node:assert/strict';
import { EdgeNode } from '../../src/sparkplug/edge/edge-node';
import { parseDeviceMessage } from '../../src/sparkplug/metrics/message';
import { encodePayload } from '../../src/sparkplug/codec/payload';
import type { MetricSample } from '../../src/sparkplug/metrics/metrics';
import { AlarmScript } from '../../testkit/meters/alarms';
import { Protoc, type TextMessage } from '../../testkit/servers/protoc';
import { telemetryOf } from '../../testkit/meters/telemetry';
import { PAYLOAD_SCHEMA } from '../../testkit/sparkplug/payload-schema';
import { rebirthCommand, START } from '../../testkit/sparkplug/samples';

const PAYLOAD = 'Payload';

/** What is published by hand, with the field and the text that Sparkplug 3.0.0 (6.4.16) and protobuf make of it. */
const VALUES: readonly (readonly [type: string, value: unknown, code: number, field: string, text: string])[] = [
  ['Int8', -5, 1, 'int_value', '4294967291'],
  ['Int16', -300, 2, 'int_value', '4294966996'],
  ['Int32', -70_000, 3, 'int_value', '4294897296'],
  ['Int64', -(2n ** 63n), 4, 'long_value', '9223372036854775808'],
  ['UInt8', 255, 5, 'int_value', '255'],
  ['UInt16', 65_535, 6, 'int_value', '65535'],
  ['UInt32', 4_294_967_295, 7, 'int_value', '4294967295'],
  ['UInt64', 2n ** 64n - 1n, 8, 'long_value', '18446744073709551615'],
  ['Float', 230.5, 9, 'float_value', '230.5'],
  ['Double', -1.25e-7, 10, 'double_value', '-1.25e-07'],
  ['Boolean', false, 11, 'boolean_value', 'false'],
  ['String', 'volts "Ω"', 12, 'string_value', '"volts \\"\\316\\251\\""'],
  ['DateTime', 1_700_000_000_000, 13, 'long_value', '1700000000000'],
  ['Text', '', 14, 'string_value', '""'],
  ['UUID', '123e4567-e89b-12d3-a456-426614174000', 15, 'string_value', '"123e4567-e89b-12d3-a456-426614174000"'],
  ['Bytes', Uint8Array.of(0, 255), 17, 'bytes_value', '"\\000\\377"'],
  ['Double', null, 10, 'is_null', 'true'],
];

interface Sent {
  readonly message: string;
  readonly payload: Uint8Array;
}

/** Everything that an edge node sends: births, present and historical data, health, deaths. */
function sentBy(hasTemplates: boolean, withoutAliases: boolean): readonly Sent[] {
  const edge = new EdgeNode({
    groupId: 'G',
    edgeNodeId: 'N',
    naming: { withoutAliases },
    ...(hasTemplates ? { templates: { version: '1', startedAt: START } } : {}),
  });
  const sent: Sent[] = [];
  const tell = (event: Parameters<EdgeNode['handle']>[0]): void => {
    for (const effect of edge.handle(event)) {
      if (effect.kind === 'connect') sent.push({ message: 'will', payload: effect.will.payload });
      if (effect.kind === 'publish') sent.push(effect);
    }
  };
  const take = (payload: unknown): readonly MetricSample[] => {
    const { samples } = parseDeviceMessage(payload, START);
    tell({ kind: 'samples', deviceId: 'M', samples, at: START });
    return samples;
  };
  const alarms = new AlarmScript({
    id: 'high',
    metric: 'current_l1',
    condition: 'above',
    limit: 100,
    message: 'High.',
  });
  tell({ kind: 'connecting', bdSeq: 7, at: START });
  tell({ kind: 'connected' });
  tell({ kind: 'subscribed', at: START });
  take({ metrics: VALUES.map(([type, value], index) => ({ name: `v${index}`, type, value })) });
  take(telemetryOf(START, { voltage_l1_n: 230, frequency: 50 }));
  take(alarms.rules());
  tell({ kind: 'settled', deviceId: 'M', at: START });
  take(telemetryOf(START + 1, { voltage_l1_n: 231, frequency: 50 }));
  for (const message of alarms.see('current_l1', 150)) take(message);
  const samples = take(telemetryOf(START + 2, { voltage_l1_n: null, frequency: 49.5 }));
  tell({ kind: 'history', deviceId: 'M', samples, isForced: false, at: START + 3 });
  tell({ kind: 'healthDue', at: START + 60_000 });
  const payload = rebirthCommand();
  tell({ kind: 'message', topic: 'spBv1.0/G/NCMD/N', payload, isRetained: false, at: START + 60_000 });
  tell({ kind: 'quietOver', at: START + 61_000 });
  tell({ kind: 'removed', deviceId: 'M', at: START + 62_000 });
  tell({ kind: 'closing', at: START + 63_000 });
  return sent;
}

const named = (metrics: readonly (string | TextMessage)[] = [], name: string): TextMessage => {
  const found = metrics.find((metric) => typeof metric === 'object' && metric['name']?.[0] === `"${name}"`);
  assert.ok(typeof found === 'object', name);
  return found;
};

describe('Sparkplug messages as protobuf itself reads them', function () {
  this.timeout(120_000);
  const protoc = new Protoc(PAYLOAD_SCHEMA);

  for (const hasTemplates of [false, true]) {
    for (const withoutAliases of [false, true]) {
      const what = `${hasTemplates ? 'templates' : 'flat metrics'}, ${withoutAliases ? 'names' : 'aliases'}`;
      it(`hold no field that the specification lacks, and are byte for byte what it would write (${what})`, () => {
        const sent = sentBy(hasTemplates, withoutAliases);
        for (const { message, payload } of sent) {
          const text = protoc.text(PAYLOAD, payload);
          assert.doesNotMatch(text, /^\s*\d+(:| \{)/m, `${message} has a field of another number`);
          assert.deepEqual(protoc.encode(PAYLOAD, text), Buffer.from(payload), message);
        }
        const kinds = new Set(sent.map(({ message }) => message));
        const expected = ['DBIRTH', 'DDATA', 'DDEATH', 'NBIRTH', 'NDEATH', ...(hasTemplates ? ['NDATA'] : []), 'will'];
        assert.deepEqual([...kinds].sort(), expected.sort());
      });

      it(`have each value in the field of its datatype (${what})`, () => {
        const sent = sentBy(hasTemplates, withoutAliases);
        const birth = sent.find(({ message }) => message === 'DBIRTH');
        assert.ok(birth !== undefined);
        const { metrics } = protoc.decode(PAYLOAD, birth.payload);
        VALUES.forEach(([type, , code, field, text], index) => {
          const metric = named(metrics, `v${index}`);
          assert.deepEqual([metric['datatype'], metric[field]], [[String(code)], [text]], type);
          assert.equal(metric['alias'] === undefined, withoutAliases);
        });
        const holder = hasTemplates ? named(metrics, 'process')['template_value']?.[0] : undefined;
        const members = typeof holder === 'object' ? holder['metrics'] : metrics;
        assert.deepEqual(named(members, 'voltage_l1_n')['float_value'], ['230']);
        const history = sent
          .filter(({ message }) => message === 'DDATA')
          .map(({ payload }) => protoc.text(PAYLOAD, payload));
        assert.equal(history.filter((text) => text.includes('is_historical: true')).length, 1);
      });
    }
  }

  it('are read here when protobuf writes them with fields in another order', () => {
    const text = 'seq: 3\nmetrics { float_value: 1.5\n datatype: 9\n timestamp: 5\n name: "a" }\ntimestamp: 6\n';
    const metric = { name: 'a', timestamp: 5, type: 'Float' as const, value: 1.5 };
    const ours = encodePayload({ timestamp: 6, seq: 3, metrics: [metric] });
    assert.deepEqual(protoc.encode(PAYLOAD, text), Buffer.from(ours));
  });
});
