import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { runCloud } from '../../src/cli/cloud';
import { makeKey, makeRequest } from '../../src/iot/enroll/request';
import { AwsIotDouble } from '../../testkit/aws-iot/broker';
import { withoutRight, type PolicyDocument } from '../../testkit/aws-iot/policy';
import { certificateFile, keyFile } from '../../src/iot/enroll/identity-files';
import type { IdentityReport } from '../../src/iot/enroll/report';
import type { IdentityState } from '../../src/iot/enroll/state';
import { lockFolder } from '../../src/outbox/folder-lock';
import { makeSmallDisk } from '../../testkit/delivery/small-disk';
import { CertificateAuthority } from '../../testkit/servers/certificates';
import { temporaryFolder } from '../../testkit/temporary-folder';
import { runHere, type CommandResult } from './run-command';

const THING = 'mill-1';
const DAY_MS = 86_400_000;
const SENTENCES = /^[A-Z][^\n]+\.\n$/;

describe('pm500 cloud, and what can be wrong', function () {
  this.timeout(60_000);
  const home = temporaryFolder('cloud');
  const folder = join(home, 'identity');
  let double: AwsIotDouble;
  let claim: readonly string[];
  let place: readonly string[];

  const file = (name: string, text: string): string => {
    const path = join(home, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const cloud = (...args: readonly string[]): Promise<CommandResult> => runHere('cloud', ...args);
  const enroll = (to = folder, ...more: readonly string[]): Promise<CommandResult> =>
    cloud('enroll', '--folder', to, ...place, ...claim, ...more);
  /** With authorities of its own. */
  const enrollTrusting = (to: string, ca: string): Promise<CommandResult> =>
    cloud('enroll', '--folder', to, ...place.slice(0, place.indexOf('--ca')), '--ca', ca, ...claim);
  /** One sentence after another on one line, and nothing changed that could not go on. */
  const fails = ({ code, stderr }: CommandResult, words: RegExp): void => {
    assert.equal(code, 1, stderr);
    assert.match(stderr, SENTENCES);
    assert.match(stderr, words);
  };
  /** With less in a policy while `work` runs. */
  const changed = async (
    policy: 'pm500-claim' | 'pm500-edge',
    change: (before: PolicyDocument) => PolicyDocument,
    work: () => Promise<CommandResult>,
  ): Promise<CommandResult> => {
    const { policies } = double.services.account;
    const before = policies.get(policy)!;
    policies.set(policy, change(before));
    try {
      return await work();
    } finally {
      policies.set(policy, before);
    }
  };
  /** Without a statement of the policy of claims. */
  const without = (sid: string, work: () => Promise<CommandResult>): Promise<CommandResult> => {
    const change = (before: PolicyDocument): PolicyDocument => {
      const Statement = before.Statement.filter(({ Sid }) => Sid !== sid);
      assert.ok(Statement.length < before.Statement.length, sid);
      return { ...before, Statement };
    };
    return changed('pm500-claim', change, work);
  };
  const stateOf = (of: string): IdentityState =>
    JSON.parse(readFileSync(join(of, 'identity.json'), 'utf8')) as IdentityState;
  /** As another user, or at another time. @returns code, and what was said of errors */
  const runAs = async (
    args: readonly string[],
    { nowMs = Date.now(), ownId = process.getuid?.() }: { readonly nowMs?: number; readonly ownId?: number },
  ): Promise<readonly [number, string]> => {
    let stderr = '';
    const terminal = {
      print: () => true,
      complain: (sentence: string) => {
        stderr += `${sentence}\n`;
      },
      ended: new AbortController().signal,
    };
    const code = await runCloud(
      args,
      terminal,
      () => nowMs,
      () => ownId,
    );
    return [code, stderr];
  };

  before(async () => {
    // No try is to wait for the one before: the clock of the double is fast.
    let nowMs = Date.now();
    double = await new AwsIotDouble({ now: () => (nowMs += 2000) }).start();
    const key = makeKey();
    const { account, provisioning } = double.services;
    const certificate = account.issue(makeRequest(key, 'claim'));
    certificate.status = 'ACTIVE';
    certificate.policies.add('pm500-claim');
    provisioning.expected.add(THING);
    place = ['--thing', THING, '--host', '127.0.0.1', '--port', String(double.port), '--ca', file('ca.pem', double.ca)];
    claim = ['--claim-certificate', file('claim.pem', certificate.pem), '--claim-key', file('claim-key.pem', key)];
  });

  after(() => double.stop());

  it('options are explained', async () => {
    const usage = async (words: RegExp, ...args: readonly string[]): Promise<void> => {
      const { code, stderr } = await cloud(...args);
      assert.equal(code, 2);
      assert.match(stderr, SENTENCES);
      assert.match(stderr, words);
    };
    await usage(/Say what to do/);
    await usage(/Say what to do/, 'renew');
    await usage(/--folder DIR/, 'enroll');
    await usage(/--thing NAME/, 'enroll', '--folder', join(home, 'none'));
    await usage(/letters, digits/, 'enroll', '--folder', join(home, 'none'), '--thing', 'a/b');
    await usage(/--host NAME/, 'enroll', '--folder', join(home, 'none'), '--thing', 'a');
    await usage(/belong together/, 'enroll', '--folder', join(home, 'none'), ...claim.slice(0, 2));
    await usage(/means nothing to pm500 cloud rotate/, 'rotate', '--folder', folder, '--host', 'a');
    await usage(/holds no identity/, 'rotate', '--folder', join(home, 'empty'));
    await usage(/holds no identity/, 'status', '--folder', join(home, 'empty'));
    const inToken = ['--claim-certificate', 'claim.pem', '--claim-key', 'pkcs11:token=pm500;object=claim'];
    await usage(/key in a token/, 'enroll', '--folder', join(home, 'none'), ...inToken);
    assert.match((await cloud('--help')).stdout, /pm500 cloud rotate --folder DIR/);
  });

  it('a policy without an action: which topic, and which actions it needs', async () => {
    fails(await without('Connect', () => enroll()), /refused the connection.*no policy that allows iot:Connect/);
    const over =
      /over \$aws\/certificates\/create-from-csr\/json: the policy must allow iot:Publish on it, and iot:Subscribe/;
    fails(await without('AskForCertificates', () => enroll()), over);
    fails(await without('ReadCertificates', () => enroll()), over);
  });

  it('a full disk: what to do, and the next run goes on', async () => {
    const disk = makeSmallDisk(join(home, 'disk'), 256 * 1024);
    try {
      const there = join(home, 'disk', 'identity');
      disk.fill(true);
      fails(await enroll(there), /\(ENOSPC.*make room on the disk, and run the command again/);
      disk.fill(false);
      const done = await enroll(there);
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /certificate of the pair 1/);
      rmSync(folder, { recursive: true });
      cpSync(there, folder, { recursive: true });
    } finally {
      disk.remove();
    }
  });

  it('the folder of another thing', async () => {
    const { code, stderr } = await cloud(
      'enroll',
      '--folder',
      folder,
      ...place.map((each) => (each === THING ? 'mill-2' : each)),
    );
    assert.equal(code, 2);
    assert.match(stderr, /holds the identity of mill-1; give another folder for mill-2/);
  });

  it('a clock that is a year off', async () => {
    const at = (nowMs: number): Promise<readonly [number, string]> => runAs(['status', '--folder', folder], { nowMs });
    assert.deepEqual(await at(Date.now()), [0, '']);
    const [early, wait] = await at(Date.now() - 366 * DAY_MS);
    assert.equal(early, 1);
    assert.match(wait, /not valid before .* by the clock of this computer it is .*set the clock, or wait\.\n$/);
    const [late, renew] = await at(Date.now() + 366 * DAY_MS);
    assert.equal(late, 1);
    assert.match(renew, /^The certificate [^\n]* was valid until .*renew the certificate, or set the clock\.\n$/);
  });

  it('a certificate that ends soon, though a timer should have renewed it', async () => {
    const at = (days: number): Promise<readonly [number, string]> =>
      runAs(['status', '--folder', folder], { nowMs: Date.now() + days * DAY_MS });
    assert.deepEqual(await at(349), [0, '']);
    const [code, stderr] = await at(350.5);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^The certificate of the pair 1 ends at 20\S+Z, with 14 whole days left: see why it is not renewed[^\n]*\.\n$/,
    );
  });

  it('a user who is not the owner of the folder', async () => {
    const before = readFileSync(join(folder, 'identity.json'), 'utf8');
    const { uid } = statSync(folder);
    const other = (...args: readonly string[]): Promise<unknown> => runAs(args, { ownId: uid + 1 });
    const words = new RegExp(`belongs to the user ${uid}, and this program runs as ${uid + 1}.*run it as its owner`);
    await assert.rejects(other('rotate', '--folder', folder), words);
    await assert.rejects(other('rotate', '--folder', folder, '--if-due', '30'), words);
    await assert.rejects(other('enroll', '--folder', folder), words);
    assert.equal(readFileSync(join(folder, 'identity.json'), 'utf8'), before);
  });

  it('root, who would make a folder in that of somebody else', async () => {
    const parent = join(home, 'somebody');
    mkdirSync(parent);
    // Who is not root has made a folder of somebody else already.
    if (statSync(parent).uid === 0) chownSync(parent, 1, 1);
    const missing = join(parent, 'new', 'identity');
    await assert.rejects(
      runAs(['enroll', '--folder', missing, ...place, ...claim], { ownId: 0 }),
      /somebody belongs to the user \d+, and this program runs as 0/,
    );
    assert.ok(!existsSync(join(parent, 'new')));
  });

  it('a second command at the same time', async () => {
    const release = await lockFolder(folder);
    fails(
      await cloud('rotate', '--folder', folder),
      /^Another program \(pm500 cloud, or an iot-target of Node-RED\) works in the folder [^ ]*; wait until/,
    );
    await release();
  });

  it('a place that was wrong, until there is a certificate', async () => {
    const moved = join(home, 'moved');
    double.services.provisioning.expected.add('mill-3');
    const own = place.map((each) => (each === THING ? 'mill-3' : each));
    const options = ['--folder', moved, ...claim];
    const wrong = own.map((each) => (each === String(double.port) ? '1' : each));
    fails(await cloud('enroll', ...options, ...wrong), /cannot be reached/);
    const ca = relative(process.cwd(), own.at(-1) ?? '');
    const done = await cloud('enroll', ...options, ...own.slice(0, -1), ca);
    assert.equal(done.code, 0, done.stderr);
    assert.equal(stateOf(moved).place.caFile, own.at(-1));
    assert.equal((await cloud('enroll', ...options, ...own)).code, 0);
    const { code, stderr } = await cloud('enroll', ...options, ...wrong);
    assert.equal(code, 2);
    assert.match(stderr, /holds a certificate of mill-3 at 127\.0\.0\.1:\d+, to which --port does not fit/);
    assert.equal(stateOf(moved).place.port, double.port);
  });

  it('a policy without jobs: the certificate is renewed when it is due all the same', async () => {
    const rotate = (days: string): Promise<CommandResult> =>
      changed(
        'pm500-edge',
        (before) => withoutRight(before, 'iot:Publish', '/jobs/'),
        () => cloud('rotate', '--folder', folder, '--if-due', days),
      );
    fails(await rotate('30'), /over \$aws\/things\/mill-1\/jobs\/\$next\/get: the policy must allow iot:Publish/);
    assert.equal(stateOf(folder).current?.number, 1);
    fails(await rotate('3650'), /jobs\/\$next\/get/);
    assert.equal(stateOf(folder).current?.number, 2);
  });

  it('a second computer with a copy of the identity', async () => {
    const copy = join(home, 'copy');
    cpSync(folder, copy, { recursive: true });
    assert.equal((await cloud('rotate', '--folder', folder)).code, 0);
    fails(await cloud('rotate', '--folder', copy), /another computer has a copy of this identity and has rotated it/);
  });

  it('a certificate that has expired', async () => {
    const late = join(home, 'late');
    const key = makeKey();
    const span = { fromMs: Date.now() - 2 * DAY_MS, toMs: Date.now() - DAY_MS };
    const expired = double.services.account.issue(makeRequest(key, 'claim'), span);
    const old = ['--claim-certificate', file('old.pem', expired.pem), '--claim-key', file('old-key.pem', key)];
    const result = await cloud('enroll', '--folder', late, ...place, ...old);
    fails(result, /was valid until .*renew the certificate, or set the clock/);
  });

  it('files that are no pair, or no authority: which, before anything is made or asked for', async () => {
    const [, claimFile = '', , keyFileOfClaim = ''] = claim;
    const open = file('open-key.pem', readFileSync(keyFileOfClaim, 'utf8'));
    chmodSync(open, 0o644);
    for (const [files, words] of [
      [['--claim-certificate', claimFile, '--claim-key', open], /open-key\.pem has the mode 0644.*chmod 600/],
      [
        ['--claim-certificate', claimFile, '--claim-key', file('other.pem', makeKey())],
        /does not belong to the certif/,
      ],
      [
        ['--claim-certificate', claimFile, '--claim-key', file('half.pem', makeKey().slice(0, 90))],
        /is no private key/,
      ],
    ] as const) {
      const unmade = join(home, 'unmade');
      fails(await cloud('enroll', '--folder', unmade, ...place, ...files), words);
      assert.ok(!existsSync(unmade));
    }
    const strange = enrollTrusting(join(home, 'strange'), file('strange.pem', 'nothing'));
    fails(await strange, /strange\.pem is no certificate in PEM/);
  });

  it('a server that this side does not trust: no word of the certificate with which it asked', async () => {
    const { stderr } = await enrollTrusting(join(home, 'untrusting'), new CertificateAuthority().certificate);
    assert.match(stderr, /its CA is not known here/);
    assert.doesNotMatch(stderr, /another computer/);
  });

  it('a pair that cannot be connected with: status says so, and a run does not blame the cloud', async () => {
    const copy = join(home, 'spoiled');
    cpSync(folder, copy, { recursive: true });
    const { number = 0 } = stateOf(copy).current ?? {};
    const [key, certificate] = [join(copy, keyFile(number)), join(copy, certificateFile(number))];
    const good = readFileSync(key, 'utf8');
    const says = async (words: RegExp): Promise<void> => {
      const { code, stderr } = await cloud('status', '--folder', copy);
      assert.equal(code, 1);
      assert.match(stderr, words);
      const { concerns } = JSON.parse((await cloud('status', '--folder', copy, '--json')).stdout) as IdentityReport;
      assert.match(concerns.join(), words);
    };
    assert.equal((await cloud('status', '--folder', copy)).code, 0);
    chmodSync(key, 0o644);
    await says(/has the mode 0644, .*chmod 600/);
    chmodSync(key, 0o600);
    for (const [spoiled, words] of [
      [good.slice(0, 90), /Key and certificate of the pair \d+ are damaged, or not of one another; restore the folder/],
      [makeKey(), /are damaged, or not of one another/],
    ] as const) {
      writeFileSync(key, spoiled);
      await says(words);
      fails(await cloud('rotate', '--folder', copy), words);
    }
    unlinkSync(key);
    await says(/\.key\.pem of the identity is missing; restore it from a backup/);
    writeFileSync(key, good, { mode: 0o600 });
    assert.equal((await cloud('status', '--folder', copy)).code, 0, readFileSync(certificate, 'utf8'));
  });

  it('a folder that was damaged', async () => {
    const pair = stateOf(folder).current?.number ?? 0;
    writeFileSync(join(folder, certificateFile(pair)), 'nothing');
    const { code, stderr } = await cloud('status', '--folder', folder);
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`certificate of the pair ${pair} is missing or damaged`));
    writeFileSync(join(folder, 'identity.json'), '{"schema":');
    fails(await cloud('status', '--folder', folder), /restore it from a backup, or enroll into an empty folder/);
  });
});
