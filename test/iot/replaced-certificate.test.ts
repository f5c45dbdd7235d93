import assert from 'node:assert/strict';
import type { Verdict } from '../../src/delivery/destination';
import { createIotDestination } from '../../src/iot/destination';
import { EdgeIdentity } from '../../src/iot/enroll/identity';
import { IdentityCredentials } from '../../src/iot/enroll/identity-credentials';
import { folderFiles } from '../../src/iot/enroll/identity-files';
import { DEFAULT_PLACE, newIdentity } from '../../src/iot/enroll/state';
import { PROFILE_LIMITS } from '../../src/iot/profiles';
import { explainMqttError, explainServerDisconnect } from '../../src/mqtt/mqtt-errors';
import type { LinkListener, OpenAcknowledgedLink } from '../../src/mqtt/mqtt-link';
import { seededRandom } from '../../src/support/random';
import { FakeClock, settle } from '../../testkit/fake-clock';
import { iotPayload } from '../../testkit/mqtt/iot-bench';
import { temporaryFolder } from '../../testkit/temporary-folder';

const BROKER = '127.0.0.1:8883';
/** MQTT 5.0, 2.4. */
const NOT_AUTHORIZED = 135;
const CONNECT_EVERY_MS = PROFILE_LIMITS['aws-iot-core'].connectEveryMs ?? NaN;
const never = new AbortController().signal;
const refusal = (): Error => Object.assign(new Error('Connection refused: Not authorized'), { code: NOT_AUTHORIZED });

/** A broker that knows certificates by their numbers, and says what AWS IoT Core says. */
class Broker {
  readonly good = new Set<number>();
  /** Numbers of the certificates of each CONNECT. */
  readonly connects: number[] = [];
  /** False: a message that arrives is answered by the end of the connection. */
  mayPublish = true;
  acknowledges = true;
  /** So many CONNECTs are refused, as those that come too soon. */
  tooSoon = 0;
  /** When a CONNECT is answered. */
  later: (answer: () => void) => void = queueMicrotask;
  private standing: { readonly number: number; readonly listener: LinkListener } | undefined;

  readonly open: OpenAcknowledgedLink = (settings, _, listener) => {
    const number = Number(/(\d+)/.exec(String(settings.tls?.cert))?.[1]);
    this.connects.push(number);
    this.later(() => {
      if (this.tooSoon-- <= 0 && this.good.has(number)) {
        this.standing = { number, listener };
        listener.onConnected();
      } else listener.onClosed(explainMqttError(refusal(), BROKER));
    });
    return {
      confirm: () => Promise.resolve(),
      end: () => Promise.resolve(true),
      publishAcknowledged: (_topic, _payload, done) => {
        queueMicrotask(() => {
          if (!this.mayPublish) this.cut();
          else if (this.acknowledges) done(undefined);
        });
      },
    };
  };

  /** Ends the connection with the words that it has for all that a client may not. */
  cut(): void {
    this.standing?.listener.onClosed(explainServerDisconnect(NOT_AUTHORIZED, BROKER));
    this.standing = undefined;
  }

  revoke(number: number): void {
    this.good.delete(number);
    if (this.standing?.number === number) this.cut();
  }
}

/** An edge with its certificate 1. */
function start() {
  const clock = new FakeClock();
  const broker = new Broker();
  const folder = temporaryFolder('replaced');
  const place = { host: '127.0.0.1', port: 8883, caFile: '', ...DEFAULT_PLACE };
  const identity = EdgeIdentity.begin(folderFiles(folder), newIdentity('mill-1', place));
  const make = (): number => {
    const number = identity.state.newest + 1;
    identity.happened({ kind: 'key made', number, isByHand: false });
    identity.happened({ kind: 'issued', certificateId: `id-${number}`, token: 'token' });
    identity.happened({ kind: 'registered' });
    broker.good.add(number);
    return number;
  };
  make();
  identity.happened({ kind: 'committed' });
  const credentials = new IdentityCredentials(folder, '');
  const destination = createIotDestination(
    { profile: 'aws-iot-core', host: '127.0.0.1', port: 8883, recordsPerMessage: 1, timeoutMs: 10_000 },
    {
      ...{ openLink: broker.open, clock, random: seededRandom(1), identity: credentials },
      settingsOf: () => ({
        ...{ host: '127.0.0.1', port: 8883, clientId: 'mill-1', keepAliveSeconds: 60, connectTimeoutMs: 10_000 },
        tls: { cert: credentials.next().certificate.replace(folder, ''), rejectUnauthorized: true },
      }),
    },
  );
  let sent = 0;
  const record = () => ({ payload: iotPayload(sent++, 'mill-1', 'pm500/mill-1/telemetry'), acceptedAt: 0 });
  const deliver = (): Promise<Verdict> => destination.deliver([record()], never);
  /** A message is on its way while the cloud commits the certificate that is being made, and revokes the one before. */
  const cutWhileSending = async (): Promise<Verdict> => {
    broker.acknowledges = false;
    const verdict = deliver();
    await settle();
    broker.revoke(identity.state.current?.number ?? 0);
    broker.acknowledges = true;
    return verdict;
  };
  return { clock, broker, identity, make, deliver, cutWhileSending };
}

