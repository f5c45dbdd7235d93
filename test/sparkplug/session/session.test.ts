import assert from 'node:assert/strict';
import { createBdSeqCounter } from '../../../src/sparkplug/session/bd-seq';
import { memorySessionStore } from '../../../src/sparkplug/session/session-store';
import { subscriptionRefused } from '../../../src/mqtt/mqtt-errors';
import { DeviceUsers } from '../../../src/sparkplug/session/device-users';
import { EdgeSession } from '../../../src/sparkplug/session/session';
import type { EdgeSessionSettings } from '../../../src/sparkplug/session/session-settings';
import { Pm500Error } from '../../../src/support/errors';
import { seededRandom } from '../../../src/support/random';
import { FakeClock, settle } from '../../../testkit/fake-clock';
import { FakeBroker } from '../../../testkit/sparkplug/fake-link';
import { hostState, rebirthCommand, sample } from '../../../testkit/sparkplug/samples';

const SETTINGS: EdgeSessionSettings = {
  node: { groupId: 'G', edgeNodeId: 'N' },
  broker: { host: 'broker', port: 1883, keepAliveSeconds: 30, connectTimeoutMs: 5000 },
  settleMs: 1000,
  quietMs: 1000,
};

function lost(): Pm500Error {
  return new Pm500Error('MQTT_CONNECTION_LOST', 'The connection was lost.', { retryable: true });
}

function bench(over: Partial<EdgeSessionSettings> = {}) {
  const clock = new FakeClock();
  const broker = new FakeBroker();
  const warnings: string[] = [];
  const logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (message: string) => void warnings.push(message),
    error: (message: string) => void warnings.push(message),
  };
  const store = memorySessionStore();
  const session = new EdgeSession(
    { ...SETTINGS, ...over },
    { clock, random: seededRandom(1), logger, openLink: broker.open, bdSeq: createBdSeqCounter(store) },
  );
  const accept = async (): Promise<void> => {
    broker.last.listener.onConnected();
    await settle();
  };
  return { clock, broker, session, warnings, store, accept };
}

