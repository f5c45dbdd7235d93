import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { workingLayout } from '../../src/domain/codec/built-in-layouts';
import { createLinkTransport } from '../../src/acquisition/link-transport';
import { MeterRegistry, type AcquiredMeter } from '../../src/acquisition/meter-registry';
import type { TransportSettings } from '../../src/acquisition/meter-settings';
import { FAULTS } from '../../src/simulator/faults/fault-table';
import { settingsOfMany } from '../../src/simulator/many-meters';
import { dailyProfile } from '../../src/simulator/model/plain-profiles';
import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import { silentLogger } from '../../src/support/logger';
import { seededRandom } from '../../src/support/random';
import { growthMegabytes, heapAfterCollection, type HeapSample } from '../soak/heap-trend';
import { steadyClock, Stalls } from '../soak/stalls';
import { REPLY_TIMEOUT_MS, RPI_MS, Subject } from '../soak/subject';
import { PM500 } from '../../src/meters/pm500';
import { oneMeter } from '../../testkit/simulator/one-meter';

const SECONDS = Number(process.env['PM500_SOAK_SECONDS'] ?? 20);
/** Code is compiled and tables fill while the first faults come. */
const WARM_UP_SHARE = 0.25;
const HEAP_SAMPLES = 16;
/** A session, socket or timer that stays behind with each of some hundred faults is more. */
const MOST_GROWTH_MB = 4;

/** Eight packet intervals, and some more for a timer. */
const CONNECTION_TIMEOUT_MS = 8 * RPI_MS + 200;

const WAYS: readonly (readonly [string, TransportSettings['kind']])[] = [
  ['ucmm', 'ucmm'],
  ['class 3', 'class3'],
  ['input only', 'input-only'],
  ['listen only beside a PLC', 'listen-only'],
  ['Modbus TCP', 'modbus-tcp'],
];

function countResources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** Five meters, one for each way to read it; the values of each moment differ from those of the one before. */
function startMeters(): Promise<Simulator> {
  const first = oneMeter({ modbusPort: 0, catalogNumber: '1420-V2P-ENT' });
  const loadOf = (seed: number) => dailyProfile(100_000 + 10_000 * seed, seed);
  const meters = settingsOfMany(PM500, { first, count: WAYS.length, addressing: 'port', loadOf });
  return startSimulator(PM500, {
    meters: meters.map((meter, index) =>
      WAYS[index]?.[1] === 'listen-only' ? { ...meter, plc: { rpiMs: RPI_MS } } : meter,
    ),
    speed: 10,
    refreshMs: 1,
    clock: steadyClock,
    random: seededRandom(2026),
    modbusSuspendsEnipMs: 200,
  });
}

function acquireMeters(simulator: Simulator): readonly AcquiredMeter[] {
  const dependencies = { clock: steadyClock, random: seededRandom(500), logger: silentLogger };
  const registry = new MeterRegistry({
    ...dependencies,
    createTransport: (settings) => createLinkTransport(settings, dependencies),
  });
  return WAYS.map(([name, kind], index) => {
    const { port, modbusPort = 0 } = simulator.meters[index]!;
    const transport: TransportSettings =
      kind === 'modbus-tcp'
        ? { kind, unitId: 1, releaseAfterIdleMs: 0, enipPort: port }
        : { kind: kind as 'ucmm', rpiMs: RPI_MS, allowInputOnly: false };
    return registry.acquire({
      model: PM500,
      name,
      tags: {},
      host: '127.0.0.1',
      port: kind === 'modbus-tcp' ? modbusPort : port,
      connectTimeoutMs: REPLY_TIMEOUT_MS,
      replyTimeoutMs: REPLY_TIMEOUT_MS,
      minimumReadIntervalMs: 200,
      transport,
      layout: workingLayout(PM500),
      layoutConfirmed: true,
    });
  });
}

/** Looks at the heap now and then until `until`, after the warm-up. */
async function sampleHeap(until: number): Promise<readonly HeapSample[]> {
  const lastsMs = until - steadyClock.now();
  await pause(WARM_UP_SHARE * lastsMs);
  const samples: HeapSample[] = [];
  for (let index = 0; index < HEAP_SAMPLES; index++) {
    samples.push({ atMs: steadyClock.now(), bytes: heapAfterCollection() });
    await pause(((1 - WARM_UP_SHARE) * lastsMs) / HEAP_SAMPLES);
  }
  return samples;
}

