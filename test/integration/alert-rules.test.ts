import assert from 'node:assert/strict';
import { alertRules } from '../../tools/alerts/rules';
import { EVERY_SECONDS, vmalertFile } from '../../tools/alerts/vmalert';
import { testRules, type Expectation } from '../../testkit/servers/promtool';
import { ALERT_CASES } from '../deploy/alert-cases';

/** Long after the last sample of every case. */
const END = 3 * 3600;

describe('alert rules, evaluated by Prometheus', () => {
  for (const rule of alertRules()) {
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
