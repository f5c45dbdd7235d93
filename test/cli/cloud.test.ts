import assert from 'node:assert/strict';
import { cpSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCloud } from '../../src/cli/cloud';
import { makeKey, makeRequest } from '../../src/iot/enroll/request';
import { AwsIotDouble } from '../../testkit/aws-iot/broker';
import { certificateFile } from '../../src/iot/enroll/identity-files';
import { temporaryFolder } from '../../testkit/temporary-folder';
import { runHere, type CommandResult } from './run-command';

const THING = 'mill-1';
const DAY_MS = 86_400_000;
const SENTENCES = /^[A-Z][^\n]+\.\n$/;

describe('pm500 cloud, and what can be wrong', function () {
  this.timeout(30_000);
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
  /** One sentence after another on one line, and nothing changed that could not go on. */
  const fails = ({ code, stderr }: CommandResult, words: RegExp): void => {
    assert.equal(code, 1, stderr);
    assert.match(stderr, SENTENCES);
    assert.match(stderr, words);
  };
  /** Without a statement of a policy while `work` runs. */
  const without = async (sid: string, work: () => Promise<CommandResult>): Promise<CommandResult> => {
    const { policies } = double.services.account;
    const before = policies.get('pm500-claim')!;
    policies.set('pm500-claim', { ...before, Statement: before.Statement.filter(({ Sid }) => Sid !== sid) });
    try {
      return await work();
    } finally {
      policies.set('pm500-claim', before);
    }
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
    const full = join(folder, '1.certificate.pem.new');
    symlinkSync('/dev/full', full);
    fails(
      await enroll(),
      /1\.certificate\.pem cannot be written \(ENOSPC.*make room on the disk, and run the command again/,
    );
    unlinkSync(full);
    const done = await enroll();
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stdout, /certificate of the pair 1/);
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
    let stderr = '';
    const terminal = {
      print: () => true,
      complain: (sentence: string) => {
        stderr += `${sentence}\n`;
      },
      ended: new AbortController().signal,
    };
    const at = (nowMs: number): Promise<number> => runCloud(['status', '--folder', folder], terminal, () => nowMs);
    assert.equal(await at(Date.now()), 0);
    assert.equal(await at(Date.now() - 366 * DAY_MS), 1);
    assert.match(stderr, /not valid before .* by the clock of this computer it is .*set the clock, or wait\.\n$/);
    assert.equal(await at(Date.now() + 366 * DAY_MS), 1);
    assert.match(stderr, /was valid until .*renew the certificate, or set the clock\.\n$/);
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

  it('a folder that was damaged', async () => {
    writeFileSync(join(folder, certificateFile(2)), 'nothing');
    const { code, stderr } = await cloud('status', '--folder', folder);
    assert.equal(code, 1);
    assert.match(stderr, /certificate of the pair 2 is missing or damaged/);
    writeFileSync(join(folder, 'identity.json'), '{"schema":');
    fails(await cloud('status', '--folder', folder), /restore it from a backup, or enroll into an empty folder/);
  });
});
