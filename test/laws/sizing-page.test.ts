import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { shareOf, sizingPage, SIZING_PAGE } from '../../tools/sizing/main';
import { MEASURED } from '../../tools/sizing/measured';

describe('docs/sizing.md', () => {
  it('is what was measured, and what the model of the database says now', () => {
    assert.equal(readFileSync(SIZING_PAGE, 'utf8'), sizingPage(), 'run npx tsx tools/sizing/main.ts');
  });

  it('says of a measured site what was measured', () => {
    const [site] = MEASURED.sites;
    assert.ok(site);
    const worst = Math.max(
      ...MEASURED.sites.filter(({ everySeconds }) => everySeconds === site.everySeconds).map(({ cycleMs }) => cycleMs),
    );
    assert.ok(
      Math.abs(shareOf(site.meters, site.everySeconds) - (site.meters * worst) / 1000 / site.everySeconds) < 1e-9,
    );
  });
});
