import assert from 'node:assert/strict';
import { gapsOf, loadFigures } from '../../src/report/figures';
import { loadProfile, NO_ENERGY, QUARTER_MS, type StoredQuarter } from '../../src/report/load-profile';

const START = Date.parse('2026-03-01T00:00:00Z');

/** Quarters by their place; a number is Wh of good active import, in a list the second is uncertain. */
function stored(
  rows: Readonly<Record<number, number | readonly [good: number | undefined, uncertain: number]>>,
  lost: readonly number[] = [],
): StoredQuarter[] {
  const places = [...new Set([...Object.keys(rows).map(Number), ...lost])].sort((left, right) => left - right);
  return places.map((place) => {
    const row = rows[place];
    const [good, uncertain] = typeof row === 'number' ? [row, undefined] : (row ?? [undefined, undefined]);
    return {
      startMs: START + place * QUARTER_MS,
      ...(good === undefined ? {} : { good: { ...NO_ENERGY, activeImport: good } }),
      ...(uncertain === undefined ? {} : { uncertain: { ...NO_ENERGY, activeImport: uncertain } }),
      isCounterLost: lost.includes(place),
    };
  });
}

const shown = (rows: readonly StoredQuarter[], from: number, to: number): readonly string[] =>
  loadProfile(rows, START + from * QUARTER_MS, START + to * QUARTER_MS).map(
    ({ state, activeImport, uncertainImport }) => `${state} ${activeImport} ${uncertainImport}`,
  );

describe('load profile', () => {
  it('spreads what was counted over a gap, and the sum stays', () => {
    const rows = stored({ 0: 10, 1: 10, 2: 10, 5: [4, 90], 6: 10 });
    assert.deepEqual(shown(rows, 0, 7), [
      'measured 10 0',
      'measured 10 0',
      'measured 10 0',
      'estimated 30 30',
      'estimated 30 30',
      'measured 34 30',
      'measured 10 0',
    ]);
  });

  it('shares a gap over the edge of the period, on both sides', () => {
    const rows = stored({ 0: 10, 1: 10, 5: [0, 80], 6: 10, 7: 10 });
    assert.deepEqual(shown(rows, 3, 6), ['estimated 20 20', 'estimated 20 20', 'measured 20 20']);
    assert.deepEqual(shown(rows, 0, 4), ['measured 10 0', 'measured 10 0', 'estimated 20 20', 'estimated 20 20']);
  });

  it('takes silence before a good delta for a load that stood still: such a delta covers no gap', () => {
    assert.deepEqual(shown(stored({ 0: 10, 1: 10, 4: 10, 5: 10 }), 0, 6).slice(2, 4), ['measured 0 0', 'measured 0 0']);
  });

  it('knows nothing of a time whose deltas a database has lost, which the counter tells', () => {
    const rows = (...counters: readonly (number | undefined)[]): StoredQuarter[] =>
      stored({ 0: 10, 1: 10, 6: 10, 7: 10 }).map((quarter, place) => {
        const counterWh = counters[place];
        return counterWh === undefined ? quarter : { ...quarter, counterWh };
      });
    const states = (...counters: readonly (number | undefined)[]): readonly string[] => [
      ...new Set(shown(rows(...counters), 2, 6)),
    ];
    // Four quarters of 10 Wh each are gone.
    assert.deepEqual(states(1000, 1010, 1060, 1070), ['missing 0 0']);
    assert.deepEqual(states(1000, 1010, 1020, 1030), ['measured 0 0']);
    assert.deepEqual(states(1000, 1006, 1020, 1030), ['measured 0 0']);
    assert.deepEqual(states(1000, undefined, 1060, 1070), ['measured 0 0']);
    assert.deepEqual(states(), ['measured 0 0']);
    // Of a layout that nobody has confirmed every delta is uncertain, those over a gap and all others.
    const unconfirmed = (...counters: readonly number[]): readonly string[] => {
      const quarters = stored({ 0: [undefined, 10], 1: [undefined, 10], 6: [undefined, 10], 7: [undefined, 10] });
      const counted = quarters.map((quarter, place) => ({ ...quarter, counterWh: counters[place] ?? 0 }));
      return [...new Set(shown(counted, 2, 6).map((row) => row.split(' ')[0] ?? ''))];
    };
    assert.deepEqual(unconfirmed(1000, 1010, 1060, 1070), ['missing']);
    assert.deepEqual(unconfirmed(1000, 1010, 1020, 1030), ['estimated']);
  });

  it('knows nothing of a gap after which a counter began anew, and of the time after the last reading', () => {
    const rows = stored({ 0: 10, 1: 10, 4: 10, 5: 10 }, [4]);
    assert.deepEqual(
      shown(rows, 0, 8).map((row) => row.split(' ')[0]),
      ['measured', 'measured', 'missing', 'missing', 'measured', 'measured', 'missing', 'missing'],
    );
    const replaced = shown(stored({ 0: 10, 1: 10, 4: [5, 7], 5: 10 }, [3]), 2, 5);
    assert.deepEqual(replaced, ['missing 0 0', 'missing 0 0', 'measured 12 7']);
  });

  it('leaves out what was counted before the first reading that is known', () => {
    assert.deepEqual(shown(stored({ 2: [undefined, 5000], 3: 10 }), 0, 4), [
      'missing 0 0',
      'missing 0 0',
      'missing 0 0',
      'measured 10 0',
    ]);
  });

  it('shares the energies of a meter that is read every half hour', () => {
    const rows = stored({ 0: 20, 2: 20, 4: 20, 6: [undefined, 20], 8: 20 });
    assert.deepEqual(shown(rows, 1, 7), [
      'measured 10 0',
      'measured 10 0',
      'measured 10 0',
      'measured 10 0',
      'measured 10 10',
      'measured 10 10',
    ]);
  });

  it('has no rows of nothing and all of them missing where the database has nothing', () => {
    assert.deepEqual(loadProfile([], START, START), []);
    assert.deepEqual(shown([], 0, 1), ['missing 0 0']);
    assert.equal(loadFigures(loadProfile([], START, START + QUARTER_MS), [], {}), undefined);
  });
});

