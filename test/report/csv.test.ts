import assert from 'node:assert/strict';
import type { ReportModel } from '../../src/report/model';
import { seededRandom } from '../../src/support/random';
import { csvReport } from '../../testkit/meters/csv-report';
import {
  BERLIN,
  berlinReport,
  clock,
  CSV_HEAD,
  csvRows,
  csvTable,
  JUNE,
  loadOf,
  MARCH,
  MINUTE_MS,
  noteCodes,
  OCTOBER,
} from '../../testkit/meters/csv-rows';

describe('clocks that change, in a table', () => {
  it('go back: both hours of the same name count, in whatever order rows of them stand', async () => {
    const rows = csvRows(...OCTOBER, BERLIN);
    const model = await berlinReport(csvTable(rows), '2026-10');
    assert.deepEqual(loadOf(model), [745 * 4000, 100, 4000]);
    assert.deepEqual(noteCodes(model), ['clock_change']);
    assert.deepEqual(loadOf(await berlinReport(csvTable([...rows].sort()), '2026-10')), loadOf(model));
  });

  it('go back in a table of 24 hours a day: an hour is missing, and nobody makes it up', async () => {
    const model = await berlinReport(csvTable([...new Set(csvRows(...OCTOBER, BERLIN))]), '2026-10');
    assert.deepEqual(loadOf(model), [744 * 4000, (100 * 744) / 745, 4000]);
    assert.ok(noteCodes(model).includes('csv_gap'));
  });

  it('go ahead: the day has 23 hours, and rows of the hour that clocks skip are said', async () => {
    const rows = csvRows(...MARCH, BERLIN);
    assert.deepEqual(loadOf(await berlinReport(csvTable(rows), '2026-03')), [743 * 4000, 100, 4000]);
    // As those have it who write 24 hours for each day.
    const place = rows.findIndex((row) => row.startsWith('2026-03-29 03:00'));
    rows.splice(place, 0, ...['00', '15', '30', '45'].map((minute) => `2026-03-29 02:${minute},1,0.5`));
    const model = await berlinReport(csvTable(rows), '2026-03');
    assert.deepEqual(loadOf(model), [743 * 4000, 100, 4000]);
    assert.deepEqual(noteCodes(model), ['clock_change', `time_skipped 4 ${place + 2}`]);
  });

  it('do not change where the table is of another zone, or says its offsets', async () => {
    const winter = csvRows(...OCTOBER, 'Etc/GMT-1');
    assert.deepEqual(loadOf(await berlinReport(csvTable(winter), '2026-10', { csvZone: 'Etc/GMT-1' })), [
      745 * 4000,
      100,
      4000,
    ]);
    assert.notDeepEqual(loadOf(await berlinReport(csvTable(winter), '2026-10')), [745 * 4000, 100, 4000]);
    for (const mark of ['Z', '+00:00', '+0000']) {
      const rows = csvRows(...OCTOBER, 'UTC').map((row) => row.replace(' ', 'T').replace(',', `${mark},`));
      assert.deepEqual(loadOf(await berlinReport(csvTable(rows), '2026-10')), [745 * 4000, 100, 4000]);
    }
  });

  it('may be those of the ends of intervals, which two ways of writing name differently', async () => {
    const head = CSV_HEAD.replace('start', 'end');
    const ends = (ofMs: (startMs: number) => string): string[] =>
      Array.from({ length: 745 * 4 }, (_, place) => `${ofMs(OCTOBER[0] + place * 15 * MINUTE_MS)},1,0.5`);
    const byInstant = ends((startMs) => clock(startMs + 15 * MINUTE_MS, BERLIN));
    const bySum = ends((startMs) =>
      clock(Date.parse(`${clock(startMs, BERLIN).replace(' ', 'T')}Z`) + 15 * MINUTE_MS, 'UTC'),
    );
    assert.notDeepEqual(byInstant, bySum);
    for (const rows of [byInstant, bySum]) {
      const model = await berlinReport(csvTable(rows, head), '2026-10');
      assert.deepEqual(loadOf(model), [745 * 4000, 100, 4000]);
      assert.deepEqual(noteCodes(model), ['clock_change']);
    }
    const midnight = byInstant.map((row) =>
      row.startsWith('2026-10-02 00:00') ? row.replace('2026-10-02 00:00', '2026-10-01 24:00') : row,
    );
    assert.deepEqual(loadOf(await berlinReport(csvTable(midnight, head), '2026-10')), [745 * 4000, 100, 4000]);
  });
});

