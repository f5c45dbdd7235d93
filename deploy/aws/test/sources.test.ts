import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { HOME } from '../lib/settings';

const run = promisify(execFile);

/** The script of an installed package, of this folder or of the repository around it. */
function binOf(name: string, path: string): string {
  const file = [HOME, join(HOME, '../..')].map((folder) => join(folder, 'node_modules', name, path)).find(existsSync);
  return file ?? assert.fail(`${name} is not installed; run npm ci in the repository and in deploy/aws.`);
}

async function ends(...args: readonly string[]): Promise<void> {
  try {
    await run(process.execPath, [...args], { cwd: HOME, maxBuffer: 16 * 1024 * 1024 });
  } catch (thrown) {
    const { stdout, stderr } = thrown as { readonly stdout?: string; readonly stderr?: string };
    assert.fail(`${stdout ?? ''}${stderr ?? ''}`.slice(-5000) || String(thrown));
  }
}

describe('sources of deploy/aws', function () {
  this.timeout(300_000);

  it('have the right types', async () => {
    await ends(binOf('typescript', 'bin/tsc'), '--noEmit');
  });

  it('keep the rules of the repository', async () => {
    await ends(binOf('eslint', 'bin/eslint.js'), '.');
  });

  it('are synthesized by the command line of CDK, with functions that answer', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pm500-cdk-'));
    try {
      await ends(binOf('aws-cdk', 'bin/cdk'), 'synth', '--quiet', '--output', folder);
      assert.ok(existsSync(join(folder, 'Pm500.template.json')));
      const bundles = readdirSync(folder).filter((name) => name.startsWith('asset.'));
      // Of Sparkplug there is none where its setting is absent, as it is delivered.
      const functions = readdirSync(join(HOME, 'lambda'), { withFileTypes: true }).filter(
        (each) => each.isDirectory() && each.name !== 'sparkplug-rows',
      );
      assert.equal(bundles.length, functions.length);
      const answers = await Promise.all(bundles.map((name) => answerOf(join(folder, name, 'index.js'))));
      assert.equal(answers.filter((each) => each.includes('"records":[]')).length, 1);
      assert.equal(answers.filter((each) => each.includes('"allowProvisioning":false')).length, 2);
      assert.equal(answers.filter((each) => each.includes('The rule hands on no thing')).length, 1);
      assert.equal(answers.filter((each) => each.includes('Could not load credentials')).length, 1);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** What a bundle answers to a request in which nothing is right, in a process of its own, with the clients of AWS that Lambda brings along. */
async function answerOf(bundle: string): Promise<string> {
  const event = { records: [], parameters: {}, certificatePem: '', clientId: '' };
  const text = `require(${JSON.stringify(bundle)}).handler(${JSON.stringify(event)}).then((answer) => console.log(JSON.stringify(answer)), (error) => console.log(String(error)))`;
  const { stdout } = await run(process.execPath, ['-e', text], {
    env: {
      ...process.env,
      AWS_REGION: 'eu-central-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      NODE_PATH: join(HOME, 'node_modules'),
    },
  });
  return stdout;
}
