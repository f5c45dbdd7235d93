import assert from 'node:assert/strict';
import { isFilled, type PanelAnswers } from '../../testkit/grafana/panel-answers';
import {
  FAILED,
  readTimes,
  SITE,
  SOLAR,
  solarTimes,
  YEAR_BEFORE,
  yearBeforeTimes,
  type PlantOfSite,
} from '../../testkit/grafana/plant-site';
import { gainedBetween, near, recordedRows, STEP_W, STEP_WH } from '../../testkit/grafana/recorded-rows';

const QUARTER_MS = 900_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const sumOf = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Tests of what stands side by side in a panel: several meters, and two years. The database is the one of the caller. */
export function seenTogether(answers: () => PanelAnswers, plants: PlantOfSite): void {
  it('against the year before: each day and the month have the energy of the file of that year', async () => {
    const of = (fromMs: number, toMs: number): number =>
      gainedBetween(plants.yearBefore, yearBeforeTimes(), fromMs, toMs);
    const days = await answers().bars('pm500-energy', 'Energy by day, a year before');
    const now = await answers().bars('pm500-energy', 'Energy by day');
    assert.deepEqual(
      [...days.keys()],
      [...now.keys(), SITE.nowMs - 12 * HOUR_MS].map((start) => start - 365 * DAY_MS),
    );
    for (const [start, energy] of days) {
      near(energy, of(start, start + DAY_MS), STEP_WH, new Date(start).toISOString());
      // Read once an hour, so an hour at each end may count in the day beside it.
      const hours = [start - HOUR_MS, start + DAY_MS - HOUR_MS].map((from) =>
        recordedRows(YEAR_BEFORE.plantMs, from, from + HOUR_MS),
      );
      const whole = sumOf(recordedRows(YEAR_BEFORE.plantMs, start, start + DAY_MS));
      near(energy, whole, STEP_WH + sumOf(hours.flat()), 'the day of the file');
    }
    const { fromMs, toMs } = YEAR_BEFORE.month;
    const months = await answers().bars('pm500-energy', 'Energy by month, a year before');
    near(months.get(fromMs) ?? Number.NaN, of(fromMs, toMs), STEP_WH, 'the month of the year before');
    const { fromMs: from, toMs: to } = SITE.month;
    assert.ok(
      Math.abs(of(fromMs, toMs) - gainedBetween(plants.incomer, readTimes(), from, to)) > 1000 * STEP_WH,
      'both years would look alike',
    );
  });

  it('each of several meters has a line of its own, and that of a meter that exports is below zero', async () => {
    const powers: Readonly<Record<string, (timeMs: number) => number>> = {
      [SITE.meter]: (timeMs) => plants.incomer.powerAt(timeMs),
      [SOLAR.meter]: (timeMs) => -plants.solar.powerAt(timeMs),
    };
    for (const [title, least] of [
      ['Active power', 1],
      ['Active power over time', 280],
    ] as const) {
      const all = await answers().ask('pm500-site', title);
      assert.deepEqual(
        all.map(({ tags }) => tags?.['meter']),
        Object.keys(powers),
      );
      for (const { tags, values } of all) {
        const filled = values.filter(([, value]) => value !== null);
        assert.ok(filled.length >= least, title);
        for (const [time, value] of filled) {
          // The newest value stands under the time 0.
          const at = least === 1 ? SITE.nowMs : Number(time);
          near(Number(value), powers[tags?.['meter'] ?? '']?.(at) ?? Number.NaN, 1, `${title} of ${tags?.['meter']}`);
        }
      }
    }
    const exported = await answers().bars('pm500-energy', 'Energy export by day', { meter: SOLAR.meter });
    assert.deepEqual([...exported.keys()], [...(await answers().bars('pm500-energy', 'Energy by day')).keys()]);
    for (const [start, energy] of exported)
      near(energy, gainedBetween(plants.solar, solarTimes(), start, start + DAY_MS), STEP_WH, 'export of a day');
    const imported = await answers().bars('pm500-energy', 'Energy by day', { meter: SOLAR.meter });
    assert.deepEqual(new Set(imported.values()), new Set([0]));
    // Nothing was imported, so that what is worked out of import is nothing or 0, and never below.
    for (const [uid, title] of [
      ['pm500-site', 'Demand of each window, with the contract'],
      ['pm500-site', 'Peak demand of the running month'],
      ['pm500-energy', 'Load-duration curve'],
      ['pm500-leadership', 'Peak demand'],
      ['pm500-leadership', 'Cost'],
      ['pm500-leadership', 'CO2 emission'],
    ] as const) {
      const [series] = await answers().ask(uid, title, 0, { meter: SOLAR.meter });
      const found = series?.values.map(([, value]) => value).filter((value) => value !== null);
      assert.deepEqual(new Set(found), new Set([0]), title);
    }
    for (const title of ['Load factor', 'Power factor', 'Compensation to add']) {
      const all = await answers().ask('pm500-leadership', title, 0, { meter: SOLAR.meter });
      assert.ok(!all.some((series) => isFilled(series)), title);
    }
  });

  it('the demand of each window is that of the quarter of an hour of the file', async () => {
    const [series] = await answers().ask('pm500-site', 'Demand of each window, with the contract');
    const filled = series?.values.filter(([, value]) => value !== null) ?? [];
    assert.ok(filled.length >= 95, String(filled.length));
    const failed = SITE.nowMs - FAILED.fromMinute * 60_000;
    for (const [time, value] of filled) {
      const end = Number(time);
      // A window at whose end nothing was read ends later.
      if (end >= failed && end <= failed + QUARTER_MS) continue;
      const [energy = Number.NaN] = recordedRows(SITE.plantMs, end - QUARTER_MS, end);
      near(Number(value), 4 * energy, STEP_W, new Date(end).toISOString());
    }
  });
}
