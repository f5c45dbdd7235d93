import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { DrillRecord } from '../../src/drill/run-drill';
import { constantProfile } from '../../src/simulator/model/plain-profiles';
import type { Simulator } from '../../src/simulator/simulator';
import { TcpLink } from '../../testkit/links/tcp-link';
import { ROOT } from '../../testkit/root';
import { freePort, freePortRange } from '../../testkit/servers/ports';
import { startProcess, type RunningProcess } from '../../testkit/servers/processes';
import { runScript } from '../../testkit/servers/shell';
import { startOneMeter } from '../../testkit/simulator/one-meter';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';
import { runHere } from '../cli/run-command';
import { DrillComputer, type DrillPorts } from './drill-computer';

const SERVICES = ['pm500-influxdb', 'pm500-influxdb-setup', 'pm500-mosquitto', 'pm500-victoria-metrics'];
const TIMERS = ['pm500-rollup.timer', 'pm500-tier-status.timer', 'pm500-backup.timer'];
const ALL = [...SERVICES, 'pm500-node-red', ...TIMERS];
const FIELD = 'voltage_l1_n';
const FIRST_SERIAL_NUMBER = 940_000_001;
const PATIENCE = { timeoutMs: 90_000, everyMs: 200 };

/** What hands do in a drill that has no commands for it. */
export interface Hands {
  readonly make?: () => Promise<void>;
  readonly end?: () => Promise<void>;
  /** Called when the fault is there, before it is ended. */
  readonly meanwhile?: () => Promise<void>;
}

/** Nodes that write down the time of each reading that `influx-out` has accepted: what nothing may lose. */
function noteNodes(file: string): readonly object[] {
  const at = { z: 'pm500-site', x: 800, y: 400, name: '' };
  const code = { type: 'function', outputs: 1, timeout: 0, noerr: 0, initialize: '', finalize: '', libs: [] };
  const func = `const { timestamp, metrics } = msg.payload;
return metrics?.${FIELD}?.quality === 'bad' || metrics?.${FIELD} === undefined ? null : { payload: '<' + timestamp + '>' };`;
  const text = { filename: file, filenameType: 'str', appendNewline: true, createDir: false, encoding: 'none' };
  return [
    { ...at, id: 'note-done', type: 'complete', scope: ['site-influx-out'], uncaught: false, wires: [['note-time']] },
    { ...at, ...code, id: 'note-time', func, wires: [['note-file']] },
    { ...at, ...text, id: 'note-file', type: 'file', overwriteFile: 'false', wires: [[]] },
  ];
}

/** Computers with the shipped stack, a simulated meter behind a wire that is watched, and the drills on them. */
export class DrillSite {
  private readonly folder = temporaryFolder('drill');
  private readonly seen = join(this.folder, 'here');
  private readonly notes = join(this.folder, 'notes', 'accepted');
  private readonly computers: readonly DrillComputer[];
  private readonly bin = join(this.folder, 'bin');
  private at = 0;
  private serialNumber = FIRST_SERIAL_NUMBER;

  private constructor(
    private readonly ports: DrillPorts,
    readonly wire: TcpLink,
    private meter: Simulator,
    private readonly control: Server,
    count: number,
  ) {
    chmodSync(this.folder, 0o755);
    for (const name of ['bin', 'notes', 'backups']) mkdirSync(join(this.folder, name));
    chmodSync(join(this.folder, 'notes'), 0o777);
    this.computers = Array.from({ length: count }, (_, number) => {
      const env = { TIME_ZONE: 'Europe/Berlin', ALERT_WEBHOOK: '' };
      return new DrillComputer(join(this.folder, `computer-${number}`), this.seen, ports, env);
    });
    const port = (control.address() as AddressInfo).port;
    const shim = join(this.bin, 'systemctl');
    writeFileSync(
      shim,
      `#!/bin/sh\nexec curl --silent --fail-with-body --data-binary "$*" http://127.0.0.1:${port}/\n`,
    );
    chmodSync(shim, 0o755);
  }

