import assert from 'node:assert/strict';
import { DEFAULT_KPI_SETTINGS } from '../../../src/domain/kpis/settings';
import { KpiSet } from '../../../src/domain/kpis/kpi-set';
import { parseTariff } from '../../../src/domain/tariff/parse-tariff';
import { TariffClock } from '../../../src/domain/tariff/tariff-clock';
import { Zone } from '../../../src/domain/tariff/zone';
import type { Sample } from '../../../src/domain/messages/telemetry';
import { PERIODS } from '../../../src/metrics/derived-metrics';
import { isRecord } from '../../../src/support/expect';
import { Pm500Error } from '../../../src/support/errors';
import { seededRandom } from '../../../src/support/random';
import { telemetryOf } from '../../../testkit/meters/telemetry';

const HOUR_MS = 3_600_000;
const BERLIN = {
  timeZone: 'Europe/Berlin',
  currency: 'EUR',
  periods: [
    { name: 'peak', pricePerKwh: 0.3 },
    { name: 'off_peak', pricePerKwh: 0.2 },
    { name: 'night', pricePerKwh: 0.1 },
  ],
  otherwise: 'off_peak',
  seasons: [{ name: 'winter', from: '11-01', to: '03-31' }],
  rules: [
    { period: 'night', from: '22:00', to: '06:00' },
    { period: 'peak', season: 'winter', days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '08:00', to: '20:00' },
  ],
  holidays: ['2026-01-06', '12-25'],
};

describe('time zones', () => {
  it('know the days of 23 and 25 hours, and half-hour offsets', () => {
    const hours = (zone: string, day: string): number => {
      const { startMs, endMs } = new Zone(zone).periodAt('day', Date.parse(day));
      return (endMs - startMs) / HOUR_MS;
    };
    assert.equal(hours('Europe/Berlin', '2026-03-29T12:00Z'), 23);
    assert.equal(hours('Europe/Berlin', '2026-10-25T12:00Z'), 25);
    assert.equal(hours('Europe/Berlin', '2026-07-01T12:00Z'), 24);
    assert.equal(hours('America/New_York', '2026-03-08T12:00Z'), 23);
    assert.equal(hours('Australia/Lord_Howe', '2026-10-04T02:00Z'), 23.5);
    // Clocks go from 0:00 to 1:00 there: the day begins at 1:00.
    assert.equal(hours('Africa/Cairo', '2026-04-24T12:00Z'), 23);
    assert.equal(new Zone('Asia/Kolkata').offsetAt(0), 5.5 * HOUR_MS);
  });

  it('cut time into periods without gap or overlap, everywhere', () => {
    for (const name of ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Africa/Cairo', 'Pacific/Chatham', 'Asia/Seoul']) {
      const zone = new Zone(name);
      for (const period of PERIODS) {
        let time = Date.UTC(2026, 2, 1);
        for (let count = 0; count < 200 && time < Date.UTC(2027, 1, 1); count++) {
          const { startMs, endMs } = zone.periodAt(period, time);
          assert.ok(startMs <= time && time < endMs, `${name} ${period} ${new Date(time).toISOString()}`);
          assert.deepEqual(zone.periodAt(period, endMs - 1), { startMs, endMs });
          assert.equal(zone.periodAt(period, endMs).startMs, endMs);
          time = endMs;
        }
      }
    }
  });
});

describe('tariff clock', () => {
  const clock = new TariffClock(parseTariff(BERLIN));
  const at = (local: string): string => clock.at(Date.parse(local)).name;

  it('takes the first rule that fits: weekday, season, time over midnight', () => {
    assert.equal(at('2026-01-05T07:59+01:00'), 'off_peak');
    assert.equal(at('2026-01-05T08:00+01:00'), 'peak');
    assert.equal(at('2026-01-05T19:59+01:00'), 'peak');
    assert.equal(at('2026-01-05T20:00+01:00'), 'off_peak');
    assert.equal(at('2026-01-05T22:00+01:00'), 'night');
    assert.equal(at('2026-01-06T05:59+01:00'), 'night');
    assert.equal(at('2026-01-10T10:00+01:00'), 'off_peak', 'a Saturday');
    assert.equal(at('2026-06-08T10:00+02:00'), 'off_peak', 'summer');
    assert.equal(at('2026-03-31T10:00+02:00'), 'peak', 'the last day of the season');
    assert.equal(at('2026-04-01T10:00+02:00'), 'off_peak');
  });

  it('takes a holiday for no weekday', () => {
    assert.equal(at('2026-01-06T10:00+01:00'), 'off_peak');
    assert.equal(at('2027-01-06T10:00+01:00'), 'peak', 'a holiday of one year');
    assert.equal(at('2026-12-25T10:00+01:00'), 'off_peak');
    assert.equal(at('2026-12-25T23:00+01:00'), 'night', 'rules for every day hold');
  });

  it('says until when a level holds: never past a change, found minute by minute over both changes of the clocks', () => {
    // Asked for another time in between, it must look again.
    const probe = new TariffClock(parseTariff(BERLIN));
    for (const day of ['2026-03-29', '2026-10-25', '2026-11-01']) {
      const begin = Date.parse(`${day}T00:00Z`) - 12 * HOUR_MS;
      const end = begin + 36 * HOUR_MS;
      let { name, untilMs } = new TariffClock(parseTariff(BERLIN)).at(begin);
      for (let time = begin; time < end; time += 5 * 60_000) {
        if (time >= untilMs) {
          assert.equal(time, untilMs, 'ends at an edge');
          ({ name, untilMs } = clock.at(time));
        }
        probe.at(0);
        assert.equal(probe.at(time).name, name, new Date(time).toISOString());
      }
    }
  });

  it('counts the hours of a night over which the clocks change', () => {
    const nightHours = (from: string, to: string): number => {
      let hours = 0;
      for (let time = Date.parse(from); time < Date.parse(to);) {
        const { name, untilMs } = clock.at(time);
        if (name === 'night') hours += (untilMs - time) / HOUR_MS;
        time = untilMs;
      }
      return hours;
    };
    assert.equal(nightHours('2026-03-28T12:00+01:00', '2026-03-29T12:00+02:00'), 7);
    assert.equal(nightHours('2026-10-24T12:00+02:00', '2026-10-25T12:00+01:00'), 9);
    assert.equal(nightHours('2026-06-01T12:00+02:00', '2026-06-02T12:00+02:00'), 8);
  });
});

