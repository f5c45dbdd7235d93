import assert from 'node:assert/strict';
import { countedTwice } from '../../src/report/counted-twice';
import { NO_ENERGY, QUARTER_MS, type StoredQuarter } from '../../src/report/load-profile';

const DAY = 96;
/** Wh of a quarter of an hour. */
const LOAD = 25_000;

/** A day at constant load. @param change what a quarter has in place of its delta and the counter at its end */
function day(
  change: (place: number) => { readonly deltaWh?: number; readonly counterWh?: number | undefined } = () => ({}),
): StoredQuarter[] {
  return Array.from({ length: DAY }, (_, place) => {
    const { deltaWh = LOAD, counterWh } = { counterWh: 1e9 + (place + 1) * LOAD, ...change(place) };
    const good = { ...NO_ENERGY, activeImport: deltaWh };
    const startMs = place * QUARTER_MS;
    return { startMs, good, isCounterLost: false, ...(counterWh === undefined ? {} : { counterWh }) };
  });
}

describe('energy that is counted twice', () => {
  it('is told by the counter: both sides of a failover wrote for some hours', () => {
    const found = countedTwice(day((place) => (place >= 40 && place < 52 ? { deltaWh: 2 * LOAD } : {})));
    assert.deepEqual(found, { firstMs: 40 * QUARTER_MS, lastMs: 51 * QUARTER_MS, importKwh: 12 * 25 });
    // What is rounded on the way makes it no longer.
    const rounded = countedTwice(
      day((place) => ({ deltaWh: place >= 40 && place < 52 ? 2 * LOAD : LOAD + (place > 52 ? 1 : 0) })),
    );
    assert.equal(rounded?.lastMs, 51 * QUARTER_MS);
    // Also where the counter is stored seldom.
    const seldom = countedTwice(
      day((place) => ({
        ...(place >= 40 && place < 52 ? { deltaWh: 2 * LOAD } : {}),
        ...(place % 8 === 7 ? {} : { counterWh: undefined }),
      })),
    );
    assert.equal(seldom?.importKwh, 12 * 25);
  });

  it('is nothing that one program alone does', () => {
    const one: readonly StoredQuarter[][] = [
      day(),
      // By exception the counter stands up to three quarters behind, and comes up again.
      day((place) => ({ counterWh: 1e9 + (place + 1 - (place % 4)) * LOAD })),
      // Reset, a glitch that goes and comes back, and a clock that was set back and forth.
      day((place) => (place < 50 ? {} : { counterWh: (place - 49) * LOAD })),
      day((place) => (place === 50 ? { counterWh: 0, deltaWh: 0 } : place === 51 ? { deltaWh: 2 * LOAD } : {})),
      day((place) => (place % 5 === 0 ? { counterWh: 1e9 + (place - 7) * LOAD } : {})),
      // What deltas lack is said elsewhere; no load, and a counter that nobody has stored.
      day((place) => (place > 40 && place < 60 ? { deltaWh: 0 } : {})),
      day(() => ({ deltaWh: 0, counterWh: 1e9 })),
      day(() => ({ counterWh: undefined })),
      [],
    ];
    for (const quarters of one) assert.equal(countedTwice(quarters), undefined);
  });
});
