import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { badField } from '../../src/influx/points';
import { DATABASE } from '../../src/influx/tiers/plan';
import { DEPLOY_FOLDER } from '../../tools/influxdb/main';
import { ROOT } from '../../testkit/root';
import { startInfluxDb, type InfluxDb } from '../../testkit/servers/influxdb';
import { ScriptedInflux, written, type Answer } from '../../testkit/servers/scripted-influx';
import { runScript } from '../../testkit/servers/shell';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { runHere } from '../cli/run-command';
import { AlertingPlant } from '../deploy/alerting-plant';
import { HealthySite } from '../doctor/healthy-site';

const [FEEDER, CUT, CHANGED, OVERLOADED] = ['feeder', 'cut', 'changed', 'overloaded'] as const;
const [SLOW, SMALL, FIRST] = ['slow', 'small', 'first'] as const;
/** How the meter of another firmware sends its counters. */
const OTHER_LAYOUT = 'counters-64-bit-wh';
const RIGHT = { energyLayout: OTHER_LAYOUT, layoutConfirmed: true };
const DAY_MS = 86_400_000;

/** A few points a second: less than comes. */
const slowly: Answer = (response) => void setTimeout(() => response.writeHead(204).end(), 1000);

/** The name of a backup that is so old. */
const backupName = (days: number): string =>
  new Date(Date.now() - days * DAY_MS).toISOString().replaceAll(/[-:]|\.\d+/g, '');

