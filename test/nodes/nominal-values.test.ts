import assert from 'node:assert/strict';
import { FakeClock } from '../../testkit/fake-clock';
import { confirmedReading, NormalizeBench } from '../../testkit/meters/normalize-bench';
import { READ_AT } from '../../testkit/meters/readings';

const SUPPLY = { voltage_l1_n: 231, voltage_l2_n: 230, voltage_l3_n: 232, frequency: 50 };

/** What a node has said in the log after two minutes on a supply of 231 V and 50 Hz. */
async function warningsOf(properties: object): Promise<readonly unknown[]> {
  const clock = new FakeClock(READ_AT);
  const bench = new NormalizeBench(properties, clock);
  for (let second = 0; second < 120; second++) {
    await clock.advance(1000);
    await bench.accept(confirmedReading([101, 102, 103], clock.now(), SUPPLY));
  }
  await bench.close();
  return bench.node.warnings;
}

describe('the nominal values of pm500-normalize', () => {
  it('are doubted once in the log when the meter measures another supply', async () => {
    const warnings = await warningsOf({ defaultAlarms: true, nominalVolts: 277, nominalHertz: '60' });
    assert.equal(warnings.length, 1);
    assert.match(String(warnings[0]), /231 V and 50\.0 Hz measured .* 277 V and 60 Hz/);
  });

  it('are not doubted when they are right, nor when nothing is judged by them', async () => {
    assert.deepEqual(await warningsOf({ defaultAlarms: true, nominalVolts: 230, nominalHertz: '50' }), []);
    assert.deepEqual(await warningsOf({ defaultAlarms: false, nominalVolts: 277, nominalHertz: '60' }), []);
  });
});
