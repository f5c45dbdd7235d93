import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Simulator } from '../../src/simulator/simulator';
import { DEPLOY_FOLDER } from '../../tools/influxdb/main';
import { ROOT } from '../../testkit/root';
import { runbookCommands } from '../../testkit/runbook-commands';
import { CertificateAuthority } from '../../testkit/servers/certificates';
import { startInfluxDb, type InfluxDb } from '../../testkit/servers/influxdb';
import { writeShippedSecrets } from '../../testkit/shipped-secrets';
import { freePort } from '../../testkit/servers/ports';
import { startProcess, type RunningProcess } from '../../testkit/servers/processes';
import { findProgram } from '../../testkit/servers/programs';
import { runScript } from '../../testkit/servers/shell';
import { startVictoriaMetrics, type VictoriaMetrics } from '../../testkit/servers/victoria-metrics';
import { startOneMeter } from '../../testkit/simulator/one-meter';
import { temporaryFolder } from '../../testkit/temporary-folder';

const TOKEN = 'a token of the metrics page';
const METRICS = [
  'pm500_certificate_expires_seconds',
  'pm500_delivery_waiting_bytes',
  'pm500_delivery_up',
  'pm500_delivery_oldest_seconds',
  'pm500_read_timeouts_total',
  'pm500_backup_due_seconds',
  'pm500_doctor_time_seconds',
];

