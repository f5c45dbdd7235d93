import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, Socket, type AddressInfo } from 'node:net';
import { connectAsync } from 'mqtt';
import type { BrokerSettings } from '../../../src/mqtt/mqtt-options';
import { EdgeSession } from '../../../src/sparkplug/session/session';
import type { EdgeState } from '../../../src/sparkplug/session/session-settings';
import { systemClock } from '../../../src/support/clock';
import { seededRandom } from '../../../src/support/random';
import { waitFor } from '../../../testkit/wait';
import { EmbeddedBroker } from '../../../testkit/sparkplug/embedded-broker';
import { hostState, rebirthCommand, sample } from '../../../testkit/sparkplug/samples';
import { realDependencies } from '../../../testkit/sparkplug/real-dependencies';

const OPEN: EdgeSession[] = [];

function session(port: number, over: Partial<BrokerSettings> = {}, primaryHostId?: string): EdgeSession {
  const created = new EdgeSession(
    {
      node: { groupId: 'G', edgeNodeId: 'N', ...(primaryHostId === undefined ? {} : { primaryHostId }) },
      broker: { host: '127.0.0.1', port, keepAliveSeconds: 30, connectTimeoutMs: 2000, ...over },
      settleMs: 20,
      quietMs: 50,
    },
    { ...realDependencies(), random: seededRandom(port) },
  );
  OPEN.push(created);
  return created;
}

function reached(subject: EdgeSession, what: string, test: (state: EdgeState) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const deadline = systemClock.after(10_000, () => {
      reject(new Error(`the session never came to: ${what}; it is ${JSON.stringify(subject.state)}`));
    });
    const check = (state: EdgeState): void => {
      if (!test(state)) return;
      deadline.cancel();
      stop();
      resolve();
    };
    const stop = subject.onState(check);
    check(subject.state);
  });
}

