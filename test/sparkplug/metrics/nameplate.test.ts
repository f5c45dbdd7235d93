import assert from 'node:assert/strict';
import { EdgeNode } from '../../../src/sparkplug/edge/edge-node';
import { parseDeviceMessage } from '../../../src/sparkplug/metrics/message';
import { decodePayload, type DecodedPayload } from '../../../src/sparkplug/codec/payload';
import { hasCode } from '../../../src/support/errors';
import { StrictHost } from '../../../testkit/sparkplug/strict-host';
import { START, telemetry, telemetrySample } from '../../../testkit/sparkplug/samples';

const METER = {
  name: 'M',
  host: '127.0.0.1',
  tags: {},
  catalogNumber: '1420-V2-ENT',
  serialNumber: 4_000_000_000,
  firmware: 'A.7',
  transport: 'ucmm',
  layout: { name: 'default', confirmed: false },
};
const message = (over: object = {}, value: number | null = 230): unknown => ({
  ...telemetry({
    voltage_l1_n: telemetrySample(value, value === null ? { quality: 'bad', reason: 'read_failed' } : {}),
  }),
  meter: { ...METER, ...over },
});

describe('nameplate of a meter', () => {
  it('stands in DBIRTH under Properties, and is sent again when it changes', () => {
    const host = new StrictHost();
    const births: DecodedPayload[] = [];
    const edge = new EdgeNode({ groupId: 'G', edgeNodeId: 'N' });
    const tell = (event: Parameters<EdgeNode['handle']>[0]): readonly string[] =>
      edge.handle(event).flatMap((effect) => {
        if (effect.kind !== 'publish') return [];
        host.observe(effect.topic, effect.payload);
        if (effect.message === 'DBIRTH') births.push(decodePayload(effect.payload));
        return [effect.message];
      });
    const publish = (payload: unknown): readonly string[] =>
      tell({ kind: 'samples', deviceId: 'M', ...parseDeviceMessage(payload, START), at: START });
    tell({ kind: 'connecting', bdSeq: 0, at: START });
    tell({ kind: 'connected' });
    tell({ kind: 'subscribed', at: START });
    publish(message());
    assert.deepEqual(tell({ kind: 'settled', deviceId: 'M', at: START }), ['DBIRTH']);
    const seen = (): unknown[] =>
      ['Catalog Number', 'Serial Number', 'Firmware', 'Transport', 'Layout', 'Layout Confirmed'].map((name) =>
        host.values.get(`M/Properties/${name}`),
      );
    assert.deepEqual(seen(), ['1420-V2-ENT', 4_000_000_000, 'A.7', 'ucmm', 'default', false]);
    const described = births.at(-1)?.metrics.filter(({ name }) => name?.startsWith('Properties/')) ?? [];
    assert.deepEqual(
      described.map(({ properties }) => [properties?.['documentation']?.type, properties?.['readOnly']?.value]),
      Array.from({ length: 6 }, () => ['String', true]),
    );
    assert.deepEqual(publish(message()), []);
    assert.deepEqual(publish(message({ layout: { name: 'site', confirmed: true } })), ['DDATA']);
    assert.deepEqual(seen().slice(4), ['site', true]);
    assert.deepEqual(publish(message({ lostSince: START }, null)), ['DDEATH']);
    assert.deepEqual(publish(message()), ['DBIRTH']);
    assert.deepEqual(host.violations, []);
  });

  it('is refused where the message has it wrong', () => {
    for (const over of [{ transport: 5 }, { layout: 'x' }, { layout: { name: 'x' } }]) {
      assert.throws(
        () => parseDeviceMessage(message(over), START),
        (thrown) => hasCode(thrown, 'MESSAGE_INVALID'),
      );
    }
  });
});
