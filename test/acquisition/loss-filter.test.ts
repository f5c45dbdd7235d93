import assert from 'node:assert/strict';
import { LossFilter } from '../../src/acquisition/loss-filter';
import type { Reading } from '../../src/domain/reading';
import { seededRandom } from '../../src/support/random';
import { sampleReading } from '../support/readings';

function reading(failing: readonly number[]): Reading {
  const whole = sampleReading([101, 102], seededRandom(1));
  return {
    ...whole,
    blocks: whole.blocks.map((block) =>
      failing.includes(block.assembly)
        ? { ...block, values: {}, error: { code: 'ENIP_REPLY_TIMEOUT', message: 'no reply' } }
        : block,
    ),
  };
}

const assembliesOf = (passed: Reading | undefined): number[] | undefined =>
  passed?.blocks.map(({ assembly }) => assembly);

describe('LossFilter', () => {
  it('passes readings without loss as they are', () => {
    const filter = new LossFilter();
    const whole = reading([]);
    assert.equal(filter.pass(whole), whole);
    assert.equal(filter.isLosing, false);
  });

  it('tells the loss of a whole meter once, and again after it came back', () => {
    const filter = new LossFilter();
    assert.deepEqual(assembliesOf(filter.pass(reading([101, 102]))), [101, 102]);
    assert.equal(filter.pass(reading([101, 102])), undefined);
    assert.equal(filter.isLosing, true);
    assert.deepEqual(assembliesOf(filter.pass(reading([]))), [101, 102]);
    assert.deepEqual(assembliesOf(filter.pass(reading([101, 102]))), [101, 102]);
  });

  it('keeps delivering the assemblies that answer', () => {
    const filter = new LossFilter();
    assert.deepEqual(assembliesOf(filter.pass(reading([101]))), [101, 102]);
    assert.deepEqual(assembliesOf(filter.pass(reading([101]))), [102]);
    assert.deepEqual(assembliesOf(filter.pass(reading([]))), [101, 102]);
    assert.equal(filter.isLosing, false);
  });
});
