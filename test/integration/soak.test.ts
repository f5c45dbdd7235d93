import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BUILT_IN_LAYOUT } from '../../src/acquisition/layout-file';
import { createLinkTransport } from '../../src/acquisition/link-transport';
import { MeterRegistry } from '../../src/acquisition/meter-registry';
import type { MeterSession } from '../../src/acquisition/meter-session';
import type { TransportSettings } from '../../src/acquisition/meter-settings';
import type { Value } from '../../src/domain/reading';
import { FAULTS, type FaultName } from '../../src/simulator/fault-table';
import { settingsOfMany } from '../../src/simulator/many-meters';
import { dailyProfile } from '../../src/simulator/plain-profiles';
import { startSimulator, type RunningMeter, type Simulator } from '../../src/simulator/simulator';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { seededRandom, type Random } from '../../src/support/random';

const SECONDS = Number(process.env['PM500_SOAK_SECONDS'] ?? 25);
const INTERVAL_MS = 250;
const FAULT_MS = 500;
const REPLY_TIMEOUT_MS = 400;
/** Two poll intervals, the second delay of the back-off with its jitter, an attempt to open, and a busy machine. */
const RECOVERY_MS = 2 * INTERVAL_MS + 1200 + 2 * REPLY_TIMEOUT_MS + 2000;
/** A refused I/O connection is not asked for again before five seconds; a PLC that lost its meter needs some, too. */
const IMPLICIT_RECOVERY_MS = RECOVERY_MS + 6000;
/** A value may be as old as two packet intervals, a frame that is late, a poll, and what a busy machine adds. */
const WINDOW_MS = 6000;
const SNAPSHOT_MS = 20;
const GROUPS = ['realtime', 'energy', 'status'];

const RPI = { rpiMs: 100, allowInputOnly: false };
const WAYS: readonly (readonly [string, TransportSettings['kind']])[] = [
  ['ucmm', 'ucmm'],
  ['class 3', 'class3'],
  ['input only', 'input-only'],
  ['listen only beside a PLC', 'listen-only'],
  ['Modbus TCP', 'modbus-tcp'],
];

/** What a simulated meter held in the last seconds. */
class History {
  private snapshots: { readonly at: number; readonly values: Readonly<Record<string, Value>> }[] = [];
  private readonly timer: NodeJS.Timeout;
  exact = 0;
  between = 0;
  readonly wrong: string[] = [];

  constructor(private readonly meter: RunningMeter) {
    this.timer = setInterval(() => {
      this.note();
    }, SNAPSHOT_MS);
    meter.faults.onChange(() => {
      this.note();
    });
  }

  note(): void {
    const at = performance.now();
    this.snapshots.push({ at, values: this.meter.values() });
    while ((this.snapshots[0]?.at ?? at) < at - WINDOW_MS) this.snapshots.shift();
  }

