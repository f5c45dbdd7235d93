import assert from 'node:assert/strict';
import { chmodSync, chownSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, connectAsync, type MqttClient } from 'mqtt';
import type { Destination, Verdict } from '../../src/delivery/destination';
import { IOT_TELEMETRY } from '../../src/iot/contracts';
import { concernOf, readCredentials } from '../../src/iot/credentials';
import { createIotDestination } from '../../src/iot/destination';
import { createOpenLink } from '../../src/mqtt/mqtt-link';
import { systemClock } from '../../src/support/clock';
import { seededRandom } from '../../src/support/random';
import { iotPayload } from '../../testkit/mqtt/iot-bench';
import { CertificateAuthority } from '../../testkit/servers/certificates';
import { mutualTlsLines, startMosquitto, type Mosquitto } from '../../testkit/servers/mosquitto';
import { freePort } from '../../testkit/servers/ports';
import { waitFor } from '../../testkit/wait';

/** Mosquitto with mutual TLS, a certificate of each kind, and a stranger who reads what arrives. */
describe('iot-out over mutual TLS to Mosquitto', function () {
  this.timeout(120_000);
  const authority = new CertificateAuthority();
  const files = { certificate: join(authority.folder, 'edge.pem'), key: join(authority.folder, 'edge-key.pem') };
  const never = new AbortController().signal;
  const got: string[] = [];
  let broker: Mosquitto;
  let reader: MqttClient;
  let port: number;
  let destination: Destination;
  let number = 0;
  /** The newest TLS that the edge speaks: before 1.3 the broker answers while the edge still writes. */
  let maxVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3';
  /** Whom the edge trusts. */
  let ca = authority.certificate;

  /** Puts a pair where the edge looks for it, as a renewal does. */
  const install = (name: string, days: number, mode = 0o600): void => {
    const { key, certificate } = authority.issue(name, days);
    copyFileSync(certificate, files.certificate);
    copyFileSync(key, files.key);
    chmodSync(files.key, mode);
  };

  before(async () => {
    port = await freePort();
    broker = await startMosquitto({ lines: mutualTlsLines(port, authority) });
    reader = await connectAsync(broker.url);
    await reader.subscribeAsync('pm500/#', { qos: 1 });
    reader.on('message', (_topic, payload) => got.push(payload.toString()));
  });

  after(async () => {
    await reader.endAsync();
    await broker.stop();
  });

  beforeEach(() => {
    const at = { host: '127.0.0.1', port };
    destination = createIotDestination(
      { profile: 'broker', ...at, recordsPerMessage: 1, timeoutMs: 30_000 },
      {
        openLink: createOpenLink(connect, systemClock),
        clock: systemClock,
        random: seededRandom(1),
        settingsOf: () => ({
          ...{ ...at, clientId: 'edge', keepAliveSeconds: 60, connectTimeoutMs: 30_000, protocolVersion: 5 },
          tls: {
            ...readCredentials({ ...files, ca }, () => process.getuid?.()),
            rejectUnauthorized: true,
            ...{ maxVersion },
          },
        }),
        concernOf: () => concernOf(files.certificate, Date.now()),
      },
    );
  });

  afterEach(() => destination.close());

  const deliver = (): Promise<Verdict> =>
    destination.deliver([{ payload: iotPayload(number++), acceptedAt: 0 }], never);
  const words = (verdict: Verdict): string => ('error' in verdict ? verdict.error.message : verdict.kind);

  it('arrives, and is read by a stranger', async () => {
    install('good', 5);
    assert.equal((await deliver()).kind, 'written');
    await waitFor('the message', () => got.length > 0);
    assert.equal(IOT_TELEMETRY.parse(JSON.parse(got[0] ?? '')).meter, 'm1');
  });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`is held with an expired certificate over ${version}, and goes on by itself with a renewed one`, async () => {
      maxVersion = version;
      install('expired', -1);
      const verdict = await deliver();
      assert.equal(verdict.kind, 'hold', words(verdict));
      assert.match(
        words(verdict),
        /the client certificate has expired; renew it.* was valid until .* renew the certificate, or set the clock/,
      );
      install('renewed', 5);
      assert.equal((await deliver()).kind, 'written');
    });

    it(`is held over ${version} where the broker does not know the authority`, async () => {
      maxVersion = version;
      const { key, certificate } = new CertificateAuthority().issue('stranger', 5);
      copyFileSync(certificate, files.certificate);
      copyFileSync(key, files.key);
      chmodSync(files.key, 0o600);
      const verdict = await deliver();
      assert.equal(verdict.kind, 'hold', words(verdict));
      assert.match(words(verdict), /does not (?:know the CA of|accept) the client certificate/);
    });
  }

  it('is held with a key that others can read, that is not its own, or that belongs to another certificate', async () => {
    install('open', 5, 0o640);
    let verdict = await deliver();
    assert.equal(verdict.kind, 'hold');
    assert.match(words(verdict), /has the mode 0640, .*chmod 600/);
    const { key } = authority.issue('other', 5);
    copyFileSync(key, files.key);
    chmodSync(files.key, 0o600);
    verdict = await deliver();
    assert.match(words(verdict), /does not belong to the certificate/);
    install('stolen', 5);
    // As root a file of another user can be read: it must not be used all the same.
    if (process.getuid?.() === 0) {
      chownSync(files.key, 12_345, 12_345);
      verdict = await deliver();
      assert.match(words(verdict), /belongs to the user 12345, and this program runs as 0/);
    }
    chmodSync(files.certificate, 0o644);
    copyFileSync(files.key, files.certificate);
    verdict = await deliver();
    assert.equal(verdict.kind, 'hold', words(verdict));
  });

  it('is held where the broker shows the certificate of another authority, and hands it nothing', async () => {
    install('good', 5);
    ca = new CertificateAuthority().certificate;
    const before = got.length;
    const verdict = await deliver();
    ca = authority.certificate;
    assert.equal(verdict.kind, 'hold', words(verdict));
    assert.match(words(verdict), /certificate/);
    assert.equal(got.length, before);
  });

  it('tells of a clock that is a year off', () => {
    install('good', 5);
    const year = 365 * 86_400_000;
    assert.match(concernOf(files.certificate, Date.now() - year), /not valid before .*: set the clock, or wait/);
    assert.match(concernOf(files.certificate, Date.now() + year), /was valid until .*: renew the certificate, or set/);
    assert.equal(concernOf(files.certificate, Date.now()), '');
  });
});
