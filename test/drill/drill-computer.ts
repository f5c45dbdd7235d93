import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { nodeRedProgram, PACKAGE_NAME } from '../../testkit/node-red/node-red';
import { ROOT } from '../../testkit/root';
import type { RunningProcess } from '../../testkit/servers/processes';
import { runScript, type Ended } from '../../testkit/servers/shell';
import { readUnit, startUnit, unitText, valuesOf } from '../../testkit/servers/systemd-unit';

/** Ports of the services; two computers that take each other's place have the same. */
export interface DrillPorts {
  readonly influx: number;
  readonly rpc: number;
  /** Where the database listens while no one who writes may find it. */
  readonly alone: number;
  readonly metrics: number;
  readonly mqtt: number;
  readonly nodeRed: number;
  readonly meter: number;
}

const PACKAGE = '/usr/lib/node_modules/@pm500/node-red-powermonitor';
const SETUP = 'pm500-influxdb-setup';
const DATABASE = 'pm500-influxdb';

/** One computer with the stack on Debian: its folders, and what `systemctl` does with the shipped units. */
export class DrillComputer {
  /** Units that are active; timers only by name. */
  readonly active = new Set<string>();
  /** What `systemctl set-environment` has set. */
  readonly environment = new Map<string, string>();
  private readonly running = new Map<string, RunningProcess>();
  private setup: { readonly child?: ChildProcess; readonly ended: Promise<Ended> } | undefined;

  /**
   * @param own its folder
   * @param seen the folder under which commands find it while somebody sits at it
   */
  constructor(
    private readonly own: string,
    readonly seen: string,
    private readonly ports: DrillPorts,
    /** Set for commands and services beside what units say. */
    private readonly env: Readonly<Record<string, string>>,
  ) {
    mkdirSync(join(own, 'lib/private'), { recursive: true });
    mkdirSync(join(own, 'units'));
    for (const folder of [own, join(own, 'lib'), join(own, 'lib/private')]) chmodSync(folder, 0o755);
  }

  /** What stands in for folders and addresses of commands, and of units: a service stays where it is, whoever sits where. */
  private insteadAt(folder: string): Readonly<Record<string, string>> {
    const { influx, rpc, alone, metrics, nodeRed } = this.ports;
    return {
      '/etc/pm500': join(folder, 'etc'),
      '/var/lib/': `${join(folder, 'lib')}/`,
      [PACKAGE]: ROOT,
      '127.0.0.1:8086': `127.0.0.1:${influx}`,
      '127.0.0.1:8088': `127.0.0.1:${rpc}`,
      '127.0.0.1:18086': `127.0.0.1:${alone}`,
      '127.0.0.1:8428': `127.0.0.1:${metrics}`,
      '127.0.0.1:1880': `127.0.0.1:${nodeRed}`,
      '/run/credentials/pm500-victoria-metrics.service': this.credentials('pm500-victoria-metrics'),
    };
  }

  /** The environment of a shell of root there. */
  get shell(): Record<string, string> {
    return {
      ...this.env,
      PM500_ETC: join(this.seen, 'etc'),
      PM500_SECRETS: join(this.seen, 'etc/secrets'),
      PM500_UNITS: join(this.seen, 'units'),
      PM500_CHECK_PORTS: 'no',
      PM500_CONF_DIR: join(this.seen, 'etc'),
      NODE_RED_DIR: join(this.seen, 'lib/pm500-node-red'),
      MOSQUITTO_CONF_DIR: join(this.seen, 'etc'),
      MOSQUITTO_DATA_DIR: join(this.seen, 'lib/pm500-mosquitto'),
      MQTT_PORT: String(this.ports.mqtt),
      INFLUX_RPC: `127.0.0.1:${this.ports.rpc}`,
      METRICS_URL: `http://127.0.0.1:${this.ports.metrics}`,
    };
  }

  /** The folder of a service, made as systemd makes it: a link to a private one. */
  state(unit: string): string {
    const [link, folder] = [join(this.own, 'lib', unit), join(this.own, 'lib/private', unit)];
    mkdirSync(folder, { recursive: true });
    if (!existsSync(link)) symlinkSync(join('private', unit), link);
    return folder;
  }

  /** What npm would install into the user directory of Node-RED. */
  installPackage(): void {
    const link = join(this.state('pm500-node-red'), 'node_modules', PACKAGE_NAME);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(ROOT, link, 'junction');
  }

  async systemctl(words: readonly string[]): Promise<void> {
    const [verb = '', ...names] = words;
    const units = names.map((name) => name.replace(/\.service$/, ''));
    if (verb === 'set-environment')
      for (const word of names) this.environment.set(word.split('=')[0] ?? '', word.slice(word.indexOf('=') + 1));
    else if (verb === 'unset-environment') for (const name of names) this.environment.delete(name);
    else if (verb === 'stop') for (const unit of units) await this.stop(unit);
    else if (verb === 'start') for (const unit of units) await this.start(unit);
    else if (verb === 'restart') for (const unit of units) await this.restart(unit);
    else throw new Error(`systemctl ${words.join(' ')} is not played here.`);
  }

