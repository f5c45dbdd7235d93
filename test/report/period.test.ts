import assert from 'node:assert/strict';
import { Zone } from '../../src/domain/tariff/zone';
import { daysBetween, lastEnded, periodBefore, periodNamed } from '../../src/report/period';

const HOUR_MS = 3_600_000;
const berlin = new Zone('Europe/Berlin');

describe('period of a report', () => {
  it('is the last month or week that has ended, by the clocks of the site', () => {
    const newYear = Date.parse('2026-01-01T00:00:00+01:00');
    assert.equal(lastEnded('month', berlin, newYear).key, '2025-12');
    assert.equal(lastEnded('month', berlin, newYear - 1).key, '2025-11');
    assert.equal(lastEnded('month', new Zone('UTC'), newYear).key, '2025-11');
    // Monday, the 29th of December 2025, begins the first week of 2026.
    assert.equal(lastEnded('week', berlin, Date.parse('2026-01-05T00:00:00+01:00')).key, '2026-W01');
    assert.equal(lastEnded('week', berlin, Date.parse('2026-01-04T23:59:59+01:00')).key, '2025-W52');
    assert.equal(lastEnded('week', berlin, Date.parse('2021-01-04T12:00:00+01:00')).key, '2020-W53');
  });

  it('is as long as the clocks of the site make it', () => {
    const hours = (key: string): number => {
      const found = periodNamed('month', berlin, key);
      assert.ok(found);
      return (found.toMs - found.fromMs) / HOUR_MS;
    };
    assert.deepEqual(['2026-03', '2026-10', '2026-02', '2024-02'].map(hours), [743, 745, 672, 696]);
    const week = periodNamed('week', berlin, '2026-W13');
    assert.equal(new Date(week?.fromMs ?? 0).toISOString(), '2026-03-22T23:00:00.000Z');
    assert.equal(((week?.toMs ?? 0) - (week?.fromMs ?? 0)) / HOUR_MS, 167);
  });

  it('is none for what no calendar has', () => {
    for (const text of ['2026-13', '2026-00', '2026-1', 'last', '2026-W01'])
      assert.equal(periodNamed('month', berlin, text), undefined, text);
    for (const text of ['2026-W54', '2025-W53', '2026-W00', '2026-01'])
      assert.equal(periodNamed('week', berlin, text), undefined, text);
  });

  it('has one before it, and one a year before', () => {
    const keys = (period: ReturnType<typeof lastEnded> | undefined): readonly string[] => {
      assert.ok(period);
      return [periodBefore(berlin, period, 'period').key, periodBefore(berlin, period, 'year').key];
    };
    assert.deepEqual(keys(periodNamed('month', berlin, '2026-01')), ['2025-12', '2025-01']);
    assert.deepEqual(keys(periodNamed('week', berlin, '2026-W01')), ['2025-W52', '2025-W01']);
    const days = daysBetween(berlin, Date.UTC(2026, 2, 28), Date.UTC(2026, 2, 31));
    assert.deepEqual(
      [days.key, ...keys(days)],
      ['2026-03-28_2026-03-30', '2026-03-25_2026-03-27', '2025-03-28_2025-03-30'],
    );
    assert.equal((days.toMs - days.fromMs) / HOUR_MS, 71);
  });

  it('has whole days before it where clocks skip the midnight at which it begins or ends', () => {
    const cairo = new Zone('Africa/Cairo');
    const before = (from: number, to: number): readonly unknown[] => {
      const { key, fromMs, toMs } = periodBefore(
        cairo,
        daysBetween(cairo, Date.UTC(2026, 3, from), Date.UTC(2026, 3, to)),
        'period',
      );
      return [key, (toMs - fromMs) / HOUR_MS, cairo.localOf(fromMs) % (24 * HOUR_MS)];
    };
    // On 24 April the first hour is left out.
    assert.deepEqual(before(24, 27), ['2026-04-21_2026-04-23', 72, 0]);
    assert.deepEqual(before(21, 24), ['2026-04-18_2026-04-20', 72, 0]);
    assert.deepEqual(before(25, 26), ['2026-04-24_2026-04-24', 23, HOUR_MS]);
  });
});
