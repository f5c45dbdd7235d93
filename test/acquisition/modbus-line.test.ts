import assert from 'node:assert/strict';
import { MeterPoll } from '../../src/acquisition/meter-poll';
import { MeterRegistry, type AcquiredMeter } from '../../src/acquisition/meter-registry';
import { settingsOf } from '../../src/acquisition/meter-settings';
import type { Reading } from '../../src/domain/messages/reading';
import { silentLogger } from '../../src/support/logger';
import { seededRandom } from '../../src/support/random';
import { tcpConnectFailed } from '../../src/transport/modbus/failures';
import { SILENT_SHARE } from '../../src/transport/modbus/line-schedule';
import { LineTurns } from '../../src/transport/modbus/line-turns';
import { LineTransport } from '../../src/transport/modbus/modbus-transport';
import { FakeClock } from '../../testkit/fake-clock';
import { MemoryGateway, type UnitBehavior } from '../../testkit/meters/memory-gateway';
import { PM500 } from '../../src/meters/pm500';

const ANSWERS: UnitBehavior = { does: 'answer', afterMs: 20 };
const REPLY_TIMEOUT_MS = 2000;

interface Polled {
  readonly meter: AcquiredMeter;
  readonly poll: MeterPoll;
  /** Codes of the errors of each reading; empty text for one without. */
  readonly readings: string[];
  readonly readAt: number[];
  readonly errors: string[];
}

/** A line with several units, and a poll node for each. */
class LineBench {
  readonly clock = new FakeClock();
  readonly gateway = new MemoryGateway(this.clock);
  private readonly registry: MeterRegistry;
  private readonly polled: Polled[] = [];

  constructor(quietMs = 50) {
    const lines = new LineTurns();
    this.registry = new MeterRegistry({
      clock: this.clock,
      random: seededRandom(3),
      logger: silentLogger,
      createTransport: (settings) => {
        const unit = settings.transport !== undefined && 'unitId' in settings.transport ? settings.transport.unitId : 0;
        return new LineTransport(
          PM500,
          {
            where: `the gateway unit ${unit}`,
            key: 'the gateway',
            unit,
            openLine: this.gateway.opener(unit),
            pauseMs: 50,
            pauseAfterFailureMs: quietMs,
            lines,
          },
          { ...settings, releaseAfterIdleMs: 0 },
          { clock: this.clock, logger: silentLogger },
        );
      },
    });
  }

  poll(unitId: number, behavior: UnitBehavior, intervalMs = 2000, isScheduled = true): Polled {
    this.gateway.units.set(unitId, behavior);
    const meter = this.registry.acquire(
      settingsOf(PM500, {
        name: `unit ${unitId}`,
        host: '10.0.0.9',
        transport: 'modbus-tcp',
        unitId,
        replyTimeoutMs: REPLY_TIMEOUT_MS,
      }),
    );
    const readings: string[] = [];
    const readAt: number[] = [];
    const errors: string[] = [];
    const poll = new MeterPoll(meter.session, {
      schedules: [{ intervalMs, groups: ['energy', 'status'] }],
      isScheduled,
      address: `10.0.0.9:502 unit ${unitId}`,
      startWithinMs: intervalMs,
      clock: this.clock,
      onReading: ({ blocks }: Reading) => {
        readings.push(blocks.flatMap(({ error }) => (error === undefined ? [] : [error.code])).join());
        readAt.push(this.clock.monotonic());
      },
      onError: (error) => errors.push(error.message),
      onWait: (error) => errors.push(error.message),
      onBack: () => undefined,
      onCondition: () => undefined,
    });
    const polled = { meter, poll, readings, readAt, errors };
    this.polled.push(polled);
    return polled;
  }

  async end(): Promise<void> {
    const ended = Promise.all(
      this.polled.map(async ({ meter, poll }) => {
        const stopped = poll.stop();
        await meter.release();
        await stopped;
      }),
    );
    await this.clock.advanceUntil(ended, 100);
    await this.clock.advance(10_000);
    assert.equal(this.clock.pending, 0, 'no timer is left');
    assert.equal(this.gateway.openLines, 0, 'nothing is left open');
    assert.ok(this.gateway.mostOpen <= 1, 'one socket at a time');
  }
}

const goodOf = ({ readings }: Polled): number => readings.filter((codes) => codes === '').length;

