import assert from 'node:assert/strict';
import { phaseOf, startSpreadMs } from '../../src/acquisition/poll-schedule';

/** Opening a meter with I/O connections costs so much of a core. */
const OPENING_MS = 6;

describe('the time within which meters begin', () => {
  it('leaves most of a core to those that run already, however many begin', () => {
    for (const meters of [1, 50, 500, 1500, 10_000]) {
      const spreadMs = startSpreadMs(meters);
      assert.ok(spreadMs >= 2000, 'also a few do not begin together');
      assert.ok((meters * OPENING_MS) / spreadMs <= 0.35, `${meters} meters in ${spreadMs} ms`);
    }
  });

  it('is filled evenly', () => {
    const meters = 1500;
    const spreadMs = startSpreadMs(meters);
    const tenths = new Array<number>(10).fill(0);
    for (let index = 0; index < meters; index++) {
      const at = phaseOf(`10.1.${Math.floor(index / 250)}.${index % 250}:44818`, spreadMs);
      const tenth = Math.floor((10 * at) / spreadMs);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) assert.ok(count > 100 && count < 200, tenths.join(', '));
  });
});
