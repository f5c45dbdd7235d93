import assert from 'node:assert/strict';
import { parseTariff } from '../../src/domain/tariff/parse-tariff';
import { Zone } from '../../src/domain/tariff/zone';
import { formatReportHtml } from '../../src/report/html';
import { NO_ENERGY, QUARTER_MS, type StoredQuarter } from '../../src/report/load-profile';
import { buildMeter, buildReport, type ReportModel, type ReportRequest } from '../../src/report/model';
import { periodNamed } from '../../src/report/period';
import type { StoredFigures } from '../../src/report/stored-figures';
import { REPORT_LANGUAGES, reportWords } from '../../src/report/words';

const ZONE = new Zone('Europe/Berlin');
const HOSTILE = '<img src=x onerror=alert(1)>"\'&\u0000';
const found = periodNamed('month', ZONE, '2026-10');
assert.ok(found);
const PERIOD = found;

const request: ReportRequest = {
  period: PERIOD,
  zone: ZONE,
  nowMs: PERIOD.toMs + 7 * 86_400_000,
  nominalVolts: 230,
  powerFactor: 0.9,
};

const quarters = (fromMs: number, toMs: number): StoredQuarter[] =>
  Array.from({ length: (toMs - fromMs) / QUARTER_MS }, (_, place) => ({
    startMs: fromMs + place * QUARTER_MS,
    good: { ...NO_ENERGY, activeImport: 25_000, reactiveImport: 10_000 },
    isCounterLost: false,
  }));

const EMPTY: StoredFigures = {
  meter: 'empty',
  quarters: [],
  demands: [],
  yearBefore: { quarters: [], demands: [] },
  supply: [],
  counterSteps: [],
  counterMarks: [],
  missing: new Map(),
  alarms: [],
};

const whole = (more: Partial<StoredFigures> = {}): StoredFigures => ({
  ...EMPTY,
  meter: HOSTILE,
  quarters: quarters(PERIOD.fromMs - QUARTER_MS, PERIOD.toMs),
  ...more,
});

const codes = ({ notes, meters }: ReportModel): readonly string[] =>
  [...notes, ...meters.flatMap((meter) => meter.notes)].map(({ code }) => code);

const tariffOf = (rules: readonly object[]): NonNullable<ReportRequest['tariff']> =>
  parseTariff({
    timeZone: 'UTC',
    currency: HOSTILE,
    periods: [
      { name: 'peak', pricePerKwh: 0.3 },
      { name: 'night', pricePerKwh: 0.1 },
    ],
    otherwise: 'night',
    rules,
  });

const build = (of: ReportRequest, stored: readonly StoredFigures[]): ReportModel =>
  buildReport(
    of,
    stored.map((meter) => buildMeter(of, meter)),
  );