describe('how a table is written', () => {
  const plain = csvRows(...JUNE, BERLIN, 15, (place) => `${1 + (place % 3) / 4},${(place % 5) / 2}`);
  let expected: ReportModel;
  before(async () => {
    expected = await berlinReport(csvTable(plain), '2026-06');
    assert.equal(loadOf(expected)[0], 720 * 4 * 1250);
  });
  const same = async (text: string): Promise<void> => {
    const model = await berlinReport(text, '2026-06');
    assert.deepEqual(model.meters[0]?.figures, expected.meters[0]?.figures);
    assert.deepEqual(noteCodes(model), []);
  };

  it('makes no difference: separators, decimal marks, breaks of lines, a mark at the begin, quotes, order, units', async () => {
    const semicolon = csvTable(plain).replaceAll(',', ';');
    await same(semicolon);
    await same(semicolon.replaceAll('.', ','));
    await same(csvTable(plain).replaceAll(',', '\t'));
    await same(`\uFEFF${csvTable(plain).replaceAll('\n', '\r\n')}\r\n`);
    await same(csvTable(plain).replaceAll('\n', '\r'));
    await same(`# made by\n\n${csvTable(plain)}\n\n# end`);
    await same(
      csvTable(
        plain.map((row) =>
          row
            .split(',')
            .map((cell) => `"${cell.replace('.', ',')}"`)
            .join(','),
        ),
        CSV_HEAD.toUpperCase(),
      ),
    );
    await same(csvTable([...plain].reverse()));
    await same(csvTable(plain.map((row) => row.replace(/^(\d+)-(\d+)-(\d+) /, '$3.$2.$1 '))));
    await same(
      csvTable(
        plain.map((row) => `${row.replace(' ', 'T').replace(',', ':00,')},x`),
        `${CSV_HEAD},note`,
      ),
    );
    const watts = plain.map((row) => {
      const [time, active, reactive] = row.split(',');
      return `${time ?? ''},${1000 * Number(active)},${Number(reactive) / 1000}`;
    });
    await same(csvTable(watts, 'interval_start,active_energy_wh,reactive_energy_import_Mvarh'));
  });

  it('makes no difference: pieces of any length', async () => {
    const random = seededRandom(19);
    const text = `\uFEFF${csvTable(plain).replaceAll('\n', '\r\n')}`;
    for (const most of [1, 7, 100, 5000]) {
      const { model } = await csvReport(text, BERLIN, '2026-06', {}, () => 1 + Math.floor(random() * most));
      assert.deepEqual(model.meters[0]?.figures, expected.meters[0]?.figures);
    }
  });

  it('may have intervals of other lengths, whose quarters are whole or left out', async () => {
    for (const minutes of [5, 10, 30, 60]) {
      const rows = csvRows(...JUNE, BERLIN, minutes, () => `${minutes / 15},0`);
      const [energy = 0, ...others] = loadOf(await berlinReport(csvTable(rows), '2026-06'));
      assert.ok(Math.abs(energy - 720 * 4000) < 1e-3, `${minutes}: ${energy}`);
      assert.equal(others[0], 100);
      rows.splice(1000 / minutes, 1);
      const model = await berlinReport(csvTable(rows), '2026-06');
      const lost = Math.max(1, minutes / 15) + (minutes === 10 ? 1 : 0);
      assert.equal(model.meters[0]?.figures?.coverage, (100 * (2880 - Math.floor(lost))) / 2880, String(minutes));
      const said = noteCodes(model).filter((code) => code !== 'peak_uncertain');
      assert.deepEqual(said, [
        ...(minutes > 15 ? ['csv_interval'] : []),
        'csv_gap',
        ...(minutes < 15 ? ['csv_partial'] : []),
      ]);
    }
  });
});
