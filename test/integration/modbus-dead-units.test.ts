import assert from 'node:assert/strict';
import { createLinkTransport } from '../../src/acquisition/link-transport';
import { MeterPoll } from '../../src/acquisition/meter-poll';
import { MeterRegistry, type AcquiredMeter } from '../../src/acquisition/meter-registry';
import { settingsOf } from '../../src/acquisition/meter-settings';
import { ModbusRtuServer } from '../../src/simulator/modbus/modbus-rtu-server';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { seededRandom } from '../../src/support/random';
import { ModbusBench } from '../../testkit/simulator/modbus-bench';
import { openPseudoTerminal } from '../../testkit/meters/pseudo-terminal';
import { SerialGateway } from '../../testkit/meters/serial-gateway';
import { waitFor } from '../../testkit/wait';
import { steadyClock, Stalls } from '../soak/stalls';
import { PM500 } from '../../src/meters/pm500';

/** The share of its readings that a unit gets beside units that do not answer. */
const LEAST_SHARE = 0.95;
/** The share of a reply timeout in which this process may have done nothing. */
const MOST_STALLED = 0.25;
const MOST_REPEATS = 8;

type Place = Pick<Parameters<typeof settingsOf>[1], 'host' | 'port' | 'transport' | 'baudRate'>;

/** A line with units on it that somebody polls, each time-out scaled as its interval is. */
interface Line {
  readonly place: Place;
  readonly intervalMs: number;
  readonly replyTimeoutMs: number;
  /** How often each unit that answers is read. */
  readonly cycles: number;
}

/** One unit that is polled, from its first cycle on. */
class Polled {
  good = 0;
  /** Codes of what could not be read. */
  readonly bad: string[] = [];
  /** True where something could not be read because this process did nothing meanwhile; then its meter is left alone for long. */
  isSpoiled = false;
  private readonly meter: AcquiredMeter;
  private readonly poll: MeterPoll;

  constructor(registry: MeterRegistry, { place, intervalMs, replyTimeoutMs }: Line, unitId: number, stalls: Stalls) {
    const name = `unit ${unitId}`;
    const times = { replyTimeoutMs, connectTimeoutMs: 1.5 * replyTimeoutMs, minimumReadIntervalMs: 200 };
    this.meter = registry.acquire(settingsOf(PM500, { name, ...place, unitId, ...times, layoutConfirmed: true }));
    this.poll = new MeterPoll(this.meter.session, {
      schedules: [{ intervalMs, groups: ['energy', 'status'] }],
      isScheduled: true,
      address: name,
      startWithinMs: intervalMs,
      clock: systemClock,
      onReading: ({ blocks }) => {
        const errors = blocks.flatMap(({ error }) => (error === undefined ? [] : [error.code]));
        // Meters and line are in this process, too: where that stood still, nobody could answer in time.
        const stalled = (): number => stalls.between(steadyClock.now() - 2 * replyTimeoutMs, steadyClock.now());
        if (errors.length === 0) this.good++;
        else if (stalled() < MOST_STALLED * replyTimeoutMs) this.bad.push(errors.join());
        else this.isSpoiled = true;
      },
      onError: () => undefined,
      onWait: () => undefined,
      onBack: () => undefined,
      onCondition: () => undefined,
    });
  }

  async stop(): Promise<void> {
    const stopped = this.poll.stop();
    await this.meter.release();
    await stopped;
  }
}

interface Comparison {
  readonly shares: readonly number[];
  readonly bad: readonly string[];
  readonly deadReadings: number;
  readonly isSpoiled: boolean;
}

/**
 * Polls the units that answer on a line of their own and on one with units that do not answer, side by side, so that a
 * busy machine slows both; returns when the former have had their cycles, or nothing can be told any more.
 */