describe('figures of a load profile', () => {
  const END = START + 8 * QUARTER_MS;

  it('are those of the time that is known, with how much that is', () => {
    const profile = loadProfile(stored({ 0: 1000, 1: 1000, 2: 1000, 3: 3000 }), START, END);
    const figures = loadFigures(profile, [], {});
    assert.ok(figures);
    assert.deepEqual([figures.coverage, figures.known, figures.meanWatts], [50, 50, 6000]);
    assert.deepEqual(figures.peak, { watts: 12_000, endMs: START + 4 * QUARTER_MS, isGood: true, of: 'quarters' });
    assert.equal(figures.loadFactor, 50);
    assert.deepEqual(gapsOf(profile), [{ fromMs: START + 4 * QUARTER_MS, toMs: END, state: 'missing', importKwh: 0 }]);
  });

  it('take the peak of demand windows where there are some, and none of estimated quarters', () => {
    const profile = loadProfile(stored({ 0: 10, 1: 10, 4: [10, 90_000], 5: 10 }), START, END);
    assert.equal(loadFigures(profile, [], {})?.peak?.endMs, START + 5 * QUARTER_MS);
    const window = { watts: 40, endMs: START + 2 * QUARTER_MS, isGood: true };
    const figures = loadFigures(profile, [window, { ...window, watts: 39 }], {});
    assert.deepEqual(figures?.peak, { ...window, of: 'windows' });
    // The mean with what was counted over the gap is above every window that was measured.
    assert.equal(figures.loadFactor, undefined);
  });

  it('say where time that was measured is in no demand window, whatever the length of windows', () => {
    const profile = loadProfile(stored({ 0: 10, 1: 10, 2: 10, 3: 10, 4: 10, 5: 10, 6: 10, 7: 10 }), START, END);
    const isMissing = (...ends: readonly number[]): boolean | undefined =>
      loadFigures(
        profile,
        ends.map((end) => ({ watts: 40, endMs: START + end * QUARTER_MS, isGood: true })),
        {},
      )?.areWindowsMissing;
    assert.equal(isMissing(1, 2, 3, 4, 5, 6, 7, 8), false);
    assert.equal(isMissing(4, 8), false);
    assert.equal(isMissing(1 / 3, 4 / 3, 7 / 3, 10 / 3, 13 / 3, 16 / 3, 19 / 3, 22 / 3, 8), false);
    assert.equal(isMissing(5, 6, 7, 8), true);
    assert.equal(isMissing(1, 2, 3, 4), true);
    assert.equal(isMissing(1, 2, 6, 7, 8), true);
    assert.equal(isMissing(), false);
  });

  it('have no power factor without energy, and the compensation that a contract asks for', () => {
    const quarter = (activeImport: number, reactiveImport: number): StoredQuarter => ({
      startMs: START,
      good: { ...NO_ENERGY, activeImport, reactiveImport },
      isCounterLost: false,
    });
    const of = (active: number, reactive: number): ReturnType<typeof loadFigures> =>
      loadFigures(loadProfile([quarter(active, reactive)], START, START + QUARTER_MS), [], { tanPhi: 0.5 });
    assert.equal(of(0, 0)?.powerFactor, undefined);
    assert.equal(of(300, 400)?.powerFactor, 0.6);
    assert.equal(of(300, 400)?.compensationVar, 1000);
    assert.equal(of(400, 100)?.compensationVar, 0);
  });

  it('compare energies of the same time: a counter that began in the middle, or ended, is unknown beside it', () => {
    const days = 10;
    const profileOf = (isThere: (day: number) => boolean): ReturnType<typeof loadFigures> => {
      const rows = Array.from({ length: days * 96 }, (_, place): StoredQuarter => {
        const has = isThere(Math.floor(place / 96));
        return {
          startMs: START + place * QUARTER_MS,
          good: { ...NO_ENERGY, activeImport: 300, reactiveImport: has ? 400 : 0 },
          isCounterLost: false,
          absent: has ? [] : ['reactiveImport'],
        };
      });
      return loadFigures(loadProfile(rows, START, START + days * 96 * QUARTER_MS), [], { tanPhi: 0.5 });
    };
    for (const isThere of [(day: number) => day >= 5, (day: number) => day < 5, (day: number) => day < 3 || day >= 8]) {
      const found = profileOf(isThere);
      assert.deepEqual([found?.powerFactor, found?.powerFactorShare, found?.compensationVar], [0.6, 50, 1000]);
      assert.deepEqual([found?.shares, found?.coverage, found?.meanWatts], [{ reactiveImport: 50 }, 100, 1200]);
    }
    // By exception a zero is written once a day at least: in between it is one.
    assert.deepEqual(profileOf((day) => day % 2 === 0)?.shares, {});
    const never = profileOf(() => false);
    assert.deepEqual(
      [never?.absent, never?.powerFactor, never?.compensationVar],
      [['reactiveImport'], undefined, undefined],
    );
  });
});
