import assert from 'node:assert/strict';
import { DEFAULTS, WIDGET_TYPES } from '../../nodes/shared/forms';
import { findBarriers } from '../../testkit/accessibility';
import { findFaintWords, SIDEBAR_WORDS } from '../../testkit/contrast';
import { DIALOGS, flowOfEveryType, idOf } from '../../testkit/node-red/dialogs';
import { Editor } from '../../testkit/node-red/editor';
import { installationIn, installedVersion, installPackage } from '../../testkit/node-red/installed-node-red';
import { PACKAGE_NAME, startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import type { NodeStatusSeen } from '../../testkit/node-red/node-red-channel';
import type { FlowEntry } from '../../testkit/node-red/node-red-admin';
import { freePort } from '../../testkit/servers/ports';
import { adaptFlow, chooseMeterPorts, readFlow } from '../../testkit/node-red/reference-flows';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

const INSTALL_TIMEOUT_MS = 300_000;

/** Large words need 3, small ones 4.5 (WCAG 2.2, 1.4.3); badges have a frame and a word of their own beside the color. */
const ENOUGH_CONTRAST = 3;
const ENOUGH_FOR_SMALL_WORDS = 4.5;

/** The form of the dialog on top. */
const FORM = '.red-ui-tray:last-of-type .pm500-form';

/** What each node of first-meter shows when there is a meter, but neither a broker nor a database. */
const WITHOUT_SERVERS: Readonly<Record<string, (status: NodeStatusSeen) => boolean>> = {
  'pm500-sim': ({ fill, text = '' }) => fill === 'green' && text.endsWith(' kW'),
  'pm500-poll': ({ fill, text = '' }) => fill === 'green' && text.endsWith(' ms'),
  'pm500-normalize': ({ fill, text = '' }) => fill === 'yellow' && text.startsWith('confirm layout: '),
  'sparkplug-out': ({ fill, text }) => fill === 'red' && text === 'broker unreachable',
  'influx-out': ({ fill, text = '' }) => fill === 'yellow' && text.startsWith('away, '),
};

/** The other dialogs; widgets are not offered here. */
const FURTHER_DIALOGS = DIALOGS.filter(
  ({ type }) => !(type in WITHOUT_SERVERS) && !type.startsWith('ui-') && type !== 'pm500-meter',
);

/** first-meter, with ports of which only those of the meters will be listened on. */
async function firstMeter(): Promise<readonly FlowEntry[]> {
  const original = readFlow('flows', 'first-meter.json');
  const meterPorts = await chooseMeterPorts(original);
  return adaptFlow(original, {
    meterPorts,
    brokerPort: await freePort(),
    influxUrl: `http://127.0.0.1:${await freePort()}`,
  });
}

describe('Node-RED 5 on Node.js 22, with the package as npm installs it', function () {
  let userDir: string;
  let red: NodeRed;
  let editor: Editor;
  let flow: readonly FlowEntry[];

  before(async function () {
    this.timeout(INSTALL_TIMEOUT_MS);
    userDir = temporaryFolder('node-red-5');
    installPackage(userDir, ['node-red@5', 'node@22']);
    red = await startNodeRed({ userDir, installation: installationIn(userDir) });
    editor = await Editor.open(red.url);
    flow = await firstMeter();
  });

  // What was not there when preparing failed cannot be ended.
  after(async () => {
    await (editor as Editor | undefined)?.close();
    await (red as NodeRed | undefined)?.stop();
    removeFolder(userDir);
  });

  it('is what it says', () => {
    assert.match(installedVersion(userDir, 'node-red'), /^5\./);
    assert.match(red.process.output(), /Node-RED version: v5\./);
    assert.match(red.process.output(), /Node\.js +version: v22\./);
  });

  it('loads every type without an error', async () => {
    const sets = (await red.admin.nodes()).filter(({ module }) => module === PACKAGE_NAME);
    assert.deepEqual(
      sets.filter(({ err }) => err !== undefined),
      [],
    );
    assert.deepEqual(sets.flatMap(({ types }) => types).sort(), Object.keys(DEFAULTS).sort());
  });

  it('offers no widgets where Dashboard is not installed', async () => {
    const known = await editor.page.evaluate<string[]>(`RED.nodes.registry.getNodeTypes()`);
    assert.ok(known.includes('pm500-poll'));
    for (const type of WIDGET_TYPES) assert.ok(!known.includes(type), type);
  });

  it('runs first-meter, and every node shows what works and what is missing', async () => {
    await red.admin.deploy(flow);
    for (const { id, type } of flow) {
      const fits = WITHOUT_SERVERS[type];
      if (fits !== undefined) await red.channel.waitForStatus(id, (status) => fits(status));
    }
  });

  for (const theme of ['light', 'dark']) {
    it(`shows the settings of every node in words that can be read, in the ${theme} theme`, async () => {
      await editor.reload();
      await editor.page.locator('.red-ui-flow-node-status-label').filter({ hasText: 'away, ' }).waitFor();
      await editor.page.evaluate(`document.documentElement.classList.toggle('nr-theme-dark', ${theme === 'dark'})`);
      const shown = new Set<string>();
      for (const { id, type } of flow) {
        if (!(type in WITHOUT_SERVERS) || shown.has(type)) continue;
        shown.add(type);
        await editor.edit(id);
        const { problems, labels } = await editor.inspectDialog();
        await editor.unfold();
        assert.deepEqual([...problems, ...(await findFaintWords(editor.page, ENOUGH_CONTRAST))], []);
        assert.deepEqual(await findBarriers(editor.page, FORM), []);
        assert.ok(labels.length > 0);
        await editor.photograph(`node-red-5-${theme}-${type}`);
        if (type === 'pm500-poll') {
          await editor.editConfiguration('meter');
          await editor.page.locator('#node-config-input-transport').selectOption('modbus-tcp');
          await editor.unfold();
          assert.deepEqual(await findFaintWords(editor.page, ENOUGH_CONTRAST), []);
          assert.deepEqual(await findBarriers(editor.page, FORM), []);
          await editor.photograph(`node-red-5-${theme}-pm500-meter`);
          await editor.page.locator('#node-config-dialog-cancel').click();
          await editor.settle();
        }
        await editor.accept();
      }
      assert.equal(shown.size, Object.keys(WITHOUT_SERVERS).length);
    });

    it(`shows meters, queues and what needs a person in the sidebar, in the ${theme} theme`, async () => {
      const { page } = editor;
      await page.evaluate(`RED.sidebar.show('pm500-sidebar')`);
      const part = (name: string) => page.locator(`.pm500-sidebar .pm500-part-${name} .pm500-list > li`);
      // Values are asked for only where they can be seen.
      await part('meters').first().scrollIntoViewIfNeeded();
      await part('meters').filter({ hasText: ' kW' }).first().waitFor();
      await part('queues')
        .filter({ hasText: /\d+ wait, the oldest/ })
        .first()
        .waitFor();
      await part('tasks').filter({ hasText: 'The layout is not confirmed' }).first().waitFor();
      await editor.photograph(`node-red-5-${theme}-sidebar`);
      assert.deepEqual(await findFaintWords(page, ENOUGH_FOR_SMALL_WORDS, SIDEBAR_WORDS), []);
      assert.deepEqual(await findBarriers(page, '.pm500-sidebar'), []);
      await part('tasks').first().locator('button').click();
      await page.evaluate(`RED.sidebar.show('info')`);
    });
  }

  it('takes a node of every type of its palette', async () => {
    await red.admin.deploy(flowOfEveryType().filter(({ type }) => !type.startsWith('ui-')));
  });

  for (const theme of ['light', 'dark']) {
    it(`shows the settings that first-meter has not, in the ${theme} theme`, async () => {
      await editor.reload();
      await editor.page.locator(`[id="${idOf('influx-out')}"]`).waitFor();
      await editor.page.evaluate(`document.documentElement.classList.toggle('nr-theme-dark', ${theme === 'dark'})`);
      for (const { type, onCanvas, property } of FURTHER_DIALOGS) {
        await editor.edit(idOf(onCanvas));
        if (property !== undefined) await editor.editConfiguration(property);
        const { problems, labels } = await editor.inspectDialog();
        await editor.unfold();
        assert.deepEqual([...problems, ...(await findFaintWords(editor.page, ENOUGH_CONTRAST))], [], type);
        assert.deepEqual(await findBarriers(editor.page, FORM), [], type);
        assert.ok(labels.length > 0, type);
        await editor.photograph(`node-red-5-${theme}-${type}`);
        await editor.dismissAll();
      }
    });
  }

  it('left no complaint in the console of the browser and no error in the log', () => {
    assert.deepEqual(editor.complaints, []);
    assert.deepEqual(red.errors(), []);
  });
});