  /**
   * @param prepare called with the folder for the data of the database, before that is started
   * @param count of computers that take each other's place
   */
  static async start({
    prepare,
    count = 1,
  }: { readonly prepare?: (folder: string) => void; readonly count?: number } = {}): Promise<DrillSite> {
    const meter = await startOneMeter({
      load: constantProfile(200_000),
      startKwh: 5000,
      serialNumber: FIRST_SERIAL_NUMBER,
      // The next meter gets it, too.
      enipPort: await freePort(),
    });
    const wire = await TcpLink.open(meter.meters[0]?.port ?? 0);
    const first = await freePortRange(6);
    const names = ['influx', 'rpc', 'alone', 'metrics', 'mqtt', 'nodeRed'] as const;
    const ports = Object.fromEntries(names.map((name, index) => [name, first + index])) as Omit<DrillPorts, 'meter'>;
    const control = createServer();
    const port = await freePort();
    await new Promise<void>((listening) => control.listen(port, '127.0.0.1', listening));
    const site = new DrillSite({ ...ports, meter: wire.port }, wire, meter, control, count);
    await site.open(prepare);
    return site;
  }

  async stop(): Promise<void> {
    for (const [number, computer] of this.computers.entries()) {
      this.sitAt(number);
      await computer.stopAll();
    }
    this.control.closeAllConnections();
    this.control.close();
    this.wire.close();
    await this.meter.close();
  }

  remove(): void {
    removeFolder(this.folder);
  }

  /** Takes the meter away, and puts another one in its place: another serial number, counters that stand elsewhere. */
  readonly exchange: Hands = {
    make: () => this.meter.close(),
    end: async () => {
      const [old] = this.meter.meters;
      assert.ok(old);
      this.serialNumber += 1;
      const other = { serialNumber: this.serialNumber, startKwh: 17, enipPort: old.port };
      this.meter = await startOneMeter({ load: constantProfile(200_000), ...other });
    },
  };

  /** Runs a drill as an operator does who follows what it prints; nothing that was accepted before or after is missing. */
  async drill(name: string, hands: Hands = {}, more: readonly string[] = []): Promise<DrillRecord> {
    const { stdout } = await runHere('drill', name, '--plan');
    const [, ...turns] = stdout.trimEnd().split('\n\n');
    const record = join(this.folder, 'record.jsonl');
    rmSync(record, { force: true });
    const running = await startProcess({
      name: `pm500 drill ${name}`,
      command: process.execPath,
      args: [
        ...[join(ROOT, 'dist/src/cli/main.js'), 'drill', name, '--every', '0.3', '--record', record],
        ...['--url', `http://127.0.0.1:${this.ports.nodeRed}/pm500/metrics`],
        ...['--token-file', join(this.seen, 'etc/secrets/node_red_metrics_token'), ...more],
      ],
      ready: (output) => output.includes(turns[0] ?? ''),
    });
    try {
      return await this.walk(name, turns, running, hands, record);
    } finally {
      await running.stop();
    }
  }

  private async walk(
    name: string,
    [make, end, after = '']: readonly string[],
    running: RunningProcess,
    hands: Hands,
    record: string,
  ): Promise<DrillRecord> {
    const acceptedBefore = this.accepted().length;
    await this.follow(make ?? '');
    await hands.make?.();
    await waitFor(`${name} to be seen`, () => running.output().includes(end ?? ''), PATIENCE);
    await hands.meanwhile?.();
    // The standby is another computer.
    if (name === 'failover') this.sitAt((this.at + 1) % this.computers.length);
    await this.follow(end ?? '');
    await hands.end?.();
    const code = await Promise.race([
      running.exited,
      waitFor(`${name} to be over`, () => !running.running, PATIENCE).then(() => running.exited),
    ]);
    assert.ok(running.output().includes(after), running.output());
    assert.equal(code, 0, running.output());
    await this.follow(after);
    const written = JSON.parse(readFileSync(record, 'utf8')) as DrillRecord;
    const { rtoSeconds = Number.NaN, lostRecords, passed } = written;
    assert.deepEqual([written.schema, written.drill, passed, lostRecords], ['pm500.drill/1', name, true, 0]);
    assert.ok(rtoSeconds >= 0);
    await this.nothingIsMissing(acceptedBefore);
    const active = this.computers.flatMap((computer) => [...computer.active]);
    assert.deepEqual(active.sort(), [...ALL].sort(), 'all runs as before, and nothing on two computers');
    assert.deepEqual([...this.here.environment], [], 'and as it was set up');
    console.log(`      (${name}: RTO ${rtoSeconds} s, RPO ${lostRecords}, ${this.accepted().length} readings)`);
    return written;
  }

