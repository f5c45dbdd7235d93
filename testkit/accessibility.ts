import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const AXE = createRequire(__filename).resolve('axe-core/axe.min.js');

/**
 * What axe-core finds wrong for people who use a screen reader, a keyboard, or little contrast: a line for each rule, with
 * the first elements.
 * @param within selector of what is looked at
 */
export async function findBarriers(page: Page, within: string): Promise<readonly string[]> {
  if (!(await page.evaluate<boolean>(`typeof axe !== 'undefined'`))) await page.evaluate(readFileSync(AXE, 'utf8'));
  return page.evaluate<readonly string[]>(`axe.run(${JSON.stringify(within)}).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(({ html }) => html.slice(0, 200)).join(' | ')))`);
}
