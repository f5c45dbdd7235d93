import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { workingLayout } from '../../../src/domain/codec/built-in-layouts';
import { createLinkTransport } from '../../../src/acquisition/link-transport';
import { MeterRegistry, type AcquiredMeter } from '../../../src/acquisition/meter-registry';
import { EnergyDeltas } from '../../../src/domain/counters/energy-deltas';
import type { CounterAnswer } from '../../../src/domain/counters/track';
import { normalizeReading } from '../../../src/domain/quality/normalize';
import type { Reading } from '../../../src/domain/messages/reading';
import type { Sample } from '../../../src/domain/messages/telemetry';
import { constantProfile } from '../../../src/simulator/model/plain-profiles';
import type { RunningMeter, Simulator } from '../../../src/simulator/simulator';
import { systemClock } from '../../../src/support/clock';
import { silentLogger } from '../../../src/support/logger';
import { seededRandom } from '../../../src/support/random';
import { waitFor } from '../../../testkit/wait';
import { startOneMeter } from '../../../testkit/simulator/one-meter';
import { PM500 } from '../../../src/meters/pm500';

const POWER_W = 400_000;
const MS_PER_HOUR = 3_600_000;
const COUNTER = 'active_energy_import_total';
const DELTA = 'energy_delta_active_import_total';
/**
 * Both ends of a delta are rounded: the low half of the pair of assembly 107 steps by up to 62.5 Wh, and a counter stands
 * at its largest value for one step of the display, 100 Wh.
 */
const ROUNDING_WH = 2 * 63 + 100;
const READ_EVERY_MS = 25;

/** What was added at one reading, beside what really flowed since the reading before. */
interface Step {
  readonly value: number;
  readonly flownWh: number;
  readonly delta: Sample | undefined;
}

/**
 * A reading on the clock of the simulated site, which runs 500 times as fast as that of this process: by the latter,
 * 400 kW would be 200 MW, which no counter is believed at once.
 */
function atTime({ bootId: _otherClock, ...reading }: Reading, timestamp: number): Reading {
  const blocks = reading.blocks.map(({ uptimeMs: _sameClock, ...block }) => ({ ...block, timestamp }));
  return { ...reading, timestamp, blocks };
}

/** A meter that is read, its energy counted as a flow would count it. */
class Bench {
  private readonly deltas = new EnergyDeltas();
  private readonly startedAt: number;
  private servedAt: number | undefined;
  private lastAt: number | undefined;

  constructor(
    readonly meter: RunningMeter,
    private readonly acquired: AcquiredMeter,
  ) {
    this.startedAt = meter.simulatedTimeMs();
    meter.onServed(({ values, simulatedTimeMs }) => {
      if (COUNTER in values) this.servedAt = simulatedTimeMs;
    });
  }

  /** Reads until something comes: a fault may have cost the connection. */
  async step(): Promise<Step> {
    await pause(READ_EVERY_MS);
    const reading = await waitFor('a reading', async () => {
      const { blocks, ...rest } = await this.acquired.session.readGroups(['energy']);
      return blocks.every(({ error }) => error === undefined) ? { blocks, ...rest } : undefined;
    });
    const telemetry = normalizeReading(atTime(reading, Date.UTC(2026, 0) + this.servedAt! - this.startedAt));
    const out: Record<string, Sample> = {};
    this.deltas.update(telemetry, out);
    const flownMs = this.lastAt === undefined ? 0 : this.servedAt! - this.lastAt;
    this.lastAt = this.servedAt;
    const value = Number(telemetry.metrics[COUNTER]?.value);
    return { value, flownWh: (POWER_W * flownMs) / MS_PER_HOUR, delta: out[DELTA] };
  }

  get isAsked(): boolean {
    return this.deltas.questions.length > 0;
  }

  answer(answer: CounterAnswer): void {
    this.deltas.answer(answer, Date.now());
  }

  async steps(count: number): Promise<readonly Step[]> {
    const steps: Step[] = [];
    for (let index = 0; index < count; index++) steps.push(await this.step());
    return steps;
  }
}

function assertCounted({ delta, flownWh }: Step): void {
  const added = Number(delta?.value);
  assert.ok(Math.abs(added - flownWh) <= ROUNDING_WH, `added ${added} Wh while ${flownWh} Wh flowed`);
}

