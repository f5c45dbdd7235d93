import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../testkit/root';

/** What the script of the manifest runs, and nothing that npm would run before it. */
function runDemo(...args: readonly string[]): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  assert.equal(scripts['predemo'], undefined, 'npm runs it before the options are read');
  const [, ...command] = (scripts['demo'] ?? '').split(' ');
  return spawnSync(process.execPath, [...command, ...args], { cwd: ROOT, encoding: 'utf8' });
}

describe('npm run demo', function () {
  this.timeout(60_000);

  it('tells its options without building or starting anything', () => {
    const { status, stdout, stderr } = runDemo('--help');
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /^npm run demo: /);
    assert.match(stdout, /--check SECONDS/);
    assert.doesNotMatch(stdout, /Building|Starting/);
  });

  it('refuses an option that it does not know before it builds', () => {
    const { status, stdout, stderr } = runDemo('--fast');
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, /^The demo does not know --fast: use "npm run demo"/);
  });
});
