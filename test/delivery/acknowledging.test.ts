import assert from 'node:assert/strict';
import { EngineBench, numbered } from '../../testkit/delivery/engine-bench';
import { settle } from '../../testkit/fake-clock';

/** Acknowledgments that the test lets through, as a slow disk would. */
class SlowDisk extends EngineBench {
  readonly open: { readonly from: number; readonly end: (error?: Error) => void }[] = [];

  constructor() {
    super({ batch: { records: 2, bytes: 1000, flushMs: 10 } });
    const acknowledge = this.outbox.acknowledge.bind(this.outbox);
    this.outbox.acknowledge = async (range) => {
      // The outbox takes them at once; what takes long is the disk.
      await acknowledge(range);
      await new Promise<void>((resolve, reject) => {
        const end = (error?: Error): void => {
          if (error === undefined) resolve();
          else reject(error);
        };
        this.open.push({ from: range.from, end });
      });
    };
  }

  async end(error?: Error): Promise<void> {
    this.open.shift()?.end(error);
    await settle();
  }

  get waiting(): readonly number[] {
    return this.open.map(({ from }) => from);
  }
}

describe('a disk that is slow to keep what was acknowledged', () => {
  let bench: SlowDisk;

  beforeEach(() => {
    bench = new SlowDisk();
  });

  afterEach(async () => {
    const closed = bench.engine.close();
    while (bench.open.length > 0) await bench.end();
    await closed;
    assert.equal(bench.clock.pending, 0, 'no timer outlives the engine');
  });

  it('lets one batch more be sent meanwhile, and not two', async () => {
    await bench.append(...numbered(8));
    assert.deepEqual([bench.batches.length, bench.waiting], [2, [0]]);
    await bench.end();
    assert.deepEqual([bench.batches.length, bench.waiting], [3, [2]]);
    while (bench.open.length > 0) await bench.end();
    assert.deepEqual(bench.batches.flat(), numbered(8), 'each once, in order');
    assert.equal(bench.engine.counts.state, 'idle');
  });

  it('is waited for when the engine closes', async () => {
    await bench.append(...numbered(2));
    let isClosed = false;
    void bench.engine.close().then(() => (isClosed = true));
    await settle();
    assert.equal(isClosed, false);
    await bench.end();
    assert.equal(isClosed, true);
  });

  it('and fails: it is said once, and delivery goes on', async () => {
    await bench.append(...numbered(4));
    await bench.end(new Error('the disk is away'));
    assert.equal(bench.engine.counts.state, 'retrying');
    assert.deepEqual(
      bench.warnings.map((warning) => warning.includes('the disk is away')),
      [true],
    );
    await bench.clock.advance(10_000);
    while (bench.open.length > 0) await bench.end();
    await bench.append('last');
    await bench.clock.advance(10_000);
    assert.equal(bench.batches.at(-1)?.at(-1), 'last');
  });
});

describe('an outbox that cannot acknowledge for a time', () => {
  /** Refuses the first acknowledgments, with nothing taken, and the first reads after them. */
  async function deliver(refusals: { readonly acknowledges: number; readonly peeks: number }): Promise<EngineBench> {
    const bench = new EngineBench({ batch: { records: 2, bytes: 1000, flushMs: 10 } });
    const { outbox } = bench;
    const acknowledge = outbox.acknowledge.bind(outbox);
    const peek = outbox.peek.bind(outbox);
    let { acknowledges, peeks } = refusals;
    outbox.acknowledge = (range) =>
      acknowledges-- > 0 ? Promise.reject(new Error('too many open files')) : acknowledge(range);
    outbox.peek = (limits) =>
      bench.sent.length > 0 && peeks-- > 0 ? Promise.reject(new Error('too many open files')) : peek(limits);
    await bench.append(...numbered(2));
    return bench;
  }

  it('has nothing sent again before the pause is over, and then once', async () => {
    const bench = await deliver({ acknowledges: 1, peeks: 0 });
    assert.deepEqual([bench.batches.length, bench.engine.counts.state], [1, 'retrying']);
    await bench.clock.advance(60_000);
    assert.deepEqual([bench.batches, bench.outbox.stats().depth], [[numbered(2), numbered(2)], 0]);
    await bench.engine.close();
  });

  it('does not hold up, when it can again, what is sent then', async () => {
    const bench = await deliver({ acknowledges: 1, peeks: 1 });
    await bench.clock.advance(60_000);
    assert.deepEqual([bench.batches, bench.outbox.stats().depth], [[numbered(2), numbered(2)], 0]);
    await bench.engine.close();
  });
});
