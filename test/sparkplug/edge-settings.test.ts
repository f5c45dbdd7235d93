import assert from 'node:assert/strict';
import sparkplugEdge from '../../nodes/sparkplug-edge';
import sparkplugOut from '../../nodes/sparkplug-out';
import { FakeRed, type FakeNode } from '../../testkit/node-red/fake-red';
import { telemetryOf } from '../../testkit/meters/telemetry';
import { waitFor } from '../../testkit/wait';
import { readPayload, type SeenMetric } from '../../testkit/sparkplug/independent-decoder';
import { PacketBroker } from '../../testkit/mqtt/packet-broker';
import { PACKET, readSubscribe, topicOf, type SeenPacket } from '../../testkit/mqtt/packets';
import { START } from '../../testkit/sparkplug/samples';

/** The payload of a PUBLISH with QoS 0 (MQTT 3.1.1, 3.3). */
function metricsOf(packet: SeenPacket): readonly SeenMetric[] {
  return readPayload(packet.body.subarray(2 + packet.body.readUInt16BE(0))).metrics;
}

describe('what the form of sparkplug-edge says of messages', () => {
  let broker: PacketBroker;
  let red: FakeRed;
  let nodes: FakeNode[];

  beforeEach(async () => {
    broker = await PacketBroker.start();
    red = new FakeRed();
    sparkplugEdge(red.api);
    sparkplugOut(red.api);
    nodes = [];
  });

  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.close()));
    await broker.stop();
  });

  const published = (type: string): readonly SeenPacket[] =>
    broker.of(PACKET.publish).filter((packet) => topicOf(packet).includes(`/${type}/`));

  async function first(type: string): Promise<readonly SeenMetric[]> {
    const packet = await waitFor(type, () => published(type)[0]);
    return metricsOf(packet);
  }

  /** @returns the node that takes messages */
  function start(properties: object): FakeNode {
    const ids = { host: '127.0.0.1', port: broker.port, groupId: 'G', edgeNodeId: 'N' };
    const edge = red.create('sparkplug-edge', { id: 'edge', store: 'none', ...ids, ...properties });
    red.configurations.set('edge', edge);
    const out = red.create('sparkplug-out', { id: 'out', edge: 'edge', deviceId: 'M' });
    nodes.push(edge, out);
    return out;
  }

  const send = (out: FakeNode, at: number, value: number): Promise<unknown> =>
    out.receive({ payload: telemetryOf(at, { voltage_l1_n: value }) });

  it('puts the version into the names of templates, in definitions and in what refers to them', async () => {
    await send(start({ metricModel: 'templates', versionedTemplates: true }), START, 230);
    const definitions = (await first('NBIRTH')).filter(({ wire }) => wire.templateValue?.isDefinition === true);
    const names = definitions.map(({ name }) => name);
    const expected = definitions.map(
      ({ name, wire }) => `${String(name).split('_v')[0]}_v${wire.templateValue?.version}`,
    );
    assert.deepEqual(names, expected);
    assert.ok(names.includes('tpl_device_process_v1') && names.length === 3);
    const [instance] = (await first('DBIRTH')).filter(({ name }) => name === 'process');
    assert.equal(instance?.wire.templateValue?.templateRef, 'tpl_device_process_v1');
    const [health] = (await first('NBIRTH')).filter(({ wire }) => wire.templateValue?.isDefinition === false);
    assert.equal(health?.wire.templateValue?.templateRef, 'tpl_edge_health_v1');
  });

  it('leaves versions out of those names otherwise', async () => {
    await send(start({ metricModel: 'templates' }), START, 230);
    const [instance] = (await first('DBIRTH')).filter(({ name }) => name === 'process');
    assert.equal(instance?.wire.templateValue?.templateRef, 'tpl_device_process');
  });

  it('names metrics in every message, and gives datatypes in data too', async () => {
    const out = start({ withoutAliases: true, datatypesInData: true });
    await send(out, START, 230);
    const birth = await first('DBIRTH');
    assert.ok(birth.every(({ alias, name }) => alias === undefined && name !== undefined));
    await send(out, START + 1, 231);
    assert.deepEqual(
      (await first('DDATA')).map(({ name, alias, datatype }) => [name, alias, datatype]),
      [['voltage_l1_n', undefined, 9]],
    );
  });

  it('keeps messages below the size that it gives, also with a broker that says none', async () => {
    const out = start({ maximumMessageKilobytes: 1 });
    await out.receive({
      payload: { metrics: ['a', 'b', 'c'].map((name) => ({ name, value: name.repeat(600) })) },
    });
    await waitFor('the texts', () => published('DDATA').length === 3);
    for (const packet of broker.of(PACKET.publish)) assert.ok(packet.body.length < 1000, topicOf(packet));
    const texts = published('DDATA')
      .flatMap(metricsOf)
      .map(({ wire }) => wire.stringValue?.length);
    assert.deepEqual(texts, [600, 600, 600]);
  });

  it('listens where a host of the chosen version speaks', async () => {
    start({ primaryHostId: 'H', hostVersion: '2.2', detectDuplicates: false });
    const subscribed = (): readonly string[] =>
      broker.of(PACKET.subscribe).flatMap((packet) => readSubscribe(packet, 4).map(([topic]) => topic));
    await waitFor('the subscriptions', () => subscribed().includes('STATE/H'));
    assert.ok(!subscribed().includes('spBv1.0/STATE/H'));
  });
});
