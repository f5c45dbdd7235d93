import assert from 'node:assert/strict';
import type { Verdict } from '../../src/delivery/destination';
import { DeliveryEngine } from '../../src/delivery/engine';
import { MemoryOutbox } from '../../src/outbox/memory';
import type { OutboxRange } from '../../src/outbox/outbox';
import { Pm500Error } from '../../src/support/errors';
import { silentLogger } from '../../src/support/logger';
import { seededRandom } from '../../src/support/random';
import { destinationOf } from '../support/destinations';
import { FakeClock, settle } from '../support/fake-clock';

const WRITTEN: Verdict = { kind: 'written' };
const BUSY: Verdict = { kind: 'retry', error: new Pm500Error('INFLUX_BUSY', 'busy'), isGeneral: true };
const HOLD: Verdict = { kind: 'hold', error: new Pm500Error('INFLUX_REFUSED', 'held') };
const REJECTED: Verdict = { kind: 'rejected', error: new Pm500Error('INFLUX_REJECTED', 'bad'), tooLarge: false };

/** Requests that the test answers by hand, in the order it likes. */
class Bench {
  readonly clock = new FakeClock();
  readonly outbox = new MemoryOutbox({ maximumBytes: 1e6 }, this.clock);
  readonly open: { readonly lines: readonly string[]; readonly answer: (verdict: Verdict) => void }[] = [];
  readonly acknowledged: OutboxRange[] = [];
  readonly rejected: string[] = [];
  readonly engine: DeliveryEngine;

  constructor() {
    const acknowledge = this.outbox.acknowledge.bind(this.outbox);
    this.outbox.acknowledge = (range) => {
      this.acknowledged.push({ from: range.from, to: range.to });
      return acknowledge(range);
    };
    this.engine = new DeliveryEngine(
      {
        batch: { records: 2, bytes: 1000, flushMs: 10 },
        retry: { initialMs: 100, maximumMs: 100, factor: 1, jitter: 0 },
        recheckMs: 1000,
        maximumInFlight: 3,
      },
      {
        outbox: this.outbox,
        destination: destinationOf(
          (lines, signal) =>
            new Promise((resolve) => {
              this.open.push({ lines, answer: resolve });
              signal.addEventListener('abort', () => {
                resolve(BUSY);
              });
            }),
        ),
        clock: this.clock,
        random: seededRandom(1),
        logger: silentLogger,
        onRefused: (refused) => void this.rejected.push(...refused.map(({ record }) => record.payload)),
      },
    );
    this.engine.start();
  }

  async append(count: number): Promise<void> {
    const records = Array.from({ length: count }, (_, at) => ({ payload: `l${at}`, acceptedAt: this.clock.now() }));
    await this.outbox.append(records);
    await settle();
  }

  /** Answers the open request that holds `line`. */
  async answer(line: string, verdict: Verdict): Promise<void> {
    const at = this.open.findIndex(({ lines }) => lines.includes(line));
    assert.notEqual(at, -1, `no request holds ${line}`);
    this.open.splice(at, 1)[0]?.answer(verdict);
    await settle();
  }
}

describe('several requests under way', () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  afterEach(async () => {
    await bench.engine.close();
    assert.equal(bench.clock.pending, 0, 'no timer outlives the engine');
  });

  it('are as many as are set, and no more', async () => {
    await bench.append(20);
    assert.deepEqual(
      bench.open.map(({ lines }) => lines.join()),
      ['l0,l1', 'l2,l3', 'l4,l5'],
    );
  });

  it('leave the outbox in its order, whichever reply comes first', async () => {
    await bench.append(6);
    await bench.answer('l4', WRITTEN);
    await bench.answer('l2', WRITTEN);
    assert.deepEqual([bench.acknowledged, bench.outbox.stats().depth], [[], 6]);
    await bench.answer('l0', WRITTEN);
    assert.deepEqual(bench.acknowledged, [
      { from: 0, to: 2 },
      { from: 2, to: 4 },
      { from: 4, to: 6 },
    ]);
    assert.deepEqual([bench.engine.counts.written, bench.outbox.stats().depth], [6, 0]);
  });

  it('isolate a bad line in one of them without stopping the others', async () => {
    await bench.append(6);
    await bench.answer('l2', REJECTED);
    await bench.answer('l0', WRITTEN);
    await bench.answer('l4', WRITTEN);
    await bench.answer('l2', REJECTED);
    await bench.answer('l3', WRITTEN);
    assert.deepEqual([bench.rejected, bench.engine.counts.written, bench.outbox.stats().depth], [['l2'], 5, 0]);
  });

  it('show the graver of their troubles, and none once all are over', async () => {
    await bench.append(6);
    await bench.answer('l2', BUSY);
    assert.equal(bench.engine.counts.state, 'retrying');
    await bench.answer('l0', HOLD);
    assert.deepEqual([bench.engine.counts.state, bench.engine.counts.lastError?.message], ['held', 'held']);
    await bench.answer('l4', WRITTEN);
    await bench.clock.advance(100);
    await bench.answer('l2', WRITTEN);
    assert.equal(bench.engine.counts.state, 'held', 'one still waits for a person');
    await bench.clock.advance(900);
    await bench.answer('l0', WRITTEN);
    assert.deepEqual([bench.engine.counts.lastError, bench.outbox.stats().depth], [undefined, 0]);
  });

  it('stay in the outbox when the engine closes before the first is decided', async () => {
    await bench.append(6);
    await bench.answer('l2', WRITTEN);
    const left = await bench.engine.close();
    assert.deepEqual([left.depth, bench.acknowledged], [6, []]);
  });
});
