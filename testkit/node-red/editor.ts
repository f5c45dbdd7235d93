import { chromium, type Browser, type Page } from 'playwright-core';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../servers/programs';
import { removeFolder, temporaryFolder } from '../temporary-folder';
import { waitFor } from '../wait';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Of the editor with all its scripts, on a busy computer. */
const LONGEST_LOAD_MS = 100_000;
/** Of anything else that a person waits for, on a busy computer: what comes, comes at once, so only a failure takes this long. */
const LONGEST_ACTION_MS = 60_000;

/** The number of the latest notice that is shown; the editor counts them. */
const LATEST_NOTICE = `Math.max(-1, ...$('.red-ui-notification').toArray().map(({ id }) => Number(id.split('-').at(-1))))`;

/** Text that a catalog should have replaced: `some-type.section.key`. */
const RAW_KEY = /\b(?:pm500|sparkplug|influx|iot)-[a-z]+\.[a-z]+(?:\.[a-zA-Z]+)*\b(?!\.svg)/;

/** The editor of a Node-RED in a browser without a window, driven as a person would. */
export class Editor {
  /** What the browser's console reported as an error, and every exception of a script. */
  readonly complaints: string[] = [];
  /** Presses of the mouse that the editor did not take for a double click, because the computer was too slow between them. */
  vainPresses = 0;