describe('page of a report', () => {
  it('has nothing that comes from outside as markup, in both languages', () => {
    const alarm = { id: HOSTILE, severity: HOSTILE, message: HOSTILE, raised: 1, isActive: true };
    const stored = whole({ alarms: [alarm], missing: new Map([[HOSTILE, 3]]) });
    const model = build({ ...request, site: HOSTILE, tariff: tariffOf([]) }, [stored, EMPTY]);
    for (const language of REPORT_LANGUAGES) {
      const html = formatReportHtml(model, language, HOSTILE);
      assert.ok(!html.includes('<img') && !html.includes('\u0000'), language);
      assert.ok(html.split('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;').length > 8);
      assert.ok(!/<script|https?:\/\/|url\(|@import|<link/i.test(html));
      assert.ok(
        !/undefined|NaN|Infinity|\[object/.test(html),
        /.{40}(undefined|NaN|Infinity|\[object).{40}/.exec(html)?.[0],
      );
      assert.equal(html.split('<section').length, html.split('</section>').length);
    }
  });

  it('counts the hours of a month in which clocks go back', () => {
    const [meter] = build(request, [whole()]).meters;
    assert.equal(meter?.figures?.energies.activeImport, 745 * 4 * 25_000);
    assert.deepEqual([meter.figures.coverage, meter.figures.meanWatts], [100, 100_000]);
    assert.deepEqual(
      meter.days.filter(({ hours }) => hours !== 24).map(({ importKwh, hours }) => [importKwh, hours]),
      [[2500, 25]],
    );
    assert.equal(meter.days.length, 31);
  });

  it('tells the half hour by which clocks of Lord Howe Island change', () => {
    const shown = { number: (value: number, decimals = 0) => value.toFixed(decimals), time: String, date: () => 'D' };
    for (const language of REPORT_LANGUAGES)
      for (const [hours, text] of [
        [23.5, ' 23.5 '],
        [25, ' 25 '],
      ] as const)
        assert.ok(reportWords(language).note({ code: 'clock_change', dayMs: 0, hours }, shown).includes(text));
  });

  it('says what a counter did, each with its code', () => {
    const at = PERIOD.fromMs + 3 * QUARTER_MS;
    const step = (fromWh: number, toWh: number): StoredFigures => whole({ counterSteps: [{ atMs: at, fromWh, toWh }] });
    const said = (stored: StoredFigures): readonly string[] =>
      codes(build(request, [stored])).filter((code) => code.startsWith('counter'));
    assert.deepEqual(said(step(9_999_999_000_000, 400)), ['counter_wrapped']);
    assert.deepEqual(said(step(5_000_000, 400)), ['counter_back']);
    const mark = { firstMs: at, lastMs: at } as const;
    assert.deepEqual(said(whole({ counterMarks: [{ reason: 'counter_unconfirmed', ...mark }] })), [
      'counter_unconfirmed',
    ]);
    assert.deepEqual(said({ ...step(5_000_000, 400), counterMarks: [{ reason: 'counter_replaced', ...mark }] }), [
      'counter_replaced',
    ]);
  });

  it('says where rules of a tariff overlap, and leaves the same level and the order alone', () => {
    const overlaps = (rules: readonly object[]): readonly string[] =>
      codes(build({ ...request, tariff: tariffOf(rules) }, [whole()])).filter((code) => code === 'tariff_overlap');
    assert.deepEqual(overlaps([{ period: 'peak', from: '08:00', to: '20:00' }]), []);
    assert.deepEqual(
      overlaps([
        { period: 'peak', from: '08:00', to: '20:00' },
        { period: 'night', from: '20:00', to: '08:00' },
      ]),
      [],
    );
    assert.deepEqual(
      overlaps([
        { period: 'peak', from: '08:00', to: '20:00' },
        { period: 'night', from: '19:59', to: '06:00' },
      ]),
      ['tariff_overlap'],
    );
    assert.deepEqual(
      overlaps([
        { period: 'peak', from: '08:00', to: '20:00' },
        { period: 'peak', from: '09:00', to: '22:00' },
      ]),
      [],
    );
  });

  it('tells a period that runs, and a meter without data, from one that was measured', () => {
    const nowMs = PERIOD.fromMs + 10 * 86_400_000;
    const model = build({ ...request, nowMs }, [whole(), EMPTY]);
    assert.ok(codes(model).includes('period_running') && codes(model).includes('no_data'));
    assert.equal(model.meters[0]?.figures?.coverage, 100);
    assert.equal(model.meters[1]?.figures, undefined);
    for (const language of REPORT_LANGUAGES) {
      const html = formatReportHtml(model, language, '1');
      assert.ok(html.includes(reportWords(language).words.none));
    }
  });

  it('invents no figure of an energy that the database does not have', () => {
    const absentIn = (...absent: NonNullable<StoredQuarter['absent']>): ReportModel =>
      build({ ...request, tariff: tariffOf([]) }, [
        { ...whole(), quarters: whole().quarters.map((quarter) => ({ ...quarter, absent })) },
        EMPTY,
      ]);
    const shown = (model: ReportModel): readonly (string | undefined)[] => {
      const html = formatReportHtml(model, 'en', '1');
      assert.ok(!/undefined|NaN|Infinity/.test(html));
      const { activeImport, reactiveImport, mean, powerFactor, compensation } = reportWords('en').words;
      return [activeImport, reactiveImport, mean, powerFactor, compensation].map(
        (word) => html.split(`<td>${word}</td><td>`)[1]?.split('</td>')[0],
      );
    };
    assert.deepEqual(shown(absentIn('reactiveImport', 'reactiveExport')), ['74,500.0 kWh', '–', '100.0 kW', '–', '–']);
    const without = absentIn('activeImport');
    assert.deepEqual(shown(without), ['–', '29,800.0 kvarh', '–', '–', '–']);
    const { tariff, peak, loadFactor } = without.meters[0]?.figures ?? {};
    assert.deepEqual([tariff, peak, loadFactor], [undefined, undefined, undefined]);
    const [, , , powerFactor, compensation] = shown(absentIn());
    assert.deepEqual([powerFactor, compensation], ['0.928', '0.0 kvar']);
  });

  it('has a sentence of its own for each note, in both languages', () => {
    const lists = REPORT_LANGUAGES.map((language) => {
      const { note, words } = reportWords(language);
      const shown = { number: String, time: () => 'T', date: () => 'D' };
      const gap = { hours: 1, count: 2, importKwh: 3 };
      const step = { atMs: 0, fromWh: 2, toWh: 1 };
      const sentences = [
        note({ code: 'gap_missing', ...gap }, shown),
        note({ code: 'gap_estimated', ...gap }, shown),
        note({ code: 'counter_back', ...step }, shown),
        note({ code: 'counter_wrapped', ...step }, shown),
        note({ code: 'counter_replaced', firstMs: 0, lastMs: 0 }, shown),
        note({ code: 'counter_started', firstMs: 0, lastMs: 0 }, shown),
        note({ code: 'counted_twice', firstMs: 0, lastMs: 0, importKwh: 1 }, shown),
        note({ code: 'counter_unconfirmed', firstMs: 0, lastMs: 0 }, shown),
        note({ code: 'tariff_overlap', names: ['a', 'b'], firstMs: 0, hours: 1 }, shown),
        note({ code: 'tariff_zone', tariffZone: 'UTC' }, shown),
        note({ code: 'tariff_estimated', estimatedKwh: 1 }, shown),
        note({ code: 'energy_uncertain', percent: 1 }, shown),
        note({ code: 'clock_change', dayMs: 0, hours: 23 }, shown),
        note({ code: 'period_running', untilMs: 0 }, shown),
        ...(['no_data', 'no_demand_windows', 'peak_uncertain'] as const).map((code) => note({ code }, shown)),
      ];
      for (const sentence of sentences) assert.match(sentence, /^[^.]*[^ ]\.$|^[^:]*: .*\.$/, sentence);
      return [...sentences, ...Object.values(words)];
    });
    const [english = [], german = []] = lists;
    assert.equal(new Set(english.slice(0, 15)).size, 15);
    assert.deepEqual(
      english.slice(0, 15).filter((sentence, place) => sentence === german[place]),
      [],
    );
  });
});
