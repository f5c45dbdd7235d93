import type { AxeResults } from 'axe-core';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const AXE = createRequire(__filename).resolve('axe-core/axe.min.js');
/** Elements that one line shows. */
const MOST_SHOWN = 3;

/** Resolves when nothing moves or fades any more: in between there are colors that nobody has chosen. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(`Promise.all(document.getAnimations()
    .filter(({ effect }) => effect?.getComputedTiming().iterations !== Infinity)
    .map(({ finished }) => finished.catch(() => undefined))).then(() => undefined)`);
}

/**
 * What axe-core finds wrong for people who use a screen reader, a keyboard, or little contrast: a line for each rule, with
 * the first elements.
 * @param within selector of what is looked at
 */
export async function findBarriers(page: Page, within: string): Promise<readonly string[]> {
  if (!(await page.evaluate<boolean>(`typeof axe !== 'undefined'`))) await page.evaluate(readFileSync(AXE, 'utf8'));
  await page.locator(within).first().waitFor({ state: 'attached' });
  await settled(page);
  const { violations } = await page.evaluate<Pick<AxeResults, 'violations'>>(
    `axe.run(${JSON.stringify(within)}).then(({ violations }) => ({ violations }))`,
  );
  return violations.map(({ id, nodes }) => {
    const shown = nodes.slice(0, MOST_SHOWN).map(({ html }) => html);
    return `${id}: ${shown.join(' | ')}`;
  });
}
