/**
 * A computer with two networks, of which the second has the meter and its PLC: two programs listen to the multicast at
 * the same time. Each must join at the interface of the second network, whatever route the first one has for multicast,
 * and receive by itself; the meter must send no frame more for them.
 *
 * `npx tsx test/field/two-networks.ts`; Linux, as root, with iproute2. It touches no network of this computer.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { firstLineOf, resultOf, spawnCommand } from '../cli/run-command';

const INSIDE = 'PM500_LAB_INSIDE';
const METER = '10.78.2.11';
const RPI_MS = 250;
const PROGRAMS = 2;
const READS = 24;
const INTERVAL_MS = 500;

const ip = (...args: readonly string[]): void => void execFileSync('ip', args);

/** Frames that an interface of the namespace of a process has sent so far. */
function sentBy(pid: number, device: string): number {
  const line = readFileSync(`/proc/${pid}/net/dev`, 'utf8')
    .split('\n')
    .find((text) => text.trim().startsWith(`${device}:`));
  return Number(line?.split(':')[1]?.trim().split(/\s+/)[9]);
}

/** The interfaces at which a group is joined here (/proc/net/igmp has addresses as hexadecimal numbers, backwards). */
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
    const aloneFrom = sentBy(meters.pid!, 'plant');
    await pause(4000);
    const alone = (sentBy(meters.pid!, 'plant') - aloneFrom) / 4;
    const programs = Array.from({ length: PROGRAMS }, () =>
      spawnCommand(
        ...['read', METER, '--transport', 'listen-only', '--delivery', 'multicast', '--rpi', String(RPI_MS)],
        // A PLC and two listeners of everything would need more than the 18 connections of a meter.
        ...['--group', 'realtime', '--count', String(READS), '--interval', String(INTERVAL_MS), '--json'],
      ),
    );
    const results = programs.map((program) => resultOf(program));
    await Promise.all(programs.map((program) => firstLineOf(program))).catch(async (thrown: unknown) => {
      console.error(await Promise.all(results));
      throw thrown;
    });
    await pause(2000);
    const joined = joinedAt(/^[0-9A-F]{4}C0EF/);
    const from = sentBy(meters.pid!, 'plant');
    await pause(4000);
    const together = (sentBy(meters.pid!, 'plant') - from) / 4;
    const outcomes = await Promise.all(results);
    for (const { code, stdout, stderr } of outcomes) {
      const readings = stdout.trim().split('\n');
      assert.deepEqual([code, stderr, readings.length], [0, '', READS]);
      assert.ok(readings.every((line) => !line.includes('"quality":"bad"')));
    }
    assert.deepEqual(joined, ['second'], 'joined at the interface of the meter and at no other');
    console.log(
      `${PROGRAMS} programs, ${READS} readings each, all good, joined at ${joined.join()}; the meter sends ${alone} frames a second for the PLC alone, ${together} with the listeners`,
    );
    assert.ok(together <= alone + 2, `${together} frames a second in place of ${alone}`);
  } finally {
    sim.kill();
    meters.kill();
  }
}

async function main(): Promise<number> {
  if (process.env[INSIDE] !== undefined) return run().then(() => 0);
  const args = ['--net', process.execPath, '--require', 'tsx/cjs', __filename];
  const inside = spawn('unshare', args, { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } });
  return new Promise((resolve) => {
    inside.once('exit', (code) => {
      resolve(code ?? 1);
    });
  });
}

void main().then(
  (code) => {
    process.exitCode = code;
  },
  (thrown: unknown) => {
    console.error(thrown);
    process.exitCode = 1;
  },
);
