import assert from 'node:assert/strict';
import { constantProfile } from '../../src/simulator/model/plain-profiles';
import type { RunningMeter, Simulator } from '../../src/simulator/simulator';
import { findFaintWords } from '../../testkit/contrast';
import { Editor } from '../../testkit/node-red/editor';
import { startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import { freePort } from '../../testkit/servers/ports';
import { waitFor } from '../../testkit/wait';
import { startOneMeter } from '../../testkit/simulator/one-meter';

/** As in node-red-5.test.ts. */
const ENOUGH_CONTRAST = 3;
const FORM = '#pm500-meter-connection';

describe('the form of a meter before it is deployed', function () {
  this.timeout(180_000);
  let red: NodeRed;
  let editor: Editor;
  let simulator: Simulator;
  let meter: RunningMeter;

  before(async () => {
    simulator = await startOneMeter({ load: constantProfile(441_300) });
    [meter] = simulator.meters as [RunningMeter];
    red = await startNodeRed();
    editor = await Editor.open(red.url);
    await editor.edit(await editor.drag('pm500-poll', 300, 200));
    await editor.editConfiguration('meter');
  });

  after(async () => {
    await (editor as Editor | undefined)?.close();
    await (red as NodeRed | undefined)?.stop();
    await (simulator as Simulator | undefined)?.close();
  });

  const fill = (name: string, value: string): Promise<void> =>
    editor.page.locator(`#node-config-input-${name}`).fill(value);
  const press = (button: string): Promise<void> => editor.page.locator(`${FORM} ${button}`).click();
  const look = async (name: string): Promise<void> => {
    const { problems } = await editor.inspectDialog();
    assert.deepEqual([...problems, ...(await findFaintWords(editor.page, ENOUGH_CONTRAST))], []);
    await editor.page.locator(FORM).scrollIntoViewIfNeeded();
    await editor.photograph(name);
  };
  const isLeft = (): Promise<unknown> =>
    waitFor('the end of the connection', () => Promise.resolve(meter.stats.openConnections === 0));
  const outcome = (text: string | RegExp) => editor.page.locator(`${FORM} .pm500-outcome`).filter({ hasText: text });

  it('names the cause and the remedy', async () => {
    await fill('host', '127.0.0.1');
    await fill('port', String(await freePort()));
    await press('.pm500-test');
    await outcome('CONNECTION_REFUSED').waitFor();
    await editor.page.locator(`${FORM} .pm500-remedy`).filter({ hasText: 'Check the address and the port' }).waitFor();
    await look('test-refused');
    await fill('host', '10.0.0.5 x');
    await press('.pm500-test');
    await outcome('"10.0.0.5 x" is neither an address nor a name').waitFor();
  });

  it('tells who answers, and leaves no connection', async () => {
    await fill('host', '127.0.0.1');
    await fill('port', String(meter.port));
    await press('.pm500-test');
    await outcome(/OK 127\.0\.0\.1:\d+ answers and can be read\./).waitFor();
    await editor.page.locator(FORM).filter({ hasText: '1420-V2-ENT, serial 940000001, firmware' }).waitFor();
    await look('test-answers');
    await isLeft();
    assert.equal(await editor.page.locator(`${FORM} .pm500-connections`).isVisible(), false);
    await editor.page.locator('#node-config-input-transport').selectOption('listen-only');
    await press('.pm500-connections input');
    await press('.pm500-test');
    await outcome('NO_OWNER').waitFor();
    await editor.page.locator('#node-config-input-transport').selectOption('ucmm');
  });

  it('shows live values by one connection, with unit, quality, provenance and age, by keyboard too', async () => {
    const { page } = editor;
    await page.locator(`${FORM} .pm500-live-button`).focus();
    await page.keyboard.press('Enter');
    const rows = page.locator(`${FORM} .pm500-live tbody tr`);
    const power = rows.filter({ hasText: 'Active power total' }).first();
    await power.waitFor();
    const cells = await power.locator('td').allInnerTexts();
    assert.match(cells[1] ?? '', /^\d{3}\.\d{2} kW$/);
    assert.match(cells[2] ?? '', /^uncertain layout not confirmed$/);
    assert.deepEqual(
      [cells[3], await page.locator(`${FORM} .pm500-live-button`).getAttribute('aria-pressed')],
      ['inferred', 'true'],
    );
    const before = meter.stats.frames;
    await waitFor('another look', () => Promise.resolve(meter.stats.frames > before + 10));
    assert.equal(meter.stats.openConnections, 1);
    await look('live-values');
    await page.emulateMedia({ colorScheme: 'dark' });
    await press('.pm500-live-button');
    await isLeft();
  });

  it('ends live values with the dialog, and with the browser', async () => {
    const { page } = editor;
    const isOpen = (): Promise<unknown> =>
      waitFor('a connection', () => Promise.resolve(meter.stats.openConnections === 1));
    await press('.pm500-live-button');
    await isOpen();
    await page.locator('#node-config-dialog-cancel').click();
    await isLeft();
    await editor.settle();
    await editor.editConfiguration('meter');
    await fill('host', '127.0.0.1');
    await fill('port', String(meter.port));
    await press('.pm500-live-button');
    await isOpen();
    await page.goto('about:blank');
    await isLeft();
  });

  it('left no complaint in the console of the browser, and no warning of a visitor in the log', () => {
    assert.deepEqual(
      editor.complaints.filter((complaint) => !/status of 400.*pm500\//.test(complaint)),
      [],
    );
    assert.deepEqual(red.errors(), []);
  });
});
