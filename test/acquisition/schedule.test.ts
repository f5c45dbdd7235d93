import assert from 'node:assert/strict';
import { phaseOf, schedulesOf } from '../../src/acquisition/poll-schedule';
import { startSchedule } from '../../src/acquisition/schedule';
import type { Clock } from '../../src/support/clock';
import { FakeClock } from '../../testkit/fake-clock';
import { PM500 } from '../../src/meters/pm500';

const START = 1_000_000_000_130;

describe('startSchedule', () => {
  function record(
    clock: FakeClock,
    intervalMs: number,
    phaseMs = 0,
    work: () => Promise<void> = () => Promise.resolve(),
  ) {
    const ticks: number[] = [];
    const errors: unknown[] = [];
    const schedule = startSchedule({
      intervalMs,
      phaseMs,
      clock,
      onTick: (slot) => {
        ticks.push(slot);
        return work();
      },
      onError: (thrown) => errors.push(thrown),
    });
    return { ticks, errors, schedule };
  }

  it('ticks on multiples of the interval plus the phase, whenever it was started', async () => {
    const clock = new FakeClock(START);
    const { ticks } = record(clock, 250, 40);
    await clock.advance(1000);
    assert.deepEqual(
      ticks.map((slot) => slot - START),
      [160, 410, 660, 910],
    );
  });

  it('makes equal intervals coincide', async () => {
    const clock = new FakeClock(START);
    const first = record(clock, 500);
    await clock.advance(333);
    const second = record(clock, 250);
    await clock.advance(1000);
    assert.ok(first.ticks.slice(1).every((slot) => second.ticks.includes(slot)));
  });

  it('ticks at once where that is asked, and then on the grid, without a slot twice', async () => {
    for (const startsAt of [START, START - 130, START - 131, START - 129]) {
      const clock = new FakeClock(startsAt);
      const ticks: number[] = [];
      startSchedule({
        intervalMs: 1000,
        firstAfterMs: 0,
        clock,
        onTick: (slot) => Promise.resolve(void ticks.push(slot)),
        onError: (thrown) => {
          assert.ifError(thrown);
        },
      });
      await clock.advance(3500);
      assert.equal(ticks[0], startsAt);
      assert.ok(ticks.slice(1).every((slot) => slot % 1000 === 0));
      assert.ok(ticks.length >= 4 && new Set(ticks).size === ticks.length, ticks.join());
    }
  });

  it('counts a late cycle and never queues it', async () => {
    const clock = new FakeClock(START);
    let finish = (): void => undefined;
    const { ticks, schedule } = record(clock, 100, 0, () => new Promise((resolve) => (finish = resolve)));
    await clock.advance(450);
    assert.equal(ticks.length, 1);
    assert.equal(schedule.missed, 3);
    finish();
    await clock.advance(100);
    assert.equal(ticks.length, 2);
    finish();
    await schedule.stop();
  });

  it('counts the cycles that the process had no time for', async () => {
    const still = new FakeClock(START);
    let lagMs = 0;
    const clock: Clock = {
      now: () => still.now() + lagMs,
      monotonic: () => still.monotonic() + lagMs,
      uptime: () => still.uptime() + lagMs,
      bootId: still.bootId,
      after: (delayMs, callback) => still.after(delayMs, callback),
    };
    const schedule = startSchedule({
      intervalMs: 100,
      clock,
      onTick: () => Promise.resolve(),
      onError: (thrown) => {
        assert.ifError(thrown);
      },
    });
    await still.advance(500);
    assert.deepEqual([schedule.missed], [0]);
    lagMs = 1000;
    await still.advance(500);
    assert.ok(schedule.missed >= 9 && schedule.missed <= 10, `${schedule.missed} missed`);
    await schedule.stop();
  });

  it('goes on after a tick that failed', async () => {
    const clock = new FakeClock(START);
    const { ticks, errors } = record(clock, 100, 0, () => Promise.reject(new Error('no')));
    await clock.advance(300);
    assert.equal(ticks.length, 3);
    assert.equal(errors.length, 3);
  });

  it('keeps its pace when the wall clock is set, in either direction', async () => {
    for (const jump of [-3_600_000, 3_600_000, -170, -120, -90, 30, 70]) {
      const clock = new FakeClock(START);
      const moments: number[] = [];
      record(clock, 100, 0, () => {
        moments.push(clock.monotonic());
        return Promise.resolve();
      });
      await clock.advance(500);
      clock.jump(jump);
      await clock.advance(1000);
      const pauses = moments.slice(1).map((moment, index) => moment - moments[index]!);
      assert.ok(moments.length >= 13 && moments.length <= 16, `${moments.length} ticks after a jump of ${jump} ms`);
      assert.ok(Math.min(...pauses) >= 80 && Math.max(...pauses) < 180, `${pauses.join()} after a jump of ${jump} ms`);
    }
  });

  it('stops: no timer left, and a running tick is awaited', async () => {
    const clock = new FakeClock(START);
    let finish = (): void => undefined;
    let stopped = false;
    const { ticks, schedule } = record(clock, 100, 0, () => new Promise((resolve) => (finish = resolve)));
    await clock.advance(100);
    const stopping = schedule.stop().then(() => (stopped = true));
    await clock.advance(500);
    assert.equal(stopped, false);
    finish();
    await stopping;
    assert.equal(ticks.length, 1);
    assert.equal(clock.pending, 0);
  });
});

describe('phaseOf', () => {
  const addresses = Array.from({ length: 50 }, (_, index) => `192.168.1.${index + 10}:44818`);

  it('gives one meter one place in time, whatever interval divides the other', () => {
    for (const address of addresses) {
      for (const [long, short] of [
        [1000, 250],
        [10_000, 1000],
        [60_000, 500],
      ] as const) {
        assert.equal(phaseOf(address, long) % short, phaseOf(address, short));
      }
      assert.ok(phaseOf(address, 250) >= 0 && phaseOf(address, 250) < 250);
    }
  });

  it('spreads the meters of a network, and those of one address, over every interval', () => {
    const ports = addresses.map((_, index) => `127.0.0.1:${44_818 + index}`);
    for (const meters of [addresses, ports]) {
      for (const intervalMs of [200, 250, 500, 1000, 10_000, 60_000]) {
        const tenths = meters.map((meter) => Math.floor((phaseOf(meter, intervalMs) / intervalMs) * 10));
        const fullest = Math.max(...tenths.map((tenth) => tenths.filter((other) => other === tenth).length));
        // 50 meters, 5 in a tenth on average: none has so many that it is a crowd.
        assert.ok(fullest <= 12, `${fullest} of 50 meters in a tenth of ${intervalMs} ms`);
        assert.ok(new Set(tenths).size >= 8, `${new Set(tenths).size} of 10 tenths of ${intervalMs} ms used`);
      }
    }
  });
});

describe('schedulesOf', () => {
  it('reads together what has one interval, the fastest first', () => {
    assert.deepEqual(
      schedulesOf(
        PM500,
        new Map([
          ['energy', 10_000],
          ['realtime', 250],
          ['demand', 10_000],
        ]),
      ),
      [
        { intervalMs: 250, groups: ['realtime'] },
        { intervalMs: 10_000, groups: ['demand', 'energy'] },
      ],
    );
  });
});
