import assert from 'node:assert/strict';
import { MemoryOutbox } from '../../src/outbox/memory';
import { FakeClock } from '../../testkit/fake-clock';

describe('memory outbox', () => {
  it('says that it is not durable', () => {
    assert.equal(new MemoryOutbox({ maximumBytes: 1 }, new FakeClock()).stats().durable, false);
  });

  it('applies new limits at once', async () => {
    const outbox = new MemoryOutbox({ maximumBytes: 100 }, new FakeClock());
    await outbox.append(['aa', 'bb', 'cc'].map((payload) => ({ payload, acceptedAt: 0 })));
    outbox.setLimits({ maximumBytes: 4 });
    assert.deepEqual([outbox.stats().depth, outbox.stats().dropped], [2, 1]);
  });

  it('keeps order and count over many thousands of records', async () => {
    const outbox = new MemoryOutbox({ maximumBytes: 1e9 }, new FakeClock());
    let next = 0;
    for (let round = 0; round < 100; round += 1) {
      await outbox.append(
        Array.from({ length: 300 }, (_, at) => ({ payload: String(round * 300 + at), acceptedAt: 0 })),
      );
      const batch = await outbox.peek({ maximumRecords: 250, maximumBytes: 1e9 });
      for (const { payload } of batch.records) assert.equal(payload, String(next++));
      await outbox.acknowledge(batch);
    }
    assert.equal(outbox.stats().depth, 100 * 50);
    assert.equal(outbox.stats().position, next);
  });
});