  /** What the database answers to a reader: the rows of all series. */
  async query(influxQl: string): Promise<readonly (readonly unknown[])[]> {
    const password = readFileSync(join(this.seen, 'etc/secrets/influx_reader_password'), 'utf8').trim();
    const authorization = `Basic ${Buffer.from(`pm500-reader:${password}`).toString('base64')}`;
    const parameters = new URLSearchParams({ q: influxQl, db: 'energy', epoch: 'ms' });
    const url = `http://127.0.0.1:${this.ports.influx}/query?${parameters.toString()}`;
    const answer = (await (await fetch(url, { method: 'POST', headers: { authorization } })).json()) as {
      readonly error?: string;
      readonly results?: readonly { readonly error?: string; readonly series?: readonly { readonly values: [] }[] }[];
    };
    const error = answer.error ?? answer.results?.[0]?.error;
    if (error !== undefined) throw new Error(error);
    return (answer.results?.[0]?.series ?? []).flatMap(({ values }) => values);
  }

  private get here(): DrillComputer {
    const computer = this.computers[this.at];
    assert.ok(computer);
    return computer;
  }

  private sitAt(number: number): void {
    this.at = number;
    rmSync(this.seen, { force: true });
    symlinkSync(`computer-${number}`, this.seen);
  }

  /** Epoch milliseconds of the readings that the sink of the database has accepted. */
  private accepted(): readonly number[] {
    if (!existsSync(this.notes)) return [];
    return [...readFileSync(this.notes, 'utf8').matchAll(/^<(\d+)>$/gm)].map(([, time]) => Number(time));
  }

  private async nothingIsMissing(acceptedBefore: number): Promise<void> {
    await waitFor('readings after the drill', () => this.accepted().length > acceptedBefore + 2, PATIENCE);
    const accepted = this.accepted();
    const missing = async (): Promise<readonly number[]> => {
      const stored = new Set(
        (await this.query(`SELECT "${FIELD}" FROM "raw"."powermonitor_500"`)).map(([time]) => time),
      );
      return accepted.filter((time) => !stored.has(time));
    };
    await waitFor(
      'every accepted reading in the database',
      async () => {
        const left = await missing();
        if (left.length > 0)
          throw new Error(`${left.length} of ${accepted.length} are missing: ${left.slice(0, 3).join()}`);
        return true;
      },
      PATIENCE,
    );
    assert.equal(new Set(accepted).size, accepted.length, 'each reading has a time of its own');
  }

  /** Executes the commands of a turn as they are printed, one after the other. */
  private async follow(turn: string): Promise<void> {
    const commands = turn.split('\n').filter((line) => line.startsWith('  '));
    for (const command of commands) {
      const file = join(this.folder, 'command.sh');
      writeFileSync(file, `${this.here.adapt(command.replaceAll('/var/backups', join(this.folder, 'backups')))}\n`);
      const env = { ...this.here.shell, PATH: `${this.bin}:${process.env['PATH'] ?? ''}` };
      const { status, output } = await runScript(file, { env, cwd: this.folder });
      assert.equal(status, 0, `${command}\n${output}`);
    }
  }

  private async open(prepare: (folder: string) => void = () => undefined): Promise<void> {
    this.control.on('request', (request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        this.here.systemctl(text.trim().split(' ')).then(
          () => response.end(),
          (thrown: unknown) => response.writeHead(500).end(String(thrown)),
        );
      });
    });
    for (const number of [...this.computers.keys()].reverse()) {
      this.sitAt(number);
      const { status, output } = await runScript(join(ROOT, 'deploy/debian/bootstrap.sh'), { env: this.here.shell });
      assert.equal(status, 0, output);
      this.here.installPackage();
    }
    prepare(this.here.state('pm500-influxdb'));
    const userDirectory = this.here.state('pm500-node-red');
    const reference = JSON.parse(readFileSync(join(ROOT, 'deploy/node-red/flows.json'), 'utf8')) as { id: string }[];
    const flows = [...reference.filter(({ id }) => !['site-sim', 'site-lose'].includes(id)), ...noteNodes(this.notes)];
    writeFileSync(join(userDirectory, 'flows.json'), JSON.stringify(flows));
    const secrets = 'flows_cred.json';
    writeFileSync(join(userDirectory, secrets), readFileSync(join(ROOT, 'deploy/node-red', secrets)));
    await this.here.systemctl(['start', ...ALL]);
    await waitFor('the first readings', () => this.accepted().length > 2, PATIENCE);
    await this.nothingIsMissing(0);
  }
}