describe('energy by tariff period', () => {
  const tariff = parseTariff(BERLIN);
  const settings = {
    ...DEFAULT_KPI_SETTINGS,
    kpis: ['energy', 'tariff_energy', 'cost'] as const,
    timeZone: 'Europe/Berlin',
  };

  it('splits a month of load by the calendar, adds up to the energy, and prices it', () => {
    const kpis = new KpiSet({ ...settings, tariff }, { maxGapMs: HOUR_MS });
    const expected: Record<string, number> = { peak: 0, off_peak: 0, night: 0 };
    const random = seededRandom(5);
    const begin = Date.parse('2026-03-01T00:00+01:00');
    const end = Date.parse('2026-04-01T00:00+02:00');
    let wh = 5_000_000;
    let out: Record<string, Sample> = {};
    for (let time = begin; time <= end; time += HOUR_MS / 2) {
      out = kpis.update(telemetryOf(time, { active_energy_import_total: wh }));
      const added = Math.floor(random() * 50_000);
      // An own calendar: all edges stand at full hours.
      const local = new Date(time + (time < Date.parse('2026-03-29T01:00Z') ? 1 : 2) * HOUR_MS);
      const [hour, day] = [local.getUTCHours(), local.getUTCDay()];
      const name =
        hour >= 22 || hour < 6 ? 'night' : hour >= 8 && hour < 20 && day > 0 && day < 6 ? 'peak' : 'off_peak';
      if (time < end) expected[name]! += added;
      wh += added;
    }
    const of = (name: string): unknown => out[`tariff_energy_${name}_last_month`]?.value;
    assert.deepEqual({ peak: of('peak'), off_peak: of('off_peak'), night: of('night') }, expected);
    assert.equal(out['tariff_energy_peak_last_month']?.unit, 'Wh');
    const total = Object.values(expected).reduce((sum, each) => sum + each, 0);
    assert.equal(out['active_energy_import_last_month']?.value, total);
    const cost = (expected['peak']! * 0.3 + expected['off_peak']! * 0.2 + expected['night']! * 0.1) / 1000;
    assert.ok(Math.abs(Number(out['cost_last_month']?.value) - cost) < 1e-6);
    assert.equal(out['tariff_period']?.value, 'night');
  });

  it('gives the nights of both changes of the clocks their real length, by one hour and by half an hour', () => {
    const nightOf = (timeZone: string, from: string, to: string): unknown[] => {
      const night = { period: 'night', from: '22:00', to: '06:00' };
      const calendar = parseTariff({ ...BERLIN, timeZone, rules: [night] });
      const kpis = new KpiSet({ ...settings, periods: ['month'], timeZone, tariff: calendar }, { maxGapMs: HOUR_MS });
      let out: Record<string, Sample> = {};
      // 2 kW, read every ten minutes from noon to noon.
      for (let time = Date.parse(from); time <= Date.parse(to); time += HOUR_MS / 6) {
        out = kpis.update(
          telemetryOf(time, { active_energy_import_total: (2000 * (time - Date.parse(from))) / HOUR_MS }),
        );
      }
      return ['night', 'off_peak'].map((name) => Math.round(Number(out[`tariff_energy_${name}_month`]?.value)));
    };
    assert.deepEqual(nightOf('Europe/Berlin', '2026-03-28T12:00+01:00', '2026-03-29T12:00+02:00'), [14_000, 32_000]);
    assert.deepEqual(nightOf('Europe/Berlin', '2026-10-24T12:00+02:00', '2026-10-25T12:00+01:00'), [18_000, 32_000]);
    const howe = 'Australia/Lord_Howe';
    assert.deepEqual(nightOf(howe, '2026-10-03T12:00+10:30', '2026-10-04T12:00+11:00'), [15_000, 32_000]);
    assert.deepEqual(nightOf(howe, '2026-04-04T12:00+11:00', '2026-04-05T12:00+10:30'), [17_000, 32_000]);
  });

  it('takes any name that the calendar allows for a period', () => {
    const named = parseTariff({
      timeZone: 'UTC',
      periods: [{ name: 'constructor', pricePerKwh: 2 }],
      otherwise: 'constructor',
    });
    const kpis = new KpiSet({ ...settings, tariff: named }, {});
    kpis.update(telemetryOf(Date.UTC(2026, 0, 5, 8), { active_energy_import_total: 1000 }));
    const out = kpis.update(telemetryOf(Date.UTC(2026, 0, 5, 8, 5), { active_energy_import_total: 1500 }));
    assert.deepEqual([out['tariff_energy_constructor_day']?.value, out['cost_day']?.value], [500, 1]);
  });

  it('spreads what was counted over an edge by time, to the Wh', () => {
    const kpis = new KpiSet({ ...settings, tariff }, { maxGapMs: 24 * HOUR_MS });
    kpis.update(telemetryOf(Date.parse('2026-01-05T07:00+01:00'), { active_energy_import_total: 1000 }));
    const out = kpis.update(telemetryOf(Date.parse('2026-01-05T10:00+01:00'), { active_energy_import_total: 2000 }));
    assert.equal(out['tariff_energy_off_peak_day']?.value, 333);
    assert.equal(out['tariff_energy_peak_day']?.value, 667);
  });
});

