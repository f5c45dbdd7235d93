import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { buildSync } from 'esbuild';
import { ROOT } from '../../testkit/root';
import { runScript, type Ended } from '../../testkit/servers/shell';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

const BUCKETS = { energy_raw: '01', energy_1m: '02', energy_15m: '03', energy_day: '04', energy_month: '05' };
const FULL = {
  buckets: BUCKETS,
  tasks: { 'powermonitor_500 1m': '06' },
  dbrp: [{ rp: 'raw', bucket: '01', isDefault: true }],
  users: { 'pm500-writer': { password: 'a password', read: [], write: ['01'] } },
  tokens: [],
  adminPassword: '',
  points: ['energy_raw', 'energy_month'],
  made: 6,
};
/** As an image sets one up: a bucket, and nothing in it. */
const NEW = { ...FULL, buckets: { energy_raw: '01' }, tasks: {}, dbrp: [], users: {}, points: [] };

/** InfluxDB 2 is not to be had here: what answers is a stand-in for its command line, made from its reference and source. */
describe('backup and restore of InfluxDB 2, with a stand-in for its command line', () => {
  const folder = temporaryFolder('influx-2-backup');
  const backups = join(folder, 'backups');
  const token = join(folder, 'token');

  before(() => {
    const program = join(folder, 'influx.cjs');
    const source = join(ROOT, 'testkit/servers/influx-2-process.ts');
    buildSync({ entryPoints: [source], outfile: program, platform: 'node', format: 'cjs', logLevel: 'error' });
    writeFileSync(join(folder, 'influx'), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
    chmodSync(join(folder, 'influx'), 0o755);
    writeFileSync(token, 'of-the-operator\n');
  });

  after(() => {
    removeFolder(folder);
  });

  /** A server is a file of its state. */
  const server = (name: string, state: object): string => {
    const path = join(folder, `${name}.json`);
    writeFileSync(path, JSON.stringify(state));
    return path;
  };
  const run = (script: string, state: string, args: readonly string[], env = {}): Promise<Ended> =>
    runScript(join(ROOT, 'deploy/backup', script), {
      args,
      env: {
        PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`,
        INFLUX_STATE: state,
        INFLUX_ACCEPTS: 'of-the-operator',
        INFLUX_TOKEN_FILE: token,
        // That of the containers: points of other organizations must not be left out.
        INFLUX_ORG: 'pm500',
        ...env,
      },
    });
  const refused = async (running: Promise<Ended>, sentence: RegExp): Promise<void> => {
    const { status, output } = await running;
    assert.equal(status, 1, output);
    assert.match(output, sentence);
    assert.equal(output.trim().split('\n').length, 1, output);
  };

  it('a new server has everything that the other had', async () => {
    const { status, output } = await run('backup-v2.sh', server('old', FULL), [backups]);
    assert.equal(status, 0, output);
    const other = server('new', NEW);
    const restored = await run('restore-v2.sh', other, [output.trim()]);
    assert.equal(restored.status, 0, restored.output);
    assert.deepEqual(JSON.parse(readFileSync(other, 'utf8')), FULL);
    await refused(run('restore-v2.sh', other, [output.trim()]), /has points in energy_raw: restore into a new one/);
    await refused(
      run('restore-v2.sh', server('rest', { ...FULL, points: ['energy_month'] }), [output.trim()]),
      /has points in energy_month/,
    );
  });

  it('says in one sentence what to do where there is nothing to back up or to restore', async () => {
    const old = server('old', FULL);
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const below = join(folder, 'other-backups');
    await refused(run('backup-v2.sh', old, []), /^Say where to/);
    await refused(run('backup-v2.sh', old, [join(file, 'below')]), /cannot be made: check its place/);
    await refused(run('backup-v2.sh', old, [below], { INFLUX_IS_DOWN: 'yes' }), /does not answer at/);
    await refused(run('backup-v2.sh', old, [below], { INFLUX_TOKEN_FILE: '/nowhere' }), /\/nowhere cannot be read/);
    await refused(
      run('backup-v2.sh', old, [below], { INFLUX_ACCEPTS: 'another' }),
      /gives no backup \(Error: unauthorized access\): give it the token of an operator/,
    );
    await refused(run('backup-v2.sh', old, [below], { INFLUX_IS_FULL: 'yes' }), /no space left on device/);
    assert.deepEqual(readdirSync(below), ['last-backup.log'], 'nothing is half made');

    const other = server('new', NEW);
    await refused(run('restore-v2.sh', other, []), /^Say what to restore/);
    await refused(run('restore-v2.sh', other, [file]), /is no backup: it has no manifest/);
    const part = join(folder, '20260101T000000Z.part');
    mkdirSync(part);
    await refused(run('restore-v2.sh', other, [part]), /was never finished/);
    const [whole = ''] = existsSync(backups) ? readdirSync(backups) : [];
    await refused(
      run('restore-v2.sh', other, [join(backups, whole)], { INFLUX_ACCEPTS: 'another' }),
      /refuses the token \(Error: unauthorized access\): give that of an operator/,
    );
    assert.deepEqual(JSON.parse(readFileSync(other, 'utf8')), NEW, 'nothing is half restored');
  });
});