  private constructor(
    readonly page: Page,
    private readonly browser: Browser,
    private readonly profile: string,
  ) {
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(`${message.text()} ${message.location().url}`);
    });
  }

  /**
   * Opens the editor and waits until it has loaded every node.
   * @param locale of the browser
   */
  static async open(url: string, locale = 'en-US'): Promise<Editor> {
    const profile = temporaryFolder('browser');
    const browser = await chromium.launch({
      executablePath: findProgram('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'),
      headless: true,
      args: ARGUMENTS,
    });
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 }, locale });
    page.setDefaultNavigationTimeout(LONGEST_LOAD_MS);
    page.setDefaultTimeout(LONGEST_ACTION_MS);
    const editor = new Editor(page, browser, profile);
    await page.goto(url);
    await editor.loaded();
    return editor;
  }

  /** Loads it again, as F5 does. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.loaded();
  }

  private async loaded(): Promise<void> {
    const timeout = LONGEST_LOAD_MS;
    await this.page.locator('.red-ui-palette-node[data-palette-type="inject"]').waitFor({ timeout });
    await this.page.locator('#red-ui-loading-progress').waitFor({ state: 'hidden', timeout });
  }

  /** Drags a node type from the palette onto the canvas and gives the node's id. */
  async drag(type: string, x: number, y: number): Promise<string> {
    const { page } = this;
    const entry = page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`);
    const known = await this.nodeIds(type);
    const canvas = await page.locator('#red-ui-workspace-chart').boundingBox();
    if (canvas === null) throw new Error('The editor shows no canvas.');
    // Waits until the palette stands still.
    await entry.hover();
    await page.mouse.down();
    await page.mouse.move(canvas.x + x, canvas.y + y, { steps: 8 });
    await page.mouse.up();
    return waitFor(`the ${type} that was dragged to the canvas`, async () =>
      (await this.nodeIds(type)).find((id) => !known.includes(id)),
    );
  }

  /** Ids of the nodes of a type on the canvas. */
  nodeIds(type: string): Promise<string[]> {
    return this.page.evaluate<string[]>(
      `RED.nodes.filterNodes({ type: ${JSON.stringify(type)} }).map((node) => node.id)`,
    );
  }

  /** Opens the settings of a node with a double click. */
  async edit(id: string): Promise<void> {
    const node = this.page.locator(`[id="${id}"] .red-ui-flow-node`).first();
    await waitFor(
      `the settings of ${id}`,
      async () => {
        await node.dblclick();
        // It opens while it is told of the second release. Presses more than 650 ms apart are two clicks to it.
        if ((await this.page.locator('.red-ui-tray').count()) > 0) return true;
        this.vainPresses += 2;
        return false;
      },
      { timeoutMs: LONGEST_ACTION_MS },
    );
    await this.opened('#node-dialog-ok');
  }

  /** Opens the settings of the configuration node that a property of the open dialog names, or of one to be added. */
  async editConfiguration(property: string): Promise<void> {
    const chosen = await this.page.locator(`#node-input-${property}`).inputValue();
    const button = chosen === '_ADD_' ? 'add' : 'edit';
    await this.page.locator(`#node-input-btn-${property}-${button}`).click();
    await this.opened('#node-config-dialog-ok');
  }

  /**
   * Resolves when the dialog of a button stands still and has the focus, however it was opened. Its form comes some time after its buttons: the
   * editor asks the server for the credentials first. The focus comes last, away from whatever was clicked before that.
   */
  async opened(button: string): Promise<void> {
    await this.page.waitForFunction(`(() => {
      const tray = $(${JSON.stringify(button)}).closest('.red-ui-tray');
      const moves = tray.toArray().some((each) => each.getAnimations().length > 0);
      return !moves && tray.find('.red-ui-tray-body').find(document.activeElement).length > 0;
    })()`);
    await this.settle();
  }

  /** Presses Done (or Add, Update) of the dialog on top. */
  async accept(configuration = false): Promise<void> {
    await this.page.locator(configuration ? '#node-config-dialog-ok' : '#node-dialog-ok').click();
    await this.settle();
    if (!configuration) await this.closed();
  }

  /** Waits until no dialog is open. */
  async closed(): Promise<void> {
    await this.settle();
    await this.page.locator('.red-ui-tray').waitFor({ state: 'detached' });
    await this.page.locator('#red-ui-palette-shade').waitFor({ state: 'hidden' });
  }

  /** Opens every folded section of the dialog on top. */
  async unfold(): Promise<void> {
    await this.page.evaluate(`$('.pm500-fold').prop('open', true)`);
  }

  /** Closes every open dialog without saving. */
  async cancel(): Promise<void> {
    const { page } = this;
    if (await page.locator('#node-config-dialog-cancel').isVisible()) {
      await page.locator('#node-config-dialog-cancel').click();
      await this.settle();
    }
    await page.locator('#node-dialog-cancel').click();
    await this.closed();
  }

  /** Closes whatever a test has left open: it would cover all others. */
  async dismissAll(): Promise<void> {
    // One that slides out already takes no order to close, and answers none.
    await waitFor('no open dialog', async () => {
      await this.page.evaluate(`RED.tray.close()`);
      return (await this.page.locator('.red-ui-tray').count()) === 0;
    });
    await this.closed();
  }

  /** What the dialog on top shows and what is wrong with its words. */
  async inspectDialog(): Promise<{ text: string; labels: string[]; problems: string[] }> {
    const tray = this.page.locator('.red-ui-tray').last();
    const text = await tray.innerText();
    const labels = await tray.locator('.form-row > label:visible').allInnerTexts();
    const placeholders = await tray
      .locator('[placeholder]')
      .evaluateAll((inputs) => inputs.map((input) => input.getAttribute('placeholder') ?? ''));
    const raw = [text, ...placeholders].flatMap((words) => RAW_KEY.exec(words)?.[0] ?? []);
    return { text, labels, problems: raw };
  }

  /** What of the dialog on top is wider than its place: its words are cut off, or stand over others. */
  async findOverflow(): Promise<readonly string[]> {
    return this.page.evaluate<string[]>(`(() => {
      const tray = $('.red-ui-tray').last();
      const edge = tray.find('.red-ui-tray-body').get(0).getBoundingClientRect().right;
      const shown = tray.find('.pm500-form').find('label, span, button, summary, select, input, .pm500-tip, .pm500-complaint').filter(':visible');
      return shown.toArray().flatMap((each) => {
        const { right } = each.getBoundingClientRect();
        const isCut = each.tagName !== 'INPUT' && each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0;
        const what = each.tagName.toLowerCase() + ' ' + (each.innerText ?? each.id).slice(0, 60);
        return right > edge + 1 || isCut ? [what] : [];
      });
    })()`);
  }

  /** Deploys and resolves when the editor says that it is done, and takes clicks again. */
  async deploy(): Promise<void> {
    const [response] = await Promise.all([
      this.page.waitForResponse((each) => each.url().endsWith('/flows') && each.request().method() === 'POST'),
      this.untilTold(() => this.page.locator('#red-ui-header-button-deploy').click()),
    ]);
    if (!response.ok()) throw new Error(`Deploying answered ${response.status()}.`);
    await this.page.locator('#red-ui-header-shade').waitFor({ state: 'hidden' });
  }

  /**
   * Does what the editor answers with a notice, and resolves when that stands still. It slides down over tabs and canvas:
   * where it comes between the press and the release of a button, the click is lost.
   */
  async untilTold(act: () => Promise<void>): Promise<void> {
    const before = await this.page.evaluate<number>(LATEST_NOTICE);
    // It goes after 5 s, so it is watched for from before it can come.
    await Promise.all([this.page.waitForFunction(`${LATEST_NOTICE} > ${before}`), act()]);
    await this.settle();
  }

  /** Shows a tab of the canvas by a click, unless it is shown. */
  async showTab(label: string): Promise<void> {
    const tab = this.page.locator('#red-ui-workspace-tabs .red-ui-tab').filter({ hasText: label });
    const isShown = (): Promise<boolean> => tab.evaluate((each) => each.classList.contains('active'));
    if (!(await isShown())) await tab.click();
    await waitFor(`the tab "${label}" to be the one that is shown`, isShown);
  }

  /** Saves what the window shows into the folder that EDITOR_SCREENSHOTS names; does nothing without it. */
  async photograph(name: string): Promise<void> {
    const folder = process.env['EDITOR_SCREENSHOTS'];
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }

  async close(): Promise<void> {
    await this.browser.close();
    removeFolder(this.profile);
  }

  /** Waits until the tray has slid in or out. */
  async settle(): Promise<void> {
    await this.page.waitForFunction(`$(':animated').length === 0`);
  }
}
