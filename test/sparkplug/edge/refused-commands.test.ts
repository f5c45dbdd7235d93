import assert from 'node:assert/strict';
import { readCommand } from '../../../src/sparkplug/edge/command';
import { encodePayload } from '../../../src/sparkplug/codec/payload';
import { RefusalLimit } from '../../../src/sparkplug/edge/refusal-limit';

describe('Sparkplug commands that are refused', () => {
  it('make one short sentence, however many metrics one message has', () => {
    const metrics = Array.from({ length: 20_000 }, (_, index) => {
      return { name: `Hostile/${index}/${'x'.repeat(200)}`, type: 'Int32', value: index } as const;
    });
    const { refusals, warnings } = readCommand(encodePayload({ metrics }), false);
    assert.equal(refusals, 20_000);
    assert.equal(warnings.length, 1);
    assert.ok((warnings[0] ?? '').length < 400);
    assert.match(warnings[0] ?? '', /"Hostile\/0\/x+", .* and 19997 more cannot be written; commands here: /);
  });

  it('are told of five times a minute, then in numbers', () => {
    const limit = new RefusalLimit();
    const said = Array.from({ length: 1000 }, (_, index) => limit.tell([`no ${index}`], 1000 + index)).flat();
    assert.deepEqual(said, ['no 0', 'no 1', 'no 2', 'no 3', 'no 4']);
    assert.deepEqual(limit.tell(['again'], 61_000), [
      'Sparkplug NCMD refused: 995 more since the last such sentence.',
      'again',
    ]);
    assert.deepEqual(limit.tell(['after a step of the clock'], 5), ['after a step of the clock']);
  });
});
