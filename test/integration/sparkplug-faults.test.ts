import assert from 'node:assert/strict';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { openOutbox } from '../../src/outbox/disk';
import { MemoryOutbox } from '../../src/outbox/memory';
import type { Outbox } from '../../src/outbox/outbox';
import { createBdSeqCounter, type BdSeqCounter } from '../../src/sparkplug/session/bd-seq';
import { fileSessionStore } from '../../src/sparkplug/session/session-store';
import { EdgeSession } from '../../src/sparkplug/session/session';
import type { EdgeSessionSettings } from '../../src/sparkplug/session/session-settings';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { ROOT } from '../../testkit/root';
import { hostState, nextServerCommand, rebirthCommand, sample } from '../../testkit/sparkplug/samples';
import { StrictHost } from '../../testkit/sparkplug/strict-host';
import { startMosquitto, type Mosquitto } from '../../testkit/servers/mosquitto';
import { startProcess } from '../../testkit/servers/processes';
import { TcpLink } from '../../testkit/links/tcp-link';
import { temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';
import { realDependencies } from '../../testkit/sparkplug/real-dependencies';

const LIMITS = { maximumBytes: 10_000_000 };
const NCMD = 'spBv1.0/plant/NCMD/edge';
const STATE = 'spBv1.0/STATE/scada';
const DEVICE = 'M';
/** Longer than a busy computer leaves a process without time: no connection ends but those that a test ends. */
const KEEP_ALIVE_S = 20;

describe('Sparkplug edge node under faults, on Mosquitto', function () {
  this.timeout(120_000);

  let broker: Mosquitto;
  let watcher: MqttClient;
  let host: StrictHost;
  let bdSeq: BdSeqCounter;
  let outbox: Outbox;
  const open: EdgeSession[] = [];
  let published = 0;

  async function watch(): Promise<void> {
    watcher = await connectAsync(broker.url, { reconnectPeriod: 0 });
    watcher.on('message', (topic, payload, { qos, retain }) => {
      host.observe(topic, payload, { qos, retain });
    });
    await watcher.subscribeAsync('spBv1.0/plant/#', { qos: 1 });
  }

  interface Over extends Partial<EdgeSessionSettings> {
    readonly port?: number;
    readonly keepAliveSeconds?: number;
  }

  function createEdge(over: Over = {}): EdgeSession {
    const { port = broker.port, keepAliveSeconds = KEEP_ALIVE_S, ...settings } = over;
    const edge = new EdgeSession(
      {
        node: { groupId: 'plant', edgeNodeId: 'edge' },
        broker: { host: '127.0.0.1', port, keepAliveSeconds, connectTimeoutMs: 5000 },
        settleMs: 50,
        history: { valuesPerSecond: 20_000, store: { maximumBytes: 1e9 } },
        ...settings,
      },
      { ...realDependencies(), bdSeq, outbox },
    );
    open.push(edge);
    edge.start();
    return edge;
  }

  /** One value, other than all before. */
  function publish(edge: EdgeSession): void {
    edge.publish(DEVICE, [sample('count', published++, { at: Date.now() })]);
  }

  /** Values every few milliseconds for so long. */
  async function publishFor(edge: EdgeSession, durationMs: number): Promise<void> {
    const until = Date.now() + durationMs;
    await waitFor(
      'values to be published',
      () => {
        publish(edge);
        return Date.now() >= until;
      },
      { everyMs: 10 },
    );
  }

  async function born(edge: EdgeSession): Promise<void> {
    await waitFor('births', () => edge.state.phase === 'born' && edge.state.devices.length === 1);
  }

  /** Every value has come, as a present or a historical one, none twice as a present one, and no rule was broken. */
  async function assertComplete(edge: EdgeSession): Promise<void> {
    await waitFor('the outbox to be empty', () => edge.history?.depth === 0);
    const seen = (): Set<unknown> =>
      new Set([
        ...(host.present.get(`${DEVICE}/count`) ?? []),
        ...(host.history.get(`${DEVICE}/count`) ?? []).map(([, value]) => value),
      ]);
    await waitFor('all values at the host', () => seen().size === published);
    assert.deepEqual(host.violations, []);
    assert.deepEqual(host.twiceLive, []);
  }

  beforeEach(async () => {
    broker = await startMosquitto();
    host = new StrictHost();
    published = 0;
    outbox = new MemoryOutbox(LIMITS, systemClock);
    bdSeq = createBdSeqCounter(fileSessionStore(join(temporaryFolder('bdseq'), 'edge'), silentLogger));
    await watch();
  });

  afterEach(async () => {
    await Promise.all(open.splice(0).map((edge) => edge.close()));
    await watcher.endAsync(true);
    await outbox.close();
    await broker.stop();
  });

  it('loses no value when the broker is killed and comes back', async () => {
    const link = await TcpLink.open(broker.port);
    const edge = createEdge({ port: link.port });
    await publishFor(edge, 300);
    await born(edge);
    await publishFor(edge, 300);
    const { port } = broker;
    await broker.process.kill();
    // A host that comes back after the edge node has missed its birth.
    link.refuse();
    host.observeLoss();
    await publishFor(edge, 1500);
    while ((edge.history?.depth ?? 0) <= 10) await publishFor(edge, 100);
    broker = await startMosquitto({ port });
    await watch();
    link.revive();
    while (edge.state.phase !== 'born') await publishFor(edge, 100);
    await publishFor(edge, 500);
    await assertComplete(edge);
    const times = (host.history.get('M/count') ?? []).map(([time]) => time);
    assert.deepEqual(
      times,
      [...times].sort((left, right) => left - right),
      'history in order of time',
    );
    await edge.close();
    link.close();
  });

  it('sends again what a link swallowed before anybody noticed that it was dead', async () => {
    const link = await TcpLink.open(broker.port);
    const edge = createEdge({ port: link.port, keepAliveSeconds: 1 });
    await publishFor(edge, 300);
    await born(edge);
    await publishFor(edge, 300);
    link.die();
    // These at least, in one turn: nobody can have noticed yet.
    for (let index = 0; index < 25; index++) publish(edge);
    while (edge.state.phase === 'born') await publishFor(edge, 50);
    assert.equal(edge.state.error?.code, 'MQTT_CONNECTION_LOST');
    link.revive();
    await born(edge);
    await publishFor(edge, 300);
    await assertComplete(edge);
    await edge.close();
    link.close();
  });

  it('answers 100 rebirth commands in a second with a few births, and loses nothing', async () => {
    const edge = createEdge();
    await publishFor(edge, 200);
    await born(edge);
    const startedAt = performance.now();
    for (let index = 0; index < 100; index++) {
      watcher.publish(NCMD, Buffer.from(rebirthCommand()));
      publish(edge);
      if (index % 10 === 9) await publishFor(edge, 50);
    }
    await waitFor('all commands', () => edge.counts.rebirthRequests === 100);
    await publishFor(edge, 1200);
    await assertComplete(edge);
    // The first one, one at once, and one for each second that followed.
    const most = 3 + (performance.now() - startedAt) / 1000;
    const births = host.counts['NBIRTH'] ?? 0;
    assert.ok(births >= 2 && births <= most, `${births} births`);
    assert.equal(edge.counts.rebirthRequests, 100);
  });

  it('loses nothing while its primary host comes and goes', async () => {
    let time = Date.now();
    const tell = (online: boolean): Promise<unknown> =>
      watcher.publishAsync(STATE, Buffer.from(hostState(online, time++)), { qos: 1, retain: true });
    await tell(true);
    const edge = createEdge({ node: { groupId: 'plant', edgeNodeId: 'edge', primaryHostId: 'scada' } });
    await publishFor(edge, 300);
    for (let round = 0; round < 3; round++) {
      await born(edge);
      await publishFor(edge, 100);
      await tell(false);
      await waitFor('the node to leave', () => edge.state.phase !== 'born');
      await publishFor(edge, 300);
      await tell(true);
    }
    await born(edge);
    await publishFor(edge, 300);
    await assertComplete(edge);
    assert.ok((host.counts['NDEATH'] ?? 0) >= 3);
  });

  it('goes to the next server on command, and to another one when its own is gone, with MQTT 5', async () => {
    const second = await startMosquitto();
    const other = await connectAsync(second.url, { reconnectPeriod: 0 });
    const otherHost = new StrictHost();
    other.on('message', (topic, payload, { qos, retain }) => {
      otherHost.observe(topic, payload, { qos, retain });
    });
    await other.subscribeAsync('spBv1.0/plant/#');
    const settings = {
      host: '127.0.0.1',
      port: broker.port,
      keepAliveSeconds: KEEP_ALIVE_S,
      connectTimeoutMs: 5000,
    };
    const edge = createEdge({
      broker: { ...settings, protocolVersion: 5 },
      furtherServers: [{ host: '127.0.0.1', port: second.port }],
    });
    await publishFor(edge, 200);
    await born(edge);
    await watcher.publishAsync(NCMD, Buffer.from(nextServerCommand()));
    await waitFor('the second server', () => otherHost.counts['NBIRTH'] === 1);
    // NDEATH comes twice: published by the node, and as the will, which "disconnect with will message" asks for.
    await waitFor('both NDEATH', () => host.counts['NDEATH'] === 2);
    await other.endAsync(true);
    await second.stop();
    await waitFor('the first server again', () => host.counts['NBIRTH'] === 2);
    assert.deepEqual(host.violations, []);
    assert.deepEqual(otherHost.violations, []);
  });

  it('raises an alarm on both sides when two edge nodes have the same IDs', async () => {
    const node = { groupId: 'plant', edgeNodeId: 'edge', watchesDuplicates: true };
    const first = createEdge({ node });
    await waitFor('the first', () => first.state.phase === 'born');
    const second = createEdge({ node });
    await waitFor('the alarm of the first', () => first.state.alarm?.code === 'SPARKPLUG_ID_DUPLICATE');
    assert.equal(second.state.alarm, undefined, 'its own births are no alarm');
    await watcher.publishAsync(NCMD, Buffer.from(rebirthCommand()));
    await waitFor('the alarm of the second', () => second.state.alarm !== undefined);
  });

  it('has what it kept on disk after it was killed', async () => {
    const folder = temporaryFolder('edge-outbox');
    const child = await startProcess({
      name: 'edge node',
      command: process.execPath,
      args: ['--require', 'tsx/cjs', join(ROOT, 'testkit/sparkplug/edge-process.ts'), folder, '300'],
      ready: (output) => output.includes('kept 300'),
    });
    await child.kill();
    await outbox.close();
    outbox = openOutbox({ folder, limits: LIMITS, clock: systemClock, logger: silentLogger });
    const edge = createEdge();
    edge.publish(DEVICE, [sample('count', -1, { at: Date.now() })]);
    await waitFor('all values', () => host.history.get('M/count')?.length === 301).catch(() => undefined);
    const values = (host.history.get('M/count') ?? []).map(([, value]) => value).filter((value) => value !== -1);
    assert.deepEqual(
      values,
      Array.from({ length: 300 }, (_, index) => index),
    );
    await waitFor('the acknowledgments', () => outbox.stats().depth === 0);
    assert.deepEqual(host.violations, []);
  });
});
