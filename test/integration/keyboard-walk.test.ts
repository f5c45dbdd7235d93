import assert from 'node:assert/strict';
import { settingsIn } from '../../nodes/shared/field';
import { fieldsOf } from '../../nodes/shared/forms';
import { DIALOGS, idOf, inputOf, type Dialog } from '../../testkit/node-red/dialogs';
import type { Editor } from '../../testkit/node-red/editor';
import { Keyboard } from '../../testkit/node-red/keyboard';
import { dialogsOfSuite } from './dialogs-of-suite';

const NO_FAULTS = { unreached: [], unseen: [], outOfOrder: [] };

/** Choices that other fields of a form depend on, with what can be chosen. */
function turnsOf({ type }: Dialog): readonly (readonly [name: string, value: string])[] {
  const fields = settingsIn(fieldsOf(type));
  const causes = new Set(fields.flatMap(([, { shownWhen = {} }]) => Object.keys(shownWhen)));
  return fields.flatMap(([name, { setting }]) =>
    causes.has(name) && setting.kind === 'choice'
      ? setting.options.map(({ value }) => [name, String(value)] as const)
      : [],
  );
}

/** Whoever has no mouse comes to everything that can be pressed or typed into, sees where they are, and comes out again. */
describe('Tab in every dialog', function () {
  this.timeout(240_000);
  let editor: Editor;
  let keys: Keyboard;
  dialogsOfSuite((opened) => {
    editor = opened;
    keys = new Keyboard(editor.page);
  });

  afterEach(() => editor.dismissAll());

  for (const dialog of DIALOGS) {
    const { type, onCanvas, property } = dialog;
    it(`reaches everything in that of ${type}, in the order in which it is read`, async () => {
      await editor.edit(idOf(onCanvas));
      if (property !== undefined) await editor.editConfiguration(property);
      await editor.unfold();
      // What is shown only beside something that is on.
      for (const box of await editor.page
        .locator('.red-ui-tray')
        .last()
        .locator('.pm500-form input[type=checkbox]')
        .all())
        if (await box.isVisible()) await box.check();
      await editor.unfold();
      assert.deepEqual(await keys.walk(), NO_FAULTS);
      for (const [name, value] of turnsOf(dialog)) {
        await editor.page.locator(inputOf(type, name)).selectOption(value);
        await editor.unfold();
        assert.deepEqual(await keys.walk(), NO_FAULTS, `${name} ${value}`);
      }
      await editor.cancel();
    });
  }

  it('left no complaint in the console of the browser', () => {
    assert.deepEqual(editor.complaints, []);
  });
});