describe('edge session with a broker', function () {
  this.timeout(60_000);

  afterEach(async () => {
    await Promise.all(OPEN.splice(0).map((open) => open.close()));
  });

  it('has small messages sent at once, not after the answer to those before them', async () => {
    const told: unknown[] = [];
    const original = Object.getOwnPropertyDescriptor(Socket.prototype, 'setNoDelay');
    assert.ok(original !== undefined);
    const setNoDelay = original.value as (this: Socket, isOn?: boolean) => Socket;
    Socket.prototype.setNoDelay = function (isOn) {
      told.push(isOn);
      return setNoDelay.call(this, isOn);
    };
    const broker = await EmbeddedBroker.start();
    try {
      told.length = 0;
      const subject = session(broker.port);
      subject.start();
      await reached(subject, 'births', ({ phase }) => phase === 'born');
      assert.deepEqual(told, [true]);
    } finally {
      Object.defineProperty(Socket.prototype, 'setNoDelay', original);
      await broker.kill();
    }
  });

  it('is born with two devices, publishes changes, answers a rebirth, and leaves with NDEATH', async () => {
    const broker = await EmbeddedBroker.start();
    const edge = session(broker.port);
    edge.start();
    edge.publish('M1', [sample('a', 1)]);
    edge.publish('M2', [sample('a', 2)]);
    await reached(edge, 'two devices', ({ devices }) => devices.length === 2);
    for (let value = 10; value < 310; value++) edge.publish(value % 2 === 0 ? 'M1' : 'M2', [sample('a', value)]);
    await waitFor('all data', () => broker.host.counts['DDATA'] === 300);
    broker.publish('spBv1.0/G/NCMD/N', rebirthCommand());
    await waitFor('the rebirth', () => broker.host.counts['NBIRTH'] === 2 && broker.host.counts['DBIRTH'] === 4);
    await edge.close();
    await waitFor('NDEATH', () => broker.messages.at(-1) === 'NDEATH');
    assert.equal(broker.host.values.get('M1/a'), 308);
    assert.deepEqual(broker.host.violations, []);
    assert.deepEqual([broker.host.counts['NDEATH'], broker.clientIds.length], [1, 1]);
    assert.match(broker.clientIds[0] ?? '', /^[a-z\d]{22}$/);
    await broker.kill();
  });

  it('comes back by itself when the broker is killed and started again, with the newest values', async () => {
    const broker = await EmbeddedBroker.start();
    const edge = session(broker.port);
    edge.start();
    edge.publish('M', [sample('a', 1)]);
    await reached(edge, 'the device', ({ devices }) => devices.length === 1);
    const { port, host } = broker;
    await broker.kill();
    host.observeLoss();
    await reached(edge, 'an error', ({ error }) => error !== undefined);
    edge.publish('M', [sample('a', 2)]);
    edge.publish('M', [sample('a', 3)]);
    const again = await EmbeddedBroker.start({ port }, host);
    await reached(edge, 'born again', ({ phase, error }) => phase === 'born' && error === undefined);
    edge.publish('M', [sample('a', 4)]);
    await waitFor('the newest value', () => host.values.get('M/a') === 4);
    assert.deepEqual(again.messages, ['NBIRTH', 'DBIRTH', 'DDATA']);
    assert.deepEqual(host.violations, []);
    assert.equal(edge.counts.suppressed, 3);
    await edge.close();
    await again.kill();
  });

  it('has its will published with the bdSeq of its birth when the connection is cut', async () => {
    const broker = await EmbeddedBroker.start();
    const edge = session(broker.port);
    edge.start();
    await reached(edge, 'born', ({ phase }) => phase === 'born');
    const watcher = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, { reconnectPeriod: 0 });
    await watcher.subscribeAsync('spBv1.0/#');
    const death = new Promise<string>((resolve) => {
      watcher.once('message', (topic) => {
        resolve(topic);
      });
    });
    broker.cutAllBut(watcher.options.clientId ?? '');
    assert.equal(await death, 'spBv1.0/G/NDEATH/N');
    await reached(edge, 'born again', ({ phase }) => phase === 'born');
    assert.deepEqual(broker.host.violations, []);
    await watcher.endAsync(true);
    await edge.close();
    await broker.kill();
  });

  it('says that the login is refused, and comes in when it is right', async () => {
    const broker = await EmbeddedBroker.start({ password: 'secret' });
    const wrong = session(broker.port, { username: 'u', password: 'guess' });
    wrong.start();
    await reached(wrong, 'a refusal', ({ error }) => error?.code === 'MQTT_REFUSED');
    assert.match(wrong.state.error?.message ?? '', /refused the connection: user name or password is wrong/);
    assert.deepEqual(broker.messages, []);
    const right = session(broker.port, { username: 'u', password: 'secret' });
    right.start();
    await reached(right, 'born', ({ phase }) => phase === 'born');
    await Promise.all([wrong.close(), right.close()]);
    await broker.kill();
  });

  it('publishes nothing when the subscription to its commands is refused', async () => {
    const broker = await EmbeddedBroker.start({ deniedTopic: 'NCMD' });
    const edge = session(broker.port);
    edge.start();
    await reached(edge, 'a refusal', ({ error }) => error?.code === 'MQTT_REFUSED');
    assert.match(edge.state.error?.message ?? '', /subscription to spBv1\.0\/G\/NCMD\/N/);
    assert.deepEqual(broker.messages, []);
    await edge.close();
    await broker.kill();
  });

  it('follows the retained STATE of its primary host', async () => {
    const broker = await EmbeddedBroker.start();
    broker.publish('spBv1.0/STATE/scada', hostState(true, 1), true);
    const edge = session(broker.port, {}, 'scada');
    edge.start();
    await reached(edge, 'born', ({ phase }) => phase === 'born');
    broker.publish('spBv1.0/STATE/scada', hostState(false, 2), true);
    await reached(edge, 'waiting', ({ phase }) => phase === 'waiting');
    assert.equal(broker.host.counts['NDEATH'], 1);
    broker.publish('spBv1.0/STATE/scada', hostState(true, 3), true);
    await reached(edge, 'born', ({ phase }) => phase === 'born');
    await edge.close();
    assert.deepEqual(broker.host.violations, []);
    await broker.kill();
  });

  it('says that nothing listens, and that what listens is no broker', async () => {
    const server = createServer((socket) =>
      socket.on('error', () => undefined).on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const edge = session(port);
    edge.start();
    await reached(edge, 'an error', ({ error }) => error !== undefined);
    assert.match(edge.state.error?.message ?? '', /127\.0\.0\.1:/);
    await edge.close();
    server.close();
    await once(server, 'close');
    const alone = session(port);
    alone.start();
    await reached(alone, 'an error', ({ error }) => error?.code === 'MQTT_UNREACHABLE');
    assert.match(alone.state.error?.message ?? '', /nothing listens there/);
  });

  it('gives up on a server that takes the connection and never answers', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const edge = session((server.address() as AddressInfo).port, { connectTimeoutMs: 50 });
    edge.start();
    await reached(edge, 'an error', ({ error }) => error?.code === 'MQTT_UNREACHABLE');
    assert.match(edge.state.error?.message ?? '', /did not answer the CONNECT/);
    await edge.close();
    server.close();
  });

  it('says that TLS failed where the broker speaks none, or the settings are no certificate', async () => {
    const broker = await EmbeddedBroker.start();
    const plain = session(broker.port, { tls: { rejectUnauthorized: true } });
    plain.start();
    await reached(plain, 'an error', ({ error }) => error !== undefined);
    const garbled = session(broker.port, { tls: { rejectUnauthorized: true, ca: 'x', cert: 'no', key: 'no' } });
    garbled.start();
    await reached(garbled, 'an error', ({ error }) => error?.code === 'MQTT_TLS_FAILED');
    await Promise.all([plain.close(), garbled.close()]);
    await broker.kill();
  });

  it('closes while it connects', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const edge = session((server.address() as AddressInfo).port);
    edge.start();
    await once(server, 'connection');
    await edge.close();
    assert.equal(edge.state.phase, 'closed');
    server.close();
  });
});
