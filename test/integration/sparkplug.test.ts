import assert from 'node:assert/strict';
import { connectAsync, type MqttClient } from 'mqtt';
import { createBdSeqCounter } from '../../src/sparkplug/session/bd-seq';
import { fileSessionStore } from '../../src/sparkplug/session/session-store';
import { EdgeSession } from '../../src/sparkplug/session/session';
import { silentLogger } from '../../src/support/logger';
import { startMosquitto, type Mosquitto } from '../../testkit/servers/mosquitto';
import { TcpLink } from '../../testkit/links/tcp-link';
import { temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';
import { rebirthCommand, sample } from '../../testkit/sparkplug/samples';
import { StrictHost } from '../../testkit/sparkplug/strict-host';
import { realDependencies } from '../../testkit/sparkplug/real-dependencies';

const METRICS = Array.from({ length: 30 }, (_, index) => `metric_${index}`);

describe('Sparkplug edge node on Mosquitto', function () {
  this.timeout(120_000);

  const bdSeqFile = `${temporaryFolder('bdseq')}/edge.bdseq`;
  let broker: Mosquitto;
  let link: TcpLink;
  let watcher: MqttClient;
  let host: StrictHost;
  let edge: EdgeSession;

  async function watch(): Promise<void> {
    watcher = await connectAsync(broker.url, { reconnectPeriod: 0 });
    watcher.on('message', (topic, payload, packet) => {
      host.observe(topic, payload, { qos: packet.qos, retain: packet.retain });
    });
    await watcher.subscribeAsync('spBv1.0/#', { qos: 1 });
  }

  function createEdge(): EdgeSession {
    return new EdgeSession(
      {
        node: { groupId: 'plant', edgeNodeId: 'edge' },
        broker: { host: '127.0.0.1', port: link.port, keepAliveSeconds: 20, connectTimeoutMs: 20_000 },
        settleMs: 50,
        quietMs: 200,
      },
      { ...realDependencies(), bdSeq: createBdSeqCounter(fileSessionStore(bdSeqFile, silentLogger)) },
    );
  }

  function publishRound(device: string, value: number): void {
    edge.publish(
      device,
      METRICS.map((name, index) => sample(name, value + index, { at: Date.now() })),
    );
  }

  beforeEach(async () => {
    broker = await startMosquitto();
    link = await TcpLink.open(broker.port);
    host = new StrictHost();
    await watch();
    edge = createEdge();
    edge.start();
  });

  afterEach(async () => {
    await edge.close();
    link.close();
    await watcher.endAsync(true);
    await broker.stop();
  });

  it('passes a strict host with two devices, a rebirth in between, and a graceful end', async () => {
    for (const device of ['m1', 'm2']) publishRound(device, 0);
    await waitFor('two devices', () => host.counts['DBIRTH'] === 2);
    for (let round = 1; round <= 200; round++) {
      publishRound(round % 2 === 0 ? 'm1' : 'm2', round * 100);
      if (round === 100) await watcher.publishAsync('spBv1.0/plant/NCMD/edge', Buffer.from(rebirthCommand()));
    }
    await waitFor('the rebirth', () => host.counts['NBIRTH'] === 2 && host.counts['DBIRTH'] === 4);
    publishRound('m1', 5);
    await edge.close();
    await waitFor('NDEATH', () => host.counts['NDEATH'] === 1);
    assert.equal(host.values.get('m1/metric_7'), 12);
    assert.equal(host.values.get('m2/metric_0'), 19_900);
    assert.deepEqual(host.violations, []);
  });

  it('comes back with the next bdSeq after the broker was killed and started again', async () => {
    publishRound('m1', 0);
    await waitFor('the device', () => host.counts['DBIRTH'] === 1);
    const { port } = broker;
    await broker.process.kill();
    // A host that comes back after the edge node has missed its birth.
    link.refuse();
    host.observeLoss();
    await waitFor('the loss', () => edge.state.phase !== 'born');
    publishRound('m1', 100);
    broker = await startMosquitto({ port });
    await watch();
    link.revive();
    await waitFor('births', () => edge.state.phase === 'born' && edge.state.devices.length === 1);
    publishRound('m1', 200);
    await edge.close();
    await waitFor('the newest values', () => host.values.get('m1/metric_0') === 200);
    assert.deepEqual(host.violations, []);
  });

  it('has its will published when another client takes its place, and comes back with the next bdSeq', async () => {
    publishRound('m1', 0);
    await waitFor('the device', () => host.counts['DBIRTH'] === 1);
    // A second session under the same client ID: the broker drops the first without DISCONNECT and publishes its will.
    const taken = await waitFor(
      'its name in the log',
      () => /as (pm500[a-z\d]{17})/.exec(broker.process.output())?.[1],
    );
    const thief = await connectAsync(broker.url, { clientId: taken, reconnectPeriod: 0 });
    await waitFor('the will', () => host.counts['NDEATH'] === 1);
    await thief.endAsync(true);
    await waitFor('the return', () => host.counts['NBIRTH'] === 2);
    assert.deepEqual(host.violations, []);
  });
});
