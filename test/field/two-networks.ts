/**
 * A computer with two networks, of which the second has the meter and its PLC: two programs listen to the multicast at
 * the same time. Each must join at the interface of the second network, whatever route the first one has for multicast,
 * and receive by itself; the meter must send no frame more for them, and receive one heartbeat of each program for each
 * assembly and interval, and nothing else.
 *
 * `npx tsx test/field/two-networks.ts`; Linux, as root, with iproute2. It touches no network of this computer.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { ASSEMBLIES } from '../../src/meters/pm500/assemblies';
import { firstLineOf, resultOf, spawnCommand } from '../cli/run-command';
import { runInNamespaces } from './inside-namespaces';

const METER = '10.78.2.11';
const RPI_MS = 250;
const PROGRAMS = 2;
const READS = 24;
const INTERVAL_MS = 500;
const WATCH_S = 4;
const GROUP = 'realtime';
const LISTENED = ASSEMBLIES.filter(({ group }) => group === GROUP).length;
/** A second, of all programs. */
const HEARTBEATS = (PROGRAMS * LISTENED * 1000) / RPI_MS;
/** Frames a second that are address resolution, or an interval that begins earlier or later. */
const FEW = 2;

const ip = (...args: readonly string[]): void => void execFileSync('ip', args);

/** Frames of an interface. */
interface Frames {
  readonly sent: number;
  readonly received: number;
}

/** Those of the namespace of a process, so far. */
function framesOf(pid: number, device: string): Frames {
  const line = readFileSync(`/proc/${pid}/net/dev`, 'utf8')
    .split('\n')
    .find((text) => text.trim().startsWith(`${device}:`));
  const numbers = line?.split(':')[1]?.trim().split(/\s+/) ?? [];
  return { sent: Number(numbers[9]), received: Number(numbers[1]) };
}

/** Those of some seconds, each second. */
async function framesPerSecond(pid: number, device: string): Promise<Frames> {
  const from = framesOf(pid, device);
  await pause(1000 * WATCH_S);
  const until = framesOf(pid, device);
  return { sent: (until.sent - from.sent) / WATCH_S, received: (until.received - from.received) / WATCH_S };
}

/** The interfaces at which a group is joined here (/proc/net/igmp has addresses as hexadecimal numbers, backward). */
function joinedAt(prefix: RegExp): readonly string[] {
  let device = '';
  const found: string[] = [];
  for (const line of readFileSync('/proc/net/igmp', 'utf8').split('\n').slice(1)) {
    const named = /^\d+\s+(\S+)/.exec(line);
    if (named !== null) device = named[1]!;
    else if (prefix.test(line.trim())) found.push(device);
  }
  return found;
}

async function run(): Promise<void> {
  ip('link', 'set', 'lo', 'up');
  const meters = spawn('unshare', ['--net', 'sleep', '300'], { stdio: 'ignore' });
  await pause(300);
  const there = (...args: readonly string[]): void =>
    void execFileSync('nsenter', ['--net', '--target', String(meters.pid), 'ip', ...args]);
  // The first network, with everything that leads nowhere else, multicast included.
  ip('link', 'add', 'first', 'type', 'veth', 'peer', 'name', 'first-far');
  ip('link', 'set', 'first-far', 'up');
  ip('link', 'add', 'second', 'type', 'veth', 'peer', 'name', 'plant');
  ip('link', 'set', 'plant', 'netns', String(meters.pid));
  ip('address', 'add', '10.78.1.1/24', 'dev', 'first');
  ip('address', 'add', '10.78.2.1/24', 'dev', 'second');
  for (const device of ['first', 'second']) ip('link', 'set', device, 'up');
  ip('route', 'add', 'default', 'via', '10.78.1.254');
  there('link', 'set', 'lo', 'up');
  there('address', 'add', `${METER}/24`, 'dev', 'plant');
  there('link', 'set', 'plant', 'up');
  there('route', 'add', 'default', 'dev', 'plant');
  const sim = spawn(
    'nsenter',
    [
      ...['--net', '--target', String(meters.pid), process.execPath, '-r', 'tsx/cjs', 'src/cli/main.ts', 'sim'],
      ...['--bind', METER, '--plc', '--plc-rpi', String(RPI_MS), '--no-input', '--json', '--load', 'constant'],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    await firstLineOf(sim);
    const alone = await framesPerSecond(meters.pid!, 'plant');
    const programs = Array.from({ length: PROGRAMS }, () =>
      spawnCommand(
        ...['read', METER, '--transport', 'listen-only', '--delivery', 'multicast', '--rpi', String(RPI_MS)],
        // A PLC and two listeners of everything would need more than the 18 connections of a meter.
        ...['--group', GROUP, '--count', String(READS), '--interval', String(INTERVAL_MS), '--json'],
      ),
    );
    const results = programs.map((program) => resultOf(program));
    await Promise.all(programs.map((program) => firstLineOf(program))).catch(async (thrown: unknown) => {
      console.error(await Promise.all(results));
      throw thrown;
    });
    await pause(2000);
    const joined = joinedAt(/^[0-9A-F]{4}C0EF/);
    const together = await framesPerSecond(meters.pid!, 'plant');
    const outcomes = await Promise.all(results);
    for (const { code, stdout, stderr } of outcomes) {
      const readings = stdout.trim().split('\n');
      assert.deepEqual([code, stderr, readings.length], [0, '', READS]);
      assert.ok(readings.every((line) => !line.includes('"quality":"bad"')));
    }
    assert.deepEqual(joined, ['second'], 'joined at the interface of the meter and at no other');
    console.log(
      `${PROGRAMS} programs, ${READS} readings each, all good, joined at ${joined.join()}; the meter sends ${alone.sent} frames a second for the PLC alone, ${together.sent} with the listeners; it receives ${together.received - alone.received} from them, heartbeats are ${HEARTBEATS}`,
    );
    assert.ok(together.sent <= alone.sent + FEW, `${together.sent} frames a second in place of ${alone.sent}`);
    const extra = together.received - alone.received;
    assert.ok(Math.abs(extra - HEARTBEATS) <= FEW, `${extra} frames a second in place of ${HEARTBEATS} heartbeats`);
  } finally {
    sim.kill();
    meters.kill();
  }
}

runInNamespaces(__filename, ['--net'], async () => {
  await run();
  return 0;
});
