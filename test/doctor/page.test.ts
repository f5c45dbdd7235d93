import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DOCTOR_CHECKS } from '../../src/doctor/checks';
import { ROOT } from '../../testkit/root';
import { NODE_ROWS_FILE, writeNodeRows } from '../../tools/doctor/node-rows';
import { DOCTOR_PAGE, writeDoctorPage } from '../../tools/doctor/page';

describe('docs/doctor.md', () => {
  it('is what the checks say now', () => {
    assert.equal(readFileSync(DOCTOR_PAGE, 'utf8'), writeDoctorPage(), 'run npx tsx tools/doctor/main.ts');
  });

  it('the settings of nodes that the doctor knows are those of the forms', async () => {
    assert.equal(readFileSync(NODE_ROWS_FILE, 'utf8'), await writeNodeRows(), 'run npx tsx tools/doctor/main.ts');
  });
});

describe('checks of the doctor', () => {
  it('are at least sixty, each with an id of its own', () => {
    const ids = DOCTOR_CHECKS.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(ids.length >= 60);
    for (const id of ids) assert.match(id, /^[a-z][a-z0-9-]*$/);
  });

  it('say what to do in one sentence, and where more is written', () => {
    for (const { id, title, remedy, looksAt, docs } of DOCTOR_CHECKS) {
      assert.match(remedy, /^\S.*\.$/, id);
      assert.doesNotMatch(`${title}${looksAt}`, /\.$/, id);
      assert.ok(docs.startsWith('docs/') && existsSync(join(ROOT, docs)), `${id}: ${docs}`);
    }
  });
});
