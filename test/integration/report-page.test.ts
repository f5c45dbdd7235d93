import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser } from 'playwright-core';
import { REPORT_LANGUAGES, reportWords } from '../../src/report/words';
import { findBarriers } from '../../testkit/accessibility';
import { csvRows, csvTable, CSV_HEAD, OCTOBER } from '../../testkit/meters/csv-rows';
import { findProgram } from '../../testkit/servers/programs';
import { temporaryFolder } from '../../testkit/temporary-folder';
import { runHere } from '../cli/run-command';

describe('the page of a report in a browser', function () {
  this.timeout(240_000);
  const folder = temporaryFolder('report-page');
  const table = join(folder, 'table.csv');
  let browser: Browser;

  before(async () => {
    // Two meters, one with a gap and without reactive energy at first, so that there are sentences and every table.
    const rows = csvRows(...OCTOBER, 'Europe/Berlin', 15, (place) => `${1 + (place % 7)},${place < 900 ? '' : 0.5}`);
    const both = rows.flatMap((row, place) =>
      place > 100 && place < 120 ? [`Hall 3,${row}`] : [`main incomer with a rather long name,${row}`, `Hall 3,${row}`],
    );
    writeFileSync(table, csvTable(both, `meter,${CSV_HEAD}`));
    browser = await chromium.launch({ executablePath: findProgram('chromium'), args: ['--no-sandbox'] });
  });
  after(() => browser.close());

  for (const language of REPORT_LANGUAGES) {
    it(`has no barriers, and a PDF with title, language, tags and whole tables: ${language}`, async () => {
      const what = ['--csv', table, '--of', '2026-10', '--time-zone', 'Europe/Berlin', '--language', language];
      const { code, stderr, stdout } = await runHere('report', 'month', ...what, '--folder', folder, '--pdf');
      assert.equal(code, 0, stderr);
      const [html = '', pdf = ''] = stdout.trim().split('\n');
      const page = await browser.newPage({ bypassCSP: true });
      await page.goto(pathToFileURL(html).href);
      assert.deepEqual(await findBarriers(page, 'html'), []);
      await page.emulateMedia({ media: 'print' });
      // What Chromium takes of the style: a page number on each page, and no table that is cut where it fits.
      const style = await page.evaluate<string>(
        `[...document.styleSheets].flatMap(({ cssRules }) => [...cssRules].map(({ cssText }) => cssText)).join(' ')`,
      );
      assert.match(style, /@page \{[^@]*@bottom-right \{ content: counter\(page\) " \/ " counter\(pages\)/);
      assert.equal(await page.evaluate(`getComputedStyle(document.querySelector('table')).breakInside`), 'avoid');
      await page.close();
      const bytes = readFileSync(pdf).toString('latin1');
      assert.ok(bytes.includes('/StructTreeRoot') && /\/MarkInfo[^>]*\/Marked true/.test(bytes.replaceAll('\n', ' ')));
      assert.ok(bytes.includes(`/Lang (${language})`));
      assert.ok(bytes.includes(`/Title (${reportWords(language).words.energyReport} `));
    });
  }
});
