import assert from 'node:assert/strict';
import { isShown, settingsIn, type Field } from '../../nodes/shared/field';
import { fieldsOf, FORMS, type NodeType } from '../../nodes/shared/forms';
import { DIALOGS, GROUP, idOf, inputOf, type Dialog } from '../../testkit/node-red/dialogs';
import type { Editor } from '../../testkit/node-red/editor';
import { Keyboard } from '../../testkit/node-red/keyboard';
import { waitFor } from '../../testkit/wait';
import { dialogsOfSuite } from './dialogs-of-suite';

type Saved = Readonly<Record<string, unknown>>;

/** What is written into a field: of a number the second that there is. */
const writtenInto = (name: string, { setting }: Field): string =>
  setting.kind === 'number' ? String(Math.min(setting.min + 1, setting.max)) : `by-keys-${name}`;

/** From opening to Done nothing is pressed but keys, and what was typed is saved. */
describe('every dialog without a mouse', function () {
  this.timeout(240_000);
  let editor: Editor;
  let keys: Keyboard;
  dialogsOfSuite((opened) => {
    editor = opened;
    keys = new Keyboard(editor.page);
  });

  afterEach(() => editor.dismissAll());

  /** Node-RED's own ways: search for the node, and edit what is chosen. */
  async function openNode(type: NodeType): Promise<void> {
    const { page } = editor;
    await page.evaluate(
      `RED.view.select({ nodes: [RED.nodes.node(${JSON.stringify(idOf(type))})] }), RED.view.focus()`,
    );
    await keys.press('Enter');
    await editor.opened('#node-dialog-ok');
  }

  async function accept(isConfig: boolean): Promise<void> {
    const button = isConfig ? '#node-config-dialog-ok' : '#node-dialog-ok';
    await keys.reach(button, 'Shift+Tab');
    await keys.press('Enter');
    await editor.page.locator(button).waitFor({ state: 'detached' });
    if (isConfig) await editor.settle();
    else await editor.closed();
  }

  /** Opens every section by its heading. */
  async function unfold(): Promise<void> {
    const folded = '.pm500-form .pm500-fold:not([open]) > summary';
    // A section in which nothing counts is not shown.
    while ((await editor.page.locator(`${folded}:visible`).count()) > 0) {
      await keys.reach(folded);
      await keys.press('Enter');
    }
  }

  /** Writes, ticks or chooses in a field; gives what is to be saved, undefined where it is left as it is. */
  async function enter(type: NodeType, name: string, field: Field): Promise<unknown> {
    const input = inputOf(type, name);
    const { setting } = field;
    switch (setting.kind) {
      case 'number':
      case 'text':
      case 'secret':
        await keys.write(input, writtenInto(name, field));
        return writtenInto(name, field);
      case 'flag': {
        await keys.reach(input);
        await keys.press('Space');
        return !setting.default;
      }
      case 'choice': {
        const [, second = setting.options[0]] = setting.options;
        await keys.choose(input, String(second?.value));
        return String(second?.value);
      }
      case 'choices': {
        const other = setting.options.find(({ value }) => !setting.default.includes(value));
        await keys.reach(`[data-choices="${name}"] input[value="${other?.value}"]`);
        await keys.press('Space');
        return setting.options
          .map(({ value }) => value)
          .filter((value) => setting.default.includes(value) || value === other?.value);
      }
      case 'code':
        if (setting.language === 'jsonata') return undefined;
        await keys.write(input, '[1]');
        return '[1]';
      case 'node':
      case 'numbers':
      case 'list':
        return undefined;
    }
  }

  /** Fills every field that is shown; what a choice hides later is hidden for good. */
  async function fillAll({ type }: Dialog): Promise<Saved> {
    const entered: Record<string, unknown> = {};
    for (const [name, field] of settingsIn(fieldsOf(type))) {
      await unfold();
      if (field.isCustom === true) continue;
      const place = field.setting.kind === 'choices' ? `[data-choices="${name}"]` : inputOf(type, name);
      if (!(await editor.page.locator(place).isVisible())) continue;
      const value = await enter(type, name, field);
      if (value !== undefined) entered[name] = value;
    }
    return entered;
  }

  const savedIn = (id: string): Promise<Saved> =>
    editor.page.evaluate<Saved>(`(() => {
      const node = RED.nodes.node(${JSON.stringify(id)});
      return { ...Object.fromEntries(Object.keys(node._def.defaults).map((name) => [name, node[name]])), ...node.credentials };
    })()`);

  async function assertSaved(type: NodeType, id: string, entered: Saved): Promise<void> {
    const node = await savedIn(id);
    const valueOf = (name: string): unknown => node[name];
    for (const [name, value] of Object.entries(entered)) {
      const field = fieldsOf(type)[name];
      if (field !== undefined && isShown(field, valueOf)) assert.deepEqual(node[name], value, `${type}.${name}`);
    }
    assert.ok(Object.keys(entered).length > 0);
  }

  for (const dialog of DIALOGS) {
    const { type, onCanvas, property } = dialog;
    it(`saves what is typed into that of ${type}`, async () => {
      await openNode(onCanvas);
      if (property === undefined) {
        const entered = await fillAll(dialog);
        await accept(false);
        await assertSaved(type, idOf(type), entered);
        return;
      }
      const add = `#node-input-btn-${property}-add`;
      await keys.reach(add);
      await keys.press('Enter');
      await editor.opened('#node-config-dialog-ok');
      const entered = await fillAll(dialog);
      await accept(true);
      // Whoever comes back is where they were.
      await waitFor('the focus on the button that opened it', () => keys.isOn(add));
      const id = await editor.page.locator(inputOf(onCanvas, property)).inputValue();
      await accept(false);
      await assertSaved(type, id, entered);
      assert.ok(FORMS[type].isConfig);
      // Space opens it, too, and the key that cancels leaves nothing behind.
      await openNode(onCanvas);
      const edit = `#node-input-btn-${property}-edit`;
      await keys.reach(edit);
      await keys.press('Space');
      await editor.opened('#node-config-dialog-ok');
      await keys.press('Control+Escape');
      await waitFor('the focus on the button that opened it', () => keys.isOn(edit));
      await keys.press('Control+Escape');
      await editor.closed();
    });
  }

  it('gives a widget its group', async () => {
    await openNode('ui-pm500-phasor');
    await keys.choose('#node-input-group', GROUP);
    await accept(false);
    assert.equal((await savedIn(idOf('ui-pm500-phasor')))['group'], GROUP);
  });

  it('adds, moves and takes away meters of a list, and says where they are', async () => {
    const { page } = editor;
    const said = page.locator('#pm500-poll-fleet > [role=status]');
    const handle = (row: number): string => `li:nth-child(${row}) > .red-ui-editableList-item-handle`;
    const remove = (row: number): string => `li:nth-child(${row}) > .red-ui-editableList-item-remove`;
    await openNode('pm500-poll');
    await keys.choose('#node-input-source', 'list');
    for (const name of ['press', 'paint', 'saw']) {
      await keys.reach('.red-ui-editableList-addButton');
      await keys.press('Enter');
      // The new row has the focus.
      assert.ok(await keys.isOn('.pm500-entry [data-column=name]'), 'the name of the new row');
      await page.keyboard.type(name);
      await keys.press('Tab');
      await page.keyboard.type(`10.0.0.${name.length}`);
    }
    await keys.reach(handle(3), 'Shift+Tab');
    await keys.press('ArrowUp', 'ArrowUp', 'ArrowUp');
    assert.equal(await said.innerText(), 'saw is row 1 of 3.');
    assert.ok(await keys.isOn(handle(1)));
    await keys.press('ArrowDown');
    assert.equal(await said.innerText(), 'saw is row 2 of 3.');
    await keys.reach(remove(3));
    await keys.press('Enter');
    assert.equal(await said.innerText(), 'paint is removed.');
    await page.locator(remove(3)).waitFor({ state: 'detached' });
    assert.ok(await keys.isOn(remove(2)), 'the row before it');
    await keys.reach('li:nth-child(2) .pm500-entry button', 'Shift+Tab');
    await keys.press('Space');
    await keys.write('li:nth-child(2) [data-column=site]', 'steel-works');
    await accept(false);
    assert.deepEqual((await savedIn(idOf('pm500-poll')))['fleet'], [
      { name: 'press', host: '10.0.0.5' },
      { name: 'saw', host: '10.0.0.3', site: 'steel-works' },
    ]);
  });

  it('left no complaint in the console of the browser', () => {
    assert.deepEqual(editor.complaints, []);
  });
});