/** Waits until so much time has passed in which something could happen. */
async function pauseBeside(stalls: Stalls, durationMs: number): Promise<void> {
  const began = steadyClock.now();
  const left = (): number => durationMs + stalls.between(began, steadyClock.now()) - (steadyClock.now() - began);
  while (left() > 0) await pause(left());
}

function report(subjects: readonly Subject[], heap: readonly HeapSample[], stalls: Stalls): string {
  const lines = subjects.map(({ what, cycles, recoveries, oracle: { judged, served, alike } }) => {
    const sorted = [...recoveries].sort((left, right) => left - right);
    const at = (share: number): string => `${sorted[Math.floor(share * (sorted.length - 1))] ?? 0} ms`;
    return `${what}: ${recoveries.length} faults, ${cycles} cycles, ${judged} blocks judged against ${served} served (${alike} alike), recovered in ${at(0.5)} (median), ${at(0.95)} (p95), ${at(1)} (most)`;
  });
  const megabytes = heap.map(({ bytes }) => (bytes / 2 ** 20).toFixed(1)).join(' ');
  return [
    ...lines,
    `heap ${megabytes} MB, ${growthMegabytes(heap).toFixed(2)} MB by trend`,
    `longest stall ${stalls.longestMs} ms`,
  ].join('\n');
}

describe('a soak of faults', () => {
  const broken: unknown[] = [];
  const note = (thrown: unknown): void => void broken.push(thrown);
  before(() => {
    process.on('unhandledRejection', note).on('uncaughtExceptionMonitor', note);
  });
  after(() => {
    process.off('unhandledRejection', note).off('uncaughtExceptionMonitor', note);
  });

  it('every transport recovers from every fault, shows only what was served and leaves nothing behind', async function () {
    // Every fault once, however long a busy computer takes.
    this.timeout(1000 * SECONDS + 300_000);
    // The timer of the test itself begins with the first wait, and counts.
    await pause(1);
    const before = countResources();
    const simulator = await startMeters();
    const acquired = acquireMeters(simulator);
    const stalls = new Stalls();
    const subjects = WAYS.map(
      ([what, kind], index) =>
        new Subject(what, kind, simulator.meters[index]!, acquired[index]!.session, seededRandom(index), stalls),
    );
    const polls = subjects.map((subject) => subject.poll());
    const until = steadyClock.now() + 1000 * SECONDS;
    const [heap] = await Promise.all([sampleHeap(until), ...subjects.map((subject) => subject.disturb(until))]);
    for (const subject of subjects) subject.stop();
    await Promise.all(polls);
    for (const { release } of acquired) await release();
    // A meter keeps the connections of a link that was reset until their timeout.
    await pauseBeside(stalls, CONNECTION_TIMEOUT_MS);
    const leftAtMeters = simulator.meters.map(({ connections, plcOwns }) =>
      connections.filter(({ kind }) => plcOwns === undefined || kind !== 'input-only'),
    );
    await simulator.close();
    await pauseBeside(stalls, 200);
    stalls.stop();
    if (process.env['PM500_SOAK_SECONDS'] !== undefined) console.log(report(subjects, heap, stalls));

    assert.deepEqual(broken, []);
    for (const { what, wrong, slow, cycles, oracle } of subjects) {
      assert.deepEqual(wrong.slice(0, 5), [], `${what}: ${wrong.length} blocks are not what was served`);
      assert.deepEqual(slow, [], what);
      assert.ok(cycles > 20 && oracle.judged > cycles, `${what}: ${cycles} cycles, ${oracle.judged} blocks`);
      assert.equal(oracle.alike, 0, `${what}: frames that cannot be told apart`);
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
    assert.deepEqual(leftAtMeters.flat(), [], 'connections left at the meters');
    const grown = growthMegabytes(heap);
    assert.ok(grown < MOST_GROWTH_MB, `the heap grows: ${report(subjects, heap, stalls)}`);
  });
});
