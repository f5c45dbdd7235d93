import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PM500 } from '../../src/meters/pm500';
import { dailyProfile } from '../../src/simulator/model/plain-profiles';
import { settingsOfMany } from '../../src/simulator/many-meters';
import { startSimulator, type RunningMeter, type Simulator } from '../../src/simulator/simulator';
import { systemClock } from '../../src/support/clock';
import { seededRandom } from '../../src/support/random';
import { alertmanagerFile } from '../../tools/alerts/alertmanager';
import { alertRules } from '../../tools/alerts/rules';
import { vmalertFile } from '../../tools/alerts/vmalert';
import { makeSmallDisk, type SmallDisk } from '../../testkit/delivery/small-disk';
import { startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import type { FlowEntry } from '../../testkit/node-red/node-red-admin';
import { Alerting } from '../../testkit/servers/alerting';
import { CertificateAuthority } from '../../testkit/servers/certificates';
import { ScriptedInflux } from '../../testkit/servers/scripted-influx';
import { startVictoriaMetrics, type VictoriaMetrics } from '../../testkit/servers/victoria-metrics';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';
import { freePort } from '../../testkit/servers/ports';

/** A minute of the rules is a second here. */
const SCALE = 1 / 60;
const METER = 'incomer';
/** What the feeder of the simulated meter has. */
const VOLTS = 277;
const PEAK_W = 100_000;

const RULES = alertRules(SCALE);
const [TAB, METER_ID, POLL, NORMALIZE, TARGET, OUT, RESET, OTHER, OTHER_OUT, SECURE, TLS] = [
  'tab',
  'meter',
  'poll',
  'normalize',
  'target',
  'out',
  'reset',
  'other',
  'other-out',
  'secure',
  'tls',
].map((name) => `alerts-${name}`) as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
];

