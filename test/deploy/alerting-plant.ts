import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PM500 } from '../../src/meters/pm500';
import { settingsOfMany } from '../../src/simulator/many-meters';
import { dailyProfile } from '../../src/simulator/model/plain-profiles';
import { startSimulator, type RunningMeter, type Simulator } from '../../src/simulator/simulator';
import { systemClock } from '../../src/support/clock';
import { seededRandom } from '../../src/support/random';
import { alertmanagerFile } from '../../tools/alerts/alertmanager';
import { alertRules } from '../../tools/alerts/rules';
import { vmalertFile } from '../../tools/alerts/vmalert';
import { makeSmallDisk, type SmallDisk } from '../../testkit/delivery/small-disk';
import { CLOCK_AHEAD, settableClock } from '../../testkit/node-red/settable-clock-options';
import { startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import type { FlowEntry } from '../../testkit/node-red/node-red-admin';
import { Alerting } from '../../testkit/servers/alerting';
import { CertificateAuthority } from '../../testkit/servers/certificates';
import { freePort } from '../../testkit/servers/ports';
import { ScriptedInflux } from '../../testkit/servers/scripted-influx';
import { startVictoriaMetrics, type VictoriaMetrics } from '../../testkit/servers/victoria-metrics';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';
import { oneMeter } from '../../testkit/simulator/one-meter';

/** A minute of the rules is a second here. */
const SCALE = 1 / 60;
const PEAK_W = 100_000;
const DISK_BYTES = 60_000_000;
const TAB = 'alerts-tab';
const TARGET = 'alerts-target';
const OTHER = 'alerts-other';
const SECURE = 'alerts-secure';
const TLS = 'alerts-tls';

/** What a site sets; the simulated feeders have 277 V and 60 Hz. */
const NORMALIZER = {
  kpis: ['voltage_unbalance', 'demand', 'power_factor'],
  periods: ['day', 'month'],
  energyDeltas: true,
  demandMinutes: '1',
  defaultAlarms: true,
  nominalVolts: 277,
  nominalHertz: '60',
  powerFactorLimit: 0.1,
};

type Fault = Parameters<RunningMeter['faults']['start']>;

/** Not the name itself: Node-RED takes a property with the id of a node for a use of it. */
const targetId = (name: string): string => `${name}-target`;

/** What a plant has beside its meters. */
export interface PlantAdditions {
  /** Settings of further databases, by name; every point goes there too. */
  readonly targets?: Readonly<Record<string, object>>;
  /** Settings of simulated meters, by name, where they are not all alike. */
  readonly simulated?: Readonly<Record<string, object>>;
  /** Settings of `pm500-meter` nodes, by the name of the meter. */
  readonly meterNodes?: Readonly<Record<string, object>>;
  /** What else is asked for metrics, as a job of Prometheus each. */
  readonly scraped?: readonly object[];
}

/** Meters, Node-RED, databases, vmalert, Alertmanager and whoever is told: all real but the meters. */
export class AlertingPlant {
  readonly authority = new CertificateAuthority();
  /** A second database, which can be away. */
  readonly other = new ScriptedInflux();
  readonly disk: SmallDisk;
  readonly rules = alertRules(SCALE);
  private readonly userDir = temporaryFolder('alerts-node-red');
  private readonly certificate: string;
  private readonly changes = new Map<string, object>();
  private readonly meterNodes: Map<string, object>;
  private readonly commands = new Map<string, object>();
  private simulator!: Simulator;
  private nodeRed!: NodeRed;
  private nodeRedPort = 0;
  database!: VictoriaMetrics;
  alerting!: Alerting;

  private constructor(
    private readonly meters: readonly string[],
    private readonly additions: PlantAdditions,
  ) {
    this.meterNodes = new Map(Object.entries(additions.meterNodes ?? {}));
    this.disk = makeSmallDisk(this.userDir, DISK_BYTES);
    this.certificate = this.authority.issue('sink', 90).certificate;
  }

  /** @param meters names; each has a normalizer of its own */
  static async start(meters: readonly string[], additions: PlantAdditions = {}): Promise<AlertingPlant> {
    const plant = new AlertingPlant(meters, additions);
    await plant.open();
    return plant;
  }

  async stop(): Promise<void> {
    await this.alerting.stop();
    await this.nodeRed.stop();
    await Promise.all([this.database.stop(), this.simulator.close(), this.other.stop()]);
    this.disk.remove();
    removeFolder(this.userDir);
  }

  /** Deploys the normalizer of a meter with other settings. */
  async set(meter: string, change: object): Promise<void> {
    this.changes.set(meter, change);
    await this.deploy();
  }

  /** Deploys the node of a meter with other settings. */
  async setMeter(meter: string, change: object): Promise<void> {
    this.meterNodes.set(meter, change);
    await this.deploy();
  }

  /** Sets the clock of the computer that Node-RED runs on, ms ahead of the true time. */
  setClock(aheadMs: number): void {
    this.nodeRed.process.tell({ [CLOCK_AHEAD]: aheadMs });
  }

  /** Sends a command to the normalizer of a meter. */
  async command(meter: string, payload: object): Promise<void> {
    this.commands.set(meter, payload);
    await this.deploy();
    await waitFor('the inject node', async () => {
      await this.nodeRed.admin.inject(`${meter}-command`);
      return true;
    });
  }

  async stopNodeRed(): Promise<void> {
    await this.nodeRed.stop();
  }

  async startNodeRed(): Promise<void> {
    const env = { NODE_OPTIONS: settableClock() };
    this.nodeRed = await startNodeRed({ userDir: this.userDir, port: this.nodeRedPort, env });
  }

  /** Has a meter go wrong until people were told of all these alerts of it, and mends it until they were told of the end. */
  async fault(meter: string, alerts: readonly string[], ...fault: Fault): Promise<void> {
    const { faults } = this.simulator.meters[this.meters.indexOf(meter)]!;
    const begin = (): void => {
      faults.start(...fault);
    };
    const end = (): void => {
      faults.stopAll();
    };
    await this.provoke(alerts, begin, end, { meter });
  }

  /** The same with anything that can be done and undone. */
  async provoke(
    alerts: readonly string[],
    begin: () => unknown,
    end: () => unknown,
    of?: Readonly<Record<string, string>>,
  ): Promise<void> {
    await begin();
    await Promise.all(alerts.map((alert) => this.alerting.fires(alert, of)));
    await end();
    await Promise.all(alerts.map((alert) => this.alerting.clears(alert, of)));
  }

  private async open(): Promise<void> {
    await this.other.start();
    this.nodeRedPort = await freePort();
    const first = oneMeter({ seed: 3 });
    const many = { first, count: this.meters.length, addressing: 'port' as const };
    this.simulator = await startSimulator(PM500, {
      meters: settingsOfMany(PM500, { ...many, loadOf: (seed) => dailyProfile(PEAK_W, seed) }).map(
        (settings, index) => ({ ...settings, ...this.additions.simulated?.[this.meters[index] ?? ''] }),
      ),
      clock: systemClock,
      random: seededRandom(4),
    });
    const scrape = join(temporaryFolder('scrape'), 'scrape.yml');
    const job = {
      job_name: 'pm500',
      metrics_path: '/pm500/metrics',
      scrape_interval: '1s',
      static_configs: [{ targets: [`127.0.0.1:${this.nodeRedPort}`] }],
    };
    writeFileSync(scrape, JSON.stringify({ scrape_configs: [job, ...(this.additions.scraped ?? [])] }));
    [this.database] = await Promise.all([
      startVictoriaMetrics({ flags: [`-promscrape.config=${scrape}`] }),
      this.startNodeRed(),
    ]);
    await this.deploy();
    const known = 'powermonitor_500_kpi_voltage_unbalance';
    const all = async (): Promise<boolean> => (await this.database.query(known)).length === this.meters.length;
    await waitFor('values of all meters in the database', all, { timeoutMs: 60_000, everyMs: 500 });
    this.alerting = await Alerting.start({
      databaseUrl: this.database.url,
      rules: vmalertFile(this.rules, 1),
      environment: 'production',
      // The shipped configuration, told sooner, to a web hook in place of mail.
      alertmanager: (webhook) =>
        alertmanagerFile(this.rules)
          .replaceAll('http://127.0.0.1:9095', webhook)
          .replaceAll(/ {4}email_configs:\n {6}- to: \S+\n {8}send_resolved: true\n/g, '')
          // Also what nobody is told, to see that it fires.
          .replace('- name: nobody', `- name: nobody\n    webhook_configs:\n      - url: ${webhook}/nobody`)
          .replaceAll(/(group_wait|group_interval): \d+[sm]/g, '$1: 100ms'),
    });
  }

  private get additionalTargets(): readonly string[] {
    return Object.keys(this.additions.targets ?? {}).map(targetId);
  }

  private deploy(): Promise<void> {
    const targets = [TARGET, OTHER, SECURE, ...this.additionalTargets];
    const credentials = Object.fromEntries(targets.map((id) => [id, { token: 'any' }]));
    return this.nodeRed.admin.deploy(this.flow(), credentials, 'nodes');
  }

  private flow(): FlowEntry[] {
    const target = { type: 'influx-target', bucket: 'plant', org: 'plant', outbox: 'memory' };
    const more = Object.entries(this.additions.targets ?? {}).flatMap(([name, settings]): FlowEntry[] => [
      { id: targetId(name), ...target, name, ...settings },
      { id: `${targetId(name)}-out`, z: TAB, type: 'influx-out', target: targetId(name), wires: [[]] },
    ]);
    const tls = { cert: this.certificate, key: this.certificate.replace('.crt', '.key'), ca: '' };
    return [
      { id: TAB, type: 'tab', label: 'Alerts' },
      ...this.meters.flatMap((meter, index) => this.flowOf(meter, this.simulator.meters[index]!.port)),
      { id: TARGET, ...target, name: 'database', url: this.database.url },
      { id: `${TARGET}-out`, z: TAB, type: 'influx-out', target: TARGET, wires: [[]] },
      { id: OTHER, ...target, name: 'other', url: this.other.url },
      { id: `${OTHER}-out`, z: TAB, type: 'influx-out', target: OTHER, wires: [[]] },
      ...more,
      { id: TLS, type: 'tls-config', name: '', ...tls, verifyservercert: true },
      { id: SECURE, ...target, name: 'secure', url: 'https://127.0.0.1:1', tls: TLS },
    ];
  }

  private flowOf(meter: string, port: number): FlowEntry[] {
    const [meterId, normalizer] = [`${meter}-meter`, `${meter}-normalize`];
    const reads = { meter: meterId, groups: ['realtime', 'energy', 'status'], intervalMs: 500 };
    const sinks = [TARGET, OTHER, ...this.additionalTargets].map((id) => `${id}-out`);
    const command = { payload: JSON.stringify(this.commands.get(meter) ?? {}), payloadType: 'json' };
    return [
      {
        id: meterId,
        type: 'pm500-meter',
        name: meter,
        host: '127.0.0.1',
        port,
        site: 'plant',
        ...this.meterNodes.get(meter),
      },
      { id: `${meter}-poll`, z: TAB, type: 'pm500-poll', ...reads, wires: [[normalizer], []] },
      {
        id: normalizer,
        z: TAB,
        type: 'pm500-normalize',
        ...NORMALIZER,
        ...this.changes.get(meter),
        wires: [sinks, []],
      },
      {
        id: `${meter}-command`,
        z: TAB,
        type: 'inject',
        props: [{ p: 'payload' }],
        ...command,
        wires: [[normalizer]],
      },
    ];
  }
}