async function compare(
  alone: Line,
  together: Line,
  answering: readonly number[],
  dead: readonly number[],
): Promise<Comparison> {
  const dependencies = { clock: systemClock, random: seededRandom(12), logger: silentLogger };
  const registry = new MeterRegistry({
    ...dependencies,
    createTransport: (settings, route) => createLinkTransport(settings, dependencies, route),
  });
  const stalls = new Stalls();
  const polled = (line: Line, unit: number): Polled => new Polled(registry, line, unit, stalls);
  const silent = dead.map((unit) => polled(together, unit));
  const undisturbed = answering.map((unit) => polled(alone, unit));
  const disturbed = answering.map((unit) => polled(together, unit));
  try {
    const isSpoiled = (): boolean => [...undisturbed, ...disturbed].some((each) => each.isSpoiled);
    await waitFor('the cycles', () => isSpoiled() || undisturbed.every(({ good }) => good >= alone.cycles), {
      timeoutMs: 90_000,
    });
    return {
      isSpoiled: isSpoiled(),
      shares: disturbed.map(({ good }, index) => good / undisturbed[index]!.good),
      bad: disturbed.flatMap(({ bad }) => bad),
      deadReadings: silent.reduce((sum, { good }) => sum + good, 0),
    };
  } finally {
    stalls.stop();
    await Promise.all([...silent, ...undisturbed, ...disturbed].map((each) => each.stop()));
  }
}

/** Judges the first comparison in which this process had the time to answer. */
async function judge(...given: Parameters<typeof compare>): Promise<void> {
  let comparison = await compare(...given);
  for (let again = 0; comparison.isSpoiled && again < MOST_REPEATS; again++) comparison = await compare(...given);
  const { shares, bad, deadReadings, isSpoiled } = comparison;
  assert.equal(isSpoiled, false, 'this computer leaves the test no time');
  for (const share of shares) assert.ok(share >= LEAST_SHARE, `shares of the readings: ${shares.join(', ')}`);
  assert.deepEqual(bad, [], 'a unit that answers is never bad');
  assert.equal(deadReadings, 0);
}

describe('Modbus units that answer, beside others that do not', function () {
  this.timeout(600_000);
  const target = (): ModbusBench['target'] => new ModbusBench(systemClock).target;

  /** Two gateways with the same units, of which the others are absent; both are asked for them, or only one. */
  async function behindGateways(saysSo: boolean): Promise<void> {
    const units = [1, 2];
    const absent = [3, 4, 5, 6, 7, 8];
    const gateways = [0, 1].map(() => new SerialGateway({ serviceMs: 10, waitMs: 400, saysSo }));
    try {
      const lines = await Promise.all(
        gateways.map(async (gateway): Promise<Line> => {
          for (const unit of units) gateway.units.set(unit, target());
          const port = await gateway.listen();
          const place = { host: '127.0.0.1', port, transport: 'modbus-tcp' } as const;
          return { place, intervalMs: 800, replyTimeoutMs: 800, cycles: 40 };
        }),
      );
      await judge(lines[0]!, lines[1]!, units, absent);
      const asked = new Set(gateways[1]!.asked);
      assert.ok([...units, ...absent].every((unit) => asked.has(unit)));
    } finally {
      await Promise.all(gateways.map((gateway) => gateway.close()));
    }
  }

  it('get their readings, 2 beside 6, behind a gateway that is silent about those and behind one that is not', async () => {
    await Promise.all([behindGateways(false), behindGateways(true)]);
  });

  it('get their readings, 8 beside 2, on a serial line', async () => {
    const units = [1, 2, 3, 4, 5, 6, 7, 8];
    const terminals = await Promise.all([openPseudoTerminal(), openPseudoTerminal()]);
    try {
      const lines = terminals.map(({ path, line }): Line => {
        const servers = units.map((unit) => new ModbusRtuServer(target(), unit));
        line.stdout.on('data', (chunk: Buffer) => {
          for (const server of servers) server.receive(chunk, (reply) => line.stdin.write(reply));
        });
        return {
          place: { host: path, transport: 'modbus-rtu', baudRate: 115_200 },
          intervalMs: 1000,
          replyTimeoutMs: 200,
          cycles: 30,
        };
      });
      await judge(lines[0]!, lines[1]!, units, [9, 10]);
    } finally {
      await Promise.all(terminals.map(({ close }) => close()));
    }
  });
});
