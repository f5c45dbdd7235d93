import { execFile } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { toPm500Error } from '../support/errors';

/** As Debian and others name it. */
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome'];
const TIMEOUT_MS = 120_000;

function lookUpBrowser(path: string): string | undefined {
  const places = path
    .split(delimiter)
    .flatMap((folder) => (folder === '' ? [] : BROWSERS.map((name) => join(folder, name))));
  return places.find((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function run(browser: string, args: readonly string[], home: string, signal: AbortSignal): Promise<void> {
  return new Promise((done, reject) => {
    // A home of its own: that of a service is often not there, or not to be written.
    const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home };
    execFile(browser, [...args], { timeout: TIMEOUT_MS, signal, env, killSignal: 'SIGKILL' }, (error) => {
      if (error === null) done();
      else reject(new Error(error.message));
    });
  });
}

/** The page as PDF, or one sentence why there is none. */
export type PrintedPdf = { readonly pdf: Uint8Array } | { readonly why: string };

/**
 * Prints a page by the Chromium of the system, which asks nobody: the page has everything in it.
 * @param path folders of programs, as the variable PATH has them
 * @param signal ends it
 */
export async function printPdf(html: string, path: string, signal: AbortSignal): Promise<PrintedPdf> {
  const browser = lookUpBrowser(path);
  if (browser === undefined) {
    return { why: 'There is no PDF, as no Chromium is installed here; apt install chromium, or print the HTML page.' };
  }
  const folder = mkdtempSync(join(tmpdir(), 'pm500-report-'));
  try {
    const [page, pdf] = [join(folder, 'report.html'), join(folder, 'report.pdf')];
    writeFileSync(page, html);
    const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    const quiet = [
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      `--user-data-dir=${join(folder, 'profile')}`,
    ];
    const print = ['--headless', '--no-pdf-header-footer', `--print-to-pdf=${pdf}`, pathToFileURL(page).href];
    await run(browser, [...asRoot, ...quiet, ...print], folder, signal);
    return { pdf: readFileSync(pdf) };
  } catch (thrown) {
    const [cause = ''] = toPm500Error(thrown).message.split('\n');
    return {
      why: `There is no PDF, as ${browser} does not print (${cause}); run it by hand to see why, or print the HTML page.`,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