  async stopAll(): Promise<void> {
    for (const unit of [...this.active].reverse()) await this.stop(unit);
  }

  private async start(unit: string): Promise<void> {
    if (this.active.has(unit)) return;
    if (unit.endsWith('.timer')) this.active.add(unit);
    else if (unit === 'pm500-backup') await this.backUp();
    else if (unit === SETUP) {
      await this.start(DATABASE);
      const { status, output } = await this.setUp();
      if (status !== 0) throw new Error(output);
    } else {
      this.running.set(unit, await this.open(unit));
      this.active.add(unit);
    }
  }

  private async stop(unit: string): Promise<void> {
    // The setup needs the database: systemd stops it with that.
    if (unit === DATABASE) await this.stop(SETUP);
    this.active.delete(unit);
    if (unit === SETUP) {
      this.setup?.child?.kill();
      await this.setup?.ended;
    }
    await this.running.get(unit)?.stop();
    this.running.delete(unit);
  }

  private async restart(unit: string): Promise<void> {
    const isSetUp = this.active.has(SETUP);
    await this.stop(unit);
    await this.start(unit);
    // systemd starts again what needs it, and nobody waits for that.
    if (unit === DATABASE && isSetUp) void this.setUp();
  }

  private setUp(): Promise<Ended> {
    this.active.add(SETUP);
    const [command = ''] = this.of(SETUP, 'ExecStart');
    let child: ChildProcess | undefined;
    const ended = this.run(command, (started) => (child = started));
    this.setup = { ended, ...(child === undefined ? {} : { child }) };
    return ended;
  }

  private async backUp(): Promise<void> {
    mkdirSync(this.state('pm500-backup'), { recursive: true });
    const of = (key: string): readonly string[] => this.of('pm500-backup', key);
    for (const command of [...of('ExecStart'), ...of('ExecStartPost'), ...of('ExecStopPost')]) {
      const { status, output } = await this.run(command.replace(/^-/, ''));
      if (status !== 0) throw new Error(`${command}: ${output}`);
    }
  }

  private of(unit: string, key: string): readonly string[] {
    return valuesOf(readUnit(unitText(`${unit}.service`)), 'Service', key).map((text) => this.adapt(text, this.own));
  }

  /** A command of a unit that ends by itself. */
  private run(command: string, started: (child: ChildProcess) => void = () => undefined): Promise<Ended> {
    const file = join(this.own, `command-${Math.random()}.sh`);
    writeFileSync(file, `set -a; . ${join(this.own, 'etc/site.env')}; exec ${command}\n`);
    const INFLUX_URL = `http://127.0.0.1:${this.ports.influx}`;
    return runScript(file, { env: { ...this.shell, INFLUX_URL, SERVICE_RESULT: 'success' }, started });
  }

  /** A text with folders and addresses of here; @param folder of this computer */
  adapt(text: string, folder = this.seen): string {
    return Object.entries(this.insteadAt(folder))
      .sort(([one], [other]) => other.length - one.length)
      .reduce((adapted, [from, to]) => adapted.replaceAll(from, to), text);
  }

  private credentials(unit: string): string {
    return join(this.own, 'credentials', `${unit}.service`);
  }

  private open(unit: string): Promise<RunningProcess> {
    this.state(unit);
    // The bootstrap may have written them anew.
    for (const name of ['influxdb.conf', 'scrape.yml']) {
      const file = join(this.own, 'etc', name);
      const text = readFileSync(file, 'utf8');
      if (!text.includes(this.own)) writeFileSync(file, this.adapt(text, this.own));
    }
    const http = this.environment.get('INFLUXDB_HTTP_BIND_ADDRESS') ?? `127.0.0.1:${this.ports.influx}`;
    const READY: Readonly<Record<string, (output: string) => boolean | Promise<boolean>>> = {
      [DATABASE]: async () => (await fetch(`http://${http}/ping`)).status === 204,
      'pm500-mosquitto': (output) => /mosquitto version \S+ running/.test(output),
      'pm500-victoria-metrics': async () => (await fetch(`http://127.0.0.1:${this.ports.metrics}/health`)).ok,
      'pm500-node-red': (output) => output.includes('Started flows'),
    };
    const ready = READY[unit];
    if (ready === undefined) throw new Error(`${unit} is not played here.`);
    return startUnit(`${unit}.service`, {
      instead: this.insteadAt(this.own),
      ready,
      credentials: this.credentials(unit),
      state: join(this.own, 'lib', unit),
      env: {
        ...this.env,
        ...Object.fromEntries(this.environment),
        NODE_RED_PROGRAM: nodeRedProgram(),
        PM500_UI_PORT: String(this.ports.nodeRed),
        PM500_INFLUX_URL: `http://127.0.0.1:${this.ports.influx}`,
        PM500_METRICS_URL: `http://127.0.0.1:${this.ports.metrics}`,
        PM500_CA_FILE: join(this.own, 'etc/ca.crt'),
        PM500_METER_PORT: String(this.ports.meter),
      },
    });
  }
}
