import assert from 'node:assert/strict';
import { startSchedule } from '../../src/acquisition/schedule';
import { FakeClock } from '../support/fake-clock';

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
        startAtOnce: true,
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

  it('goes on after a tick that failed', async () => {
    const clock = new FakeClock(START);
    const { ticks, errors } = record(clock, 100, 0, () => Promise.reject(new Error('no')));
    await clock.advance(300);
    assert.equal(ticks.length, 3);
    assert.equal(errors.length, 3);
  });

  it('keeps its pace when the wall clock is set, in either direction', async () => {
    for (const jump of [-3_600_000, 3_600_000, -120, 70]) {
      const clock = new FakeClock(START);
      const { ticks } = record(clock, 100);
      await clock.advance(500);
      clock.jump(jump);
      await clock.advance(1000);
      assert.ok(ticks.length >= 13 && ticks.length <= 16, `${ticks.length} ticks after a jump of ${jump} ms`);
      assert.equal(new Set(ticks).size, ticks.length, 'a slot fired twice');
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
