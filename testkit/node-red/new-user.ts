import type { CountedClicks } from './counted-clicks';
import type { Editor } from './editor';
import { PACKAGE_NAME } from './node-red';

/** From an empty Node-RED to the values of the own meter. */
export const MOST_CLICKS = 12;

/** A meter that a person has before himself. */
export interface OwnMeter {
  /** The one that is there stays where absent. */
  readonly name?: string;
  readonly host: string;
  readonly port: number;
  /** Digits of its active power, as they stand in the form. */
  readonly shown: string;
}

/** Imports an example and shows its tab, as README says it. */
export async function importExample(editor: Editor, folder: string, name: string, tab: string): Promise<void> {
  const { page } = editor;
  await page.keyboard.press('ControlOrMeta+i');
  await page.locator('#red-ui-tab-red-ui-clipboard-dialog-import-tab-examples').click();
  const examples = page.locator('#red-ui-clipboard-dialog-import-tab-examples .red-ui-treeList-label:visible');
  for (const label of [PACKAGE_NAME, folder, name]) await examples.filter({ hasText: label }).first().click();
  await editor.untilTold(() => page.locator('#red-ui-clipboard-dialog-ok').click());
  await editor.showTab(tab);
}

/** Opens the meter of a poll node and asks for the values of the own one; ends with its form open and the values in it. */
export async function showValuesOf(
  editor: Editor,
  clicks: CountedClicks,
  poll: string,
  { name, host, port, shown }: OwnMeter,
): Promise<void> {
  const { page } = editor;
  await editor.edit(poll);
  await editor.editConfiguration('meter');
  if (name !== undefined) await clicks.type(page.locator('#node-config-input-name'), name);
  await clicks.type(page.locator('#node-config-input-host'), host);
  await clicks.type(page.locator('#node-config-input-port'), String(port));
  await page.locator('#pm500-meter-connection .pm500-live-button').click();
  const row = page.locator('.pm500-live tr[title="active_power_total"]');
  await row.filter({ hasText: shown }).waitFor();
}