describe('a malformed tariff calendar', () => {
  const failure = (value: unknown): string => {
    try {
      parseTariff(value);
    } catch (thrown) {
      assert.ok(thrown instanceof Pm500Error && thrown.code === 'CONFIG_INVALID');
      return thrown.message;
    }
    return 'nothing';
  };
  const rule = (change: object): unknown => ({ ...BERLIN, rules: [{ ...BERLIN.rules[1], ...change }] });

  it('is refused with one sentence that names the path and what belongs there', () => {
    const cases: readonly (readonly [unknown, RegExp])[] = [
      [undefined, /^tariff is missing, expected an object;/],
      [{ ...BERLIN, timeZone: 'Europe/Berlinn' }, /^tariff\.timeZone is "Europe\/Berlinn", expected a time zone/],
      [{ ...BERLIN, periods: [] }, /^tariff\.periods is an array, expected at least one period/],
      [{ ...BERLIN, periods: [...BERLIN.periods, { name: 'peak' }] }, /^tariff\.periods is "peak", expected a name/],
      [{ ...BERLIN, periods: [{ name: 'Peak rate' }] }, /^tariff\.periods\[0\]\.name is "Peak rate", expected lower/],
      [{ ...BERLIN, otherwise: 'low' }, /^tariff\.otherwise is "low", expected one of peak, off_peak, night;/],
      [rule({ from: '8:00' }), /^tariff\.rules\[0\]\.from is "8:00", expected a time/],
      [rule({ to: '24:01' }), /^tariff\.rules\[0\]\.to is "24:01", expected a time/],
      [rule({ to: '08:00' }), /^tariff\.rules\[0\]\.to is "08:00", expected another time than "from"/],
      [rule({ days: ['monday'] }), /^tariff\.rules\[0\]\.days\[0\] is "monday", expected one of sun, mon/],
      [rule({ season: 'summer' }), /^tariff\.rules\[0\]\.season is "summer", expected one of winter;/],
      [rule({ period: 'x' }), /^tariff\.rules\[0\]\.period is "x", expected one of/],
      [{ ...BERLIN, holidays: ['2026-02-30'] }, /^tariff\.holidays\[0\] is "2026-02-30", expected a date/],
      [{ ...BERLIN, seasons: [{ name: 'a', from: '13-01', to: '01-01' }] }, /^tariff\.seasons\[0\]\.from is "13-01"/],
    ];
    for (const [value, pattern] of cases) {
      const message = failure(value);
      assert.match(message, pattern);
      assert.match(message, /^[^\n]+\.$/);
    }
  });

  it('never fails in another way, whatever is damaged', () => {
    const random = seededRandom(8);
    const junk = [null, undefined, 0, -1, Number.NaN, '', 'x', '99:99', [], {}, true, '2026-13-40', 'UTC+25'];
    const damage = (value: unknown): unknown => {
      if (random() < 0.08) return junk[Math.floor(random() * junk.length)];
      if (Array.isArray(value)) return value.map(damage);
      return isRecord(value)
        ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, damage(each)]))
        : value;
    };
    const seen = { accepted: 0, refused: 0 };
    for (let round = 0; round < 2000; round++) {
      const value = damage(BERLIN);
      const message = failure(value);
      if (message === 'nothing') {
        seen.accepted += 1;
        const { name, untilMs } = new TariffClock(parseTariff(value)).at(Date.UTC(2026, 2, 29));
        assert.ok(name.length > 0 && untilMs > Date.UTC(2026, 2, 29));
      } else {
        seen.refused += 1;
        assert.match(message, /^tariff[^\n]* expected [^\n]+\.$/);
      }
    }
    assert.ok(seen.accepted > 50 && seen.refused > 500, JSON.stringify(seen));
  });
});
