import assert from 'node:assert/strict';
import { Zone } from '../../src/domain/tariff/zone';
import { readCsv } from '../../src/report/read-csv';
import { seededRandom } from '../../src/support/random';
import { csvReport } from '../../testkit/meters/csv-report';
import { BERLIN, berlinReport, CSV_HEAD, csvRows, csvTable, JUNE } from '../../testkit/meters/csv-rows';

describe('a file that is no such table', () => {
  const refuse = async (text: string, says: RegExp): Promise<void> => {
    await assert.rejects(berlinReport(text, '2026-06'), (thrown: Error & { code?: string }) => {
      assert.equal(thrown.code, 'CONFIG_INVALID');
      assert.match(thrown.message, says);
      assert.match(thrown.message, /^The file table\.csv [^\n]*[;,:]?[^\n]*\.$/);
      return true;
    });
  };
  const rows = csvRows(...JUNE, BERLIN);

  it('is refused in one sentence that says what to do', async () => {
    await refuse('', /is empty/);
    await refuse('a,b\n1,2', /no column interval_start or interval_end/);
    await refuse('interval_start,power_kw\n1,2', /no column of active energy/);
    await refuse(`${CSV_HEAD},active_energy_import_kwh\n`, /two columns for the same energy/);
    await refuse(`${CSV_HEAD}\n2026-06-01 00:00,1,1`, /no two rows of a meter/);
    await refuse(csvTable(csvRows(...JUNE, BERLIN, 1440)), /1440 minutes apart/);
    await refuse(csvTable(rows).split('').join('\0'), /no text in UTF-8/);
    await refuse(`${CSV_HEAD}\n${'1'.repeat(200_000)}`, /more than 65536 characters/);
    await refuse(
      csvTable(rows.map((row, place) => row.replace(',1,', `,${1000 + place},`))),
      /never falls over \d+ rows/,
    );
  });

  it('is refused where numbers can be read in two ways', async () => {
    const mixed = rows.map((row) => row.replaceAll(',', ';').replace('0.5', '0,5'));
    mixed[500] = (mixed[500] ?? '').replace(';1;', ';1.234;');
    await refuse(
      csvTable(mixed, CSV_HEAD.replaceAll(',', ';')),
      /decimal comma in line 2 and a decimal point in line 502/,
    );
  });

  it('fills no memory: of what is not asked for nothing is kept, and it is read once', async () => {
    let [given, pieces] = [0, 0];
    const year = csvRows(Date.parse('2020-01-01T00:00:00Z'), Date.parse('2020-03-01T00:00:00Z'), 'UTC').join('\n');
    // eslint-disable-next-line @typescript-eslint/require-await -- as a file does
    async function* endless(): AsyncGenerator<string> {
      yield `${CSV_HEAD}\n`;
      for (; pieces < 100; pieces += 1) {
        given += year.length;
        yield `${year}\n`;
      }
    }
    const june = { fromMs: JUNE[0], toMs: JUNE[1] };
    const load = await readCsv(endless(), { name: 'f', zone: new Zone('UTC'), spans: [june], otherwise: 'm' });
    assert.deepEqual([load.meters.size, pieces, given], [0, 100, 100 * year.length]);
    assert.deepEqual(
      [load.firstMs, load.lastMs],
      [Date.parse('2020-01-01T00:00:00Z'), Date.parse('2020-02-29T23:45:00Z')],
    );
  });

  it('never makes anything else than a sentence or figures that add up, whatever is in it', async () => {
    const random = seededRandom(500);
    const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
    const base = csvTable(rows.slice(0, 300));
    for (let round = 0; round < 120; round += 1) {
      let text = base;
      for (let change = 0; change < 1 + random() * 6; change += 1) {
        const at = Math.floor(random() * text.length);
        text =
          text.slice(0, at) +
          pick(['', '"', ';', ',', '\n', '9', '-', '\uFEFF', 'e', '.', text.slice(at, at + 30)]) +
          text.slice(at + Math.floor(random() * 3));
      }
      try {
        const { model } = await csvReport(text, BERLIN, '2026-06', {}, () => 1 + Math.floor(random() * 4000));
        for (const meter of model.meters) {
          const found = meter.figures;
          if (found === undefined) continue;
          const days = meter.days.reduce((sum, { importKwh }) => sum + 1000 * importKwh, 0);
          assert.ok(Math.abs(days - found.energies.activeImport) < 1e-3);
          assert.ok(found.coverage > 0 && found.coverage <= 100);
          assert.ok([found.energies.activeImport, found.meanWatts, found.peak?.watts ?? 0].every(Number.isFinite));
        }
      } catch (thrown) {
        assert.equal((thrown as { code?: string }).code, 'CONFIG_INVALID', String(thrown));
      }
    }
  });
});