/** What commands say, for whoever asks, as a textfile collector gives it. */
async function collector(says: readonly (() => Promise<string>)[]): Promise<{
  readonly server: Server;
  readonly port: number;
}> {
  const server = createServer((_, response) => {
    Promise.all(says.map((text) => text())).then(
      (texts) => response.end(texts.join('')),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return { server, port: (server.address() as AddressInfo).port };
}

describe('alerts fire and clear for real: of delivery, the gateway and the database', function () {
  this.timeout(300_000);
  const slow = new ScriptedInflux();
  const small = new ScriptedInflux();
  let database: InfluxDb;
  const site = new HealthySite();
  const backups = temporaryFolder('alerts-backups');
  let doctorSays = '';
  let page: Awaited<ReturnType<typeof collector>>;
  let plant: AlertingPlant;

  const write = async (line: string): Promise<void> => {
    const response = await fetch(`${database.url}/write?db=${DATABASE}&precision=ms`, { method: 'POST', body: line });
    assert.equal(response.status, 204, await response.text());
  };

  /** What `pm500 doctor` finds in the files of the site. Of the computer that runs this nothing is asked. */
  const examine = async (): Promise<void> => {
    site.save();
    const { stdout, stderr } = await runHere(
      ...['doctor', '--user-dir', site.userDirectory, '--offline', '--format', 'prometheus'],
    );
    assert.match(stdout, /^pm500_doctor_time_seconds /m, stderr);
    doctorSays = stdout;
  };

  before(async () => {
    [database] = await Promise.all([startInfluxDb(), slow.start(), small.start()]);
    const env = { ...process.env, INFLUX_URL: database.url };
    const { status, stderr } = spawnSync('sh', [join(DEPLOY_FOLDER, 'bootstrap-v1.sh')], { env, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const tiers = async (): Promise<string> =>
      (await runHere('influx', 'status', '--url', database.url, '--prometheus')).stdout;
    Object.assign(site.useRealMeter(), { transport: 'listen-only', sharedWithPlc: true });
    await examine();
    page = await collector([tiers, () => Promise.resolve(doctorSays)]);
    plant = await AlertingPlant.start([FEEDER, CUT, CHANGED, OVERLOADED], {
      simulated: { [CHANGED]: { energyLayout: OTHER_LAYOUT } },
      meterNodes: { [CHANGED]: RIGHT },
      targets: {
        [SLOW]: { url: slow.url, batchLines: 5, flushMs: 100 },
        [SMALL]: { url: small.url, maximumMegabytes: 1 },
        [FIRST]: { url: database.url, api: 'v1', database: DATABASE },
      },
      scraped: [
        {
          job_name: 'node',
          metrics_path: '/',
          scrape_interval: '1s',
          static_configs: [{ targets: [`127.0.0.1:${page.port}`] }],
        },
      ],
    });
  });

  after(async () => {
    await plant.stop();
    page.server.close();
    await Promise.all([database.stop(), slow.stop(), small.stop()]);
    removeFolder(site.folder);
    removeFolder(backups);
  });

  it('nothing but the dead man switch while all is well', async () => {
    await plant.alerting.fires('Watchdog');
    assert.deepEqual(plant.alerting.firing, ['Watchdog']);
  });

  /** A meter that is away, one that refuses to be read, one of another layout, one whose values say nothing. */
  const meters = (): Promise<unknown> =>
    Promise.all([
      plant
        .fault(CUT, ['MeterNotConnected'], 'refuse', {})
        .then(() => plant.fault(CUT, ['ReadsFail'], 'cip-error', {})),
      plant.provoke(
        ['LayoutContradicted'],
        () => plant.setMeter(CHANGED, { layoutConfirmed: true }),
        () => plant.setMeter(CHANGED, RIGHT),
        { meter: CHANGED },
      ),
      // How many values are missing meets a field of another type, which somebody else wrote.
      write(`powermonitor_500,meter=foreign ${badField('overload')}="many"`).then(() =>
        Promise.all([
          plant.alerting.fires('RecordsRefused', { target: FIRST }),
          plant.fault(OVERLOADED, ['AlarmsUnjudged'], 'overload', {}),
        ]),
      ),
    ]).then(() => plant.alerting.clears('RecordsRefused', { target: FIRST }));

  /** A sink that takes too little, and one that is away until its outbox is full. */
  const sinks = (): Promise<unknown> =>
    Promise.all([
      plant.provoke(
        ['QueueGrowing'],
        () => (slow.fallback = slowly),
        () => (slow.fallback = written),
        { target: SLOW },
      ),
      plant.provoke(
        ['QueueNearLimit', 'RecordsLost'],
        () => small.stop(),
        () => small.start(),
        { target: SMALL },
      ),
    ]);

  /** A certificate that ends soon, a disk that is nearly full, a clock that is set. */
  const host = (): Promise<unknown> => {
    const { authority, disk } = plant;
    return Promise.all([
      plant.provoke(
        ['CertificateExpiresSoon'],
        () => authority.issue('sink', 10),
        () => authority.issue('sink', 90),
      ),
      plant.provoke(
        ['DiskSpaceLow'],
        () => {
          disk.leave(0.1);
        },
        () => {
          disk.fill(false);
        },
      ),
      plant.provoke(
        ['ClockStepped'],
        () => {
          plant.setClock(3000);
        },
        () => undefined,
        { meter: FEEDER },
      ),
    ]);
  };

  /** Days that no roll-up has made. */
  const tiers = (): Promise<void> =>
    plant.provoke(
      ['TierBehind'],
      async () => {
        for (let day = 1; day <= 3; day += 1)
          await write(`powermonitor_500,meter=${FEEDER} voltage_l1_n=277 ${Date.now() - day * DAY_MS}`);
      },
      async () => {
        const { code, stderr } = await runHere('influx', 'rollup', '--url', database.url, '--days', '4');
        assert.equal(code, 0, stderr);
      },
      { tier: 'day' },
    );

  /** A night whose tries all fail, and a folder whose newest backup is of last week. */
  const nights = (): Promise<unknown> => {
    const tell = async (part: string, days: number, result: string): Promise<void> => {
      const folder = join(backups, part);
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(join(folder, backupName(days)), { recursive: true });
      const env = { METRICS_URL: plant.database.url, SERVICE_RESULT: result };
      const { status, output } = await runScript(join(ROOT, 'deploy/backup/tell.sh'), { args: [part, folder], env });
      assert.deepEqual([status, output], [0, '']);
    };
    return Promise.all([
      plant.provoke(
        ['BackupFailed'],
        () => tell('influxdb', 1, 'exit-code'),
        () => tell('influxdb', 0, 'success'),
        { part: 'influxdb' },
      ),
      plant.provoke(
        ['BackupOverdue'],
        () => tell('files', 8, 'success'),
        () => tell('files', 6, 'success'),
        { part: 'files' },
      ),
    ]);
  };

  /** A meter that would be asked for a frame every 20 ms, beside a PLC. */
  const readiness = (): Promise<void> => {
    const meter = site.node('first-meter-meter');
    const { rpiMs = 500 } = meter;
    return plant.provoke(
      ['ReadinessCritical'],
      () => {
        Object.assign(meter, { rpiMs: 20 });
        return examine();
      },
      () => {
        Object.assign(meter, { rpiMs });
        return examine();
      },
      { check: 'meter-rpi' },
    );
  };

  it('meters, sinks, host, tiers, backups and readiness side by side', async () => {
    await Promise.all([meters(), sinks(), host(), tiers(), nights(), readiness()]);
    const told = plant.alerting.told;
    const receiverOf = (alert: string): string | undefined => told.find((each) => each.alert === alert)?.receiver;
    assert.deepEqual(
      ['RecordsLost', 'RecordsRefused', 'AlarmsUnjudged'].map(receiverOf),
      ['on-call', 'mail', 'nobody'],
      'critical, warning and info',
    );
    const lost = told.find(({ alert }) => alert === 'RecordsLost');
    assert.match(lost?.annotations['summary'] ?? '', /^\d+ records for small were lost within an hour, by size\.$/);
    for (const { alert, annotations } of told)
      assert.match(annotations['runbook_url'] ?? '', /^docs\/runbooks\/[a-z-]+\.md$/, alert);
  });
});
