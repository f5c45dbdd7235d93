import assert from 'node:assert/strict';
import { keptReading, type Reading, type ReadingBlock } from '../../../src/domain/messages/reading';
import { seededRandom, type Random } from '../../../src/support/random';
import { pickOne } from '../../../testkit/pick-one';
import { sampleReading } from '../../../testkit/meters/readings';
import { spoil } from '../../../testkit/spoil';

/** One of the ways in which the next reading of a schedule differs from the one before. */
function oddBlock(block: ReadingBlock, random: Random): ReadingBlock {
  const { values } = block;
  const names = Object.keys(values);
  return pickOne(random, [
    block,
    { ...block, raw: '00ff' },
    { ...block, values: {}, error: { code: 'METER_SIZE_MISMATCH', message: 'silent' } },
    { ...block, values: Object.fromEntries(names.slice(1).map((name) => [name, values[name] ?? null])) },
    { ...block, values: { ...values, voltage_of_tomorrow: 1 } },
    { ...block, values: Object.fromEntries(names.map((name) => [name, null])) },
    { ...block, problems: Object.fromEntries(names.slice(0, 2).map((name) => [name, 'overload' as const])) },
    { ...block, provenance: Object.fromEntries(names.map((name) => [name, 'assumed' as const])) },
    { ...block, provenance: Object.freeze(Object.fromEntries(names.map((name) => [name, 'verified' as const]))) },
  ]);
}

function oddReading(random: Random): Reading {
  const reading = sampleReading([100, 107, 108], random, Math.floor(1e12 * (1 + random())));
  const blocks = reading.blocks.map((block) => oddBlock(block, random));
  return { ...reading, blocks: random() < 0.2 ? blocks.reverse() : blocks.slice(Math.floor(random() * 2)) };
}

describe('a kept reading', () => {
  it('is what came, over whatever was kept before, and stays so when a flow changes what came', () => {
    const random = seededRandom(20);
    let before: Reading | undefined;
    for (let count = 0; count < 2000; count++) {
      const reading = oddReading(random);
      const asItCame = structuredClone(reading);
      before = keptReading(reading, before);
      assert.deepEqual(before, asItCame);
      spoil(reading);
      assert.deepEqual(before, asItCame);
    }
  });
});
