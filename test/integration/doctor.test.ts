import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DoctorReport } from '../../src/doctor/examine';
import { DATABASE } from '../../src/influx/tiers/plan';
import type { Simulator } from '../../src/simulator/simulator';
import { ROOT } from '../../testkit/root';
import { startInfluxDb, type InfluxDb } from '../../testkit/servers/influxdb';
import { runScript } from '../../testkit/servers/shell';
import { startMosquitto, type Mosquitto } from '../../testkit/servers/mosquitto';
import { removeFolder } from '../../testkit/temporary-folder';
import { startOneMeter } from '../../testkit/simulator/one-meter';
import { runHere } from '../cli/run-command';
import { HealthySite, TOKEN } from '../doctor/healthy-site';

const ADMIN = { user: 'admin', password: 'a password of the admin' };
/** What depends on the computer that the tests run on. */
const OF_THE_COMPUTER = ['host', 'service'];

/** The whole command with a real broker, a real InfluxDB 1 and a simulated meter. */
describe('pm500 doctor', () => {
  const site = new HealthySite();
  let broker: Mosquitto;
  let influx: InfluxDb;
  let simulator: Simulator;
  let args: readonly string[] = [];

  before(async () => {
    [broker, influx, simulator] = await Promise.all([
      startMosquitto(),
      startInfluxDb({ admin: ADMIN }),
      startOneMeter(),
    ]);
    const env = { INFLUX_URL: influx.url, INFLUX_USER: ADMIN.user, INFLUX_PASSWORD: ADMIN.password };
    const made = await runScript(join(ROOT, 'deploy/influxdb/bootstrap-v1.sh'), { env });
    assert.equal(made.status, 0, made.output);
    site.write(
      'node-red/settings.js',
      `console.log('noise'); process.env.PLANT_USER = '${ADMIN.user}';
module.exports = { uiHost: '127.0.0.1', credentialSecret: ${JSON.stringify(site.secret)}, flowFile: 'flows.json',
  adminAuth: { type: 'credentials', users: [] }, httpNodeRoot: false, externalModules: { palette: { allowInstall: false } } };\n`,
    );
    Object.assign(site.node('first-meter-meter'), { port: simulator.meters[0]?.port });
    Object.assign(site.node('first-meter-edge'), { port: broker.port });
    Object.assign(site.node('first-meter-influx'), {
      api: 'v1',
      url: influx.url,
      database: DATABASE,
      user: '${PLANT_USER}',
    });
    site.secrets = { 'first-meter-influx': { password: ADMIN.password } };
    site.write('attested.json', JSON.stringify(site.attested));
    args = [
      'doctor',
      ...['--user-dir', site.userDirectory, '--unit', site.unitFile, '--broker-file', site.brokerFile],
      ...['--backup-files', join(site.folder, 'backups'), '--backup-database', join(site.folder, 'backups')],
      ...['--attested', join(site.folder, 'attested.json')],
    ];
  });

  after(async () => {
    await Promise.all([broker.stop(), influx.stop(), simulator.close()]);
    removeFolder(site.folder);
  });

  async function report(...more: readonly string[]): Promise<DoctorReport> {
    site.save();
    const { stdout, stderr, code } = await runHere(...args, '--json', ...more);
    assert.equal(stderr, '');
    assert.ok([0, 3, 4, 5].includes(code ?? -1), `ended with ${code}`);
    assert.doesNotMatch(stdout, new RegExp(`${TOKEN}|${ADMIN.password}`));
    return JSON.parse(stdout) as DoctorReport;
  }

  const ofTheSite = ({ results }: DoctorReport, outcome: string): readonly string[] =>
    results
      .filter((result) => result.outcome === outcome && !OF_THE_COMPUTER.includes(result.area))
      .map(({ id }) => id);

  it('finds nothing in a healthy site, then the continuous query that somebody dropped', async () => {
    const found = await report();
    // Its backups are on the disk of the test, and no Node-RED has opened an outbox.
    assert.deepEqual(ofTheSite(found, 'could not look'), []);
    assert.deepEqual(ofTheSite(found, 'finding'), ['backup-elsewhere']);
    await influx.query(`DROP CONTINUOUS QUERY "powermonitor_500_1m" ON "${DATABASE}"`);
    assert.deepEqual(ofTheSite(await report(), 'finding'), ['backup-elsewhere', 'tier-queries']);
  });

  it('finds a login that the database refuses, a broker that is away and a meter that does not answer', async () => {
    site.secrets = { 'first-meter-influx': { password: 'not that of the admin' } };
    await broker.halt();
    await simulator.close();
    const found = await report('--without', 'backup-elsewhere');
    assert.deepEqual(ofTheSite(found, 'finding'), ['broker-reachable', 'database-login', 'meter-answers']);
    const [login] = found.results.filter(({ id }) => id === 'database-login');
    assert.match(login?.evidence[0] ?? '', /user and password/);
    // Whoever is away or refuses tells nothing else, which is not taken for fine.
    assert.deepEqual(ofTheSite(found, 'could not look'), [
      'backup-elsewhere',
      'broker-login',
      'tiers-behind',
      'tier-queries',
    ]);
  });

  it('writes a page for paper', async () => {
    const page = join(site.folder, 'report.html');
    await runHere(...args, '--format', 'html', '--output', page, '--offline');
    const text = readFileSync(page, 'utf8');
    assert.match(text, /^<!doctype html>/);
    assert.match(text, /were not asked, as the options say/);
  });
});
