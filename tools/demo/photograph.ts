/**
 * `npx tsx tools/demo/photograph.ts`, after a build: the pictures of `docs/images/`, taken of the demo in a browser while
 * the simulated meter lacks a phase. With the name of a folder they go there, to be looked at first.
 */
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { Editor } from '../../testkit/node-red/editor';
import { waitFor } from '../../testkit/wait';
import { ALARMS_DEBUG } from './check-alarms';
import { LIVE_PAGE } from './dashboard';
import { buttonOf } from './provoke';
import { Curtain, startStage, type Stage } from './stage';

const NORMALIZER = 'first-meter-normalize-realtime';
const POLL = 'first-meter-poll-realtime';
const DASHBOARD_SIZE = { width: 1400, height: 1180 };
const CURVES_MS = 40_000;
const FLOW_SIZE = { width: 1400, height: 1000 };
const METER_SIZE = { width: 1400, height: 1300 };
const SIDEBAR_SIZE = { width: 1400, height: 1010 };
/** The whole form fits, also beside the sidebar. */
const FORM_SIZE = { width: 1500, height: 2600 };

/** Only the nodes of this package in the palette. */
async function tidyPalette(page: Page): Promise<void> {
  const others = page.locator('.red-ui-palette-category').filter({ hasNotText: 'PowerMonitor' });
  await others.evaluateAll((categories) => {
    for (const category of categories) category.remove();
  });
}

async function photographFlow({ page }: Editor, stage: Stage, path: string): Promise<void> {
  const { admin, channel } = stage.nodeRed;
  await page.setViewportSize(FLOW_SIZE);
  await page.evaluate(`RED.sidebar.show('debug')`);
  await channel.waitForStatus('first-meter-energy', ({ text = '' }) => text.includes('power factor'));
  await admin.inject(buttonOf(stage.flow, 'phase-loss').id);
  await channel.waitForStatus(ALARMS_DEBUG, ({ fill }) => fill === 'red');
  const alarm = page.locator('.red-ui-debug-msg').filter({ hasText: 'RAISED' }).first();
  await alarm.scrollIntoViewIfNeeded();
  await page.screenshot({ path });
}

/** The live dashboard, while the meter of the demo lacks a phase. */
async function photographDashboard(page: Page, { nodeRed, flow }: Stage, path: string): Promise<void> {
  await page.setViewportSize(DASHBOARD_SIZE);
  await page.goto(`${nodeRed.url}${LIVE_PAGE}`);
  await page.locator('.pm500-bar[data-metric="active_energy_import_day"]').getByText('kWh').waitFor();
  // Curves of a few seconds say little.
  await page.locator('.pm500-gauge').first().waitFor();
  await new Promise((resolve) => setTimeout(resolve, CURVES_MS));
  await nodeRed.admin.inject(buttonOf(flow, 'phase-loss').id);
  await page.locator('.pm500-alarm').filter({ hasText: 'Phase L1 is lost' }).waitFor();
  await page.screenshot({ path });
}

/** The sidebar alone, while the meter still lacks a phase. */
async function photographSidebar({ page }: Editor, path: string): Promise<void> {
  await page.setViewportSize(SIDEBAR_SIZE);
  await page.evaluate(`RED.sidebar.show('pm500-sidebar')`);
  await page.locator('.pm500-part-alarms .pm500-list > li').first().waitFor();
  await page.locator('.pm500-part-meters .pm500-list > li').filter({ hasText: ' kW' }).first().waitFor();
  await page.locator('#red-ui-sidebar').screenshot({ path });
}

async function photographForm(editor: Editor, path: string): Promise<void> {
  const { page } = editor;
  await page.setViewportSize(FORM_SIZE);
  await editor.edit(NORMALIZER);
  await waitFor('the form', () => page.locator('#pm500-normalize-section-alarms').isVisible());
  const [from, to] = [page.locator('#pm500-normalize-section-kpis'), page.locator('#pm500-normalize-section-alarms')];
  const [top, bottom] = [await from.boundingBox(), await to.boundingBox()];
  if (top === null || bottom === null) throw new Error('The form does not show KPIs and alarms.');
  const margin = 16;
  await page.screenshot({
    path,
    clip: {
      x: top.x - margin,
      y: top.y - margin,
      width: top.width + 2 * margin,
      height: bottom.y + bottom.height - top.y + 2 * margin,
    },
  });
}

/** The form of the meter, tested and with its values, as a person has it before the first deploy. */
async function photographMeter(editor: Editor, path: string): Promise<void> {
  const { page } = editor;
  await page.setViewportSize(METER_SIZE);
  await editor.edit(POLL);
  await editor.editConfiguration('meter');
  await page.getByRole('button', { name: 'Test connection' }).click();
  await page.getByText('answers and can be read').waitFor();
  await page.getByRole('button', { name: 'Show live values' }).click();
  const values = page.locator('.pm500-live');
  await values.getByRole('cell', { name: 'Voltage L1-N', exact: true }).waitFor();
  await page.screenshot({ path });
  await page.locator('#node-config-dialog-cancel').click();
  await editor.settle();
  await page.locator('#node-dialog-cancel').click();
  await editor.settle();
}

async function main(folder: string): Promise<void> {
  const curtain = new Curtain();
  try {
    const stage = await startStage({ environment: process.env, curtain, isPrivate: true, hasDashboard: true });
    const editor = await Editor.open(stage.nodeRed.url);
    curtain.add(() => editor.close());
    await tidyPalette(editor.page);
    await photographMeter(editor, join(folder, 'meter-live-values.png'));
    await photographFlow(editor, stage, join(folder, 'first-meter.png'));
    await photographSidebar(editor, join(folder, 'sidebar.png'));
    await photographForm(editor, join(folder, 'kpis-and-alarms.png'));
    await photographDashboard(editor.page, stage, join(folder, 'live-dashboard.png'));
  } finally {
    await curtain.fall();
  }
}

void main(resolve(process.argv[2] ?? join(__dirname, '../../docs/images'))).then(
  () => process.exit(0),
  (thrown: unknown) => {
    console.error(`photograph: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    process.exit(1);
  },
);