/** What each command that is executed here must say, and by what its examples are replaced. */
const EXECUTED: readonly (readonly [command: RegExp, says: RegExp])[] = [
  [/^curl -s http:\/\/127\.0\.0\.1:8428\/.*expires_seconds/, /"status":"success".*pm500_certificate_expires_seconds/],
  [/^curl -s http:\/\/127\.0\.0\.1:8428\/.*waiting_bytes/, /"status":"success".*pm500_delivery_waiting_bytes/],
  [/^curl -s http:\/\/127\.0\.0\.1:8428\/.*\(up\|waiting/, /"status":"success".*pm500_delivery_up/],
  [/^curl -s http:\/\/127\.0\.0\.1:8428\/.*read_timeouts/, /"status":"success".*pm500_read_timeouts_total/],
  [/^curl -s http:\/\/127\.0\.0\.1:8428\/.*pm500_backup/, /"status":"success".*pm500_backup_due_seconds/],
  [/^curl -s http:\/\/127\.0\.0\.1:8428\/.*doctor_time/, /"status":"success".*pm500_doctor_time_seconds/],
  [/^openssl x509 -in FILE/, /notAfter=.*\n?[^]*subject=/],
  [/^df -h( \/var\/lib\/private\/pm500-backup)?$/, /Filesystem/],
  [/^findmnt -no OPTIONS --target \/path$/, /^(rw|ro)\b/m],
  [/^ls -lh \/var\/lib\/private\/pm500-backup$/, /20260329T002000Z/],
  [
    /^sh -c '.*site\.env; PM500_SECRETS=\S+ pm500 doctor --user-dir [^]*settings\.js'$/,
    /[0-9]+ fine, .*could not be looked at/,
  ],
  [/^pm500 doctor$/, /could not be looked at/],
  // Nothing of these units runs here: the options are right, and that is said.
  [/^journalctl -u pm500-\S+( -n \d+)?$/, /No entries|No journal files/],
  [/^du -xh .* \| sort -h \| tail$/, /refused/],
  [/^printf .*node_red_metrics_token/, /^200$/m],
  [/^pm500 check HOST$/, /assembly/i],
  [/^pm500 read HOST --count 1$/, /voltage_l1_n/],
  [/^pm500 scan$/, /127\.0\.0\.1|192\.|10\.|172\.|asked/i],
  [/^until curl --silent http:\/\/127\.0\.0\.1:18086\/ping/, /^$/],
  [/^pm500 influx rollup --from 2026-03-12$/, /TIER +FROM/],
  [/^sh -c '.*influx\.env; pm500 influx status'$/, /TIER +UNTIL/],
  [/^sh -c '.*influx\.env; pm500 influx rollup --from DATE'$/, /TIER +FROM/],
  [/^bootstrap-v1\.sh$/, /ready/],
  [/^amtool alert query/, /Alertname/],
];

/** Why a command is not executed here. */
const ELSEWHERE: readonly (readonly [command: RegExp, why: string])[] = [
  [/^docker compose\b/, 'there are no containers in a test; services are those of compose.yaml (laws/alert-rules)'],
  [/^journalctl -u$/, 'the unit of a site of its own'],
  [/^journalctl .*\|/, 'what a clock that was stepped leaves in the log is awaited in normalize-clock'],
  [
    /^systemctl\b/,
    'no systemd runs in a test; units are those of deploy/systemd (laws/alert-rules), and what sink-down does to the database is done in influx-tiers-faults',
  ],
  [/^(timedatectl|chronyc)\b/, 'asks services of the computer that a test may not have'],
  [/^pm500 drill failover$/, 'drills-failover runs it, both ways'],
  [/^pm500 cloud\b/, 'cloud-enroll runs status and rotate against a stand-in of the cloud'],
  [
    /^influx task\b/,
    'the command line of InfluxDB 2 is not on this system; influx-2-backup and the scripts say what is known of it',
  ],
  [/^(sh )?repair-v2\.sh\b/, 'stack-influxdb-2 runs it against a stand-in'],
  [/^bootstrap(-v2)?\.sh$/, 'stack-bootstrap and stack-influxdb-2 run it'],
];

const COMMANDS = runbookCommands();

describe('commands of the runbooks', function () {
  this.timeout(300_000);
  const bin = temporaryFolder('bin');
  const folder = temporaryFolder('user-directory');
  const authority = new CertificateAuthority();
  let database: InfluxDb;
  let metrics: VictoriaMetrics;
  let alertmanager: RunningProcess;
  let meter: Simulator;
  let page: Server;
  let replaced: readonly (readonly [string, string])[];

  before(async () => {
    [database, metrics, meter] = await Promise.all([startInfluxDb(), startVictoriaMetrics(), startOneMeter()]);
    const port = await freePort();
    const configuration = join(folder, 'alertmanager.yml');
    writeFileSync(configuration, 'route: { receiver: none }\nreceivers: [{ name: none }]\n');
    alertmanager = await startProcess({
      name: 'alertmanager',
      command: findProgram('prometheus-alertmanager', 'alertmanager'),
      args: [
        `--config.file=${configuration}`,
        `--storage.path=${folder}/alertmanager`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--cluster.listen-address=',
      ],
      ready: async () => (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok,
    });
    page = createServer((request, response) => {
      response.writeHead(request.headers.authorization === `Bearer ${TOKEN}` ? 200 : 401).end();
    });
    await new Promise<void>((listening) => page.listen(0, '127.0.0.1', listening));
    // A minute old: what is newer is not told yet.
    const rows = METRICS.map((name) => `${name} 1 ${Date.now() - 60_000}\n`).join('');
    await fetch(`${metrics.url}/api/v1/import/prometheus`, { method: 'POST', body: rows });
    await metrics.export('{__name__!=""}');
    const shim = join(bin, 'pm500');
    writeFileSync(shim, `#!/bin/sh\nexec '${process.execPath}' '${ROOT}/dist/src/cli/main.js' "$@"\n`);
    chmodSync(shim, 0o755);
    const [token, env, site, secrets] = ['token', 'influx.env', 'site.env', 'secrets'].map((name) =>
      join(folder, name),
    );
    assert.ok(token !== undefined && env !== undefined && site !== undefined && secrets !== undefined);
    writeFileSync(token, TOKEN);
    writeShippedSecrets(secrets);
    writeFileSync(site, 'TIME_ZONE=Europe/Berlin\n');
    writeFileSync(env, `INFLUX_URL=${database.url}\nTIME_ZONE=Europe/Berlin\n`);
    mkdirSync(join(folder, 'pm500', 'refused'), { recursive: true });
    const backups = join(folder, 'backups');
    mkdirSync(join(backups, '20260329T002000Z'), { recursive: true });
    const address = meter.meters[0];
    assert.ok(address);
    replaced = [
      ['http://127.0.0.1:8428', metrics.url],
      ['http://127.0.0.1:1880', `http://127.0.0.1:${(page.address() as AddressInfo).port}`],
      ['http://127.0.0.1:9093', `http://127.0.0.1:${port}`],
      ['http://127.0.0.1:18086', database.url],
      ['/etc/pm500/secrets/node_red_metrics_token', token],
      ['/etc/pm500/influx.env', env],
      ['/etc/pm500/site.env', site],
      ['/etc/pm500/secrets', secrets],
      ['/usr/lib/node_modules/@pm500/node-red-powermonitor', ROOT],
      ['check HOST', `check 127.0.0.1 --port ${address.port} --seconds 2`],
      ['HOST', `127.0.0.1 --port ${address.port}`],
      ['FILE', authority.issue('meter', 5).certificate],
      ['/var/lib/private/pm500-backup', backups],
      ['/var/lib/pm500-node-red', folder],
      ['/path', folder],
      ['DATE', new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)],
      ['bootstrap-v1.sh', `sh ${join(DEPLOY_FOLDER, 'bootstrap-v1.sh')}`],
    ];
  });
  after(async () => {
    page.close();
    await Promise.all([database.stop(), metrics.stop(), alertmanager.stop(), meter.close()]);
  });

  it('are all executed here, or in a closed list with the reason', () => {
    const rows = [...EXECUTED, ...ELSEWHERE];
    const unknown = COMMANDS.filter(({ text }) => rows.filter(([command]) => command.test(text)).length !== 1);
    assert.deepEqual(unknown, []);
    const idle = rows.filter(([command]) => !COMMANDS.some(({ text }) => command.test(text)));
    assert.deepEqual(idle, [], 'no runbook has these');
  });

  it('do what the runbooks say they do', async () => {
    const order = (text: string): number => (text.startsWith('bootstrap') ? 0 : 1);
    const texts = [...new Set(COMMANDS.map(({ text }) => text))].sort((left, right) => order(left) - order(right));
    for (const text of texts) {
      const says = EXECUTED.find(([command]) => command.test(text))?.[1];
      if (says === undefined) continue;
      const command = replaced.reduce((sum, [from, to]) => sum.replaceAll(from, to), text);
      const script = join(folder, 'command.sh');
      writeFileSync(script, `${command}\n`);
      const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, INFLUX_URL: database.url, TIME_ZONE: 'Europe/Berlin' };
      const { output } = await runScript(script, { env });
      assert.match(output, says, command);
    }
  });
});
