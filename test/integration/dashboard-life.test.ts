import assert from 'node:assert/strict';
import { chromium, type Browser, type Page } from 'playwright-core';
import { LEASE_MS } from '../../src/dashboard/watchers';
import { FED_WIDGETS, FedDashboard, PollingBrowser } from '../../testkit/dashboard/fed-dashboard';
import { findProgram } from '../../testkit/servers/programs';
import { temporaryFolder, removeFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';

const GAUGE = '.pm500-gauge[data-metric="active_power_total"]';
const SILENT = '[data-notice="silent"]';
const LIVE_S = 100_000;
const HOUR_MS = 3_600_000;
/** Nothing takes so long, on a loaded machine too. */
const PATIENCE_MS = 90_000;

/** What a page says and is told, of one widget. */
interface Talk {
  asked: number;
  told: number;
  /** Events of Dashboard itself for messages that a widget got. */
  inputs: number;
  /** Most questions at a time without an answer. */
  mostOpen: number;
}

function listenTo(page: Page, id: string): Talk {
  const talk: Talk = { asked: 0, told: 0, inputs: 0, mostOpen: 0 };
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => {
      if (!String(payload).includes(`"widget-change","${id}"`)) return;
      talk.asked++;
      talk.mostOpen = Math.max(talk.mostOpen, talk.asked - talk.told);
    });
    socket.on('framereceived', ({ payload }) => {
      const text = String(payload).slice(0, 100);
      if (text.includes(`"pm500:${id}"`)) talk.told++;
      if (text.includes('"msg-input:')) talk.inputs++;
    });
  });
  return talk;
}

