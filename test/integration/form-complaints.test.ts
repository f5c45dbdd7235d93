import assert from 'node:assert/strict';
import { fieldsOf, FORMS, type NodeType, type WidgetType } from '../../nodes/shared/forms';
import { settingsIn, type Field } from '../../nodes/shared/field';
import { isJudged, type Setting } from '../../src/support/setting';
import { findBarriers } from '../../testkit/accessibility';
import { findFaintWords } from '../../testkit/contrast';
import { Editor } from '../../testkit/node-red/editor';
import { startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import { waitFor } from '../../testkit/wait';

/** As in node-red-5.test.ts. */
const ENOUGH_CONTRAST = 3;

/** Where each type is opened: on the canvas, or by the property of another one. Widgets need Dashboard: dashboard.test.ts. */
const OPENED: Readonly<Record<Exclude<NodeType, WidgetType>, readonly [onCanvas: NodeType, property?: string]>> = {
  'pm500-poll': ['pm500-poll'],
  'pm500-meter': ['pm500-poll', 'meter'],
  'pm500-normalize': ['pm500-normalize'],
  'pm500-sim': ['pm500-sim'],
  'sparkplug-out': ['sparkplug-out'],
  'sparkplug-edge': ['sparkplug-out', 'edge'],
  'influx-out': ['influx-out'],
  'influx-target': ['influx-out', 'target'],
  'iot-out': ['iot-out'],
  'iot-target': ['iot-out', 'target'],
};

/** What a person types by mistake; a number out of its range, else nothing, else one of these. */
const TYPED: Readonly<Record<string, string>> = {
  host: '10.0.0.5 x',
  groupId: 'a/b',
  edgeNodeId: 'a+b',
  primaryHostId: 'a#b',
  furtherServers: 'a:b:c',
  deviceId: 'a/b',
  timeZone: 'Mars/Phobos',
  layoutFile: '/none/such.json',
  localAddress: '300.1.1.1',
  shard: '4/3',
  url: 'mqtt://10.0.0.5',
  path: 'telegraf',
  proxy: 'proxy:3128',
  token: 'two words',
  topic: 'a/+/b',
  clientId: 'x'.repeat(70_000),
  certificateFile: '/none/such.pem',
  keyFile: '/none/such.key',
  caFile: '/none/such.pem',
  identityFolder: '/none/such',
  csvFile: '/none/such.csv',
  influxMeasurement: '#x',
  tariff: '{"x":1}',
  alarmRules: '[{"metric":"no_such_metric"}]',
  deadbands: '{"nothing":{"absolute":1}}',
};

const wrongFor = (name: string, setting: Setting): string =>
  TYPED[name] ?? (setting.kind === 'number' ? String(setting.max + 1) : '');

/** Chosen from what is offered, or edited in places of their own, which other tests look at. */
const NOT_TYPED: readonly Setting['kind'][] = ['choice', 'choices', 'list', 'numbers', 'flag'];

const hasRule = ({ setting, isChecked, check }: Field): boolean =>
  isJudged(setting) || isChecked === true || check !== undefined;

/** Also without a mouse and with a screen reader: what axe-core says of every form with all its fields and sentences. */
describe('a wrong input of every field', function () {
  this.timeout(240_000);
  let red: NodeRed;
  let editor: Editor;

  before(async () => {
    red = await startNodeRed();
    editor = await Editor.open(red.url);
  });

  after(async () => {
    await (editor as Editor | undefined)?.close();
    await (red as NodeRed | undefined)?.stop();
  });

  const inputOf = (type: NodeType, name: string): string =>
    `#node-${FORMS[type].isConfig ? 'config-' : ''}input-${name}`;

  /** Chooses what shows a field. */
  async function showField(type: NodeType, { shownWhen = {}, usedWhen: [used = {}] = [] }: Field): Promise<void> {
    for (const [other, wanted] of Object.entries({ ...shownWhen, ...used })) {
      const input = editor.page.locator(inputOf(type, other));
      const { setting } = fieldsOf(type)[other] ?? {};
      if (setting?.kind === 'choices' && Array.isArray(wanted))
        await editor.page.locator(`[data-choices="${other}"] input[value="${String(wanted[0])}"]`).check();
      else if (wanted === 'filled') await input.fill('H');
      else if (setting?.kind === 'flag') await input.check();
      else if (setting?.kind === 'choice') {
        const option = 'not' in wanted ? setting.options.find(({ value }) => value !== wanted.not)?.value : wanted[0];
        await input.selectOption(String(option));
      } else await input.fill('2');
    }
  }

  for (const [type, [onCanvas, property]] of Object.entries(OPENED) as [
    keyof typeof OPENED,
    (typeof OPENED)[keyof typeof OPENED],
  ][]) {
    it(`of ${type} is answered by a sentence under it`, async () => {
      const [known] = await editor.nodeIds(onCanvas);
      const row = Object.keys(OPENED).indexOf(type);
      const id = known ?? (await editor.drag(onCanvas, 250, 60 + 60 * row));
      await editor.edit(id);
      if (property !== undefined) await editor.editConfiguration(property);
      await editor.unfold();
      const fields = settingsIn(fieldsOf(type)).filter(
        ([, field]) => hasRule(field) && field.isCustom !== true && !NOT_TYPED.includes(field.setting.kind),
      );
      for (const [name, field] of fields) {
        await showField(type, field);
        // A section may have been built only now.
        await editor.unfold();
        const complaint = editor.page.locator(`[data-complaint-of="${name}"]`);
        if (field.setting.kind !== 'node' && name !== 'mapping') {
          await editor.page.locator(inputOf(type, name)).fill(wrongFor(name, field.setting));
        }
        // The sentence of the browser may give way to that of the server while it is read.
        await waitFor(`a sentence under ${name}`, async () => {
          assert.match(await complaint.innerText({ timeout: 1000 }), /^\S.{8,}[^ ]\.$/s, name);
          const described = await editor.page.locator(inputOf(type, name)).getAttribute('aria-describedby');
          assert.equal(described, await complaint.getAttribute('id', { timeout: 1000 }), name);
          return true;
        });
      }
      const { problems } = await editor.inspectDialog();
      assert.deepEqual([...problems, ...(await findFaintWords(editor.page, ENOUGH_CONTRAST))], []);
      assert.deepEqual(await findBarriers(editor.page, '.red-ui-tray:last-of-type .pm500-form'), []);
      await editor.photograph(`complaints-${type}`);
      await editor.cancel();
    });
  }

  it('ends when it is right, and marks the node until then', async () => {
    const [id = ''] = await editor.nodeIds('pm500-normalize');
    const isValid = (): Promise<boolean> =>
      editor.page.evaluate<boolean>(`RED.nodes.node(${JSON.stringify(id)}).valid`);
    const zone = editor.page.locator('#node-input-timeZone');
    const complaint = editor.page.locator('[data-complaint-of="timeZone"]');
    await editor.edit(id);
    await editor.unfold();
    await editor.page.locator('[data-choices="kpis"] input[value="energy"]').check();
    await zone.fill('Mars/Phobos');
    await complaint.waitFor();
    await editor.accept();
    assert.equal(await isValid(), false);
    await editor.edit(id);
    await complaint.waitFor();
    assert.equal(await zone.isVisible(), true, 'its section is open');
    await zone.fill('Europe/Berlin');
    await complaint.waitFor({ state: 'detached' });
    await editor.accept();
    assert.equal(await isValid(), true);
  });

  it('left no complaint in the console of the browser', () => {
    assert.deepEqual(editor.complaints, []);
  });
});
