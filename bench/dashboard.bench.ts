import { chromium, type Browser, type CDPSession, type Page } from 'playwright-core';
import { FedDashboard } from '../testkit/dashboard/fed-dashboard';
import { findProgram } from '../testkit/servers/programs';
import { cpuMicroseconds } from './process-cpu';
import { printReport, type BenchLine } from './report';
import { pause } from './within';

const DAY_METERS = 50;
const HOUR_S = 3600;
/** Ends of the parts of a day after which memory is looked at, h. */
const LOOKS = [1, 6, 12, 24];
/** So much is fed at a time: what is sent and not yet taken lies in memory. */
const PORTION_S = 60;
const MANY_METERS = 500;
const MEASURE_MS = 20_000;
const SETTLE_MS = 5000;
/** Chromium opens so many pages as browsers: to Node-RED each is one. */
const MANY_BROWSERS = 10;
/** Loads of each page that are measured, the first one apart: it is the best that counts, the others were disturbed. */
const LOADS = 5;
const MB = 1e6;
/** A page opens sooner, on a loaded machine too. */
const OPEN_MS = 120_000;

const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: findProgram('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'),
    headless: true,
    args: ['--no-sandbox', '--disable-gpu'],
  });

async function openPage(browser: Browser): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(OPEN_MS);
  return page;
}

/** Live memory of a page, bytes: after its garbage was collected. */
async function heapOf(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? Number.NaN;
}

/** How long after its address was entered a page paints something, and shows what was asked for, ms; the best of some loads. */
async function paintOf(page: Page, url: string, shows: string): Promise<{ paint: number; value: number }> {
  const best = { paint: Infinity, value: Infinity };
  for (let load = 0; load <= LOADS; load++) {
    await page.goto('about:blank');
    await page.goto(url, { waitUntil: 'commit' });
    const value = Number(
      await (
        await page.waitForFunction(`document.querySelector(${JSON.stringify(shows)}) && performance.now()`, undefined, {
          polling: 'raf',
        })
      ).jsonValue(),
    );
    const paint = Number(
      await (
        await page.waitForFunction(`performance.getEntriesByName('first-contentful-paint')[0]?.startTime`)
      ).jsonValue(),
    );
    // The first one fills the caches.
    if (load > 0) [best.paint, best.value] = [Math.min(best.paint, paint), Math.min(best.value, value)];
  }
  return best;
}

async function benchPaint(fed: FedDashboard, page: Page): Promise<BenchLine[]> {
  const lines: BenchLine[] = [];
  const empty = await paintOf(page, fed.pageUrl('empty'), '.v-application .v-main');
  const shows = { live: '.pm500-gauge .pm500-number', fleet: 'tr[data-meter]' } as const;
  for (const name of ['live', 'fleet'] as const) {
    const { paint, value } = await paintOf(page, fed.pageUrl(name), shows[name]);
    lines.push({
      what: `page "${name}", ${DAY_METERS} meters, first value`,
      value: `${value.toFixed(0)} ms`,
      ratio: value / empty.value,
      peer: 'the frame of a page without widgets',
      note: `first contentful paint ${paint.toFixed(0)} ms, without widgets ${empty.paint.toFixed(0)} and its frame ${empty.value.toFixed(0)} ms; warm`,
    });
  }
  return lines;
}

