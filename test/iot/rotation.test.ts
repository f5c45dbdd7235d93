import assert from 'node:assert/strict';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'mqtt';
import type { Destination } from '../../src/delivery/destination';
import { readCredentials } from '../../src/iot/credentials';
import { createIotDestination } from '../../src/iot/destination';
import { Enroller } from '../../src/iot/enroll/enroller';
import { EdgeIdentity } from '../../src/iot/enroll/identity';
import { IdentityCredentials, readIdentity } from '../../src/iot/enroll/identity-credentials';
import { folderFiles, IDENTITY_FILE } from '../../src/iot/enroll/identity-files';
import { createOpenCloudSession } from '../../src/iot/enroll/mqtt-cloud';
import { makeKey, makeRequest } from '../../src/iot/enroll/request';
import { newIdentity } from '../../src/iot/enroll/state';
import { createOpenLink } from '../../src/mqtt/mqtt-link';
import { systemClock } from '../../src/support/clock';
import { seededRandom } from '../../src/support/random';
import { AwsIotDouble } from '../../testkit/aws-iot/broker';
import { iotPayload } from '../../testkit/mqtt/iot-bench';
import { temporaryFolder } from '../../testkit/temporary-folder';

const THING = 'mill-1';
const never = new AbortController().signal;

describe('telemetry while its certificate is rotated', function () {
  this.timeout(60_000);
  const folder = temporaryFolder('rotation');
  let double: AwsIotDouble;
  let identity: EdgeIdentity;
  let destination: Destination;
  let makeDestination: () => Destination;
  let makeEnroller: (of: EdgeIdentity) => Enroller;
  let sent = 0;

  before(async () => {
    double = await new AwsIotDouble().start();
    const at = { host: '127.0.0.1', port: double.port };
    const { account, provisioning } = double.services;
    provisioning.expected.add(THING);
    const key = makeKey();
    const claim = account.issue(makeRequest(key, 'claim'));
    claim.status = 'ACTIVE';
    claim.policies.add('pm500-claim');
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, double.ca);
    const templates = { claimTemplate: 'pm500-claim', rotationTemplate: 'pm500-rotation' };
    const place = { ...at, ...templates, caFile: ca, hasCommits: true };
    identity = EdgeIdentity.begin(folderFiles(folder), newIdentity(THING, place));
    const openLink = createOpenLink(connect, systemClock);
    const open = createOpenCloudSession({ openLink, clock: systemClock, place, ca: double.ca, signal: never });
    const say = (): void => undefined;
    const claimed = { certificate: claim.pem, key };
    makeEnroller = (of) => new Enroller(of, { open, clock: systemClock, signal: never, claim: claimed, say });
    makeDestination = () => {
      const credentials = new IdentityCredentials(folder, '');
      return createIotDestination(
        { profile: 'aws-iot-core', ...at, recordsPerMessage: 1, timeoutMs: 5000 },
        {
          ...{ openLink, clock: systemClock, random: seededRandom(1) },
          settingsOf: () => ({
            ...{ ...at, clientId: THING, keepAliveSeconds: 60, connectTimeoutMs: 5000, protocolVersion: 5 },
            tls: { ...readCredentials(credentials.next(), () => process.getuid?.()), rejectUnauthorized: true },
          }),
          identity: credentials,
        },
      );
    };
    destination = makeDestination();
  });

  after(async () => {
    await destination.close();
    await double.stop();
  });

  /** Delivers a record, as often as it takes. */
  const deliver = async (): Promise<void> => {
    const record = { payload: iotPayload(sent++, THING, `pm500/${THING}/telemetry`), acceptedAt: 0 };
    for (;;) {
      const verdict = await destination.deliver([record], never);
      if (verdict.kind === 'written') return;
      const wait = verdict.kind === 'retry' ? (verdict.retryAfterMs ?? 50) : 50;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  };
  const numbers = (): readonly number[] =>
    double.messages.map(({ payload }) => (JSON.parse(payload) as { sequence: number }).sequence);

  it('waits for the first certificate, and says what to do', async () => {
    const verdict = await destination.deliver([{ payload: iotPayload(0, THING), acceptedAt: 0 }], never);
    assert.equal(verdict.kind, 'hold');
    assert.match('error' in verdict ? verdict.error.message : '', /has no certificate yet; run pm500 cloud enroll/);
  });

  it('goes on with each new certificate, and loses nothing', async () => {
    await makeEnroller(identity).run({ renews: false, isByHand: false });
    for (let rotation = 0; rotation < 2; rotation++) {
      const over = new AbortController();
      const rotated = makeEnroller(identity)
        .run({ renews: true, isByHand: false })
        .finally(() => {
          over.abort();
        });
      while (!over.signal.aborted) await deliver();
      await rotated;
      await deliver();
      assert.equal(double.messages.at(-1)?.certificateId, identity.state.current?.certificateId);
    }
    assert.deepEqual([...new Set(numbers())], [...Array(sent).keys()]);
    assert.ok(sent > 50);
    // A run that begins a moment after another one comes too soon for its client ID, and tries again.
    assert.deepEqual(
      double.violations.filter(({ clientId }) => clientId === THING),
      [],
    );
    assert.equal(double.services.account.activeOf(THING).length, 1);
  });

  it('holds while its identity is damaged, and goes on by itself', async () => {
    await destination.close();
    destination = makeDestination();
    const path = join(folder, IDENTITY_FILE);
    const whole = readFileSync(path);
    writeFileSync(path, '');
    const verdict = await destination.deliver([{ payload: iotPayload(0, THING), acceptedAt: 0 }], never);
    assert.equal(verdict.kind, 'hold');
    assert.match('error' in verdict ? verdict.error.message : '', /identity\.json .*restore it from a backup/);
    writeFileSync(path, whole);
    await deliver();
  });

  it('keeps a connection that stands while its folder cannot be looked into', () => {
    const loop = join(folder, 'loop');
    symlinkSync(loop, loop);
    assert.equal(new IdentityCredentials(loop, '').isOutdated(), false);
    assert.throws(() => readIdentity(loop), { code: 'IDENTITY_INVALID', message: /ELOOP.*check the folder/ });
  });

  it('goes over to a new certificate also where the one of before is still good', async () => {
    const { state } = identity;
    const alone = { ...state, place: { ...state.place, hasCommits: false } };
    const apart = EdgeIdentity.begin(folderFiles(folder), alone);
    await makeEnroller(apart).run({ renews: true, isByHand: false });
    assert.equal(double.services.account.activeOf(THING).length, 2);
    await deliver();
    assert.equal(double.messages.at(-1)?.certificateId, apart.state.current?.certificateId);
  });
});
