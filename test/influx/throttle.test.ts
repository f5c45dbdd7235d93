import assert from 'node:assert/strict';
import { createThrottle } from '../../src/support/throttle';
import { FakeClock } from '../../testkit/fake-clock';

describe('throttle', () => {
  it('acts at once, then at the end of each interval in which it was asked', async () => {
    const clock = new FakeClock();
    const calls: number[] = [];
    const throttle = createThrottle(clock, 500, () => calls.push(clock.monotonic()));
    throttle.request();
    throttle.request();
    await clock.advance(100);
    throttle.request();
    await clock.advance(2000);
    assert.deepEqual(calls, [0, 500]);
    throttle.request();
    assert.deepEqual(calls, [0, 500, 2100]);
  });

  it('forgets what is due when canceled', async () => {
    const clock = new FakeClock();
    let calls = 0;
    const throttle = createThrottle(clock, 500, () => {
      calls += 1;
    });
    throttle.request();
    throttle.request();
    throttle.cancel();
    await clock.advance(1000);
    assert.deepEqual([calls, clock.pending], [1, 0]);
  });
});
