import assert from 'node:assert/strict';
import { formatReportHtml } from '../../src/report/html';
import type { ReportModel } from '../../src/report/model';
import { REPORT_LANGUAGES, reportWords } from '../../src/report/words';
import { CSV_FAULTS } from '../../src/report/csv-faults';
import { csvReport } from '../../testkit/meters/csv-report';
import {
  BERLIN,
  berlinReport,
  CSV_HEAD,
  csvRows,
  csvTable,
  JUNE,
  loadOf,
  noteCodes,
} from '../../testkit/meters/csv-rows';

describe('rows that are wrong', () => {
  const rows = csvRows(...JUNE, BERLIN);
  const spoiled = async (how: (rows: string[]) => void): Promise<ReportModel> => {
    const copy = [...rows];
    how(copy);
    return berlinReport(csvTable(copy), '2026-06');
  };
  const put =
    (place: number, row: string) =>
    (copy: string[]): void => {
      copy[place] = row;
    };

  it('are left out, their time is missing, and the first line of each kind is named', async () => {
    const time = rows[100]?.slice(0, 16) ?? '';
    for (const [row, fault] of [
      [`${time},1`, 'cells'],
      [`${time},1,1,1`, 'cells'],
      ['6/2/2026 01:00,1,1', 'time_unreadable'],
      ['2026-06-31 01:00,1,1', 'time_unreadable'],
      [`${time}:30,1,1`, 'time_unreadable'],
      [`${time},1x,1`, 'number_unreadable'],
      [`${time},NaN,1`, 'number_unreadable'],
      [`${time},1e300,1`, 'number_unreadable'],
      [`${time},1,-1`, 'negative'],
      [`${time.slice(0, -1)}1,1,1`, 'misaligned'],
    ] as const) {
      const model = await spoiled(put(100, row));
      assert.deepEqual(loadOf(model), [2879 * 1000, (100 * 2879) / 2880, 4000], row);
      assert.deepEqual(noteCodes(model), [`${fault} 1 102`, 'csv_gap', 'peak_uncertain']);
    }
  });

  it('that are there twice count once; those that contradict each other do not count', async () => {
    const twice = await spoiled((copy) => copy.push(copy[100] ?? '', copy[101] ?? ''));
    assert.deepEqual([loadOf(twice)[0], noteCodes(twice)], [2880 * 1000, ['repeated 2 2882']]);
    const other = await spoiled((copy) => copy.push((copy[100] ?? '').replace(',1,', ',7,')));
    assert.deepEqual(loadOf(other), [2879 * 1000, (100 * 2879) / 2880, 4000]);
    assert.deepEqual(noteCodes(other), ['conflict 1 2882', 'csv_gap', 'csv_partial', 'peak_uncertain']);
  });

  it('that lack an energy lack that one: no zero is made of an empty cell, and the power factor is of the same time', async () => {
    const model = await spoiled((copy) => {
      for (let place = 0; place < 1440; place += 1) copy[place] = (copy[place] ?? '').replace('0.5', '');
    });
    const found = model.meters[0]?.figures;
    assert.deepEqual(
      [found?.energies.reactiveImport, found?.shares.reactiveImport, found?.powerFactorShare],
      [720_000, 50, 50],
    );
    assert.equal(found?.powerFactor, 1 / Math.hypot(1, 0.5));
    assert.deepEqual(noteCodes(model), ['energy_partial', 'power_factor_partial']);
    const html = formatReportHtml(model, 'en', '1');
    assert.match(html, /<td>Reactive energy import<\/td><td>720\.0 kvarh \(50\.0 %\)/);
    const active = await spoiled((copy) => {
      for (let place = 0; place < 1440; place += 1) copy[place] = (copy[place] ?? '').replace(',1,', ',,');
    });
    assert.deepEqual(loadOf(active), [1440 * 1000, 50, 4000]);
    assert.equal(active.meters[0]?.figures?.meanWatts, 4000);
    assert.equal(active.meters[0].duration.length, 1440);
  });

  it('of energy that flows back count as export where one column has both', async () => {
    const both = await spoiled(put(100, `${rows[100]?.slice(0, 16) ?? ''},-3,0.5`));
    assert.deepEqual(loadOf(both), [2879 * 1000, 100, 4000]);
    assert.equal(both.meters[0]?.figures?.energies.activeExport, 3000);
    assert.deepEqual(both.meters[0].figures.absent, ['reactiveExport']);
    assert.deepEqual((await berlinReport(csvTable(rows), '2026-06')).meters[0]?.figures?.absent, [
      'activeExport',
      'reactiveExport',
    ]);
  });

  it('are a month without load where all are zero: no load factor, no power factor, and nothing is said of gaps', async () => {
    const model = await berlinReport(csvTable(rows.map((row) => row.replace(',1,0.5', ',0,0'))), '2026-06');
    const found = model.meters[0]?.figures;
    assert.deepEqual(loadOf(model), [0, 100, 0]);
    assert.deepEqual([found?.loadFactor, found?.powerFactor], [undefined, undefined]);
    assert.deepEqual(noteCodes(model), []);
    for (const language of REPORT_LANGUAGES)
      assert.ok(!/NaN|undefined|Infinity/.test(formatReportHtml(model, language, '1')));
  });

  it('of several meters stay apart', async () => {
    const text = csvTable(
      rows.flatMap((row) => [`a,${row}`, `b,${row.replace(',1,', ',2,')}`, `c,${row}`]),
      `meter,${CSV_HEAD}`,
    );
    const { load, model } = await csvReport(text, BERLIN, '2026-06', { meters: ['a', 'b'] });
    assert.deepEqual([...load.meters.keys()], ['a', 'b']);
    assert.deepEqual(
      model.meters.map((meter) => meter.figures?.energies.activeImport),
      [2_880_000, 5_760_000],
    );
  });

  it('are named in both languages by a sentence of their own, and the page of a table has no alarms', async () => {
    for (const language of REPORT_LANGUAGES) {
      const { note, words } = reportWords(language);
      const shown = { number: String, time: () => 'T', date: () => 'D' };
      const sentences = [
        ...CSV_FAULTS.map((fault) => note({ code: 'csv_rows', fault, count: 2, line: 3 }, shown)),
        note({ code: 'csv_partial', count: 1 }, shown),
        note({ code: 'csv_interval', minutes: 60 }, shown),
        note({ code: 'csv_no_data' }, shown),
        note({ code: 'csv_gap', hours: 1, count: 2, importKwh: 0 }, shown),
        note({ code: 'energy_partial', energy: 'activeImport', percent: 3 }, shown),
        note({ code: 'power_factor_partial', percent: 3 }, shown),
        note({ code: 'power_factor_unknown' }, shown),
      ];
      for (const sentence of sentences) assert.match(sentence, /^[^:]*: .*[^ ]\.$/, sentence);
      assert.equal(new Set(sentences).size, CSV_FAULTS.length + 7);
      assert.ok(
        !formatReportHtml(await berlinReport(csvTable(rows), '2026-06'), language, '1').includes(words.noAlarms),
      );
    }
  });
});
