import { TELEMETRY } from '../../src/domain/messages/telemetry';
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ASSEMBLY_METRICS } from '../../testkit/meters/assembly-metrics';
import { constantProfile } from '../../src/simulator/model/plain-profiles';
import type { Simulator } from '../../src/simulator/simulator';
import { runCommand as runInProcess } from '../../src/cli/command';
import { GROUPS } from '../../src/meters/pm500/groups';
import { waitFor } from '../../testkit/wait';
import { freePort } from '../../testkit/servers/ports';
import { firstLineOf, resultOf, runCommand, runHere, spawnCommand } from './run-command';
import { ROOT } from '../../testkit/root';
import { startOneMeter } from '../../testkit/simulator/one-meter';

const SENTENCE = /^[^\n]+\.\n$/;

interface Ready {
  readonly event: string;
  readonly meters: readonly {
    readonly address: string;
    readonly port: number;
    readonly catalogNumber: string;
    readonly serialNumber: number;
  }[];
  readonly simulatedTime: string;
  readonly speed: number;
}

describe('pm500', function () {
  this.timeout(60_000);
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  const spawnSim = (...args: readonly string[]): ChildProcess => {
    const child = spawnCommand('sim', '--enip-port', '0', ...args);
    children.push(child);
    return child;
  };

  it('tells its version and its commands', async () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    assert.deepEqual(await runCommand('--version'), { code: 0, stdout: `${manifest.version}\n`, stderr: '' });
    assert.match((await runCommand('--help')).stdout, /Usage: pm500 COMMAND/);
    for (const [args, text] of [
      [['--help'], /Usage: pm500 COMMAND[^]*sim [^]*read /],
      [['sim', '--help'], /Usage: pm500 sim \[options\][^]*--bind ADDRESS[^]*--seed N/],
      [['read', '-h'], /Usage: pm500 read HOST[^]*--group NAME/],
    ] as const) {
      const { code, stdout, stderr } = await runHere(...args);
      assert.deepEqual([code, stderr], [0, '']);
      assert.match(stdout, text);
    }
  });

  it('sim prints one JSON line when it listens, one meter for each address, and ends well on SIGTERM', async () => {
    const args = ['--bind', '127.0.0.1', '--bind', '127.0.0.2', '--json', '--serial', '940000100'];
    const sim = spawnSim(...args, '--catalog', '1420-V1P-ENT', '--speed', '60', '--start', '2018-03-05T14:00');
    const result = resultOf(sim);
    const ready = JSON.parse(await firstLineOf(sim)) as Ready;
    assert.equal(ready.event, 'ready');
    assert.deepEqual(
      ready.meters.map(({ address, catalogNumber, serialNumber }) => [address, catalogNumber, serialNumber]),
      [
        ['127.0.0.1', '1420-V1P-ENT', 940_000_100],
        ['127.0.0.2', '1420-V1P-ENT', 940_000_101],
      ],
    );
    assert.equal(ready.speed, 60);
    // A busy computer takes a moment until it says so, which is sixty moments there.
    assert.match(ready.simulatedTime, /^2018-03-05T14:0\d:\d\d$/);
    for (const { address, port } of ready.meters) {
      const { code, stdout } = await runHere('read', address, '--port', String(port), '--group', 'product');
      assert.equal(code, 0);
      assert.match(stdout, /^1420-V1P-ENT serial 94000010[01], 127\.0\.0\.[12]:\d+, .*\n.*\nfirmware_base +B\.\d/);
    }
    sim.kill('SIGTERM');
    const { code, stdout, stderr } = await result;
    assert.deepEqual([code, stdout.split('\n').length, stderr], [0, 2, '']);
  });

  it('sim without --json says in words what listens where, and ends well on SIGINT', async () => {
    const sim = spawnSim('--load', 'constant', '--active-power', '12.5');
    const result = resultOf(sim);
    assert.match(await firstLineOf(sim), /^1420-V2-ENT serial 940000001 listens on 127\.0\.0\.1 TCP and UDP \d+$/);
    sim.kill('SIGINT');
    const { code, stdout } = await result;
    assert.equal(code, 0);
    assert.match(stdout, /Load: constant 12\.5 kW/);
  });

  it('answers bad options with one sentence that names the option, and exit code 2', async () => {
    const rows: readonly (readonly [readonly string[], RegExp])[] = [
      [['fly'], /^Command fly is not known; use one of sim, scan, read/],
      [['--fly'], /^Option --fly is not known/],
      [['sim', '--fly'], /^Option --fly is not known; see pm500 sim --help/],
      [['sim', '-x'], /^Option -x is not known/],
      [['sim', '--bind'], /^Option --bind needs a value/],
      [['sim', '--bind', 'here'], /^Option --bind is "here"; give an IPv4 address/],
      [['sim', '--bind', '127.0.0.1', '--bind', '127.0.0.1'], /^Option --bind names 127\.0\.0\.1 twice/],
      [['sim', '--enip-port', '65536'], /^Option --enip-port is "65536"; give a whole number from 0 to 65535/],
      [['sim', '--enip-port', '1.5'], /^Option --enip-port is "1\.5"/],
      [['sim', '--enip-port', ''], /^Option --enip-port is empty/],
      [['sim', '--speed', '0'], /^Option --speed is "0"/],
      [['sim', '--speed', 'fast'], /^Option --speed is "fast"; give a number/],
      [['sim', '--seed', '0x10'], /^Option --seed is "0x10"/],
      [['sim', '--seed', '1', '--seed', '2'], /^Option --seed is given 2 times/],
      [['sim', '--catalog', '1420-V3'], /^Option --catalog is "1420-V3"; choose one of 1420-V1-ENT/],
      [['sim', '--serial', '1'], /^Option --serial is "1"; give a whole number from 940000000/],
      [['sim', '--load', 'wild'], /^Option --load is "wild"; choose one of/],
      [['sim', '--load', 'daily', '--csv', 'x'], /^Option --csv does not go with --load daily/],
      [['sim', '--active-power', '5'], /^Option --active-power does not go with a recorded load/],
      [['sim', '--active-power', '-5'], /^Option --active-power needs a value; .*--active-power=VALUE/],
      [['sim', '--csv', '/no/such.csv'], /^Load file \/no\/such\.csv cannot be read/],
      [['sim', '--start', 'monday'], /^Option --start is "monday"; give a time/],
      [['sim', '--json=yes'], /^Option --json takes no value/],
      [['sim', 'extra'], /^Argument "extra" has no meaning/],
      [['read'], /^The address of the meter is missing; write pm500 read HOST/],
      [['read', 'a', 'b'], /^Argument "b" is one too many/],
      [['read', 'a', '--port', '0'], /^Option --port is "0"/],
      [['read', 'a', '--interval', '199'], /^Option --interval is "199"; give a number from 200/],
      [['read', 'a', '--count', '0'], /^Option --count is "0"/],
      [['read', 'a', '--group', 'all'], /^Option --group is "all"; choose one of realtime/],
      [['read', 'a', '--assembly', '99'], /^Option --assembly is "99"; choose one of 100, 101/],
      [['read', 'a', '--assembly', '101', '--group', 'energy'], /^Options --group and --assembly do not go together/],
    ];
    for (const [args, sentence] of rows) {
      const { code, stdout, stderr } = await runHere(...args);
      assert.deepEqual([code, stdout], [2, ''], args.join(' '));
      assert.match(stderr, SENTENCE);
      assert.match(stderr, sentence);
    }
    assert.deepEqual(await runCommand('sim', '--fly'), await runHere('sim', '--fly'));
  });

  it('a port that is taken is one sentence and exit code 1', async () => {
    const sim = spawnSim('--json');
    const { meters } = JSON.parse(await firstLineOf(sim)) as Ready;
    const { code, stdout, stderr } = await runHere('sim', '--enip-port', String(meters[0]!.port));
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, SENTENCE);
    assert.match(stderr, /^Another program, perhaps another simulator, already listens on TCP port/);
  });
});

