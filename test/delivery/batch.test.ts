import assert from 'node:assert/strict';
import { cutBatch } from '../../src/delivery/batch';
import type { OutboxBatch } from '../../src/outbox/outbox';

const LIMITS = { records: 3, bytes: 10, flushMs: 0 };
const batchOf = (...payloads: readonly string[]): OutboxBatch => ({
  records: payloads.map((payload) => ({ payload, acceptedAt: 0 })),
  from: 7,
  to: 7 + payloads.length,
});

describe('batches', () => {
  it('are cut into requests within records and bytes, in order and without a gap', () => {
    const parts = cutBatch(batchOf('a', 'b', 'c', 'd', '12345', '123456', 'x'.repeat(20), 'e'), LIMITS, 9);
    assert.deepEqual(
      parts.map(({ records }) => records.map(({ payload }) => payload.slice(0, 6)).join()),
      ['a,b,c', 'd,12345', '123456', 'xxxxxx', 'e'],
    );
    let at = 7;
    for (const { from, to, records } of parts) {
      assert.deepEqual([from, to - from], [at, records.length]);
      at = to;
    }
    assert.equal(at, 15);
  });

  it('leave what is more than the requests that may be under way', () => {
    assert.deepEqual(
      cutBatch(batchOf('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), LIMITS, 2).map(({ to }) => to),
      [10, 13],
    );
    assert.deepEqual(cutBatch(batchOf(), LIMITS, 2), []);
  });
});
