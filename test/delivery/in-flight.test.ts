import assert from 'node:assert/strict';
import type { Verdict } from '../../src/delivery/destination';
import { EngineBench, numbered, VERDICTS } from '../../testkit/delivery/engine-bench';
import { settle } from '../../testkit/fake-clock';

const { written: WRITTEN, away: BUSY, hold: HOLD, rejected: REJECTED } = VERDICTS;

/** Requests that the test answers by hand, in the order it likes. */
class HandBench extends EngineBench {
  readonly open: { readonly lines: readonly string[]; readonly answer: (verdict: Verdict) => void }[] = [];

  constructor() {
    super({
      batch: { records: 2, bytes: 1000, flushMs: 10 },
      retry: { initialMs: 100, maximumMs: 100, factor: 1, jitter: 0 },
      recheckMs: 1000,
      maximumInFlight: 3,
    });
    this.always = (lines, signal) =>
      new Promise((resolve) => {
        this.open.push({ lines, answer: resolve });
        signal.addEventListener('abort', () => {
          resolve(BUSY);
        });
      });
  }

  appendNumbered(count: number): Promise<void> {
    return this.append(...numbered(count));
  }

  /** Answers the open request that holds `line`. */
  async answerTo(line: string, verdict: Verdict): Promise<void> {
    const at = this.open.findIndex(({ lines }) => lines.includes(line));
    assert.notEqual(at, -1, `no request holds ${line}`);
    this.open.splice(at, 1)[0]?.answer(verdict);
    await settle();
  }
}

describe('several requests under way', () => {
  let bench: HandBench;

  beforeEach(() => {
    bench = new HandBench();
  });

  afterEach(async () => {
    await bench.engine.close();
    assert.equal(bench.clock.pending, 0, 'no timer outlives the engine');
  });

  it('are as many as are set, and no more', async () => {
    await bench.appendNumbered(20);
    assert.deepEqual(
      bench.open.map(({ lines }) => lines.join()),
      ['l0,l1', 'l2,l3', 'l4,l5'],
    );
  });

  it('leave the outbox in its order, whichever reply comes first', async () => {
    await bench.appendNumbered(6);
    await bench.answerTo('l4', WRITTEN);
    await bench.answerTo('l2', WRITTEN);
    assert.deepEqual([bench.acknowledged, bench.outbox.stats().depth], [[], 6]);
    await bench.answerTo('l0', WRITTEN);
    assert.deepEqual(bench.acknowledged, [
      { from: 0, to: 2 },
      { from: 2, to: 4 },
      { from: 4, to: 6 },
    ]);
    assert.deepEqual([bench.engine.counts.written, bench.outbox.stats().depth], [6, 0]);
  });

  it('isolate a bad line in one of them without stopping the others', async () => {
    await bench.appendNumbered(6);
    await bench.answerTo('l2', REJECTED);
    await bench.answerTo('l0', WRITTEN);
    await bench.answerTo('l4', WRITTEN);
    await bench.answerTo('l2', REJECTED);
    // The others were taken after it was sent: something may have been mended meanwhile.
    await bench.answerTo('l2', REJECTED);
    await bench.answerTo('l3', WRITTEN);
    assert.deepEqual(
      bench.rejected.map(([line]) => line),
      ['l2'],
    );
    assert.deepEqual([bench.engine.counts.written, bench.outbox.stats().depth], [5, 0]);
  });

  it('show the graver of their troubles, and none once all are over', async () => {
    await bench.appendNumbered(6);
    await bench.answerTo('l2', BUSY);
    assert.equal(bench.engine.counts.state, 'retrying');
    await bench.answerTo('l0', HOLD);
    assert.deepEqual([bench.engine.counts.state, bench.engine.counts.lastError?.message], ['held', 'no such bucket']);
    await bench.answerTo('l4', WRITTEN);
    await bench.clock.advance(100);
    await bench.answerTo('l2', WRITTEN);
    assert.equal(bench.engine.counts.state, 'held', 'one still waits for a person');
    await bench.clock.advance(900);
    await bench.answerTo('l0', WRITTEN);
    assert.deepEqual([bench.engine.counts.lastError, bench.outbox.stats().depth], [undefined, 0]);
  });

  it('stay in the outbox when the engine closes before the first is decided', async () => {
    await bench.appendNumbered(6);
    await bench.answerTo('l2', WRITTEN);
    const left = await bench.engine.close();
    assert.deepEqual([left.depth, bench.acknowledged], [6, []]);
  });
});
