import assert from 'node:assert/strict';
import { OutboxShelf } from '../../src/outbox/shelf';
import { FakeClock } from '../../testkit/fake-clock';

describe('outbox shelf', () => {
  const limits = { maximumBytes: 100 };

  it('gives the next owner what the last one left, with the limits of now', async () => {
    const shelf = new OutboxShelf(new FakeClock());
    const outbox = shelf.take('a', limits);
    await outbox.append(['one', 'two'].map((payload) => ({ payload, acceptedAt: 0 })));
    shelf.putBack('a', outbox);
    assert.equal(shelf.take('b', limits).stats().depth, 0);
    const again = shelf.take('a', { maximumBytes: 3 });
    assert.equal(again, outbox);
    assert.deepEqual([again.stats().depth, again.stats().dropped], [1, 1]);
    assert.equal(shelf.take('a', limits).stats().depth, 0, 'it is given out once');
  });
});
