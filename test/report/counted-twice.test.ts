import assert from 'node:assert/strict';
import { countedTwice } from '../../src/report/counted-twice';
import { NO_ENERGY, QUARTER_MS, type StoredQuarter } from '../../src/report/load-profile';

const DAY = 96;
/** Wh of a quarter of an hour. */
const LOAD = 25_000;

interface Change {
  readonly deltaWh?: number;
  readonly counterWh?: number | undefined;
  readonly isCounterLost?: boolean;
}

/** A day at constant load. @param change what a quarter has in place of its delta and the counter at its end */
function day(change: (place: number) => Change = () => ({})): StoredQuarter[] {
  return Array.from({ length: DAY }, (_, place) => {
    const {
      deltaWh = LOAD,
      counterWh,
      isCounterLost = false,
    } = { counterWh: 1e9 + (place + 1) * LOAD, ...change(place) };
    const good = { ...NO_ENERGY, activeImport: deltaWh };
    const startMs = place * QUARTER_MS;
    return { startMs, good, isCounterLost, ...(counterWh === undefined ? {} : { counterWh }) };
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
    // What is rounded before makes it begin no earlier, and what comes after a silence of the counter no later.
    const fractions = countedTwice(
      day((place) => ({
        deltaWh: (place >= 40 && place < 52 ? 2 * LOAD : LOAD) + 0.3,
        ...(place > 55 && place < 95 ? { counterWh: undefined } : {}),
      })),
    );
    assert.deepEqual([fractions?.firstMs, fractions?.lastMs], [40 * QUARTER_MS, 51 * QUARTER_MS]);
    // Of two times it is the later one that adds up, though in steps that say nothing by themselves.
    const slow = countedTwice(
      day((place) => (place < 6 ? { deltaWh: 2 * LOAD } : place < 13 ? { deltaWh: 0 } : { deltaWh: 1.09 * LOAD })),
    );
    assert.deepEqual([slow?.firstMs, slow?.lastMs], [13 * QUARTER_MS, 13 * QUARTER_MS]);
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
      // The counter gains first: deltas wait for an answer, and a clock was some hours ahead for a while.
      day((place) => (place >= 30 && place < 60 ? { deltaWh: 0 } : place === 60 ? { deltaWh: 31 * LOAD } : {})),
      day((place) =>
        place >= 40 && place < 46
          ? { deltaWh: 0, counterWh: undefined }
          : place >= 60 && place < 66
            ? { deltaWh: 2 * LOAD }
            : {},
      ),
      // Another meter, which stands a little higher, was told in a quarter without a counter.
      day((place) => ({
        ...(place > 55 ? { counterWh: 1e9 + (place - 14) * LOAD } : {}),
        ...(place >= 40 && place <= 55 ? { counterWh: undefined, isCounterLost: place === 50 } : {}),
      })),
      // What deltas lack is said elsewhere; no load, and a counter that nobody has stored.
      day((place) => (place > 40 && place < 60 ? { deltaWh: 0 } : {})),
      day(() => ({ deltaWh: 0, counterWh: 1e9 })),
      day(() => ({ counterWh: undefined })),
      [],
    ];
    for (const [place, quarters] of one.entries()) assert.equal(countedTwice(quarters), undefined, `case ${place}`);
  });
});