function assertNothingInvented(steps: readonly Step[]): void {
  const flownWh = steps.reduce((sum, step) => sum + step.flownWh, 0);
  let addedWh = 0;
  for (const { delta } of steps) {
    if (typeof delta?.value !== 'number') continue;
    assert.ok(delta.value >= 0, `${delta.value} Wh were added`);
    addedWh += delta.value;
  }
  assert.ok(addedWh <= flownWh + ROUNDING_WH, `added ${addedWh} Wh while ${flownWh} Wh flowed`);
}

for (const kind of ['ucmm', 'modbus-tcp'] as const) {
  describe(`energy counted over ${kind} while the counters of the meter do what they may`, () => {
    let simulator: Simulator;
    let acquired: AcquiredMeter;
    let bench: Bench;
    beforeEach(async function () {
      this.timeout(60_000);
      simulator = await startOneMeter(
        { modbusPort: 0, seed: 4, load: constantProfile(POWER_W) },
        { speed: 500, refreshMs: 1, modbusSuspendsEnipMs: 0 },
      );
      const meter = simulator.meters[0]!;
      const dependencies = { clock: systemClock, random: seededRandom(1), logger: silentLogger };
      const registry = new MeterRegistry({
        ...dependencies,
        createTransport: (settings) => createLinkTransport(settings, dependencies),
      });
      acquired = registry.acquire({
        model: PM500,
        name: 'counted',
        tags: {},
        host: '127.0.0.1',
        port: kind === 'ucmm' ? meter.port : meter.modbusPort!,
        connectTimeoutMs: 5000,
        replyTimeoutMs: 5000,
        minimumReadIntervalMs: 1,
        transport:
          kind === 'ucmm'
            ? { kind, rpiMs: 250, allowInputOnly: false }
            : { kind, unitId: 1, releaseAfterIdleMs: 60_000, enipPort: meter.port },
        layout: workingLayout(PM500),
        layoutConfirmed: true,
      });
      bench = new Bench(meter, acquired);
      await bench.step();
    });
    afterEach(async () => {
      await acquired.release();
      await simulator.close();
    });

    it('counts what flows', async () => {
      for (const step of await bench.steps(4)) assertCounted(step);
    }).timeout(30_000);

    it('counts on over a rollover', async () => {
      bench.meter.faults.start('counter-rollover', { headroom: 15_000 });
      // No load takes a counter there: nothing is counted until a person says what it means.
      const jump = [await bench.step()];
      while (!bench.isAsked && jump.length < 5) jump.push(await bench.step());
      assertNothingInvented(jump);
      bench.answer('replaced');
      let before = await bench.step();
      // What flowed while nobody knew is counted now, since the level was first seen.
      const flownWh = [...jump.slice(1), before].reduce((sum, step) => sum + step.flownWh, 0);
      assertCounted({ ...before, flownWh });
      assert.equal(before.delta?.reason, 'counter_answered');
      for (let tries = 0; tries < 200; tries++) {
        const step = await bench.step();
        assertCounted(step);
        if (step.value < before.value) {
          assert.equal(step.delta?.quality, 'uncertain');
          assert.equal(step.delta.reason, 'counter_rollover');
          return;
        }
        before = step;
      }
      assert.fail('the counter did not roll over');
    }).timeout(30_000);

    it('invents nothing after a loss of power that cost some energy, and counts on', async () => {
      const before = (await bench.steps(3)).at(-1)!;
      bench.meter.faults.start('power-loss', { lost: 400_000, durationMs: 200 });
      const after = await bench.steps(6);
      assert.ok(after[0]!.value < before.value + after[0]!.flownWh - 399_000, 'the counter lost its state');
      assertNothingInvented(after);
      assert.notEqual(after[0]!.delta?.quality, 'good', 'a delta over a loss is not good');
      assertCounted(after.at(-1)!);
    }).timeout(30_000);

    for (const [fault, parameters] of [
      ['counter-reset', { counters: 'all' }],
      ['meter-replaced', {}],
    ] as const) {
      it(`invents nothing after ${fault}, and counts on`, async () => {
        await bench.steps(2);
        bench.meter.faults.start(fault, parameters);
        const after = await bench.steps(5);
        assert.ok(after[0]!.value < 1e6, `${after[0]!.value} Wh`);
        assertNothingInvented(after);
        assert.notEqual(after[0]!.delta?.quality, 'good', 'a delta over a break is not good');
        assertCounted(after.at(-1)!);
      }).timeout(30_000);
    }
  });
}
