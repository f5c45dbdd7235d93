import assert from 'node:assert/strict';
import { connect } from 'mqtt';
import type { Destination, Verdict } from '../../src/delivery/destination';
import { concernOfPem } from '../../src/iot/credentials';
import { createIotDestination } from '../../src/iot/destination';
import { createOpenCloudSession } from '../../src/iot/enroll/mqtt-cloud';
import { makeKey, makeRequest } from '../../src/iot/enroll/request';
import type { OutboxRecord } from '../../src/outbox/outbox';
import { createOpenLink } from '../../src/mqtt/mqtt-link';
import { systemClock, type Clock } from '../../src/support/clock';
import { seededRandom } from '../../src/support/random';
import type { Registered } from '../../testkit/aws-iot/account';
import type { Span } from '../../testkit/aws-iot/authority';
import { AwsIotDouble } from '../../testkit/aws-iot/broker';
import { iotPayload } from '../../testkit/mqtt/iot-bench';
import { waitFor } from '../../testkit/wait';

const THING = 'mill-1';
const DAY_MS = 86_400_000;
const never = new AbortController().signal;

interface Edge {
  readonly key: string;
  readonly certificate: Registered;
}

/** Faults of the list of the sink for AWS IoT Core, each against the strict double over TLS: what is said, and how it ends. */
describe('telemetry to AWS IoT Core, and what can go wrong there', function () {
  this.timeout(60_000);
  let double: AwsIotDouble;
  let edge: Edge;
  const opened: Destination[] = [];
  let sent = 0;

  beforeEach(async () => {
    // No try is to wait for the one before.
    double = await new AwsIotDouble({ without: 'connect-rate' }).start();
    edge = edgeOf();
  });

  afterEach(async () => {
    for (const destination of opened.splice(0)) await destination.close();
    await double.stop();
  });

  function edgeOf(span?: Span): Edge {
    const { account } = double.services;
    const key = makeKey();
    const certificate = account.issue(makeRequest(key, THING), span);
    certificate.status = 'ACTIVE';
    certificate.policies.add('pm500-edge');
    certificate.thing = THING;
    return { key, certificate };
  }

  function open(): Destination {
    const at = { host: '127.0.0.1', port: double.port };
    const destination = createIotDestination(
      {
        ...{ profile: 'aws-iot-core', ...at, recordsPerMessage: 1, timeoutMs: 500, limits: { connectEveryMs: 0 } },
        calm: { initialMs: 1, maximumMs: 2, factor: 1, jitter: 0 },
      },
      {
        ...{ openLink: createOpenLink(connect, systemClock), clock: systemClock, random: seededRandom(1) },
        settingsOf: () => ({
          ...{ ...at, clientId: THING, keepAliveSeconds: 60, connectTimeoutMs: 5000, protocolVersion: 5 },
          tls: { cert: edge.certificate.pem, key: edge.key, ca: double.ca, rejectUnauthorized: true },
        }),
        concernOf: () => concernOfPem(edge.certificate.pem, 'certificate', Date.now()),
      },
    );
    opened.push(destination);
    return destination;
  }

  const deliver = (destination: Destination, topic = `pm500/${THING}/telemetry`): Promise<Verdict> =>
    destination.deliver([{ payload: iotPayload(sent++, THING, topic), acceptedAt: 0 }], never);
  const words = (verdict: Verdict): string => ('error' in verdict ? verdict.error.message : verdict.kind);
  const goesOn = (destination: Destination): Promise<true> =>
    waitFor('an acknowledgment', async () => (await deliver(destination)).kind === 'written');

  for (const [name, from, to, sentence] of [
    ['expired', -10 * DAY_MS, -DAY_MS, /was valid until .*: renew the certificate, or set the clock/],
    ['not valid yet', DAY_MS, 10 * DAY_MS, /is not valid before .*: set the clock, or wait/],
  ] as const) {
    it(`a certificate that is ${name}: held, with the dates, until another one is there`, async () => {
      const good = edge;
      edge = edgeOf({ fromMs: Date.now() + from, toMs: Date.now() + to });
      const destination = open();
      const verdict = await deliver(destination);
      assert.equal(verdict.kind, 'hold', words(verdict));
      assert.match(words(verdict), sentence);
      edge = good;
      await goesOn(destination);
    });
  }

  it('a certificate that is revoked while it is used: cut off, told what it can be, and goes on once it is active', async () => {
    const destination = open();
    await goesOn(destination);
    double.services.account.setStatus(edge.certificate.id, 'INACTIVE');
    await waitFor('a refusal that names it', async () =>
      words(await deliver(destination)).includes('certificate is not active, has no policy'),
    );
    double.services.account.setStatus(edge.certificate.id, 'ACTIVE');
    await goesOn(destination);
  });

  const without = (...actions: readonly string[]): void => {
    const { policies } = double.services.account;
    const edgePolicy = policies.get('pm500-edge')!;
    const Statement = edgePolicy.Statement.filter(({ Action }) => !actions.includes(String(Action)));
    policies.set('pm500-edge', { ...edgePolicy, Statement });
  };

  it('a policy without iot:Connect: held, and told', async () => {
    without('iot:Connect');
    const verdict = await deliver(open());
    assert.equal(verdict.kind, 'hold', words(verdict));
    assert.match(words(verdict), /no policy that allows iot:Connect with this client ID/);
  });

  it('a policy without iot:Publish: nothing is pointed at while no topic is taken, and the topic is told', async () => {
    without('iot:Publish');
    const verdict = await deliver(open());
    assert.ok(verdict.kind === 'rejected' && !verdict.tooLarge, words(verdict));
    assert.deepEqual(verdict.named, []);
    assert.match(words(verdict), /pm500\/mill-1\/telemetry: this client may not publish there/);
  });

  /** A clock by which an answer that does not come is late at once. */
  const hasty: Clock = {
    ...systemClock,
    after: (delayMs, callback, background) =>
      systemClock.after(delayMs >= 10_000 ? 300 : delayMs, callback, background),
  };

  for (const [action, code, sentence] of [
    ['iot:Receive', 'IDENTITY_UNANSWERED', /did not answer on .*see that the policy allows iot:Receive on/],
    ['iot:Subscribe', 'MQTT_CONNECTION_LOST', /the policy must allow iot:Publish on it, and iot:Subscribe/],
    ['iot:Publish', 'MQTT_CONNECTION_LOST', /the policy must allow iot:Publish on it/],
  ] as const) {
    it(`a policy without ${action}: asking for a certificate says so, and telemetry ${action === 'iot:Publish' ? 'waits' : 'goes on'}`, async () => {
      without(action);
      const place = { host: '127.0.0.1', port: double.port };
      const session = await createOpenCloudSession({
        ...{ openLink: createOpenLink(connect, systemClock), place, ca: double.ca, signal: never },
        clock: action === 'iot:Receive' ? hasty : systemClock,
      })({ clientId: `${THING}.identity`, certificate: edge.certificate.pem, key: edge.key });
      await assert.rejects(session.createCertificate(makeRequest(makeKey(), THING)), { code, message: sentence });
      await session.close();
      if (action !== 'iot:Publish') await goesOn(open());
    });
  }

  it('two edges with one identity: who was ended is held, and says why', async () => {
    const both = [open(), open()];
    for (const each of both) await goesOn(each);
    // Each that connects ends the other one, whose next delivery finds that, unless it has connected again meanwhile.
    await waitFor('one that was ended by the other', async () => {
      for (const each of both) {
        const verdict = await deliver(each);
        if (verdict.kind === 'hold' && /another client/i.test(words(verdict))) return true;
      }
      return false;
    });
  });

  const burstOf = (count: number): readonly OutboxRecord[] =>
    Array.from({ length: count }, () => ({
      ...{ payload: iotPayload(sent++, THING, `pm500/${THING}/telemetry`), acceptedAt: 0 },
    }));
  const arrived = (): number => new Set(double.messages.map(({ payload }) => payload)).size;

  for (const [name, reason] of [
    ['a rate that is too high', 150],
    ['a quota', 151],
    ['nothing that is said', 0],
  ] as const) {
    it(`an end of the connection over ${name} with 60 messages on their way: all of them are there in the end`, async () => {
      const destination = open();
      const records = burstOf(60);
      double.acknowledges = false;
      const first = destination.deliver(records, never);
      await waitFor('messages', () => double.messages.length > 5);
      double.acknowledges = true;
      for (const session of double.sessions) session.end(reason);
      const verdict = await first;
      assert.equal(verdict.kind, 'retry', words(verdict));
      await waitFor('all', async () => (await destination.deliver(records, never)).kind === 'written');
      assert.equal(arrived(), 60);
      assert.deepEqual(double.violations, []);
    });
  }

  it('a broker that takes a burst and acknowledges none of it gets no more than 100, and all of it once it does', async () => {
    double.acknowledges = false;
    const destination = open();
    const records = burstOf(150);
    const verdict = await destination.deliver(records, never);
    assert.equal(verdict.kind, 'retry', words(verdict));
    assert.deepEqual(double.violations, []);
    assert.ok(double.messages.length <= 100);
    double.acknowledges = true;
    await waitFor('all', async () => (await destination.deliver(records, never)).kind === 'written');
    assert.deepEqual(double.violations, []);
    assert.equal(arrived(), 150);
  });
});