describe('a connection whose certificate is replaced', () => {
  it('and revoked over a message: no record is blamed, and the next one goes with the new one', async () => {
    for (const isCommitted of [false, true]) {
      const { clock, broker, identity, make, deliver, cutWhileSending } = start();
      assert.equal((await deliver()).kind, 'written');
      await clock.advance(20_000);
      const number = make();
      identity.happened({ kind: 'proven' });
      const verdict = await cutWhileSending();
      assert.ok(verdict.kind === 'retry' && verdict.isGeneral === true, JSON.stringify(verdict));
      // The cloud revokes as it commits; what the edge knows of that comes sooner or later.
      if (isCommitted) identity.happened({ kind: 'committed' });
      // The pace of messages, and no more.
      await clock.advance(20);
      assert.equal((await deliver()).kind, 'written');
      assert.deepEqual(broker.connects, [1, number]);
    }
  });

  it('again and again is opened again no later than the limit of AWS asks', async () => {
    const { clock, identity, make, deliver, cutWhileSending } = start();
    for (let rotation = 0; rotation < 12; rotation++) {
      assert.equal((await deliver()).kind, 'written', `rotation ${rotation}`);
      make();
      identity.happened({ kind: 'proven' });
      assert.equal((await cutWhileSending()).kind, 'retry');
      identity.happened({ kind: 'committed' });
      await clock.advance(CONNECT_EVERY_MS);
    }
  });

  it('is held to be the reason once: who ends it with the new one, too, refuses the topic', async () => {
    const { clock, broker, identity, make, deliver } = start();
    assert.equal((await deliver()).kind, 'written');
    make();
    identity.happened({ kind: 'proven' });
    await clock.advance(20_000);
    broker.mayPublish = false;
    assert.equal((await deliver()).kind, 'retry');
    await clock.advance(20);
    const verdict = await deliver();
    assert.deepEqual(broker.connects, [1, 2]);
    assert.ok(verdict.kind === 'rejected', JSON.stringify(verdict));
    assert.equal(verdict.error.details['topic'], 'pm500/mill-1/telemetry');
  });

  it('is not the reason while the new one is not proven: the cloud revokes none before', async () => {
    const { clock, broker, make, deliver } = start();
    assert.equal((await deliver()).kind, 'written');
    make();
    await clock.advance(20_000);
    broker.mayPublish = false;
    assert.equal((await deliver()).kind, 'rejected');
  });

  it('is not the reason twice where the broker lets only the old one in', async () => {
    const { clock, broker, identity, make, deliver } = start();
    assert.equal((await deliver()).kind, 'written');
    broker.good.delete(make());
    identity.happened({ kind: 'proven' });
    broker.mayPublish = false;
    const kinds = new Set<string>();
    for (let minute = 0; minute < 20; minute++) {
      await clock.advance(60_000);
      kinds.add((await deliver()).kind);
    }
    assert.ok(kinds.has('rejected'), [...kinds].join());
  });
});

describe('a connection that took long to open', () => {
  it('is followed by no other one sooner than the limit of AWS asks, counted from when the broker had it', async () => {
    for (const isLetIn of [true, false]) {
      const { clock, broker, deliver } = start();
      broker.later = (answer) => {
        clock.after(900, answer);
      };
      broker.tooSoon = isLetIn ? 0 : 1;
      const first = deliver();
      await settle();
      await clock.advance(900);
      assert.equal((await first).kind, isLetIn ? 'written' : 'retry');
      broker.cut();
      await clock.advance(300);
      const soon = await deliver();
      assert.ok(soon.kind === 'retry' && (soon.retryAfterMs ?? 0) >= CONNECT_EVERY_MS - 300, JSON.stringify(soon));
      assert.equal(broker.connects.length, 1);
    }
  });
});

describe('an identity that is not let in', () => {
  it('is tried once more after a second, in case it was too soon after a life of before', async () => {
    const { clock, broker, deliver } = start();
    broker.tooSoon = 1;
    const verdict = await deliver();
    assert.ok(verdict.kind === 'retry' && verdict.isGeneral === true, JSON.stringify(verdict));
    // Also who asks sooner is told to wait, and connects no sooner.
    await clock.advance(100);
    const again = await deliver();
    assert.ok(again.kind === 'retry', JSON.stringify(again));
    assert.equal(broker.connects.length, 1);
    await clock.advance(again.retryAfterMs ?? 0);
    assert.equal((await deliver()).kind, 'written');
    broker.revoke(1);
    await clock.advance(60_000);
    assert.equal((await deliver()).kind, 'hold', 'only once');
  });

  it('is held, asked about as seldom as ever, and ends to be held as soon as it has another certificate', async () => {
    const { clock, broker, identity, make, deliver } = start();
    broker.revoke(1);
    assert.equal((await deliver()).kind, 'retry');
    await clock.advance(CONNECT_EVERY_MS);
    const verdict = await deliver();
    assert.ok(verdict.kind === 'hold');
    const lookMs = verdict.recheckMs ?? Infinity;
    assert.ok(lookMs < 10_000, `${lookMs}`);
    const MINUTES = 10;
    for (let passed = 0; passed < MINUTES * 60_000; passed += lookMs) {
      assert.equal((await deliver()).kind, 'hold');
      await clock.advance(lookMs);
    }
    assert.ok(
      broker.connects.length > MINUTES && broker.connects.length <= 2 * MINUTES + 2,
      `${broker.connects.length}`,
    );
    assert.equal((await deliver()).kind, 'hold');
    make();
    identity.happened({ kind: 'proven' });
    await clock.advance(lookMs);
    assert.equal((await deliver()).kind, 'written');
    assert.equal(broker.connects.at(-1), 2);
  });
});