describe('pm500 read', function () {
  this.timeout(60_000);
  let simulator: Simulator;
  let port: string;
  before(async () => {
    simulator = await startOneMeter({ serialNumber: 940_000_007, seed: 7, load: constantProfile(250_000) });
    port = String(simulator.meters[0]!.port);
  });
  after(() => simulator.close());
  const readMeter = (...args: readonly string[]): ReturnType<typeof runHere> =>
    runHere('read', '127.0.0.1', '--port', port, ...args);

  it('prints every metric with value, unit, quality and provenance as an aligned table', async () => {
    const { code, stdout, stderr } = await readMeter();
    assert.deepEqual([code, stderr], [0, '']);
    const [heading, columns, ...lines] = stdout.trimEnd().split('\n');
    const groups = lines.filter((line) => line.endsWith(':'));
    const rows = lines.filter((line) => !groups.includes(line));
    assert.deepEqual(groups.map((line) => line.slice(0, -1)).sort(), GROUPS.map(({ name }) => name).sort());
    assert.match(
      heading!,
      new RegExp(`^1420-V2-ENT serial 940000007, 127\\.0\\.0\\.1:${port}, \\d{4}-.*slowest reply`),
    );
    assert.match(columns!, /^NAME +VALUE +UNIT +QUALITY +PROVENANCE$/);
    assert.deepEqual(rows.map((row) => row.split(' ')[0]).sort(), [...ASSEMBLY_METRICS].sort());
    const power = rows.find((row) => row.startsWith('active_power_total '));
    assert.match(power!, /^active_power_total +250000 +W +uncertain \(layout_inferred\) +inferred$/);
    assert.match(
      rows.find((row) => row.startsWith('power_factor_total '))!,
      / 0\.900 +uncertain/,
    );
    assert.match(
      rows.find((row) => row.startsWith('alarm_1 '))!,
      / on +good +verified$/,
    );
    const start = columns!.indexOf('UNIT');
    for (const row of rows) assert.match(row.slice(start - 2, start), /^ {2}$/, row);
  });

  it('reads only the assemblies that were asked for', async () => {
    const before = simulator.meters[0]!.stats.reads;
    const { stdout } = await readMeter('--assembly', '107');
    assert.match(stdout, /^active_energy_import_total +\d{10} +Wh +uncertain \(layout_assumed\) +assumed$/m);
    const { reads } = simulator.meters[0]!.stats;
    assert.deepEqual(reads, { ...before, 107: (before[107] ?? 0) + 1 });
  });

  it('prints one telemetry message per read with --json', async () => {
    const before = simulator.meters[0]!.stats.reads[101] ?? 0;
    const args = ['--group', 'realtime', '--group', 'status', '--interval', '200', '--count', '3', '--json'];
    const { code, stdout } = await readMeter(...args);
    assert.equal(code, 0);
    const messages = stdout
      .trimEnd()
      .split('\n')
      .map((line) => TELEMETRY.parse(JSON.parse(line)));
    assert.equal(messages.length, 3);
    for (const { metrics } of messages) {
      assert.equal(metrics['active_power_total']?.value, 250_000);
      assert.equal(metrics['alarm_1']?.quality, 'good');
    }
    assert.ok(messages[2]!.timestamp > messages[0]!.timestamp);
    assert.equal(simulator.meters[0]!.stats.reads[101], before + 3);
  });

  it('goes on without end with --interval until it is interrupted', async () => {
    const child = spawnCommand('read', '127.0.0.1', '--port', port, '--group', 'status', '--interval', '200', '--json');
    const result = resultOf(child);
    await firstLineOf(child);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await result;
    assert.deepEqual([code, stderr], [0, '']);
    for (const line of stdout.trimEnd().split('\n')) TELEMETRY.parse(JSON.parse(line));
  });

  it('watches until it is interrupted, and leaves no connection open', async () => {
    const { stats } = simulator.meters[0]!;
    const child = spawnCommand('read', '127.0.0.1', '--port', port, '--group', 'realtime', '--watch');
    const result = resultOf(child);
    await firstLineOf(child);
    assert.equal(simulator.meters[0]!.stats.openConnections, stats.openConnections + 1);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await result;
    assert.deepEqual([code, stderr], [0, '']);
    // Into a file or another program each reading follows the one before, without colors.
    assert.ok(!stdout.includes('\u001b'));
    await waitFor(
      'the connection to be closed',
      () => simulator.meters[0]!.stats.openConnections === stats.openConnections,
    );
    assert.deepEqual(simulator.meters[0]!.connections, []);
  });

  it('shows each reading of a watch in place of the one before, in colors, on a screen', async () => {
    const shown: string[] = [];
    const ending = new AbortController();
    const code = await runInProcess(['read', '127.0.0.1', '--port', port, '--watch', '--interval', '200'], {
      isScreen: true,
      hasColor: true,
      print: (text) => {
        shown.push(text);
        if (shown.length === 2) ending.abort();
        return true;
      },
      complain: (sentence) => assert.fail(sentence),
      ended: ending.signal,
    });
    assert.equal(code, 0);
    assert.equal(shown.length, 2);
    for (const text of shown) assert.ok(text.startsWith('\u001b[H\u001b[2J1420-V2-ENT'));
    assert.match(
      shown[1]!,
      /active_power_total +250000 +W +\u001b\[33muncertain \(layout_inferred\) *\u001b\[0m +inferred/,
    );
  });

  it('ends quietly when nobody reads its output any more', async () => {
    const child = spawnCommand('read', '127.0.0.1', '--port', port, '--interval', '200', '--json');
    await once(child.stdout!, 'data');
    child.stdout!.destroy();
    const { code, stderr } = await resultOf(child);
    assert.deepEqual([code, stderr], [0, '']);
  });

  it('says in one sentence that the meter does not answer, and exits 1', async () => {
    const { code, stdout, stderr } = await runCommand('read', '127.0.0.1', '--port', String(await freePort()));
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, SENTENCE);
    assert.match(stderr, /127\.0\.0\.1/);
  });
});