describe('edge session', () => {
  it('publishes nothing before the broker has confirmed the subscriptions', async () => {
    const { broker, session, accept } = bench();
    session.start();
    session.publish('M', [sample('a', 1)]);
    assert.equal(broker.last.subscriptions.length, 0);
    broker.last.listener.onConnected();
    assert.deepEqual(broker.last.subscriptions, [['spBv1.0/G/NCMD/N']]);
    assert.deepEqual(broker.last.published, []);
    await accept();
    assert.deepEqual(broker.last.published, ['NBIRTH']);
    assert.deepEqual(broker.host.violations, []);
    await session.close();
  });

  it('gives a device one birth with all groups that come within the settling time', async () => {
    const { clock, broker, session, accept } = bench();
    session.start();
    await accept();
    session.publish('M', [sample('a', 1)]);
    await clock.advance(600);
    session.publish('M', [sample('b', 2)]);
    await clock.advance(399);
    assert.deepEqual(broker.last.published, ['NBIRTH']);
    await clock.advance(1);
    assert.deepEqual(broker.last.published, ['NBIRTH', 'DBIRTH']);
    assert.deepEqual(broker.host.births.at(-1)?.names, ['a', 'b']);
    assert.deepEqual(session.state, { phase: 'born', devices: ['M'] });
    await session.close();
  });

  it('has one device for all who publish under its ID: one birth, one death, in order', async () => {
    const { clock, broker, session, accept } = bench();
    session.start();
    await accept();
    const users = new DeviceUsers(session);
    const [first, second] = [users.open(), users.open()];
    first.publish('M', [sample('a', 1)]);
    second.publish('M', [sample('b', 2)]);
    // Another ID, though it differs in case only, is another device.
    second.publish('m', [sample('a', 3)]);
    await clock.advance(1000);
    const births = broker.host.births.map(({ device, names }) => [device, [...names].sort()]);
    assert.deepEqual(births, [
      ['M', ['a', 'b']],
      ['m', ['a']],
    ]);
    first.close();
    assert.equal(broker.host.counts['DDEATH'], undefined, 'the other one still publishes it');
    second.publish('M', [sample('a', 4)]);
    assert.equal(broker.host.values.get('M/a'), 4);
    second.close();
    assert.equal(broker.host.counts['DDEATH'], 2);
    assert.equal(broker.host.counts['DBIRTH'], 2);
    assert.deepEqual(broker.host.violations, []);
    await session.close();
  });

  it('connects again with the next bdSeq, keeps the error for the status, and says it once', async () => {
    const { clock, broker, session, warnings, store, accept } = bench();
    session.start();
    await accept();
    session.publish('M', [sample('a', 1)]);
    await clock.advance(1000);
    for (let round = 0; round < 3; round++) {
      broker.last.lose(lost());
      assert.equal(session.state.phase, 'offline');
      assert.equal(session.state.error?.code, 'MQTT_CONNECTION_LOST');
      await clock.advance(30_000);
    }
    assert.equal(broker.links.length, 4);
    assert.deepEqual(store.read(), { bdSeq: 0 }, 'attempts without a network connection have no CONNECT');
    assert.deepEqual(warnings, ['The connection was lost.']);
    await accept();
    assert.deepEqual(store.read(), { bdSeq: 1 });
    assert.equal(session.state.error, undefined);
    assert.deepEqual(broker.last.published, ['NBIRTH', 'DBIRTH']);
    broker.last.lose(lost());
    await clock.advance(30_000);
    broker.last.listener.onConnecting();
    assert.deepEqual(store.read(), { bdSeq: 2 }, 'a CONNECT that nobody answers has used its number');
    broker.last.lose(lost());
    await clock.advance(30_000);
    await accept();
    assert.deepEqual(store.read(), { bdSeq: 3 });
    assert.deepEqual(broker.host.violations, []);
    await session.close();
  });

  it('waits longer after each failure, up to half a minute', async () => {
    const { clock, broker, session } = bench();
    session.start();
    const waits: number[] = [];
    for (let round = 0; round < 9; round++) {
      broker.last.lose(lost());
      const count = broker.links.length;
      const before = clock.monotonic();
      while (broker.links.length === count) await clock.advance(100);
      waits.push(clock.monotonic() - before);
    }
    assert.ok(waits[0] !== undefined && waits[0] >= 700 && waits[0] <= 1000, `first ${waits[0]}`);
    assert.ok(Math.max(...waits) <= 30_000);
    assert.ok((waits.at(-1) ?? 0) >= 21_000);
    await session.close();
  });

  it('shows a refused subscription and tries again later', async () => {
    const { clock, broker, session, accept } = bench();
    broker.refusal = subscriptionRefused(['spBv1.0/G/NCMD/N'], 'broker:1883');
    session.start();
    await accept();
    await settle();
    assert.equal(session.state.error?.code, 'MQTT_REFUSED');
    assert.deepEqual(broker.last.published, []);
    broker.refusal = undefined;
    await clock.advance(1000);
    assert.equal(broker.links.length, 2);
    await accept();
    assert.deepEqual(broker.last.published, ['NBIRTH']);
    await session.close();
  });

  it('answers 100 rebirth commands in a second with at most three births', async () => {
    const { clock, broker, session, accept } = bench();
    session.start();
    await accept();
    await clock.advance(5000);
    for (let round = 0; round < 100; round++) {
      broker.last.listener.onMessage('spBv1.0/G/NCMD/N', rebirthCommand(), false);
      await clock.advance(10);
    }
    await clock.advance(5000);
    assert.ok((broker.host.counts['NBIRTH'] ?? 0) <= 1 + 3, `${broker.host.counts['NBIRTH']} births`);
    assert.ok((broker.host.counts['NBIRTH'] ?? 0) >= 3);
    assert.deepEqual(broker.host.violations, []);
    await session.close();
  });

  it('follows its primary host: waits, leaves with NDEATH, connects again and waits', async () => {
    const { clock, broker, session, accept } = bench({ node: { ...SETTINGS.node, primaryHostId: 'scada' } });
    session.start();
    await accept();
    assert.equal(session.state.phase, 'waiting');
    broker.last.listener.onMessage('spBv1.0/STATE/scada', hostState(true, 10), true);
    assert.deepEqual(broker.last.published, ['NBIRTH']);
    broker.last.listener.onMessage('spBv1.0/STATE/scada', hostState(false, 11), false);
    assert.deepEqual(broker.last.published, ['NBIRTH', 'NDEATH']);
    await clock.advance(2000);
    assert.equal(broker.links.length, 2);
    assert.equal(session.state.error, undefined);
    await accept();
    assert.equal(session.state.phase, 'waiting');
    await session.close();
    assert.deepEqual(broker.last.published, []);
    assert.deepEqual(broker.host.violations, []);
  });

  it('tries a device whose birth ended connections again within the hour and a quarter, in the same session', async () => {
    const { clock, broker, session, accept } = bench();
    session.start();
    session.publish(
      'M',
      Array.from({ length: 200 }, (_, index) => sample(`metric_number_${index}`, index)),
    );
    await clock.advance(2000);
    for (let round = 0; round < 4; round++) {
      broker.last.answersPings = false;
      await accept();
      assert.deepEqual(broker.last.published, ['NBIRTH', 'DBIRTH']);
      broker.last.lose(lost());
      await clock.advance(60_000);
    }
    await accept();
    assert.deepEqual(broker.last.published, ['NBIRTH'], 'the device is left out, the session stands');
    const { last } = broker;
    await clock.advance(50 * 60_000);
    assert.deepEqual(last.published, ['NBIRTH']);
    await clock.advance(25 * 60_000);
    assert.deepEqual(last.published, ['NBIRTH', 'DBIRTH']);
    assert.equal(broker.last, last, 'the same session');
    await session.close();
    assert.equal(clock.pending, 0);
  });

  it('closes with NDEATH before the end of the connection, once, with no timer left', async () => {
    const { clock, broker, session, accept } = bench();
    session.start();
    await accept();
    session.publish('M', [sample('a', 1)]);
    await Promise.all([session.close(), session.close()]);
    await settle();
    assert.deepEqual(broker.last.published, ['NBIRTH', 'NDEATH']);
    assert.ok(broker.last.isEnded);
    assert.equal(clock.pending, 0);
    assert.equal(session.state.phase, 'closed');
    session.publish('M', [sample('a', 2)]);
    session.start();
    await clock.advance(60_000);
    assert.equal(broker.links.length, 1);
  });

  it('closes while it waits to connect again, without connecting', async () => {
    const { clock, broker, session } = bench();
    session.start();
    broker.last.lose(lost());
    await session.close();
    await clock.advance(60_000);
    assert.equal(broker.links.length, 1);
    assert.equal(clock.pending, 0);
  });

  it('holds data back while the socket is full, then sends the newest', async () => {
    const { clock, broker, session, accept } = bench();
    session.start();
    await accept();
    session.publish('M', [sample('a', 1)]);
    await clock.advance(1000);
    broker.last.isCongested = true;
    session.publish('M', [sample('a', 2)]);
    session.publish('M', [sample('a', 3)]);
    session.publish('M', [sample('a', 4)]);
    assert.equal(broker.host.counts['DDATA'], 1);
    broker.last.isCongested = false;
    broker.last.listener.onDrained();
    assert.equal(broker.host.counts['DDATA'], 2);
    assert.equal(broker.host.values.get('M/a'), 4);
    assert.equal(session.counts.suppressed, 1);
    await session.close();
  });

  it('does not listen to a connection that is over', async () => {
    const { clock, broker, session, accept } = bench();
    session.start();
    await accept();
    const first = broker.last;
    first.lose(lost());
    await clock.advance(1000);
    first.listener.onMessage('spBv1.0/G/NCMD/N', rebirthCommand(), false);
    first.listener.onClosed(lost());
    first.listener.onConnected();
    await settle();
    assert.equal(session.state.phase, 'connecting');
    assert.deepEqual(broker.last.published, []);
    await session.close();
  });
});
