import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOSS_CAUSES } from '../../src/delivery/stats';
import { alertFiles } from '../../tools/alerts/main';
import { slugOf } from '../../tools/alerts/rule';
import { alertRules } from '../../tools/alerts/rules';
import { vmalertFile } from '../../tools/alerts/vmalert';
import { ROOT } from '../../testkit/root';
import { ALERT_CASES } from '../deploy/alert-cases';

const RULES = alertRules();
const FILE = vmalertFile(RULES);

describe('laws of alert rules', () => {
  it('the files are those that the rules and the tables give', () => {
    for (const [path, text] of alertFiles()) {
      assert.equal(readFileSync(join(ROOT, path), 'utf8'), text, `${path} is old; run npx tsx tools/alerts/main.ts`);
    }
  });

  it('every alert has a case, and every case an alert', () => {
    assert.deepEqual(Object.keys(ALERT_CASES).sort(), RULES.map(({ id }) => id).sort());
  });

  it('every alert has a runbook, and every runbook an alert', () => {
    const wanted = [...RULES.map((rule) => slugOf(rule)), 'watchdog', 'README'].map((name) => `${name}.md`);
    assert.deepEqual(readdirSync(join(ROOT, 'docs/runbooks')).sort(), wanted.sort());
  });

  it('the runbook of lost records says what each cause means', () => {
    const runbook = readFileSync(join(ROOT, 'docs/runbooks/records-lost.md'), 'utf8');
    for (const cause of LOSS_CAUSES) assert.ok(runbook.includes(`\`${cause}\``), cause);
  });

  it('what an alert silences is an alert, and links lead somewhere', () => {
    const ids = new Set(RULES.map(({ id }) => id));
    for (const { inhibits = [] } of RULES) for (const id of inhibits) assert.ok(ids.has(id), id);
    for (const [, link] of FILE.matchAll(/runbook_url: (\S+)/g)) assert.ok(existsSync(join(ROOT, link ?? '')), link);
  });
});
