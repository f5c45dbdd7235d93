import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { PM500 } from '../../src/meters/pm500';
import { LAYOUT_CHECK_PAGE, layoutCheckPage } from '../../tools/layout-check/main';

describe('docs/layout-check.md', () => {
  it('has the tolerances that the check has now', () => {
    assert.equal(readFileSync(LAYOUT_CHECK_PAGE, 'utf8'), layoutCheckPage(), 'run npx tsx tools/layout-check/main.ts');
  });

  it('names every layout of the energy counters that can be taken, and no other', () => {
    const page = readFileSync(LAYOUT_CHECK_PAGE, 'utf8');
    const table = page.slice(page.indexOf('| name '), page.indexOf('The check reads the bytes'));
    const named = [...table.matchAll(/`([a-z0-9-]+)`/g)].map(([, name]) => name).sort();
    assert.deepEqual(named, PM500.energy.candidates.map(({ name }) => name).sort());
  });
});
