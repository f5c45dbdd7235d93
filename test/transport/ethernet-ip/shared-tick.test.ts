import assert from 'node:assert/strict';
import { SharedTick, sharedTickOf } from '../../../src/support/shared-tick';
import { FakeClock } from '../../../testkit/fake-clock';

/** The most that a task may come early, ms. */
const TICK_MS = 5;

describe('the timer that many recurring tasks share', () => {
  let clock: FakeClock;
  let tick: SharedTick;
  let ran: number[];

  beforeEach(() => {
    clock = new FakeClock();
    tick = new SharedTick(clock);
    ran = [];
  });

  function every(intervalMs: number, firstMs = intervalMs): () => void {
    let due = clock.monotonic() + firstMs;
    return tick.add(due, {
      run: () => {
        ran.push(clock.monotonic());
        due += intervalMs;
        return due;
      },
    });
  }

  it('runs a task when it is due, hardly early and never late, and its due times do not drift', async () => {
    await clock.advance(3.3);
    const startedAt = clock.monotonic();
    every(100);
    await clock.advance(10_000);
    assert.equal(ran.length, 100);
    ran.forEach((at, index) => {
      const earlyMs = startedAt + (index + 1) * 100 - at;
      assert.ok(earlyMs >= 0 && earlyMs < TICK_MS, `${index}: ${earlyMs} ms early`);
    });
  });

  it('keeps what is due after more than one turn of the wheel', async () => {
    every(60_000);
    every(4000, 2000);
    await clock.advance(59_000);
    assert.equal(ran.length, 15, 'the other one every 4 s');
    await clock.advance(1000);
    assert.equal(ran.filter((at) => at > 59_000).length, 1);
  });

  it('has one timer for all tasks, and none when the last is taken out', async () => {
    const ends = Array.from({ length: 200 }, (_, index) => every(1000, 5 + 5 * index));
    assert.equal(clock.pending, 1);
    await clock.advance(5000);
    assert.equal(ran.length, 1000);
    assert.equal(clock.pending, 1);
    for (const end of ends) {
      end();
      end();
    }
    assert.equal(clock.pending, 0);
    await clock.advance(5000);
    assert.equal(ran.length, 1000);
    every(10);
    await clock.advance(100);
    assert.equal(ran.length, 1010, 'it begins again');
  });

  it('lets a task take out itself and others while it runs', async () => {
    const ends: (() => void)[] = [];
    const endAll = {
      run: () => {
        ran.push(clock.monotonic());
        for (const end of ends) end();
        return clock.monotonic() + 10;
      },
    };
    ends.push(tick.add(10, endAll), tick.add(10, endAll), tick.add(500, endAll));
    await clock.advance(2000);
    assert.equal(ran.length, 1);
    assert.equal(clock.pending, 0);
  });

  it('is woken for nothing but what is due', async () => {
    let timers = 0;
    const after = clock.after.bind(clock);
    clock.after = (...parameters) => {
      timers++;
      return after(...parameters);
    };
    every(1000);
    await clock.advance(10_000);
    assert.ok(timers <= 11, `${timers} timers`);
  });

  it('runs each task once after a pause of the process, however long it was', () => {
    let now = 0;
    const timers: (() => void)[] = [];
    const stalled = new SharedTick({
      bootId: clock.bootId,
      now: () => now,
      monotonic: () => now,
      uptime: () => now,
      after: (_delayMs, callback) => {
        timers.push(callback);
        return { cancel: () => undefined };
      },
    });
    for (let index = 0; index < 300; index++) {
      stalled.add(10 * index, {
        run: () => {
          ran.push(index);
          return now + 3000;
        },
      });
    }
    now = 1_000_000;
    timers.at(-1)?.();
    assert.equal(new Set(ran).size, 300);
    assert.equal(ran.length, 300);
  });

  it('is one for each clock', () => {
    assert.equal(sharedTickOf(clock), sharedTickOf(clock));
    assert.notEqual(sharedTickOf(clock), sharedTickOf(new FakeClock()));
  });
});