describe('alerts fire and clear for real', function () {
  this.timeout(300_000);
  const userDir = temporaryFolder('alerts-node-red');
  const authority = new CertificateAuthority();
  const other = new ScriptedInflux();
  let disk: SmallDisk;
  let meter: RunningMeter;
  let database: VictoriaMetrics;
  let nodeRed: NodeRed;
  const closers: (() => Promise<void> | void)[] = [];
  let nodeRedPort: number;
  let alerting: Alerting;
  let certificate: string;

  const flow = (changes: object = {}): FlowEntry[] => [
    { id: TAB, type: 'tab', label: 'Alerts' },
    { id: METER_ID, type: 'pm500-meter', name: METER, host: '127.0.0.1', port: meter.port, site: 'plant' },
    {
      id: POLL,
      z: TAB,
      type: 'pm500-poll',
      meter: METER_ID,
      groups: ['realtime', 'energy'],
      intervalMs: 500,
      wires: [[NORMALIZE], []],
    },
    {
      id: NORMALIZE,
      z: TAB,
      type: 'pm500-normalize',
      kpis: ['voltage_unbalance', 'demand', 'power_factor'],
      periods: ['day', 'month'],
      energyDeltas: true,
      demandMinutes: '1',
      defaultAlarms: true,
      nominalVolts: VOLTS,
      nominalHertz: '60',
      powerFactorLimit: 0.1,
      ...changes,
      wires: [[OUT, OTHER_OUT], []],
    },
    { id: TARGET, type: 'influx-target', url: database.url, bucket: 'plant', outbox: 'memory' },
    { id: OUT, z: TAB, type: 'influx-out', target: TARGET, wires: [[]] },
    {
      id: OTHER,
      type: 'influx-target',
      name: 'other',
      url: other.url,
      bucket: 'plant',
      org: 'plant',
      outbox: 'memory',
    },
    { id: OTHER_OUT, z: TAB, type: 'influx-out', target: OTHER, wires: [[]] },
    {
      id: TLS,
      type: 'tls-config',
      name: '',
      cert: certificate,
      key: certificate.replace('.crt', '.key'),
      ca: '',
      verifyservercert: true,
    },
    {
      id: SECURE,
      type: 'influx-target',
      name: 'secure',
      url: 'https://127.0.0.1:1',
      bucket: 'plant',
      org: 'plant',
      tls: TLS,
      outbox: 'memory',
    },
    {
      id: RESET,
      z: TAB,
      type: 'inject',
      props: [{ p: 'payload' }],
      payload: '{"alarms":{"reset":true}}',
      payloadType: 'json',
      wires: [[NORMALIZE]],
    },
  ];

  const deploy = (changes: object = {}): Promise<void> =>
    nodeRed.admin.deploy(
      flow(changes),
      { [TARGET]: { token: 'any' }, [OTHER]: { token: 'any' }, [SECURE]: { token: 'any' } },
      'nodes',
    );
  const both = async (names: readonly string[], step: (name: string) => Promise<unknown>): Promise<void> => {
    await Promise.all(names.map(step));
  };
  /** Has something happen, and waits until people were told of all these, and when it is undone, of their end. */
  const provoke = async (names: readonly string[], begin: () => unknown, end: () => unknown): Promise<void> => {
    await begin();
    await both(names, (name) => alerting.fires(name, 150_000));
    await end();
    await both(names, (name) => alerting.clears(name, 150_000));
  };
  const fault = (names: readonly string[], ...args: Parameters<RunningMeter['faults']['start']>): Promise<void> =>
    provoke(
      names,
      () => {
        meter.faults.start(...args);
      },
      () => {
        meter.faults.stopAll();
      },
    );

  before(async () => {
    disk = makeSmallDisk(userDir, 60_000_000);
    closers.push(() => {
      disk.remove();
    });
    certificate = authority.issue('sink', 90).certificate;
    await other.start();
    closers.push(() => other.stop());
    nodeRedPort = await freePort();
    const first = { bind: '127.0.0.1', enipPort: 0, catalogNumber: '1420-V2-ENT', serialNumber: 940_000_001, seed: 3 };
    const simulator: Simulator = await startSimulator(PM500, {
      meters: settingsOfMany(PM500, {
        first,
        count: 1,
        addressing: 'port',
        loadOf: (seed) => dailyProfile(PEAK_W, seed),
      }),
      clock: systemClock,
      random: seededRandom(4),
    });
    closers.push(() => simulator.close());
    meter = simulator.meters[0]!;
    const scrape = join(temporaryFolder('scrape'), 'scrape.yml');
    writeFileSync(
      scrape,
      JSON.stringify({
        scrape_configs: [
          {
            job_name: 'pm500',
            metrics_path: '/pm500/metrics',
            scrape_interval: '1s',
            static_configs: [{ targets: [`127.0.0.1:${nodeRedPort}`] }],
          },
        ],
      }),
    );
    [database, nodeRed] = await Promise.all([
      startVictoriaMetrics({ flags: [`-promscrape.config=${scrape}`] }),
      startNodeRed({ userDir, port: nodeRedPort }),
    ]);
    await deploy();
    await waitFor(
      'values in the database',
      async () => (await database.query('powermonitor_500_kpi_voltage_unbalance')).length > 0,
      { timeoutMs: 60_000, everyMs: 500 },
    );
    alerting = await Alerting.start({
      databaseUrl: database.url,
      rules: vmalertFile(RULES, 1),
      environment: 'production',
      // The shipped configuration, told sooner, to a web hook in place of mail.
      alertmanager: (webhook) =>
        alertmanagerFile(RULES)
          .replaceAll(/http:\/\/127\.0\.0\.1:9095/g, webhook)
          .replace(
            / {4}email_configs:\n {6}- to: energy@localhost/,
            `    webhook_configs:\n      - url: ${webhook}/mail`,
          )
          .replace(/ {4}email_configs:\n {6}- to: energy-on-call@localhost\n {8}send_resolved: true\n/, '')
          .replaceAll(/(group_wait|group_interval): \d+[sm]/g, '$1: 100ms'),
    });
    closers.push(() => alerting.stop());
  });

  after(async () => {
    for (const close of closers.reverse()) await close();
    removeFolder(userDir);
  });

  it("nothing but the dead man's switch while all is well", async () => {
    const watchdog = await alerting.fires('Watchdog');
    assert.equal(watchdog.receiver, 'watchdog');
    assert.deepEqual(alerting.firing, ['Watchdog']);
  });

  it('phases: rotation, a lost phase, a lost supply, voltage, unbalance, frequency', async () => {
    await fault(['RotationChanged', 'RotationWrong'], 'wrong-rotation', {});
    await provoke(
      ['MeterAlarmCritical'],
      () => undefined,
      () => nodeRed.admin.inject(RESET),
    );
    await fault(['PhaseLoss'], 'phase-loss', { phase: 2 });
    const told = alerting.told.find(({ alert }) => alert === 'PhaseLoss')!;
    assert.equal(told.receiver, 'on-call');
    assert.deepEqual(
      [told.labels['phase'], told.labels['meter'], told.labels['site'], told.labels['severity']],
      ['L2', METER, 'plant', 'critical'],
    );
    assert.match(told.annotations['summary'] ?? '', /^Phase L2 of meter incomer is lost: [\d.]+% of nominal\.$/);
    await fault(['SupplyLost'], 'voltage', { percent: 20 });
    await fault(['VoltageOutside'], 'voltage', { percent: 87 });
    await fault(['VoltageUnbalance'], 'voltage', { percent: 92, phase: 1 });
    await fault(['VoltageUnbalanceHigh'], 'voltage', { percent: 75, phase: 3 });
    await fault(['FrequencyOutside'], 'frequency', { percent: 98 });
  });

  it('load: current, demand, power factor', async () => {
    const [watts] = await database.query('avg_over_time(powermonitor_500_active_power_total[10s])');
    const kilowatts = watts!.value / 1000;
    await provoke(
      ['CurrentHigh'],
      () => deploy({ ratedAmperes: 1 }),
      () => deploy(),
    );
    await provoke(
      ['DemandNearContract'],
      () => deploy({ contractKw: kilowatts / 0.87 }),
      () => deploy({ contractKw: 10 * kilowatts }),
    );
    await provoke(
      ['DemandAtContract'],
      () => deploy({ contractKw: kilowatts }),
      () => deploy({ contractKw: 10 * kilowatts }),
    );
    await provoke(
      ['PowerFactorLow'],
      () => deploy({ powerFactorLimit: 1 }),
      () => deploy(),
    );
  });

  it('meters: a counter that a person is asked about, one that does not answer', async () => {
    const answer = {
      id: 'alerts-answer',
      z: TAB,
      type: 'inject',
      props: [{ p: 'payload' }],
      payload: '{"counters":{"answer":"reset"}}',
      payloadType: 'json',
      wires: [[NORMALIZE]],
    };
    await nodeRed.admin.deploy([...flow(), answer], {}, 'nodes');
    await provoke(
      ['CounterQuestion'],
      () => {
        meter.faults.start('counter-set', { value: 5_000_000_000 });
      },
      () => nodeRed.admin.inject('alerts-answer'),
    );
    await fault(['MeterStale'], 'silence', {});
  });

  it('delivery: a sink that is away, one that refuses', async () => {
    await provoke(
      ['SinkDown'],
      () => other.stop(),
      () => other.start(),
    );
    assert.equal(alerting.told.find(({ alert }) => alert === 'SinkDown')?.labels['target'], 'other');
  });

  it('the host: a certificate that ends, a full disk, a gateway that is gone', async () => {
    await provoke(
      ['CertificateExpires'],
      () => authority.issue('sink', 1),
      () => authority.issue('sink', 90),
    );
    await provoke(
      ['DiskFull'],
      () => {
        disk.fill(true);
      },
      () => {
        disk.fill(false);
      },
    );
    await provoke(
      ['GatewayDown'],
      () => nodeRed.stop(),
      async () => {
        nodeRed = await startNodeRed({ userDir, port: nodeRedPort });
      },
    );
  });

  it('every alert that was told has a runbook, and what says less was not told beside it', () => {
    for (const { alert, annotations } of alerting.told)
      assert.match(annotations['runbook_url'] ?? '', /^docs\/runbooks\/[a-z-]+\.md$/, alert);
    assert.deepEqual(
      alerting.firing.filter((name) => name !== 'Watchdog'),
      [],
    );
  });
});
