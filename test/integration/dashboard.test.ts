import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { WIDGET_TYPES } from '../../nodes/shared/forms';
import { findBarriers } from '../../testkit/accessibility';
import { Editor } from '../../testkit/node-red/editor';
import { DASHBOARD, startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import type { FlowEntry } from '../../testkit/node-red/node-red-admin';
import { adaptFlow, chooseMeterPorts, readFlow } from '../../testkit/node-red/reference-flows';
import { waitFor } from '../../testkit/wait';

const FAULT = 'live-dashboard-overload';
const DARK = { surface: '#1b1e23', primary: '#7ab7ff', bgPage: '#121417', groupBg: '#22262c', groupOutline: '#3a4048' };
const WIDGET = '.pm500-meter-widget';
const GAUGE = `${WIDGET} .pm500-gauge[data-metric="active_power_total"]`;

/** As a browser says it. */
const rgbOf = (color: string): string =>
  `rgb(${[1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16)).join(', ')})`;

/** The flow as it is imported, with ports of its own; its second button takes the first meter off the network. */
async function flowOf(): Promise<readonly FlowEntry[]> {
  const flow = readFlow('flows', 'live-dashboard.json');
  const cut = JSON.stringify({ fault: 'silence', meter: 1 });
  return adaptFlow(flow, { meterPorts: await chooseMeterPorts(flow) }).map((entry) =>
    entry.id === FAULT ? { ...entry, payload: cut } : entry,
  );
}

describe('the live dashboard', function () {
  this.timeout(180_000);
  let red: NodeRed;
  let editor: Editor;
  let page: Page;
  let flow: readonly FlowEntry[];

  before(async () => {
    flow = await flowOf();
    red = await startNodeRed({ otherPackages: [DASHBOARD] });
    await red.admin.deploy(flow);
    editor = await Editor.open(red.url);
    ({ page } = editor);
  });

  after(async () => {
    await (editor as Editor | undefined)?.close();
    await (red as NodeRed | undefined)?.stop();
  });

  const assertNear = (found: number, expected: number, room: number, what: string): void => {
    assert.ok(Math.abs(found - expected) <= room, `${what}: ${found}, not ${expected}`);
  };

  it('has widgets in the palette', async () => {
    const known = await page.evaluate<string[]>(`RED.nodes.registry.getNodeTypes()`);
    for (const type of WIDGET_TYPES) assert.ok(known.includes(type), type);
  });

  it('shows values with unit, quality and age', async () => {
    await page.goto(`${red.url}dashboard/live`);
    const gauge = page.locator(GAUGE);
    await gauge
      .locator('.pm500-number')
      .filter({ hasText: /^\d+\.\d+$/ })
      .waitFor();
    assert.equal(await gauge.locator('.pm500-unit').textContent(), 'kW');
    // Nobody has confirmed the layout.
    assert.equal(await gauge.getAttribute('data-quality'), 'uncertain');
    await gauge.getByText('uncertain', { exact: true }).waitFor();
    const row = page.locator('tr[data-metric="voltage_l1_n"]');
    assert.match(await row.innerText(), /^Voltage L1-N\s+\d+\.\d+ V\s+◐\s*uncertain\s+\d+ s$/);
    await page.locator(`${WIDGET} .pm500-stands-read`).first().waitFor();
    await page.locator('.pm500-bar[data-metric="active_energy_import_day"]').getByText('kWh').waitFor();
  });

  it('draws voltages 120 degrees apart, and each current behind its voltage by what the power factor says', async () => {
    await page.locator('[data-phasor="I-l3"]').waitFor({ state: 'attached' });
    const row = 'tr[data-metric="power_factor_l2"] .pm500-value';
    await page.locator(row).waitFor();
    // All of one moment, however long a look takes.
    const [first = NaN, second = NaN, third = NaN, current = NaN, shown = NaN] = await page.evaluate<number[]>(
      `['U-l1', 'U-l2', 'U-l3', 'I-l2'].map((phasor) => Number(document.querySelector('[data-phasor="' + phasor + '"]').dataset.angle))
        .concat(Number(document.querySelector('${row}').innerText))`,
    );
    assertNear(first, 0, 0.01, 'L1');
    assertNear(second, -120, 2, 'L2');
    assertNear(third, 120, 2, 'L3');
    const behind = (Math.acos(Math.abs(shown)) * 180) / Math.PI;
    // Both were read, but not in the same second.
    assertNear(second - current, behind, 3, 'I2');
    assert.match(await page.locator('[data-fact="sequence"]').innerText(), /L1-L2-L3/);
    assert.match(await page.locator('[data-fact="voltageUnbalance"]').innerText(), /\d+\.\d\d %/);
  });

  it('has no barriers', async () => {
    assert.deepEqual(await findBarriers(page, '.pm500-widget'), []);
    await editor.photograph('dashboard-live-light');
  });

  it('shows another meter in every widget of one browser, and keeps that', async () => {
    const chosen = (): Promise<string[]> =>
      page
        .locator('.pm500-picker')
        .evaluateAll((pickers) => pickers.map((picker) => (picker as unknown as { value: string }).value));
    const other = await page.context().browser()?.newPage();
    assert.ok(other);
    await other.goto(`${red.url}dashboard/live`);
    await other.locator(GAUGE).waitFor();
    await page.locator('.pm500-picker').first().selectOption('press-shop');
    await waitFor('the other meter', async () => (await chosen()).every((name) => name === 'press-shop'));
    await page.locator('.pm500-phasor-widget .pm500-place').filter({ hasText: 'feeder-2' }).waitFor();
    assert.equal(await other.locator('.pm500-picker').first().inputValue(), 'paint-line');
    await other.close();
    await page.reload();
    await page.locator('.pm500-phasor-widget .pm500-place').filter({ hasText: 'feeder-2' }).waitFor();
    // Each widget comes when it comes.
    await waitFor('the meter in every widget', async () => {
      assert.deepEqual(await chosen(), ['press-shop', 'press-shop', 'press-shop']);
      return true;
    });
  });

  it('goes on after a deployment without a reload, and has no barriers in the dark either', async () => {
    const dark = flow.map((entry) => (entry.type === 'ui-theme' ? { ...entry, colors: DARK } : entry));
    await red.admin.deploy(dark);
    await page.waitForFunction(
      `[...document.querySelectorAll('.bg-group-background')].some((card) =>
        getComputedStyle(card).backgroundColor === ${JSON.stringify(rgbOf(DARK.groupBg))})`,
    );
    await page.locator('.pm500-meter-widget .pm500-stands-read').first().waitFor();
    await page.locator('[data-phasor="I-l3"]').waitFor({ state: 'attached' });
    assert.deepEqual(await findBarriers(page, '.pm500-widget'), []);
    await editor.photograph('dashboard-live-dark');
  });

  it('shows a meter that is cut as not read, its values as bad and without a number, and the others as before', async () => {
    await page.locator('.pm500-picker').first().selectOption('paint-line');
    await page.locator('[data-phasor="U-l1"]').waitFor({ state: 'attached' });
    await red.admin.inject(FAULT);
    const gauge = page.locator(GAUGE);
    await page
      .locator(`${WIDGET} .pm500-stands-lost`)
      .filter({ hasText: /^✕\s*not read since \d/ })
      .first()
      .waitFor();
    await waitFor('bad values', async () => (await gauge.getAttribute('data-quality')) === 'bad');
    assert.equal(await gauge.locator('.pm500-number').textContent(), '–');
    assert.equal(await gauge.locator('.pm500-hand').count(), 0);
    assert.match(await page.locator('tr[data-metric="voltage_l1_n"]').innerText(), /–\s+✕\s*bad/);
    await waitFor('the arrows to go', async () => (await page.locator('[data-phasor]').count()) === 0);
    assert.deepEqual(await findBarriers(page, '.pm500-widget'), []);
    await editor.photograph('dashboard-cut-dark');
    await page.goto(`${red.url}dashboard/fleet`);
    await page
      .locator('tr[data-meter="paint-line"][data-quality="bad"]')
      .filter({ hasText: 'not read since' })
      .waitFor();
    await page
      .locator('tr[data-meter="press-shop"]')
      .filter({ hasText: /read \d+ s ago/ })
      .waitFor();
    assert.deepEqual(await findBarriers(page, '.pm500-widget'), []);
    await editor.photograph('dashboard-fleet-dark');
  });

  it('left no complaint in the console of the browser, and in the log only that of the cut meter', () => {
    assert.deepEqual(editor.complaints, []);
    const others = red.errors().filter((line) => !line.includes('no reply within'));
    assert.deepEqual(others, []);
  });
});
