import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'mqtt';
import { readCredentials } from '../../src/iot/credentials';
import { createIotDestination } from '../../src/iot/destination';
import { Enroller } from '../../src/iot/enroll/enroller';
import { EdgeIdentity } from '../../src/iot/enroll/identity';
import { IdentityCredentials } from '../../src/iot/enroll/identity-credentials';
import { folderFiles } from '../../src/iot/enroll/identity-files';
import { createOpenCloudSession } from '../../src/iot/enroll/mqtt-cloud';
import { createTokenTool } from '../../src/iot/enroll/pkcs11-tool';
import { makeKey, makeRequest } from '../../src/iot/enroll/request';
import { newIdentity } from '../../src/iot/enroll/state';
import { tokenObject, type TokenTool } from '../../src/iot/enroll/token-keys';
import { createOpenLink } from '../../src/mqtt/mqtt-link';
import { systemClock } from '../../src/support/clock';
import { seededRandom } from '../../src/support/random';
import { Authority } from '../../testkit/aws-iot/authority';
import { AwsIotDouble } from '../../testkit/aws-iot/broker';
import { rejectsWith } from '../../testkit/expect-error';
import { iotPayload } from '../../testkit/mqtt/iot-bench';
import { findProgram } from '../../testkit/servers/programs';
import { softToken } from '../../testkit/servers/softhsm';
import { temporaryFolder } from '../../testkit/temporary-folder';

const THING = 'mill-1';
const DAY_MS = 86_400_000;
const never = new AbortController().signal;
const ownId = (): number | undefined => process.getuid?.();

