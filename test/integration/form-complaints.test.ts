import assert from 'node:assert/strict';
import { fieldsOf, type NodeType } from '../../nodes/shared/forms';
import { settingsIn, type Field } from '../../nodes/shared/field';
import { findBarriers } from '../../testkit/accessibility';
import { findFaintWords } from '../../testkit/contrast';
import { DIALOGS, GROUP, idOf, inputOf, type Dialog } from '../../testkit/node-red/dialogs';
import type { Editor } from '../../testkit/node-red/editor';
import { wrongInputOf } from '../../testkit/node-red/wrong-inputs';
import { shownWith } from '../../testkit/shown-with';
import { waitFor } from '../../testkit/wait';
import { dialogsOfSuite } from './dialogs-of-suite';

/** As in node-red-5.test.ts. */
const ENOUGH_CONTRAST = 3;

/** Also without a mouse and with a screen reader: what axe-core says of every form with all its fields and sentences. */
describe('a wrong input of every field', function () {
  this.timeout(240_000);
  let editor: Editor;
  dialogsOfSuite((opened) => (editor = opened));

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

  async function open({ onCanvas, property }: Dialog): Promise<void> {
    await editor.edit(idOf(onCanvas));
    if (property !== undefined) await editor.editConfiguration(property);
    await editor.unfold();
  }

  const complaintOf = (name: string) => editor.page.locator(`[data-complaint-of="${name}"]`);

  /** The sentence of the browser may give way to that of the server while it is read. */
  async function waitForSentence(type: NodeType, name: string): Promise<void> {
    await waitFor(`a sentence under ${name}`, async () => {
      assert.match(await complaintOf(name).innerText({ timeout: 1000 }), /^\S.{8,}[^ ]\.$/s, name);
      const input = editor.page.locator(inputOf(type, name));
      // What a script edits has inputs of its own.
      if ((await input.count()) === 0) return true;
      const described = await input.getAttribute('aria-describedby');
      assert.equal(described, await complaintOf(name).getAttribute('id', { timeout: 1000 }), name);
      return true;
    });
  }

  /** Does what is wrong as a person would; false where only a saved flow can have it. */
  async function makeWrong(type: NodeType, name: string, field: Field): Promise<boolean> {
    const { page } = editor;
    const { setting, isCustom = false } = field;
    const wrong = wrongInputOf(name, field);
    if (wrong.how === 'typed') {
      const asJson = page.locator(`[data-as-json="${name}"][aria-pressed="false"]`);
      if ((await asJson.count()) > 0) await asJson.click();
      const place = setting.kind === 'numbers' ? '[data-group]:visible' : inputOf(type, name);
      await page.locator(place).first().fill(wrong.text);
    } else if (wrong.how === 'left empty') {
      if (setting.kind === 'node') await page.locator(inputOf(type, name)).selectOption('_ADD_');
      if (setting.kind === 'choices') {
        const boxes = page.locator(
          `${isCustom ? `#${type}-${name}` : `[data-choices="${name}"]`} input[type=checkbox]`,
        );
        for (const box of await boxes.all()) await box.uncheck();
      }
      // JSONata stands empty in a dialog that was not opened before.
    } else return false;
    return true;
  }

  for (const dialog of DIALOGS) {
    const { type } = dialog;
    it(`of ${type} is answered by a sentence under it`, async () => {
      await open(dialog);
      for (const [name, field] of settingsIn(fieldsOf(type))) {
        await showField(type, field);
        // A section may have been built only now.
        await editor.unfold();
        if (await makeWrong(type, name, field)) await waitForSentence(type, name);
      }
      const { problems } = await editor.inspectDialog();
      assert.deepEqual([...problems, ...(await findFaintWords(editor.page, ENOUGH_CONTRAST))], []);
      assert.deepEqual(await findBarriers(editor.page, '.red-ui-tray:last-of-type .pm500-form'), []);
      await editor.photograph(`complaints-${type}`);
      await editor.cancel();
    });
  }

  it('that a saved flow has in place of a choice is answered, too', async () => {
    for (const dialog of DIALOGS.filter(({ property }) => property === undefined)) {
      const { type } = dialog;
      const id = JSON.stringify(idOf(type));
      const before = await editor.page.evaluate<string>(`JSON.stringify(RED.nodes.convertNode(RED.nodes.node(${id})))`);
      for (const [name, field] of settingsIn(fieldsOf(type))) {
        const wrong = wrongInputOf(name, field);
        if (wrong.how !== 'saved') continue;
        const saved = JSON.stringify({ ...shownWith(type, name), [name]: wrong.value });
        await editor.page.evaluate(`Object.assign(RED.nodes.node(${id}), ${saved})`);
        await open(dialog);
        await showField(type, { ...field, shownWhen: {} });
        await waitForSentence(type, name);
        await editor.cancel();
        // What the flow did not have is taken away again.
        await editor.page.evaluate(
          `((node, before) => Object.keys(node._def.defaults).forEach((name) => (node[name] = before[name])))(RED.nodes.node(${id}), ${before})`,
        );
      }
    }
  });

  it('in a row of the list of meters is answered by a sentence that names its column, and ends with the row', async () => {
    const { fleet } = fieldsOf('pm500-poll');
    assert.ok(fleet?.setting !== undefined);
    const wrong = wrongInputOf('fleet', fleet);
    assert.ok(wrong.how === 'in a row');
    await open({ type: 'pm500-poll', onCanvas: 'pm500-poll' });
    await editor.page.locator('#node-input-source').selectOption('list');
    await editor.page.locator('.red-ui-editableList-addButton').click();
    const row = editor.page.locator('.pm500-entry');
    await row.locator('button').click();
    const cell = (column: string) => row.locator(`[data-column="${column}"]`);
    const right = { name: 'press', host: '10.0.0.5' };
    for (const [column, value] of Object.entries(right)) await cell(column).fill(value);
    await complaintOf('fleet').waitFor({ state: 'detached' });
    for (const [column, value] of Object.entries(wrong.columns)) {
      // A list to choose from has nothing that is wrong.
      if ((await cell(column).evaluate((input) => input.tagName)) === 'SELECT') continue;
      await cell(column).fill(value);
      await complaintOf('fleet').waitFor();
      await cell(column).fill(Object.entries(right).find(([name]) => name === column)?.[1] ?? '');
      await complaintOf('fleet').waitFor({ state: 'detached' });
    }
    await cell('port').fill('70000');
    await complaintOf('fleet')
      .filter({ hasText: /port.*70000.*65535/ })
      .waitFor();
    await editor.page.locator('.red-ui-editableList-item-remove').click();
    await complaintOf('fleet').waitFor({ state: 'detached' });
    await editor.cancel();
  });

  it('of a widget is saved only when it is right: its group, the meter that it begins with, and what it shows', async () => {
    const { page } = editor;
    const id = idOf('ui-pm500-meter');
    const node = () =>
      page.evaluate<Readonly<Record<string, unknown>>>(
        `(({ valid, group, meter, parts, staleSeconds }) => ({ valid, group, meter, parts, staleSeconds }))(RED.nodes.node(${JSON.stringify(id)}))`,
      );
    await open({ type: 'ui-pm500-meter', onCanvas: 'ui-pm500-meter' });
    await page.locator('#node-input-group').selectOption('_ADD_');
    await page.locator('#node-input-staleSeconds').fill('0');
    await editor.accept();
    assert.equal((await node())['valid'], false);
    await open({ type: 'ui-pm500-meter', onCanvas: 'ui-pm500-meter' });
    await complaintOf('group').waitFor();
    await page.locator('#node-input-group').selectOption(GROUP);
    await page.locator('#node-input-staleSeconds').fill('90');
    await page.locator('#node-input-meter').fill('press-shop');
    await page.locator('[data-choices="parts"] input[value="energy"]').uncheck();
    for (const name of ['group', 'staleSeconds']) await complaintOf(name).waitFor({ state: 'detached' });
    await editor.accept();
    const parts = ['gauges', 'alarms', 'values'];
    assert.deepEqual(await node(), { valid: true, group: GROUP, meter: 'press-shop', parts, staleSeconds: '90' });
  });

  it('ends when it is right, and marks the node until then', async () => {
    const id = idOf('pm500-normalize');
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