describe('several Modbus units behind one line', () => {
  let bench: LineBench;

  const start = (quietMs?: number): void => {
    bench = new LineBench(quietMs);
  };
  beforeEach(() => {
    start();
  });
  afterEach(() => bench.end());

  const silences: Readonly<Record<string, UnitBehavior>> = {
    'never reply': { does: 'nothing' },
    'are absent, as the gateway says after 1 s': { does: 'absent', afterMs: 1000 },
    'are absent, as the gateway says too late': { does: 'absent', afterMs: 3000 },
    'have the gateway hang up': { does: 'hang up', afterMs: 1500 },
    'answer with garbage': { does: 'garbage' },
  };
  for (const [what, silence] of Object.entries(silences)) {
    it(`reads 2 of them every 2 s beside 6 that ${what}`, async () => {
      const good = [1, 2].map((unit) => bench.poll(unit, ANSWERS));
      const dead = [3, 4, 5, 6, 7, 8].map((unit) => bench.poll(unit, silence));
      // From the first moment on, in which nobody knows yet who answers.
      await bench.clock.advance(60_000);
      const before = good.map(goodOf);
      await bench.clock.advance(60_000);
      good.forEach((polled, index) => {
        const count = goodOf(polled) - before[index]!;
        assert.ok(before[index]! >= 29, `${before[index]} of 30 readings in the first minute`);
        assert.ok(count >= 29, `${count} of 30 readings in the second`);
        assert.deepEqual(polled.errors, []);
        assert.ok(
          polled.readings.every((codes) => codes === ''),
          'a unit that answers is never bad',
        );
      });
      for (const { readings } of dead) assert.equal(readings.length, 1, 'one bad reading of each that does not answer');
    });
  }

  it('reads 8 of them every 10 s beside 2 that never reply, where a failure costs a silence', async () => {
    await bench.end();
    start(REPLY_TIMEOUT_MS);
    const good = [1, 2, 3, 4, 5, 6, 7, 8].map((unit) => bench.poll(unit, { does: 'answer', afterMs: 100 }, 10_000));
    for (const unit of [9, 10]) bench.poll(unit, { does: 'nothing' }, 10_000);
    await bench.clock.advance(60_000);
    for (const polled of good) assert.ok(goodOf(polled) >= 6, `${goodOf(polled)} of 6 readings in the first minute`);
    await bench.clock.advance(100_000);
    for (const polled of good) assert.ok(goodOf(polled) >= 16, `${goodOf(polled)} of 16 readings`);
  });

  it('reads the others beside one that takes 800 ms for each answer', async () => {
    const good = [1, 2, 3].map((unit) => bench.poll(unit, ANSWERS));
    const slow = bench.poll(4, { does: 'answer', afterMs: 800 }, 5000);
    await bench.clock.advance(10_000);
    const before = good.map(goodOf);
    await bench.clock.advance(60_000);
    good.forEach((polled, index) => {
      assert.ok(goodOf(polled) - before[index]! >= 29);
    });
    assert.ok(goodOf(slow) >= 12, `${goodOf(slow)} readings of the slow one`);
  });

  it('names the unit and the line, and says once that it does not answer', async () => {
    bench.poll(1, ANSWERS);
    const dead = bench.poll(3, { does: 'nothing' });
    await bench.clock.advance(200_000);
    assert.equal(dead.errors.length, 1);
    assert.match(dead.errors[0]!, /of the gateway unit 3: no reply within 1000 ms/);
  });

  it('answers a message about a unit that does not answer without holding the others up', async () => {
    const good = bench.poll(1, ANSWERS);
    const asked = bench.poll(3, { does: 'nothing' }, 2000, false);
    await bench.clock.advance(10_000);
    const before = goodOf(good);
    for (let second = 0; second < 60; second++) {
      const outcome = asked.poll.readNow();
      await bench.clock.advance(1000);
      void outcome;
    }
    assert.ok(goodOf(good) - before >= 29, `${goodOf(good) - before} of 30 readings`);
    const outcome = asked.poll.readNow();
    await bench.clock.advance(10);
    assert.match((await outcome)?.failure?.message ?? '', /gateway unit 3/);
    const attempts = bench.gateway.asked.filter((unit) => unit === 3).length;
    assert.ok(attempts >= 1 && attempts <= 3, `asked ${attempts} times`);
  });

  it('reads a unit that comes back within one round', async () => {
    bench.poll(1, ANSWERS);
    const returning = bench.poll(2, { does: 'nothing' });
    bench.poll(3, { does: 'nothing' });
    await bench.clock.advance(100_000);
    bench.gateway.units.set(2, ANSWERS);
    await bench.clock.advance((2 * (2 * 2050)) / SILENT_SHARE);
    assert.ok(goodOf(returning) > 0);
  });

  it('hears a line that comes back at once, however many units it has', async () => {
    const all = [1, 2, 3, 4, 5, 6, 7, 8].map((unit) => bench.poll(unit, ANSWERS));
    await bench.clock.advance(20_000);
    for (let unit = 1; unit <= 8; unit++) bench.gateway.units.set(unit, { does: 'nothing' });
    await bench.clock.advance(120_000);
    for (let unit = 1; unit <= 8; unit++) bench.gateway.units.set(unit, ANSWERS);
    const before = all.map(goodOf);
    await bench.clock.advance(45_000);
    all.forEach((polled, index) => {
      assert.ok(goodOf(polled) > before[index]!, `unit ${index + 1} is read again`);
    });
  });

  it('tells everybody who waits that the gateway cannot be reached, instead of letting each find out', async () => {
    bench.gateway.down = { error: tcpConnectFailed('the gateway', new Error('down')), afterMs: 3000 };
    const all = [1, 2, 3, 4, 5, 6, 7, 8].map((unit) => bench.poll(unit, ANSWERS));
    await bench.clock.advance(2000 + 2 * 3000 + 200);
    for (const { readings } of all)
      assert.deepEqual(readings, [['MODBUS_CONNECT_FAILED', 'MODBUS_CONNECT_FAILED'].join()]);
    bench.gateway.down = undefined;
    await bench.clock.advance(45_000);
    for (const polled of all) assert.ok(goodOf(polled) > 0);
  });

  it('does not take the refusal of a unit for silence', async () => {
    const refusing = bench.poll(1, { does: 'refuse', afterMs: 20 });
    const good = bench.poll(2, ANSWERS);
    await bench.clock.advance(60_000);
    assert.ok(goodOf(good) >= 29);
    assert.deepEqual(refusing.readings, [['MODBUS_EXCEPTION', 'MODBUS_EXCEPTION'].join()]);
    assert.ok(bench.gateway.asked.filter((unit) => unit === 1).length >= 58, 'it is asked in every cycle');
  });
});
