import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROOF } from './proofs';
import { ROOT } from '../../../testkit/root';
import { ROWS, TABLE_FILE, renderTable, requirementIds } from './table';

/** Titles as the source has them: quotes escaped or not. */
function hasTest(file: string, title: string): boolean {
  const source = readFileSync(join(ROOT, file), 'utf8').replaceAll("\\'", "'");
  const start = `(['"\`])${title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`;
  return new RegExp(`\\bit\\(\\s*${start}`).test(source);
}

describe('table of Sparkplug requirements', () => {
  it('has every id once, and no other', () => {
    const known = requirementIds();
    const listed = ROWS.flatMap(({ ids }) => ids);
    assert.equal(new Set(known).size, known.length);
    assert.deepEqual([...listed].sort(), [...known].sort());
  });

  it('names a file and a test for each requirement, or says why it has none', () => {
    for (const { ids, files, proofs, remark } of ROWS) {
      const isFulfilled = files.length > 0 && proofs.length > 0;
      assert.ok(isFulfilled || (files.length === 0 && proofs.length === 0 && (remark ?? '') !== ''), ids.join(' '));
    }
  });

  it('names files that exist and tests that are in them', () => {
    for (const { ids, files, proofs } of ROWS) {
      for (const file of files) assert.ok(existsSync(join(ROOT, file)), `${ids.join(' ')}: ${file}`);
      for (const { file, title } of proofs) assert.ok(hasTest(file, title), `${file} has no test "${title}"`);
    }
    const used = new Set(ROWS.flatMap(({ proofs }) => proofs));
    const unused = Object.entries(PROOF).filter(([, proof]) => !used.has(proof));
    assert.deepEqual(unused, []);
  });

  it('is the page that people read', async function () {
    this.timeout(60_000);
    const page = readFileSync(join(ROOT, TABLE_FILE), 'utf8');
    assert.equal(page, await renderTable(), `run npx tsx test/sparkplug/requirements/write.ts to write ${TABLE_FILE}`);
  });
});