/** A day of data, as fast as it goes, before an open page. */
async function benchDay(fed: FedDashboard, page: Page): Promise<BenchLine[]> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const lines: BenchLine[] = [];
  const startMs = Date.now() - 24 * HOUR_S * 1000;
  let first: { readonly browser: number; readonly node: number } | undefined;
  let second = 0;
  for (const hours of LOOKS) {
    for (; second < hours * HOUR_S; second += PORTION_S)
      await fed.feed({ meters: DAY_METERS, seconds: PORTION_S, startMs: startMs + 1000 * second });
    const { heapUsed: node, rss } = await fed.memory();
    const browser = await heapOf(session);
    first ??= { browser, node };
    const line = {
      what: `${DAY_METERS} meters x 1 Hz, after ${hours} h of data`,
      value: `${(browser / MB).toFixed(2)} MB`,
      ratio: browser / first.browser,
      peer: 'the heap of the page after the first hour',
      note: `Node-RED ${(node / MB).toFixed(2)} MB, ${(node / first.node).toFixed(3)} x; resident ${(rss / MB).toFixed(0)} MB`,
    };
    console.log(`  ${new Date().toISOString()} ${line.what}: page ${line.value}, ${line.note}`);
    lines.push(line);
  }
  return lines;
}

/** Bytes that come to a page over its connection, from now on. */
async function countBytes(page: Page): Promise<() => number> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  let bytes = 0;
  session.on('Network.webSocketFrameReceived', ({ response }) => (bytes += Buffer.byteLength(response.payloadData)));
  session.on('Network.dataReceived', ({ dataLength }) => (bytes += dataLength));
  return () => bytes;
}

/** What many meters cost in real time, with as many browsers. */
async function benchBrowsers(fed: FedDashboard, browser: Browser): Promise<BenchLine[]> {
  await fed.feed({ meters: MANY_METERS, seconds: HOUR_S, startMs: Date.now(), pace: 1 });
  const lines: BenchLine[] = [];
  const pages: Page[] = [];
  const { pid } = fed.red.process;
  let alone = 0;
  for (const [count, name] of [
    [0, 'fleet'],
    [1, 'fleet'],
    [1, 'live'],
    [MANY_BROWSERS, 'fleet'],
  ] as const) {
    while (pages.length < count) pages.push(await openPage(browser));
    for (const page of pages) await page.goto(fed.pageUrl(name));
    await pause(SETTLE_MS);
    const [watched] = pages;
    const bytes = watched === undefined ? () => 0 : await countBytes(watched);
    const [cpu, startedAt] = [cpuMicroseconds(pid), performance.now()];
    await pause(MEASURE_MS);
    const seconds = (performance.now() - startedAt) / 1000;
    const load = (cpuMicroseconds(pid) - cpu) / 1e6 / seconds;
    if (count === 0) alone = load;
    lines.push({
      what: `${MANY_METERS} meters x 1 Hz, ${count} browsers${count === 0 ? '' : ` on "${name}"`}`,
      value: `${(100 * load).toFixed(1)} % of a core`,
      ...(count === 0 ? {} : { ratio: load / alone, peer: 'no browser' }),
      note:
        count === 0
          ? 'making and handing on the messages is most of it'
          : `${(bytes() / seconds / 1000).toFixed(1)} kB/s a browser`,
    });
  }
  for (const page of pages) await page.close();
  await fed.feed({ meters: 1, seconds: 1, startMs: Date.now(), pace: 1 });
  return lines;
}

/**
 * The widgets of Dashboard 2 in a real Node-RED before a real browser: how soon a page shows a value, beside a page
 * without widgets; whether memory of the page and of Node-RED grows over a day of data; what many meters and browsers cost.
 */
export async function benchDashboard(): Promise<BenchLine[]> {
  const fed = await FedDashboard.start();
  const browser = await launch();
  try {
    await fed.feed({ meters: DAY_METERS, seconds: 2, startMs: Date.now() - 2000 });
    const page = await openPage(browser);
    const paints = await benchPaint(fed, page);
    // The day takes long; what is known is said.
    printReport('dashboard, so far', paints);
    const many = await benchBrowsers(fed, browser);
    printReport('dashboard, so far', many);
    await page.goto(fed.pageUrl('fleet'));
    await page.locator('tr[data-meter]').first().waitFor();
    return [...paints, ...many, ...(await benchDay(fed, page))];
  } finally {
    await browser.close();
    await fed.stop();
  }
}
