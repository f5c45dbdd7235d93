import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeKey, makeRequest } from '../../src/iot/enroll/request';
import { AwsIotDouble } from '../../testkit/aws-iot/broker';
import { Authority } from '../../testkit/aws-iot/authority';
import { temporaryFolder } from '../../testkit/temporary-folder';
import { ROOT } from '../../testkit/root';
import { resultOf, type CommandResult } from '../cli/run-command';

const THING = 'mill-1';
const DAY_MS = 86_400_000;
const COMMAND = join(ROOT, 'dist/src/cli/main.js');
/** What the command says before each of its steps. */
const STEPS = [/makes the key/, /asks for/, /registers/, /connects/];

describe('pm500 cloud', function () {
  this.timeout(180_000);
  const home = temporaryFolder('cloud');
  const folder = join(home, 'identity');
  const enterprise = new Authority('enterprise');
  let double: AwsIotDouble;
  let at: readonly string[];

  const file = (name: string, text: string): string => {
    const path = join(home, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const start = (...args: readonly string[]): ChildProcess =>
    spawn(process.execPath, [COMMAND, 'cloud', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const cloud = (...args: readonly string[]): Promise<CommandResult> => resultOf(start(...args));

  /** Runs it, and kills it the moment it says something; undefined where it never does. */
  const cloudKilled = async (words: RegExp, ...args: readonly string[]): Promise<CommandResult> => {
    const child = start(...args);
    child.stdout?.on('data', (chunk: Buffer) => {
      if (words.test(chunk.toString())) child.kill('SIGKILL');
    });
    return resultOf(child);
  };

  before(async () => {
    double = new AwsIotDouble();
    double.services.account.ownAuthorities.push(enterprise);
    await double.start();
    const key = makeKey();
    const claim = double.services.account.issue(makeRequest(key, 'claim'));
    claim.status = 'ACTIVE';
    claim.policies.add('pm500-claim');
    const ca = file('ca.pem', double.ca);
    at = ['--host', '127.0.0.1', '--port', String(double.port), '--ca', ca, '--thing', THING];
    at = [...at, '--claim-certificate', file('claim.pem', claim.pem), '--claim-key', file('claim-key.pem', key)];
  });

  after(() => double.stop());

  it('says in one sentence what a refused claim needs, and enrolls once it is allowed, killed at every step', async () => {
    for (const step of STEPS.slice(0, 2))
      assert.equal((await cloudKilled(step, 'enroll', '--folder', folder, ...at)).code, null);
    const refused = await cloud('enroll', '--folder', folder, ...at);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /refused .*AccessDenied.*see that the thing is expected there/);
    double.services.provisioning.expected.add(THING);
    for (const step of STEPS.slice(2))
      assert.equal((await cloudKilled(step, 'enroll', '--folder', folder, ...at)).code, null);
    const done = await cloud('enroll', '--folder', folder, ...at);
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stdout, /mill-1 has the certificate of the pair 1, valid until 20/);
    assert.equal(double.services.account.activeOf(THING).length, 1);
    for (const name of readdirSync(folder)) assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
    assert.equal((await cloud('status', '--folder', folder)).code, 0);
  });

  it('rotates by a job, killed at every step', async () => {
    const [old] = double.services.account.activeOf(THING);
    double.services.jobs.create(THING, 'renew', { operation: 'rotate-certificate' });
    for (const step of STEPS) assert.equal((await cloudKilled(step, 'rotate', '--folder', folder)).code, null);
    const done = await cloud('rotate', '--folder', folder, '--if-due', '0');
    assert.equal(done.code, 0, done.stderr);
    assert.equal(double.services.jobs.executions[0]?.status, 'SUCCEEDED');
    assert.equal(old?.status, 'REVOKED');
    assert.equal(double.services.account.activeOf(THING).length, 1);
    const { stdout } = await cloud('status', '--folder', folder, '--json');
    const report = JSON.parse(stdout) as Record<string, unknown>;
    assert.equal(report['certificateId'], double.services.account.activeOf(THING)[0]?.id);
    assert.deepEqual(report['concerns'], []);
  });

  it('rotates by the authority of an enterprise, and only when it is due', async () => {
    const idle = await cloud('rotate', '--folder', folder, '--if-due', '30');
    assert.equal(idle.code, 0, idle.stderr);
    const begun = await cloud('rotate', '--folder', folder, '--by-hand');
    const request = /made for (\S+), then/.exec(begun.stdout)?.[1] ?? '';
    assert.notEqual(request, '', begun.stdout + begun.stderr);
    assert.equal((await cloud('status', '--folder', folder)).code, 1);
    const signed = enterprise.issue(readFileSync(request, 'utf8'), {
      fromMs: Date.now() - 1000,
      toMs: Date.now() + DAY_MS,
    });
    const wrong = await cloud('rotate', '--folder', folder, '--certificate', file('wrong.pem', double.ca));
    assert.match(wrong.stderr, /is not one for the key/);
    const done = await cloud('rotate', '--folder', folder, '--certificate', file('new.pem', signed));
    assert.equal(done.code, 0, done.stderr);
    assert.deepEqual(
      double.services.account.activeOf(THING).map(({ pem }) => pem.trim()),
      [signed.trim()],
    );
  });
});
