import assert from 'node:assert/strict';
import { fieldsOf, FORMS, NODE_TYPES, WIDGET_TYPES, type NodeType } from '../../nodes/shared/forms';
import { settingsIn } from '../../nodes/shared/field';
import { constantProfile } from '../../src/simulator/model/plain-profiles';
import type { RunningMeter, Simulator } from '../../src/simulator/simulator';
import { Editor } from '../../testkit/node-red/editor';
import { startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import { adaptFlow, chooseMeterPorts, readFlow } from '../../testkit/node-red/reference-flows';
import { freePort } from '../../testkit/servers/ports';
import { startOneMeter } from '../../testkit/simulator/one-meter';

/** The palette offers widgets only beside Dashboard 2, which is not installed here. */
const OFFERED = NODE_TYPES.filter((type) => !WIDGET_TYPES.some((widget) => widget === type));

/** Forms of the canvas, and those that open from them, with the property that leads there. */
const DIALOGS: readonly (readonly [onCanvas: NodeType, property?: string])[] = OFFERED.filter(
  (type) => !FORMS[type].isConfig,
).flatMap((type) => [
  [type] as const,
  ...settingsIn(fieldsOf(type)).flatMap(([name, { setting }]) =>
    setting.kind === 'node' && NODE_TYPES.some((each) => each === setting.type) ? [[type, name] as const] : [],
  ),
]);

/** Words that only English has. */
const ENGLISH = /(?<![-\w.])(?:the|and|of|with|not|from|when|every|which|meter|choose|enter)(?![-\w])/i;

/** Node-RED itself is in German where it has German; what it does not have is passed over. */
describe('the editor in German', function () {
  this.timeout(120_000);
  let red: NodeRed;
  let editor: Editor;
  let simulator: Simulator;
  let meter: RunningMeter;

  before(async () => {
    simulator = await startOneMeter({ load: constantProfile(441_300) });
    [meter] = simulator.meters as [RunningMeter];
    red = await startNodeRed({ settings: { lang: 'de' } });
    editor = await Editor.open(red.url, 'de');
  });

  after(async () => {
    await (editor as Editor | undefined)?.close();
    await (red as NodeRed | undefined)?.stop();
    await (simulator as Simulator | undefined)?.close();
  });

  DIALOGS.forEach(([onCanvas, property], row) => {
    const title = property === undefined ? onCanvas : `${onCanvas} > ${property}`;
    it(`shows the form of ${title} in words that fit`, async () => {
      const [known] = await editor.nodeIds(onCanvas);
      await editor.edit(known ?? (await editor.drag(onCanvas, 250, 40 + 40 * row)));
      if (property !== undefined) await editor.editConfiguration(property);
      await editor.unfold();
      await editor.photograph(`de-${onCanvas}${property === undefined ? '' : `-${property}`}`);
      const { problems, labels } = await editor.inspectDialog();
      const form = await editor.page.locator('.red-ui-tray').last().locator('.pm500-form').innerText();
      const overflow = await editor.findOverflow();
      await editor.cancel();
      assert.deepEqual(problems, []);
      assert.ok(labels.length > 0);
      const english = form.split('\n').filter((line) => ENGLISH.test(line));
      assert.deepEqual([...english, ...overflow], []);
    });
  });

  it('says in German what a field wants, at once and after the server was asked', async () => {
    const [known] = await editor.nodeIds('pm500-poll');
    const id = known ?? (await editor.drag('pm500-poll', 250, 40));
    await editor.edit(id);
    await editor.editConfiguration('meter');
    const complaint = editor.page.locator('[data-complaint-of="host"]');
    await complaint.filter({ hasText: 'Geben Sie die IP-Adresse oder den Hostnamen' }).waitFor();
    await editor.page.locator('#node-config-input-host').fill('10.0.0.999');
    await complaint.filter({ hasText: /^Geben Sie die IP-Adresse .+ auf Englisch: .+10\.0\.0\.999/s }).waitFor();
    await editor.cancel();
  });

  it('says in German what a test of the connection finds, and shows live values', async () => {
    const { page } = editor;
    const place = '#pm500-meter-connection';
    const fill = (name: string, value: string): Promise<void> => page.locator(`#node-config-input-${name}`).fill(value);
    const [known] = await editor.nodeIds('pm500-poll');
    const id = known ?? (await editor.drag('pm500-poll', 250, 40));
    await editor.edit(id);
    await editor.editConfiguration('meter');
    await fill('host', '127.0.0.1');
    await fill('port', String(await freePort()));
    await page.locator(`${place} .pm500-test`).click();
    await page.locator(`${place} .pm500-outcome`).filter({ hasText: 'An seinem TCP-Port' }).waitFor();
    await page.locator(`${place} .pm500-remedy`).filter({ hasText: 'Prüfen Sie Adresse und Port' }).waitFor();
    await page.locator(`${place} .pm500-say`).filter({ hasText: 'auf Englisch: ' }).waitFor();
    await editor.photograph('de-test-refused');
    await fill('port', String(meter.port));
    await page.locator(`${place} .pm500-test`).click();
    await page.locator(place).filter({ hasText: 'mit einer Verbindung nur für diesen Test' }).waitFor();
    await page.locator(`${place} .pm500-live-button`).click();
    const rows = page.locator(`${place} .pm500-live tbody tr`);
    await rows.filter({ hasText: 'Wirkleistung, gesamt' }).first().waitFor();
    await page.locator(place).scrollIntoViewIfNeeded();
    await editor.photograph('de-live-values');
    const lines = (await page.locator(place).innerText()).split('\n');
    await editor.cancel();
    assert.ok(lines.some((line) => line.includes('Layout nicht bestätigt')));
    assert.deepEqual(
      lines.filter((line) => ENGLISH.test(line)),
      [],
    );
  });

  it('shows help in German', async () => {
    await editor.page.evaluate(`RED.actions.invoke('core:show-help-tab')`);
    for (const type of OFFERED) {
      const help = await editor.page.evaluate<string>(`RED.nodes.getNodeHelp(${JSON.stringify(type)})`);
      assert.match(help, /<h3>Referenzen<\/h3>/, type);
    }
  });

  it('shows the status of nodes in the language of Node-RED, and the sidebar in that of the browser', async () => {
    const original = readFlow('flows', 'first-meter.json');
    const meterPorts = await chooseMeterPorts(original);
    const influxUrl = `http://127.0.0.1:${await freePort()}`;
    await red.admin.deploy(adaptFlow(original, { meterPorts, brokerPort: await freePort(), influxUrl }));
    const statusOf = async (type: string, text: RegExp): Promise<void> => {
      const { id = '' } = original.find((entry) => entry.type === type) ?? {};
      await red.channel.waitForStatus(id, (status) => text.test(status.text ?? ''));
    };
    await statusOf('pm500-normalize', /^Layout offen: \d+$/);
    await statusOf('influx-out', /^weg, Puffer: \d+$/);
    await statusOf('sparkplug-out', /^Broker fehlt$/);
    await editor.reload();
    await editor.page.locator('.red-ui-flow-node-status-label').filter({ hasText: 'weg, Puffer: ' }).waitFor();
    await editor.page.evaluate(`RED.sidebar.show('pm500-sidebar')`);
    await editor.page.locator('.pm500-part-tasks li').filter({ hasText: 'Das Layout ist nicht' }).first().waitFor();
    await editor.photograph('de-sidebar');
  });

  it('left no complaint in the console of the browser', () => {
    assert.deepEqual(editor.complaints, []);
  });
});
