import assert from 'node:assert/strict';
import { RULES_SHAPE } from '../../src/domain/alarms/rule-shape';
import { TARIFF_SHAPE } from '../../src/domain/tariff/tariff-shape';
import { findBarriers } from '../../testkit/accessibility';
import { findFaintWords } from '../../testkit/contrast';
import { idOf } from '../../testkit/node-red/dialogs';
import type { Editor } from '../../testkit/node-red/editor';
import { Keyboard } from '../../testkit/node-red/keyboard';
import { dialogsOfSuite } from './dialogs-of-suite';

/** As in node-red-5.test.ts. */
const ENOUGH_CONTRAST = 3;

const ID = idOf('pm500-normalize');

describe('tariff and alarm rules in rows', function () {
  this.timeout(240_000);
  let editor: Editor;
  dialogsOfSuite((opened) => (editor = opened));

  afterEach(() => editor.dismissAll());

  const rowsOf = (field: string, list: string) =>
    editor.page.locator(`[data-rows="${field}"] [data-list="${list}"] .pm500-row`);
  const cell = (field: string, list: string, row: number, member: string) =>
    rowsOf(field, list).nth(row).locator(`[data-member="${member}"]`);
  const complaintOf = (path: string) => editor.page.locator(`[data-complaint-of="${path}"]`);
  const savedAs = (name: string): Promise<unknown> =>
    editor.page.evaluate(`RED.nodes.node(${JSON.stringify(ID)})[${JSON.stringify(name)}]`);

  /** Opens the dialog of a node that a flow has saved so. */
  async function open(saved: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await editor.page.evaluate(
      `Object.assign(RED.nodes.node(${JSON.stringify(ID)}), ${JSON.stringify({ kpis: ['cost'], ...saved })})`,
    );
    await editor.edit(ID);
    await editor.unfold();
  }

  it('begin with an example, and are shown as JSON and back', async () => {
    const { page } = editor;
    await open({ tariff: '', alarmRules: '' });
    assert.equal(await page.locator('#node-input-tariff').isVisible(), false);
    await complaintOf('tariff').waitFor();
    await page.locator('[data-example="tariff"]').click();
    await complaintOf('tariff').waitFor({ state: 'detached' });
    assert.equal(await page.locator('[data-example="tariff"]').isVisible(), false, 'it would write over it');
    assert.equal(await rowsOf('tariff', 'periods').count(), 3);
    assert.equal(await cell('tariff', 'rules', 1, 'period').locator('select').inputValue(), 'peak');
    assert.equal(await cell('tariff', 'rules', 1, 'days').locator('input:checked').count(), 5);
    await page.locator('[data-example="alarmRules"]').click();
    await cell('alarmRules', '', 0, 'condition').locator('select').selectOption('outside');
    await cell('alarmRules', '', 0, 'low').locator('input').fill('207');
    await cell('alarmRules', '', 0, 'high').locator('input').fill('253');
    // What the condition does not use is said, and can be taken out.
    await complaintOf('alarmRules[0].limit').filter({ hasText: '"outside" does not use it' }).waitFor();
    assert.equal(await complaintOf('alarmRules').count(), 0, 'once is enough');
    await cell('alarmRules', '', 0, 'limit').locator('input').fill('');
    await complaintOf('alarmRules[0].limit').waitFor({ state: 'detached' });
    assert.equal(await cell('alarmRules', '', 0, 'limit').isVisible(), false);
    await page.locator('[data-as-json="tariff"]').click();
    const text = page.locator('#node-input-tariff');
    assert.deepEqual(JSON.parse(await text.inputValue()), TARIFF_SHAPE.example);
    await text.fill((await text.inputValue()).replace('"EUR"', '"CHF"'));
    await page.locator('[data-as-json="tariff"]').click();
    assert.equal(await page.locator('[data-rows="tariff"] [data-member="currency"] input').inputValue(), 'CHF');
    await editor.photograph('rows-of-a-tariff');
    const { problems } = await editor.inspectDialog();
    assert.deepEqual([...problems, ...(await findFaintWords(page, ENOUGH_CONTRAST))], []);
    assert.deepEqual(await findBarriers(page, '.red-ui-tray:last-of-type .pm500-form'), []);
    assert.deepEqual(await editor.findOverflow(), []);
    const walked = await new Keyboard(page).walk();
    assert.deepEqual(walked, { unreached: [], unseen: [], outOfOrder: [] });
    await page.locator('[data-rows="alarmRules"]').scrollIntoViewIfNeeded();
    await editor.photograph('rows-of-alarms');
    await editor.accept();
    assert.deepEqual(JSON.parse(String(await savedAs('tariff'))), {
      ...(TARIFF_SHAPE.example as object),
      currency: 'CHF',
    });
    const [rule] = structuredClone(RULES_SHAPE.example) as [Record<string, unknown>];
    Reflect.deleteProperty(rule, 'limit');
    assert.deepEqual(JSON.parse(String(await savedAs('alarmRules'))), [
      { ...rule, condition: 'outside', low: 207, high: 253 },
    ]);
  });

  it('say at a row and its member what the runtime refuses, each until it is right', async () => {
    await open({ tariff: JSON.stringify(TARIFF_SHAPE.example), alarmRules: '[{"id":"A"},{"id":"b"}]' });
    for (const [path, row, member] of [
      ['alarmRules[0].id', 0, 'id'],
      ['alarmRules[1].metric', 1, 'metric'],
    ] as const) {
      await complaintOf(path).waitFor();
      const input = cell('alarmRules', '', row, member).locator('input');
      assert.equal(await input.getAttribute('aria-invalid'), 'true');
      assert.equal(await input.getAttribute('aria-describedby'), await complaintOf(path).getAttribute('id'));
      assert.equal(await rowsOf('alarmRules', '').nth(row).locator('.pm500-complaint').count(), 1);
    }
    await cell('tariff', 'periods', 1, 'pricePerKwh').locator('input').fill('0,22');
    await complaintOf('tariff.periods[1].pricePerKwh').filter({ hasText: '"0,22", expected a number' }).waitFor();
    await editor.photograph('rows-complaints');
    await cell('tariff', 'periods', 1, 'pricePerKwh').locator('input').fill('0.22');
    await complaintOf('tariff.periods[1].pricePerKwh').waitFor({ state: 'detached' });
    // A name that is another one now is missed where it was used.
    await cell('tariff', 'periods', 2, 'name').locator('input').fill('low');
    await complaintOf('tariff.rules[0].period').waitFor();
    await cell('tariff', 'rules', 0, 'period').locator('select').selectOption('low');
    await complaintOf('tariff.rules[0].period').waitFor({ state: 'detached' });
    await editor.cancel();
  });

  it('keep what was saved, to the character where nobody changes it, and what no row shows where somebody does', async () => {
    const alarmRules = '[ {"id":"a","metric":"frequency","condition":"above","limit":50.5,"provenance":"assumed"} ]';
    await open({ tariff: 'tariffs/plant.json', alarmRules });
    await editor.accept();
    assert.deepEqual([await savedAs('tariff'), await savedAs('alarmRules')], ['tariffs/plant.json', alarmRules]);
    await open();
    const text = editor.page.locator('#node-input-tariff');
    assert.equal(await text.isVisible(), true, 'a path is no rows');
    await editor.page.locator('[data-as-json="tariff"]').click();
    await editor.page.locator('[data-said-of="tariff"]').filter({ hasText: 'No rows' }).waitFor();
    assert.equal(await text.inputValue(), 'tariffs/plant.json');
    await cell('alarmRules', '', 0, 'limit').locator('input').fill('51');
    await editor.accept();
    assert.deepEqual(JSON.parse(String(await savedAs('alarmRules'))), [
      { id: 'a', metric: 'frequency', condition: 'above', limit: 51, provenance: 'assumed' },
    ]);
  });

  it('are added, moved and taken away by keys alone', async () => {
    const keys = new Keyboard(editor.page);
    await open({ tariff: JSON.stringify(TARIFF_SHAPE.example), alarmRules: '' });
    const list = '[data-rows="alarmRules"]';
    const said = editor.page.locator(`${list} [data-list=""] > [role=status]`);
    for (const id of ['first', 'second']) {
      await keys.reach(`${list} .red-ui-editableList-addButton`);
      await keys.press('Enter');
      assert.ok(await keys.isOn(`${list} [data-member=id] input`), 'the id of the new row');
      await editor.page.keyboard.type(id);
      await keys.press('Tab');
      await editor.page.keyboard.type('frequency');
      // The list of names that a browser offers would take the next key.
      await keys.press('Escape');
      await keys.write(`${list} li:last-child [data-member=limit] input`, '51');
    }
    await keys.reach(`${list} li:nth-child(2) > .red-ui-editableList-item-handle`, 'Shift+Tab');
    await keys.press('ArrowUp');
    assert.equal(await said.innerText(), 'second is row 1 of 2.');
    await keys.reach(`${list} li:nth-child(2) > .red-ui-editableList-item-remove`);
    await keys.press('Enter');
    assert.equal(await said.innerText(), 'first is removed.');
    await editor.page.locator(`${list} li:nth-child(2)`).waitFor({ state: 'detached' });
    await editor.accept();
    assert.deepEqual(JSON.parse(String(await savedAs('alarmRules'))), [
      { condition: 'above', id: 'second', metric: 'frequency', limit: 51 },
    ]);
  });

  it('left no complaint in the console of the browser', () => {
    assert.deepEqual(editor.complaints, []);
  });
});
