import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DoctorReport } from '../../src/doctor/examine';
import { ROOT } from '../../testkit/root';
import { writeShippedSecrets } from '../../testkit/shipped-secrets';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

const PACKAGE = '/usr/lib/node_modules/@pm500/node-red-powermonitor';
/** What this computer has or lacks, or no server tells, whatever the stack is. */
const ELSEWHERE = ['host', 'service', 'people'];

/** The command that a page has for the stack on Debian. */
function commandOf(page: string): string {
  const [found = ''] = /sh -c 'set -a;[^']*'/.exec(readFileSync(join(ROOT, 'docs', page), 'utf8')) ?? [];
  return found.replaceAll(/\n +/g, '\n');
}

describe('the doctor on the stack as it is installed', () => {
  const folder = temporaryFolder('shipped-stack');
  const userDirectory = join(folder, 'node-red');
  after(() => {
    removeFolder(folder);
  });

  it('the pages name one command', () => {
    assert.equal(commandOf('runbooks/readiness-critical.md'), commandOf('doctor.md'));
  });

  it('runs by that command, which sees the settings and finds nothing wrong with them and with the shipped flow', () => {
    const [secrets, site, bin] = ['secrets', 'site.env', 'bin'].map((name) => join(folder, name));
    assert.ok(secrets !== undefined && site !== undefined && bin !== undefined);
    writeShippedSecrets(secrets);
    // The certificate is one that the bootstrap makes.
    const authority = join(folder, 'ca.crt');
    execFileSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '90'],
      ...['-subj', '/CN=stack', '-keyout', join(folder, 'ca.key'), '-out', authority],
    ]);
    writeFileSync(site, `TIME_ZONE=Europe/Berlin\nPM500_SITE=hamburg\nPM500_CA_FILE=${authority}\n`);
    mkdirSync(userDirectory, { mode: 0o700 });
    for (const name of ['flows.json', 'flows_cred.json'])
      copyFileSync(join(ROOT, 'deploy/node-red', name), join(userDirectory, name));
    mkdirSync(bin);
    const command = join(bin, 'pm500');
    const main = join(ROOT, 'src/cli/main.ts');
    const loader = require.resolve('tsx/cjs');
    writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' -r '${loader}' '${main}' "$@" --offline --json\n`);
    chmodSync(command, 0o755);
    const instead: readonly (readonly [string, string])[] = [
      ['/etc/pm500/site.env', site],
      ['/etc/pm500/secrets', secrets],
      ['/var/lib/pm500-node-red', userDirectory],
      [PACKAGE, ROOT],
    ];
    const text = instead.reduce((sum, [from, to]) => sum.replaceAll(from, to), commandOf('doctor.md'));
    const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: folder };
    const { stdout, stderr } = spawnSync('sh', ['-c', text], { env, encoding: 'utf8' });
    const { results } = JSON.parse(stdout) as DoctorReport;
    assert.equal(stderr, '');
    const found = results.filter(({ outcome, area }) => outcome === 'finding' && !ELSEWHERE.includes(area));
    assert.deepEqual(
      found.filter(({ id }) => !id.startsWith('backup-')).map(({ id, evidence }) => [id, ...evidence]),
      [],
    );
    const seen = results.filter(({ outcome }) => outcome === 'ok').map(({ id }) => id);
    for (const id of ['settings-readable', 'admin-auth', 'variables-set', 'flows-readable', 'credentials-open'])
      assert.ok(seen.includes(id), `${id} was not looked at`);
  });
});
