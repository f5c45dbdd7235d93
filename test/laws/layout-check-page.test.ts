import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PM500 } from '../../src/meters/pm500';
import { ROOT } from '../../testkit/root';

describe('docs/layout-check.md', () => {
  it('names every layout of the energy counters that can be taken, and no other', () => {
    const page = readFileSync(join(ROOT, 'docs/layout-check.md'), 'utf8');
    const table = page.slice(page.indexOf('| name '), page.indexOf('The check reads the bytes'));
    const named = [...table.matchAll(/`([a-z0-9-]+)`/g)].map(([, name]) => name).sort();
    assert.deepEqual(named, PM500.energy.candidates.map(({ name }) => name).sort());
  });
});