describe('the life of a page on the dashboard', function () {
  this.timeout(240_000);
  let fed: FedDashboard;
  let browser: Browser;
  let userDir: string;

  before(async () => {
    userDir = temporaryFolder('dashboard-life');
    fed = await FedDashboard.start({ userDir });
    browser = await chromium.launch({
      executablePath: findProgram('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'),
      headless: true,
      args: ['--no-sandbox', '--disable-gpu'],
    });
  });

  after(async () => {
    await (browser as Browser | undefined)?.close();
    await (fed as FedDashboard | undefined)?.stop();
    removeFolder(userDir);
  });

  const open = async (name: 'live' | 'fleet', prepare?: (page: Page) => unknown): Promise<Page> => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(PATIENCE_MS);
    await prepare?.(page);
    await page.goto(fed.pageUrl(name));
    return page;
  };
  /** Meters from now on each second, until others are fed. */
  const feedOn = (meters: number, from = 0): Promise<void> =>
    fed.feed({ meters, from, seconds: LIVE_S, startMs: Date.now(), pace: 1 });
  const good = (page: Page): Promise<void> => page.locator(`${GAUGE}[data-quality="good"]`).waitFor();

  it('holds as much after any number of messages: a page of rows, and nothing in Dashboard', async () => {
    const talk: Talk[] = [];
    const page = await open('fleet', (opened) => talk.push(listenTo(opened, 'of-all')));
    const counts: number[][] = [];
    for (let minute = 0; minute < 3; minute++) {
      await fed.feed({ meters: 120, seconds: 60, startMs: Date.now() - 60_000 * (3 - minute) });
      const told = talk[0]?.told ?? 0;
      await waitFor('the next answer', () => (talk[0]?.told ?? 0) > told + 1, { timeoutMs: PATIENCE_MS });
      counts.push([
        await page.locator('tr[data-meter]').count(),
        await page.locator('.pm500-widget *').count(),
        (await fed.kept('of-all')).length,
      ]);
    }
    assert.equal(counts[0]?.[0], 50, 'rows of a page');
    assert.deepEqual(counts[2], counts[1]);
    assert.equal(await fed.kept('of-all'), '', 'Dashboard keeps no message');
    assert.equal(talk[0]?.inputs, 0, 'Dashboard says nothing of messages to a page');
    await page.getByRole('button', { name: 'Next' }).click();
    await page.locator('tr[data-meter="meter-0050"]').waitFor();
    await page.locator('.pm500-find').fill('meter-0119');
    await waitFor('the one meter', async () => (await page.locator('tr[data-meter]').count()) === 1);
    await page.close();
  });

  it('after an hour asleep shows no old value as a new one, and goes on without a reload', async () => {
    await feedOn(3);
    const page = await open('live', (opened) => opened.clock.install());
    await good(page);
    // What the page shows from the moment it wakes up, until it is told anew.
    const awake = HOUR_MS + (await page.evaluate<number>('window.isTheSame = true; window.seen = []; Date.now()'));
    await page.evaluate(`new MutationObserver(() => {
      if (Date.now() < ${awake}) return;
      const gauge = document.querySelector('${GAUGE}');
      const notice = document.querySelector('${SILENT}');
      window.seen.push(gauge?.dataset.quality + ' ' + (notice?.textContent ?? ''));
    }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true })`);
    await page.clock.fastForward(HOUR_MS);
    await waitFor('a good value again', async () => (await page.evaluate<string[]>('window.seen')).includes('good '), {
      timeoutMs: PATIENCE_MS,
    });
    const seen = await page.evaluate<string[]>('window.seen');
    assert.match(seen[0] ?? '', /^stale No data from Node-RED since \d/, seen.slice(0, 3).join('; '));
    assert.equal(await page.evaluate('window.isTheSame'), true);
    await page.close();
  });

  it('asks nothing while nobody sees it, beside another one that goes on, and at once when it is seen again', async () => {
    const talks: Talk[] = [];
    const [hidden, seen] = [
      await open('fleet', (page) => talks.push(listenTo(page, 'of-all'))),
      await open('fleet', (page) => talks.push(listenTo(page, 'of-all'))),
    ];
    await hidden.locator('tr[data-meter]').first().waitFor();
    const setHidden = (isHidden: boolean): Promise<unknown> =>
      hidden.evaluate(`Object.defineProperty(document, 'hidden', { configurable: true, value: ${isHidden} });
        document.dispatchEvent(new Event('visibilitychange'))`);
    await setHidden(true);
    const [asked, others] = [talks[0]?.asked ?? 0, talks[1]?.asked ?? 0];
    await waitFor('questions of the other page', () => (talks[1]?.asked ?? 0) > others + 5, { timeoutMs: PATIENCE_MS });
    assert.equal(talks[0]?.asked, asked);
    await hidden.locator(SILENT).waitFor();
    await setHidden(false);
    await hidden.locator(SILENT).waitFor({ state: 'detached' });
    assert.equal(await seen.locator(SILENT).count(), 0);
    await hidden.close();
    await seen.close();
  });

  it('on a slow connection has one question open at a time, and says how old things are', async () => {
    const talks: Talk[] = [];
    const page = await open('live', (opened) => talks.push(listenTo(opened, 'of-one')));
    await good(page);
    const session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    const narrow = { offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000 };
    await session.send('Network.emulateNetworkConditions', narrow);
    const told = talks[0]?.told ?? 0;
    await waitFor('answers', () => (talks[0]?.told ?? 0) > told + 5, { timeoutMs: PATIENCE_MS });
    assert.equal(talks[0]?.mostOpen, 1);
    await page.locator('.pm500-stands-read').first().waitFor();
    await session.send('Network.emulateNetworkConditions', { ...narrow, offline: true });
    await session.send('Network.emulateNetworkConditions', { ...narrow, downloadThroughput: -1, uploadThroughput: -1 });
    await good(page);
    await page.close();
  });

  it('shows after a deployment the meter that a widget has now, and nothing of the one before', async () => {
    const page = await open('live');
    await good(page);
    await page.evaluate('window.isTheSame = true');
    await fed.deploy(FED_WIDGETS.map((widget) => ({ ...widget, meter: 'meter-0041' })));
    await page.locator('.pm500-meter-widget').getByText('No telemetry of meter-0041 yet.').waitFor();
    assert.equal(await page.locator(GAUGE).count(), 0);
    await feedOn(3, 40);
    await page.locator('.pm500-name').filter({ hasText: 'meter-0041' }).first().waitFor();
    await good(page);
    assert.equal(await page.evaluate('window.isTheSame'), true);
    await page.close();
  });

  it('says that there are more meters than it holds, and more browsers than are served', async () => {
    await fed.deploy(FED_WIDGETS);
    await fed.feed({ meters: 1003, seconds: 1, startMs: Date.now() });
    const others = await Promise.all(Array.from({ length: 100 }, () => PollingBrowser.open(fed)));
    const askAll = (): Promise<unknown> => Promise.allSettled(others.map((other) => other.ask('of-all')));
    await askAll();
    // They go on looking, however long the page of the late one takes.
    const asking = setInterval(() => void askAll(), LEASE_MS / 3);
    const late = await open('fleet');
    try {
      await late.locator('[data-notice="browsers"]').filter({ hasText: '100 browsers' }).waitFor();
      assert.equal(await late.locator('tr[data-meter]').count(), 0);
    } finally {
      clearInterval(asking);
    }
    // The others say nothing more.
    await late.locator('[data-notice="browsers"]').waitFor({ state: 'detached' });
    await late.locator('[data-notice="leftOut"]').filter({ hasText: 'at least 3 more' }).waitFor();
    await late.locator('.pm500-title').filter({ hasText: 'of 1000 meters' }).waitFor();
    await late.close();
    assert.deepEqual(fed.red.errors(), []);
  });

  it('says while Node-RED is away that nothing comes, and goes on with the next one without a reload', async () => {
    await fed.deploy(FED_WIDGETS);
    await feedOn(3);
    const page = await open('live');
    await good(page);
    await page.evaluate('window.isTheSame = true');
    const { port } = fed.red;
    await fed.stop();
    await page.locator(SILENT).first().waitFor();
    fed = await FedDashboard.start({ userDir, port });
    await feedOn(3, 20);
    await page.locator(SILENT).first().waitFor({ state: 'detached' });
    await waitFor(
      'the meters of the next one',
      async () => {
        const options = await page.locator('.pm500-picker').first().locator('option').allInnerTexts();
        return options.join() === 'meter-0020,meter-0021,meter-0022';
      },
      { timeoutMs: PATIENCE_MS },
    );
    await good(page);
    assert.equal(await page.evaluate('window.isTheSame'), true);
    await page.close();
  });
});
