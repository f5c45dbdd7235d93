import assert from 'node:assert/strict';
import { connect } from 'mqtt';
import { createOpenLink } from '../../../src/mqtt/mqtt-link';
import type { ProtocolVersion } from '../../../src/mqtt/mqtt-options';
import { EdgeSession } from '../../../src/sparkplug/session/session';
import { systemClock } from '../../../src/support/clock';
import { waitFor } from '../../../testkit/wait';
import { bdSeqOf, readPayload } from '../../../testkit/sparkplug/independent-decoder';
import { PacketBroker } from '../../../testkit/mqtt/packet-broker';
import { PACKET, readConnect, readSubscribe, topicOf } from '../../../testkit/mqtt/packets';
import { sample } from '../../../testkit/sparkplug/samples';
import { realDependencies } from '../../../testkit/sparkplug/real-dependencies';

const NDEATH = 'spBv1.0/G/NDEATH/N';
const DISCONNECT_WITH_WILL = 0x04;

describe('packets of an edge node', function () {
  this.timeout(60_000);
  let broker: PacketBroker;
  let edge: EdgeSession;
  let attempts: number;

  function start(protocolVersion: ProtocolVersion, primaryHostId?: string, port = broker.port): void {
    attempts = 0;
    edge = new EdgeSession(
      {
        node: { groupId: 'G', edgeNodeId: 'N', ...(primaryHostId === undefined ? {} : { primaryHostId }) },
        broker: { host: '127.0.0.1', port, keepAliveSeconds: 30, connectTimeoutMs: 5000, protocolVersion },
        settleMs: 10,
      },
      {
        ...realDependencies(),
        openLink: (settings, will, listener) => {
          attempts++;
          return createOpenLink(connect, systemClock)(settings, will, listener);
        },
      },
    );
    edge.start();
  }

  beforeEach(async () => {
    broker = await PacketBroker.start();
  });

  afterEach(async () => {
    await edge.close();
    await broker.stop();
  });

  for (const level of [4, 5] as const) {
    it(`open a clean session with the NDEATH as its will, QoS 1 and not retained (protocol level ${level})`, async () => {
      start(level, 'scada');
      await waitFor('the subscriptions', () => broker.of(PACKET.subscribe).length > 0);
      const [packet] = broker.of(PACKET.connect);
      assert.ok(packet !== undefined);
      const { willPayload, clientId, ...seen } = readConnect(packet);
      // What every server takes (MQTT 3.1.1, 3.1.3.1).
      assert.match(clientId, /^[a-z0-9]{1,23}$/);
      assert.deepEqual(seen, {
        level,
        isClean: true,
        hasWill: true,
        willQos: 1,
        isWillRetained: false,
        willTopic: NDEATH,
        sessionExpirySeconds: 0,
      });
      const { seq, metrics } = readPayload(willPayload);
      assert.equal(seq, undefined);
      assert.deepEqual(
        metrics.map(({ name, datatype, field }) => [name, datatype, field]),
        [['bdSeq', 4, 'longValue']],
      );
    });

    it(`subscribe to commands and the primary host with QoS 1, and to nothing that could be written (protocol level ${level})`, async () => {
      start(level, 'scada');
      await waitFor('the phase', () => edge.state.phase === 'waiting');
      assert.deepEqual(
        broker.of(PACKET.subscribe).flatMap((packet) => readSubscribe(packet, level)),
        [
          ['spBv1.0/G/NCMD/N', 1],
          ['spBv1.0/STATE/scada', 1],
        ],
      );
      assert.deepEqual(broker.of(PACKET.publish), []);
    });
  }

  for (const level of [4, 5] as const) {
    it(`leave it to the will to say NDEATH when it was never born (protocol level ${level})`, async () => {
      start(level, 'scada');
      await waitFor('the phase', () => edge.state.phase === 'waiting');
      await edge.close();
      await waitFor('the end of the connection', () => broker.connections === 0);
      const said = broker.of(PACKET.disconnect).map(({ body }) => body[0]);
      // Without DISCONNECT (MQTT 3.1.1, 3.14.4) or with this reason (MQTT 5.0, 3.14.2.1) the broker publishes the will.
      assert.deepEqual(said, level === 4 ? [] : [DISCONNECT_WITH_WILL]);
      assert.deepEqual(broker.of(PACKET.publish), []);
    });
  }

  it('count bdSeq by CONNECT, not by attempt', async () => {
    const { port } = broker;
    await broker.stop();
    start(4, undefined, port);
    await waitFor('a second failed attempt', () => attempts >= 2);
    broker = await PacketBroker.start(port);
    await waitFor('the first CONNECT', () => broker.of(PACKET.connect).length === 1);
    broker.cut();
    await waitFor('the second CONNECT', () => broker.of(PACKET.connect).length === 2);
    const numbers = broker.of(PACKET.connect).map((packet) => {
      const [metric] = readPayload(readConnect(packet).willPayload).metrics;
      return bdSeqOf(metric);
    });
    assert.deepEqual(numbers, [0n, 1n]);
  });

  for (const level of [4, 5] as const) {
    it(`publish with QoS 0 and not retained, and NDEATH before DISCONNECT (protocol level ${level})`, async () => {
      start(level);
      edge.publish('M', [sample('a', 1)]);
      await waitFor('the device', () => edge.state.devices.length === 1);
      edge.publish('M', [sample('a', 2)]);
      edge.remove('M');
      await edge.close();
      await waitFor('DISCONNECT', () => broker.of(PACKET.disconnect).length === 1);
      const published = broker.of(PACKET.publish);
      assert.deepEqual(
        published.map((packet) => topicOf(packet).split('/')[2]),
        ['NBIRTH', 'DBIRTH', 'DDATA', 'DDEATH', 'NDEATH'],
      );
      for (const packet of published) assert.equal(packet.flags, 0, topicOf(packet));
      const last = broker.packets.at(-1);
      assert.equal(last?.type, PACKET.disconnect);
      if (level === 5) assert.equal(last.body[0], DISCONNECT_WITH_WILL);
      assert.equal(broker.packets.at(-2)?.type, PACKET.publish);
    });
  }
});
