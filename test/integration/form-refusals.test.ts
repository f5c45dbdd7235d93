import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { idOf } from '../../testkit/node-red/dialogs';
import type { Editor } from '../../testkit/node-red/editor';
import { temporaryFolder } from '../../testkit/temporary-folder';
import { dialogsOfSuite } from './dialogs-of-suite';

/** What a person may who may look at everything and change flows, but have nothing sent to a meter or a server. */
const LOOKING = ['read', 'flows.write'];

describe('a meter list with a row that is wrong', function () {
  this.timeout(180_000);
  let editor: Editor;
  dialogsOfSuite((opened) => (editor = opened));

  const complaint = () => editor.page.locator('[data-complaint-of="fleetFile"]');

  it('is named in the dialog with the row and what is wrong with it, until the file is right', async () => {
    const list = join(temporaryFolder('meter-list'), 'meters.csv');
    const write = (...rows: readonly string[]): void => {
      writeFileSync(list, `${['name,host,port', ...rows].join('\n')}\n`);
    };
    await editor.edit(idOf('pm500-poll'));
    await editor.page.locator('#node-input-source').selectOption('file');
    const file = editor.page.locator('#node-input-fleetFile');
    const judgeAgain = async (): Promise<void> => {
      await file.fill('');
      await file.fill(list);
    };
    write('press,10.0.0.5,44818', 'paint,10.0.0.6 x,44818');
    await judgeAgain();
    await complaint()
      .filter({ hasText: /"paint".*10\.0\.0\.6 x.*neither an address nor a name/s })
      .waitFor();
    write('press,10.0.0.5,44818', 'paint,10.0.0.6,70000');
    await judgeAgain();
    await complaint()
      .filter({ hasText: /(paint|line 3|row 2).*70000/s })
      .waitFor();
    write('press,10.0.0.5,44818', 'press,10.0.0.6,44818');
    await judgeAgain();
    await complaint().filter({ hasText: 'press' }).waitFor();
    await editor.photograph('complaint-meter-list');
    write('press,10.0.0.5,44818', 'paint,10.0.0.6,44818');
    await judgeAgain();
    await complaint().waitFor({ state: 'detached' });
    await editor.cancel();
  });

  it('left no complaint in the console of the browser', () => {
    assert.deepEqual(editor.complaints, []);
  });
});

describe('a button that sends something', function () {
  this.timeout(180_000);
  let editor: Editor;
  dialogsOfSuite((opened) => (editor = opened), {
    adminAuth: { type: 'credentials', users: [], default: { permissions: LOOKING } },
  });

  for (const [onCanvas, property, place, button] of [
    ['pm500-poll', 'meter', '#pm500-meter-connection', '.pm500-test'],
    ['pm500-poll', 'meter', '#pm500-meter-connection', '.pm500-live-button'],
    ['influx-out', 'target', '#influx-target-connection', '.pm500-test'],
    ['sparkplug-out', 'edge', '#sparkplug-edge-connection', '.pm500-test'],
    ['iot-out', 'target', '#iot-target-connection', '.pm500-test'],
  ] as const) {
    it(`says beside it which permission is missing: ${button} of ${place}`, async () => {
      const { page } = editor;
      await editor.edit(idOf(onCanvas));
      await editor.editConfiguration(property);
      await editor.unfold();
      if (property === 'meter') await page.locator('#node-config-input-host').fill('127.0.0.1');
      await page.locator(`${place} ${button}`).click();
      await page
        .locator(place)
        .filter({ hasText: /You may not do this here; ask for the permissions? .*pm500\./ })
        .waitFor();
      // It can be pressed again once somebody has given it.
      assert.notEqual(await page.locator(`${place} ${button}`).getAttribute('aria-disabled'), 'true');
      await editor.photograph(`forbidden-${onCanvas}`);
      await editor.cancel();
    });
  }

  it('left nothing in the console of the browser but the refusals', () => {
    assert.deepEqual(
      editor.complaints.filter((complaint) => !/status of 40[13]/.test(complaint)),
      [],
    );
  });
});
