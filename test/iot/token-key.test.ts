import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'mqtt';
import { concernOf, readCredentials, type CredentialFiles } from '../../src/iot/credentials';
import { createIotDestination } from '../../src/iot/destination';
import { makeKey, makeRequest } from '../../src/iot/enroll/request';
import { createOpenLink } from '../../src/mqtt/mqtt-link';
import { systemClock } from '../../src/support/clock';
import { seededRandom } from '../../src/support/random';
import { AwsIotDouble } from '../../testkit/aws-iot/broker';
import { throwsWith } from '../../testkit/expect-error';
import { iotPayload } from '../../testkit/mqtt/iot-bench';
import { ROOT } from '../../testkit/root';
import { findProgram } from '../../testkit/servers/programs';
import { softToken } from '../../testkit/servers/softhsm';
import { temporaryFolder } from '../../testkit/temporary-folder';

const THING = 'mill-1';
const never = new AbortController().signal;
const ownId = (): number | undefined => process.getuid?.();

/** The key lies in SoftHSM, and TLS signs with it by the engine of OpenSSL; the other side is the double. */
describe('a key in a PKCS#11 token', function () {
  this.timeout(60_000);
  const folder = temporaryFolder('token');
  const path = (name: string): string => join(folder, name);
  let double: AwsIotDouble;
  let files: CredentialFiles;

  const uriOf = (label: string, pinFile = path('pin')): string =>
    `pkcs11:token=edge;object=${label}?pin-source=file:${pinFile}`;

  before(async () => {
    softToken();
    const softhsm = (...args: readonly string[]): unknown =>
      execFileSync(findProgram('softhsm2-util'), [...args, '--pin', '1234'], { stdio: 'pipe' });
    double = await new AwsIotDouble({ without: 'connect-rate' }).start();
    const { account } = double.services;
    const certificateOf = (label: string, id: string): string => {
      const key = makeKey();
      writeFileSync(path('key.pem'), key, { mode: 0o600 });
      softhsm('--import', path('key.pem'), '--token', 'edge', '--label', label, '--id', id);
      const certificate = account.issue(makeRequest(key, THING));
      certificate.status = 'ACTIVE';
      certificate.policies.add('pm500-edge');
      certificate.thing = THING;
      return certificate.pem;
    };
    certificateOf('other', '02');
    writeFileSync(path('certificate.pem'), certificateOf('mill', '01'));
    // Only the token has it now.
    writeFileSync(path('key.pem'), '');
    writeFileSync(path('pin'), '1234', { mode: 0o600 });
    writeFileSync(path('ca.pem'), double.ca);
    files = { certificate: path('certificate.pem'), key: uriOf('mill'), ca: path('ca.pem') };
  });

  after(() => double.stop());

  it('carries telemetry, also over many connections, and what leaves no key', async () => {
    const at = { host: '127.0.0.1', port: double.port };
    for (let connection = 0; connection < 5; connection++) {
      const destination = createIotDestination(
        { profile: 'aws-iot-core', ...at, recordsPerMessage: 1, timeoutMs: 5000 },
        {
          ...{ openLink: createOpenLink(connect, systemClock), clock: systemClock, random: seededRandom(1) },
          settingsOf: () => ({
            ...{ ...at, clientId: THING, keepAliveSeconds: 60, connectTimeoutMs: 5000, protocolVersion: 5 },
            tls: { ...readCredentials(files, ownId), rejectUnauthorized: true },
          }),
          concernOf: () => concernOf(files.certificate, Date.now()),
        },
      );
      const record = { payload: iotPayload(connection, THING, `pm500/${THING}/telemetry`), acceptedAt: 0 };
      const verdict = await destination.deliver([record], never);
      assert.equal(verdict.kind, 'written', 'error' in verdict ? verdict.error.message : '');
      await destination.close();
    }
    assert.equal(double.messages.length, 5);
    assert.equal(readCredentials(files, ownId).key, undefined);
  });

  it('that cannot be used is told, with what to do, and never with its PIN', () => {
    const refused = (key: string): string => {
      const { message } = throwsWith(() => readCredentials({ ...files, key }, ownId), 'MQTT_CREDENTIALS_INVALID');
      assert.ok(!message.includes('1234'), message);
      return message;
    };
    assert.match(refused(uriOf('other')), /cannot be used .*the key belongs to the certificate/);
    assert.match(
      refused(uriOf('nothing')),
      /object=nothing cannot be used \(.*not found.*\); see that the token is there/,
    );
    assert.match(
      refused('pkcs11:token=edge;object=mill'),
      /needs the file with the PIN .*append \?pin-source=file:PATH/,
    );
    for (const uri of [
      'pkcs11:token=edge;object=mill?pin-value=1234',
      `pkcs11:pin-value=1234;${uriOf('mill').slice(7)}`,
    ])
      assert.match(refused(uri), /not to stand in the settings/);
    assert.match(refused(uriOf('mill', '/nowhere')), /PIN \/nowhere cannot be read/);
    assert.match(refused(`${uriOf('mill')}&module-path=/tmp/x.so`), /environment variable PKCS11_MODULE_PATH/);
    chmodSync(path('pin'), 0o644);
    assert.match(refused(uriOf('mill')), /PIN .* has the mode 0644/);
    chmodSync(path('pin'), 0o600);
    writeFileSync(path('pin'), '1234\n');
    assert.match(refused(uriOf('mill')), /no end of a line either/);
    writeFileSync(path('pin'), '1234');
    assert.ok('privateKeyEngine' in readCredentials(files, ownId));
  });

  it('whose PIN was refused is not tried with it again, so that the token does not lock itself', () => {
    writeFileSync(path('pin'), '9876');
    // A process that has logged in already is not asked for the PIN again.
    const program = `
      const { readCredentials } = require('./src/iot/credentials');
      const { writeFileSync } = require('node:fs');
      const attempt = () => {
        try {
          readCredentials(${JSON.stringify(files)}, () => process.getuid?.());
          return 'good';
        } catch ({ message }) {
          return message;
        }
      };
      const found = [attempt(), attempt()];
      writeFileSync(${JSON.stringify(path('pin'))}, '1234');
      console.log(JSON.stringify([...found, attempt()]));`;
    const words = execFileSync(process.execPath, ['--require', 'tsx/cjs', '--eval', program], {
      ...{ cwd: ROOT, encoding: 'utf8' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [first = '', second = '', third] = JSON.parse(words) as readonly string[];
    assert.match(first, /cannot be used \(.*PIN incorrect\)/);
    assert.match(second, /The token has refused the PIN in .*locks itself/);
    assert.equal(third, 'good');
  });
});
