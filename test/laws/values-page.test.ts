import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { VALUES_PAGE, valuesPage } from '../../tools/values/main';
import { CATALOG } from '../../src/metrics/catalog';

describe('docs/values.md', () => {
  it('is what the meter table says now', () => {
    assert.equal(readFileSync(VALUES_PAGE, 'utf8'), valuesPage(), 'run npx tsx tools/values/main.ts');
  });

  it('tells of every metric of the catalog where it comes from', () => {
    for (const { name } of CATALOG) {
      const line = valuesPage()
        .split('\n')
        .find((candidate) => candidate.startsWith(`| \`${name}\` |`));
      assert.match(line ?? '', /element \d+|3\d{5} \(/, name);
    }
  });
});