/** Keys are made in SoftHSM and stay there; the other side is the double. */
describe('an identity whose keys lie in a PKCS#11 token', function () {
  this.timeout(120_000);
  const home = temporaryFolder('token-identity');
  const path = (name: string): string => join(home, name);
  const folder = path('identity');
  const uri = `pkcs11:token=edge?pin-source=file:${path('pin')}`;
  const tool = createTokenTool(ownId);
  const enterprise = new Authority('enterprise');
  let double: AwsIotDouble;
  let makeEnroller: (identity: EdgeIdentity, tokenTool?: TokenTool) => Enroller;
  let place: Parameters<typeof newIdentity>[1];

  before(async () => {
    softToken();
    mkdirSync(folder);
    writeFileSync(path('pin'), '1234', { mode: 0o600 });
    double = new AwsIotDouble({ without: 'connect-rate' });
    const { account, provisioning } = double.services;
    account.ownAuthorities.push(enterprise);
    await double.start();
    provisioning.expected.add(THING);
    const key = makeKey();
    const claim = account.issue(makeRequest(key, 'claim'));
    claim.status = 'ACTIVE';
    claim.policies.add('pm500-claim');
    writeFileSync(path('ca.pem'), double.ca);
    const templates = { claimTemplate: 'pm500-claim', rotationTemplate: 'pm500-rotation' };
    place = { host: '127.0.0.1', port: double.port, caFile: path('ca.pem'), hasCommits: true, ...templates };
    const open = createOpenCloudSession({
      ...{ openLink: createOpenLink(connect, systemClock), clock: systemClock, place, ca: double.ca, signal: never },
      ownId,
    });
    const say = (): void => undefined;
    const claimed = { certificate: claim.pem, key };
    makeEnroller = (identity, tokenTool = tool) =>
      new Enroller(identity, { open, clock: systemClock, signal: never, claim: claimed, say, tokenTool });
  });

  after(() => double.stop());

  /** Names of private keys in the token, as OpenSC lists them. */
  const keys = (): readonly string[] => {
    const { module, label, pin } = softToken();
    const login = ['--module', module, '--token-label', label, '--login', '--pin', pin];
    const list = execFileSync(findProgram('pkcs11-tool'), [...login, '--list-objects', '--type', 'privkey'], {
      ...{ encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    });
    const own = list.split(/^Private Key/m).filter((each) => each.includes(`${THING}.`));
    for (const each of own) assert.match(each, /Access:.*sensitive.*never extractable, local/);
    return own.map((each) => /label: +(\S+)/.exec(each)?.[1] ?? '').sort();
  };
  const identity = (): EdgeIdentity => EdgeIdentity.read(folderFiles(folder))!;
  const label = (number: number): string => `${THING}.0000aaaa.${number}`;
  const active = (): readonly string[] => double.services.account.activeOf(THING).map(({ id }) => id);
  const RENEWS = { renews: true, isByHand: false };
  const STILL = { renews: false, isByHand: false };

  const deliver = async (): Promise<string> => {
    const credentials = new IdentityCredentials(folder, '');
    const at = { host: place.host, port: place.port };
    const destination = createIotDestination(
      { profile: 'aws-iot-core', ...at, recordsPerMessage: 1, timeoutMs: 5000 },
      {
        ...{ openLink: createOpenLink(connect, systemClock), clock: systemClock, random: seededRandom(1) },
        settingsOf: () => ({
          ...{ ...at, clientId: THING, keepAliveSeconds: 60, connectTimeoutMs: 5000, protocolVersion: 5 },
          tls: { ...readCredentials(credentials.next(), ownId), rejectUnauthorized: true },
        }),
      },
    );
    const record = { payload: iotPayload(0, THING, `pm500/${THING}/telemetry`), acceptedAt: 0 };
    const verdict = await destination.deliver([record], never);
    await destination.close();
    return 'error' in verdict ? verdict.error.message : verdict.kind;
  };

  it('enrolls and rotates: each key is made in the token, and the one of before goes after the commit', async () => {
    const begun = EdgeIdentity.begin(folderFiles(folder), newIdentity(THING, place, { uri, mark: '0000aaaa' }));
    await makeEnroller(begun).run(STILL);
    assert.deepEqual([keys(), await deliver()], [[label(1)], 'written']);
    for (let rotation = 2; rotation < 5; rotation++) {
      const { commits } = watchCommits();
      await makeEnroller(identity()).run(RENEWS);
      assert.deepEqual(commits, [[label(rotation - 1), label(rotation)]], 'both are there when the cloud is asked');
      assert.deepEqual([keys(), await deliver()], [[label(rotation)], 'written']);
      assert.deepEqual(active(), [identity().state.current?.certificateId]);
    }
    for (const name of readdirSync(folder)) {
      const text = readFileSync(join(folder, name), 'utf8');
      assert.ok(!text.includes('PRIVATE') && !text.includes('1234'), name);
    }
  });

  /** Keys in the token each time the cloud is asked to commit. */
  function watchCommits(): { readonly commits: (readonly string[])[] } {
    const commits: (readonly string[])[] = [];
    const { services } = double;
    const answer = services.answer.bind(services);
    services.answer = (topic, text, sender) => {
      if (!topic.endsWith('/certificate/commit')) return answer(topic, text, sender);
      commits.push(keys());
      services.answer = answer;
      return answer(topic, text, sender);
    };
    return { commits };
  }

  it('makes requests that openssl verifies, and refuses a certificate for another key', async () => {
    await makeEnroller(identity()).run({ renews: true, isByHand: true });
    const { next } = identity().state;
    const request = identity().requestOf(next?.number ?? 0);
    writeFileSync(path('request.pem'), request);
    const openssl = ['req', '-in', path('request.pem'), '-verify', '-noout', '-subject'];
    assert.match(execFileSync('openssl', openssl, { encoding: 'utf8', stdio: 'pipe' }), /CN ?= ?mill-1/);
    const span = { fromMs: Date.now() - DAY_MS, toMs: Date.now() + DAY_MS };
    const foreign = enterprise.issue(makeRequest(makeKey(), THING), span);
    assert.throws(() => {
      identity().signedByHand(next?.number ?? 0, foreign);
    }, /not one for the key mill-1\.0000aaaa\.5/);
    const signed = identity();
    signed.signedByHand(next?.number ?? 0, enterprise.issue(request, span));
    await makeEnroller(signed).run({ renews: false, isByHand: true });
    assert.deepEqual([keys(), await deliver()], [[label(5)], 'written']);
  });

  it('comes back after it was ended before and after each use of the token, and leaves no key behind', async () => {
    for (const at of [1, 3, 4, 5]) {
      let calls = 0;
      const ended = (): void => {
        if (calls++ === at) throw new Error('killed');
      };
      const dying: TokenTool = {
        make: async (...given) => {
          ended();
          const made = await tool.make(...given);
          ended();
          return made;
        },
        sign: async (...given) => {
          ended();
          const signature = await tool.sign(...given);
          ended();
          return signature;
        },
        remove: async (...given) => {
          ended();
          await tool.remove(...given);
          ended();
        },
      };
      const before = identity().state.current?.number ?? 0;
      await assert.rejects(makeEnroller(identity(), dying).run(RENEWS), /killed/);
      assert.equal(await deliver(), 'written', `ended at ${at}`);
      await makeEnroller(identity()).run({ ...RENEWS, renews: identity().state.current?.number === before });
      assert.deepEqual([keys(), identity().state.current?.number], [[label(before + 1)], before + 1]);
    }
  });

  it('of another folder leaves the keys of this one alone', async () => {
    const other = path('other');
    mkdirSync(other);
    const mine = keys();
    const files = folderFiles(other);
    const second = EdgeIdentity.begin(files, newIdentity(THING, place, { uri, mark: '0000bbbb' }));
    // The hook lets no second one in; its key is made all the same.
    await assert.rejects(makeEnroller(second).run(STILL), /AccessDenied/);
    assert.deepEqual(keys(), [...mine, `${THING}.0000bbbb.1`].sort());
    const { token } = second.state;
    await tool.remove(uri, tokenObject(token!, THING, 1));
    assert.deepEqual(keys(), mine);
  });

  it('says what is wrong with its token, and goes on with the pair that it has', async () => {
    const refused = async (words: RegExp, use: TokenTool = tool): Promise<void> => {
      await assert.rejects(makeEnroller(identity(), use).run(RENEWS), (thrown: Error) => {
        assert.match(thrown.message, words);
        assert.ok(!thrown.message.includes('1234'));
        return true;
      });
    };
    const before = identity().state;
    await refused(
      /name its module in the environment variable PKCS11_MODULE_PATH/,
      createTokenTool(ownId, () => ''),
    );
    await refused(
      /\(error: Failed to load pkcs11 module\); see that it is there/,
      createTokenTool(ownId, () => '/nowhere.so'),
    );
    chmodSync(path('pin'), 0o644);
    await refused(/has the mode 0644/);
    chmodSync(path('pin'), 0o600);
    const PATH = process.env['PATH'];
    process.env['PATH'] = home;
    try {
      await refused(/needs the program pkcs11-tool .*install opensc/);
    } finally {
      // The tests of other files start programs, too.
      process.env['PATH'] = PATH;
    }
    const { message } = await rejectsWith(
      tool.make(`pkcs11:token=none?pin-source=file:${path('pin')}`, { label: 'a', id: 'aa' }),
      'IDENTITY_TOKEN_FAILED',
    );
    assert.match(message, /does not remove a key \(No slot with token named "none" found\)/);
    const named = `pkcs11:token=edge;object=a?pin-source=file:${path('pin')}`;
    const alone = await rejectsWith(tool.make(named, { label: 'a', id: 'aa' }), 'MQTT_CREDENTIALS_INVALID');
    assert.match(alone.message, /has to be named alone/);
    writeFileSync(path('pin'), '9999');
    await refused(/PIN/);
    await refused(/has refused the PIN .*locks itself/);
    writeFileSync(path('pin'), '1234');
    assert.deepEqual([identity().state, await deliver()], [before, 'written']);
  });
});