  /** A good value must be one that the meter held; between two looks it may have held one between those. */
  check(name: string, value: Value): void {
    const held = this.snapshots.map(({ values }) => values[name]).filter((one) => one !== null && one !== undefined);
    if (held.some((one) => isSame(name, one, value))) {
      this.exact++;
      return;
    }
    const numbers = held.filter((one): one is number => typeof one === 'number');
    const steps = numbers.slice(1).map((number, index) => Math.abs(number - (numbers[index] ?? number)));
    const margin = Math.max(...steps, 0.002 * Math.max(...numbers.map(Math.abs)));
    const isBetween =
      typeof value === 'number' && value >= Math.min(...numbers) - margin && value <= Math.max(...numbers) + margin;
    if (isBetween) this.between++;
    else
      this.wrong.push(
        `${name} = ${String(value)}, held ${numbers.length} values from ${Math.min(...numbers)} to ${Math.max(...numbers)}`,
      );
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

/** A single has seven digits; Modbus cuts counters to whole watt-hours, and hours to minutes. */
function isSame(name: string, held: Value, read: Value): boolean {
  if (typeof held !== 'number' || typeof read !== 'number') return held === read;
  const cutTo = name === 'run_hours' ? 1 / 60 : name.includes('_energy_') ? 1 : 1e-6;
  return Math.abs(held - read) <= Math.max(1e-6 * Math.abs(held), cutTo);
}

function countResources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

/** The faults that reach a transport, in an order of their own. */
function faultsFor(kind: TransportSettings['kind'], random: Random): readonly FaultName[] {
  const isModbus = kind === 'modbus-tcp';
  const names = FAULTS.filter(({ name, reaches }) => {
    const reached: readonly string[] = reaches;
    if (name === 'owner-lost') return kind === 'listen-only';
    return isModbus
      ? reached.includes('Modbus') || reached.includes('values')
      : !reached.every((one) => one === 'Modbus');
  }).map(({ name }) => name);
  return names
    .map((name) => [random(), name] as const)
    .sort(([left], [right]) => left - right)
    .map(([, name]) => name);
}

/** One meter that is polled while its faults come and go. */
class Subject {
  readonly history: History;
  readonly slow: string[] = [];
  readonly seen = new Set<FaultName>();
  goodAt = Number.NEGATIVE_INFINITY;
  cycles = 0;
  private stopped = false;

  constructor(
    readonly what: string,
    private readonly kind: TransportSettings['kind'],
    private readonly meter: RunningMeter,
    private readonly session: MeterSession,
    private readonly random: Random,
  ) {
    this.history = new History(meter);
  }

  async poll(): Promise<void> {
    while (!this.stopped) {
      const began = performance.now();
      const { blocks } = await this.session.readGroups(GROUPS);
      this.history.note();
      for (const { values } of blocks) {
        for (const [name, value] of Object.entries(values)) if (value !== null) this.history.check(name, value);
      }
      this.cycles++;
      if (blocks.every(({ error }) => error === undefined)) this.goodAt = began;
      await pause(Math.max(1, INTERVAL_MS - (performance.now() - began)));
    }
  }

  /** Every fault once, and then again until the time is up. */
  async disturb(until: number): Promise<void> {
    await this.recover('the start');
    for (let round = 0; round === 0 || performance.now() < until; round++) {
      for (const name of faultsFor(this.kind, this.random)) {
        if (round > 0 && performance.now() > until) return;
        await this.inject(name);
      }
    }
  }

  stop(): void {
    this.stopped = true;
    this.history.stop();
  }

  private async inject(name: FaultName): Promise<void> {
    const instant = FAULTS.some((row) => row.name === name && 'instant' in row);
    this.meter.faults.start(name, instant ? {} : { durationMs: FAULT_MS });
    this.seen.add(name);
    await pause(FAULT_MS + 20);
    await this.recover(name);
  }

  private async recover(name: string): Promise<void> {
    const ended = performance.now();
    const limitMs = this.kind === 'input-only' || this.kind === 'listen-only' ? IMPLICIT_RECOVERY_MS : RECOVERY_MS;
    while (this.goodAt < ended) {
      if (performance.now() - ended > limitMs) {
        this.slow.push(
          `${this.what}: nothing good ${limitMs} ms after ${name}: ${this.session.state.error?.message ?? ''}`,
        );
        return;
      }
      await pause(10);
    }
  }
}

describe('a soak of faults', () => {
  const broken: unknown[] = [];
  const note = (thrown: unknown): void => void broken.push(thrown);
  let simulator: Simulator;
  before(() => {
    process.on('unhandledRejection', note).on('uncaughtExceptionMonitor', note);
  });
  after(() => {
    process.off('unhandledRejection', note).off('uncaughtExceptionMonitor', note);
  });

  it('every transport recovers from every fault, shows no wrong value and leaves nothing behind', async function () {
    this.timeout(1000 * SECONDS + 120_000);
    // The timer of the test itself begins with the first wait, and counts.
    await pause(1);
    const before = countResources();
    const random = seededRandom(2026);
    const first = {
      bind: '127.0.0.1',
      enipPort: 0,
      modbusPort: 0,
      catalogNumber: '1420-V2P-ENT',
      serialNumber: 940_000_001,
    };
    const loadOf = (seed: number) => dailyProfile(100_000 + 10_000 * seed, seed);
    const meters = settingsOfMany({ first: { ...first, seed: 1 }, count: WAYS.length, addressing: 'port', loadOf });
    simulator = await startSimulator({
      meters: meters.map((meter, index) =>
        WAYS[index]?.[1] === 'listen-only' ? { ...meter, plc: { rpiMs: 100 } } : meter,
      ),
      speed: 10,
      random,
      modbusSuspendsEnipMs: 200,
    });
    const dependencies = { clock: systemClock, random, logger: silentLogger };
    const registry = new MeterRegistry({
      ...dependencies,
      createTransport: (settings) => createLinkTransport(settings, dependencies),
    });
    const acquired = WAYS.map(([name, kind], index) => {
      const { port, modbusPort = 0 } = simulator.meters[index]!;
      const transport: TransportSettings =
        kind === 'modbus-tcp'
          ? { kind, unitId: 1, releaseAfterIdleMs: 0, enipPort: port }
          : { kind: kind as 'ucmm', ...RPI };
      return registry.acquire({
        name,
        tags: {},
        host: '127.0.0.1',
        port: kind === 'modbus-tcp' ? modbusPort : port,
        connectTimeoutMs: REPLY_TIMEOUT_MS,
        replyTimeoutMs: REPLY_TIMEOUT_MS,
        minimumReadIntervalMs: 200,
        transport,
        layout: BUILT_IN_LAYOUT,
        layoutConfirmed: true,
      });
    });
    const subjects = WAYS.map(
      ([what, kind], index) =>
        new Subject(what, kind, simulator.meters[index]!, acquired[index]!.session, seededRandom(index)),
    );

    const polls = subjects.map((subject) => subject.poll());
    // What was held is remembered for so long: before, the heap still grows.
    await pause(WINDOW_MS + 500);
    const heapBefore = heapAfterCollection();
    const until = performance.now() + 1000 * SECONDS;
    await Promise.all(subjects.map((subject) => subject.disturb(until)));
    const heapAfter = heapAfterCollection();
    for (const subject of subjects) subject.stop();
    await Promise.all(polls);
    for (const { release } of acquired) await release();
    await simulator.close();
    await pause(200);

    assert.deepEqual(broken, []);
    for (const { what, history, slow, cycles } of subjects) {
      assert.deepEqual(history.wrong.slice(0, 5), [], what);
      assert.deepEqual(slow, [], what);
      assert.ok(cycles > 20, `${what}: ${cycles} cycles`);
      assert.ok(history.exact > 10 * history.between, `${what}: ${history.exact} exact, ${history.between} between`);
    }
    const seen = new Set(subjects.flatMap((subject) => [...subject.seen]));
    assert.deepEqual([...seen].sort(), FAULTS.map(({ name }) => name).sort());
    const left = countResources();
    for (const name of ['TCPSocketWrap', 'TCPServerWrap', 'UDPWRAP', 'Timeout']) {
      assert.ok(
        (left[name] ?? 0) <= (before[name] ?? 0),
        `${name}: ${before[name] ?? 0} before, ${left[name] ?? 0} after`,
      );
    }
    const grownMegabytes = (heapAfter - heapBefore) / 2 ** 20;
    assert.ok(grownMegabytes < 8, `the heap has grown by ${grownMegabytes.toFixed(1)} MB`);
  });
});
