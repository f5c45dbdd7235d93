import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { alertFiles } from '../../tools/alerts/main';
import { runbookOf } from '../../tools/alerts/rule';
import { alertRules } from '../../tools/alerts/rules';
import { EVERY_SECONDS, vmalertFile } from '../../tools/alerts/vmalert';
import { ROOT } from '../../testkit/root';
import { testRules, type Expectation } from '../../testkit/servers/promtool';
import { ALERT_CASES } from './alert-cases';

const RULES = alertRules();
const FILE = vmalertFile(RULES);
/** Long after the last sample of every case. */
const END = 3 * 3600;

describe('alert rules', () => {
  it('the files are those that the rules and the tables give', () => {
    for (const [path, text] of alertFiles()) {
      assert.equal(readFileSync(join(ROOT, path), 'utf8'), text, `${path} is old; run npx tsx tools/alerts/main.ts`);
    }
  });

  it('every alert has a case, and every case an alert', () => {
    assert.deepEqual(Object.keys(ALERT_CASES).sort(), RULES.map(({ id }) => id).sort());
  });

  it('every alert has a runbook, and every runbook an alert', () => {
    const wanted = [...RULES.map((rule) => runbookOf(rule)), 'watchdog.md', 'README.md'];
    assert.deepEqual(readdirSync(join(ROOT, 'docs/runbooks')).sort(), wanted.sort());
  });

  it('what an alert silences is an alert, and links lead somewhere', () => {
    const ids = new Set(RULES.map(({ id }) => id));
    for (const { inhibits = [] } of RULES) for (const id of inhibits) assert.ok(ids.has(id), id);
    for (const [, link] of FILE.matchAll(/runbook_url: (\S+)/g)) assert.ok(existsSync(join(ROOT, link ?? '')), link);
  });

  for (const rule of RULES) {
    const { id, forSeconds } = rule;
    const { holds, from, until, slack = 0, clearedBy = until, spares, count = 1 } = ALERT_CASES[id]!;
    const file = vmalertFile([rule]);
    it(`${id} fires after its delay and not before, and is over when its cause is`, () => {
      // An alert begins to wait at the first evaluation at which it holds.
      const early: Expectation = { at: from + Math.max(0, forSeconds - EVERY_SECONDS) - EVERY_SECONDS, firing: 0 };
      const fires: Expectation = { at: from + forSeconds + slack + EVERY_SECONDS, firing: count };
      const over: readonly Expectation[] = Number.isFinite(until)
        ? [
            { at: until - EVERY_SECONDS, firing: count },
            { at: clearedBy + 2 * EVERY_SECONDS, firing: 0 },
          ]
        : [];
      assert.equal(testRules(file, id, holds, [early, fires, ...over]), '');
    });
    for (const [name, series] of Object.entries(spares)) {
      it(`${id} stays silent: ${name}`, () => {
        const times = Array.from({ length: 36 }, (_, index) => ({ at: (index + 1) * (END / 36), firing: 0 }));
        assert.equal(testRules(file, id, series, times), '');
      });
    }
  }
});
