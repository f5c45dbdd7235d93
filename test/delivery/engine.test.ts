import assert from 'node:assert/strict';
import type { Verdict } from '../../src/delivery/destination';
import { busy, EngineBench, numbered, VERDICTS, type Answer } from '../../testkit/delivery/engine-bench';
import { settle } from '../../testkit/fake-clock';

const { written: WRITTEN, hold: HOLD, rejected: REJECTED, tooLarge: TOO_LARGE } = VERDICTS;

describe('engine of delivery', () => {
  let bench: EngineBench;

  beforeEach(() => {
    bench = new EngineBench();
  });

  afterEach(async () => {
    await bench.engine.close();
    assert.equal(bench.clock.pending, 0, 'no timer outlives the engine');
  });

  it('sends what has waited for flushMs in one batch, and acknowledges it', async () => {
    await bench.append('a');
    await bench.clock.advance(600);
    await bench.append('b');
    await bench.clock.advance(399);
    assert.deepEqual(bench.batches, []);
    await bench.clock.advance(1);
    assert.deepEqual(bench.batches, [['a', 'b']]);
    assert.equal(bench.outbox.stats().depth, 0);
    assert.deepEqual(bench.written, [{ from: 0, to: 2 }]);
    assert.deepEqual([bench.engine.counts.written, bench.engine.counts.state], [2, 'idle']);
  });

  it('sends a full batch at once, by lines', async () => {
    await bench.append(...numbered(250));
    assert.deepEqual(
      bench.batches.map(({ length }) => length),
      [100, 100],
    );
    await bench.clock.advance(1000);
    assert.equal(bench.batches[2]?.length, 50);
  });

  it('sends a full batch at once, by bytes', async () => {
    await bench.append(...Array.from({ length: 5 }, () => 'x'.repeat(400)));
    assert.deepEqual(
      bench.batches.map(({ length }) => length),
      [2, 2],
    );
  });

  it('waits no longer than flushMs when the wall clock is set back', async () => {
    await bench.append('a');
    bench.clock.jump(-3_600_000);
    await bench.clock.advance(1000);
    assert.deepEqual(bench.batches, [['a']]);
  });

  it('has one request in flight, whatever comes', async () => {
    let inFlight = 0;
    let most = 0;
    bench.always = async () => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      await settle();
      inFlight -= 1;
      return WRITTEN;
    };
    for (let round = 0; round < 10; round += 1) await bench.append(...numbered(100));
    await bench.clock.advance(1000);
    assert.deepEqual([most, bench.engine.counts.written], [1, 1000]);
  });

  it('retries the same lines with growing pauses until they are taken', async () => {
    bench.answer(busy(), busy(), busy(), busy(), busy(), busy());
    await bench.append('a');
    await bench.clock.advance(60_000);
    assert.deepEqual(
      bench.sent.map(({ at }) => at),
      [1000, 1500, 2500, 4500, 8500, 16_500, 24_500],
    );
    assert.ok(bench.batches.every((lines) => lines.join() === 'a'));
    assert.deepEqual([bench.engine.counts.written, bench.engine.counts.retries], [1, 6]);
    assert.equal(bench.engine.counts.lastError, undefined);
    assert.deepEqual(bench.warnings, ['busy'], 'the same reason is said once');
    assert.deepEqual(bench.states, ['sending', 'retrying', 'sending', 'idle']);
  });

  it('takes the longer of its own pause and Retry-After', async () => {
    bench.answer(busy(7000), busy(10));
    await bench.append('a');
    await bench.clock.advance(20_000);
    assert.deepEqual(
      bench.sent.map(({ at }) => at),
      [1000, 8000, 9000],
    );
  });

  it('holds until the cause is gone, rechecking slowly', async () => {
    bench.answer(HOLD, HOLD);
    await bench.append('a');
    await bench.clock.advance(1000);
    assert.deepEqual([bench.engine.counts.state, bench.engine.counts.lastError?.code], ['held', 'INFLUX_REFUSED']);
    await bench.append('b');
    await bench.clock.advance(59_999);
    assert.deepEqual([bench.sent.length, bench.outbox.stats().depth], [2, 2]);
    await bench.clock.advance(1001);
    assert.deepEqual(bench.batches, [['a'], ['a'], ['a'], ['b']]);
    assert.deepEqual([bench.engine.counts.state, bench.outbox.stats().depth], ['idle', 0]);
  });

  it('isolates the lines that are refused and writes all others, in order', async () => {
    const bad = new Set(['l3', 'l50', 'l99']);
    bench.always = (lines) => (lines.some((line) => bad.has(line)) ? REJECTED : WRITTEN);
    await bench.append(...numbered(100));
    assert.deepEqual(bench.rejected, [
      ['l3', 'INFLUX_REJECTED', 3],
      ['l50', 'INFLUX_REJECTED', 50],
      ['l99', 'INFLUX_REJECTED', 99],
    ]);
    const positions = bench.written.flatMap(({ from, to }) => numbered(100).slice(from, to));
    assert.deepEqual(
      positions,
      numbered(100).filter((line) => !bad.has(line)),
    );
    assert.deepEqual([bench.engine.counts.written, bench.engine.counts.refused], [97, 3]);
    assert.ok(bench.sent.length < 50, `${bench.sent.length} requests for 3 bad lines`);
    assert.equal(bench.outbox.stats().depth, 0);
  });

  it('retries and holds in the middle of isolating', async () => {
    bench.answer(REJECTED, busy(), HOLD, WRITTEN, REJECTED);
    await bench.append('a', 'bad');
    await bench.clock.advance(60_000);
    assert.deepEqual(bench.batches, [['a', 'bad'], ['a'], ['a'], ['a'], ['bad']]);
    assert.deepEqual(
      bench.rejected.map(([line]) => line),
      ['bad'],
    );
  });

  it('sends smaller batches after one was too large, and parks a line that is too large alone', async () => {
    bench.always = (lines) => (lines.join('\n').length > 300 ? TOO_LARGE : WRITTEN);
    const lines = Array.from({ length: 9 }, (_, at) => String(at).repeat(90));
    await bench.append(...lines.slice(0, 4), 'x'.repeat(400), ...lines.slice(4));
    await bench.clock.advance(2000);
    assert.deepEqual(
      bench.rejected.map(([line]) => line.length),
      [400],
    );
    assert.equal(bench.engine.counts.written, 9);
    const before = bench.sent.length;
    await bench.append(...lines);
    await bench.clock.advance(2000);
    assert.ok(bench.batches.slice(before).every((batch) => batch.join('\n').length <= 300));
  });

  it('goes on when a listener throws', async () => {
    const broken = new EngineBench();
    broken.rejected.push = () => {
      throw new Error('listener');
    };
    broken.written.push = broken.rejected.push.bind(broken.rejected) as never;
    broken.always = (lines) => (lines.includes('bad') ? REJECTED : WRITTEN);
    await broken.append('bad', 'good');
    await broken.clock.advance(1000);
    assert.deepEqual([broken.engine.counts.written, broken.outbox.stats().depth], [1, 0]);
    await broken.engine.close();
  });

  it('stays held while it looks whether all is refused still, and is not before or after', async () => {
    bench.always = () => REJECTED;
    await bench.append(...numbered(20));
    await bench.clock.advance(600_000);
    assert.ok(bench.sent.length > 50, `${bench.sent.length} looks`);
    assert.deepEqual(bench.states, ['sending', 'held']);
    assert.equal(bench.engine.counts.lastError?.code, 'DELIVERY_REFUSED');
    bench.always = () => WRITTEN;
    await bench.clock.advance(60_000);
    assert.deepEqual(bench.states, ['sending', 'held', 'sending', 'idle']);
    assert.deepEqual([bench.engine.counts.lastError, bench.outbox.stats().depth], [undefined, 0]);
  });

  it('goes on when the outbox fails for a while', async () => {
    const peek = bench.outbox.peek.bind(bench.outbox);
    let failures = 2;
    bench.outbox.peek = (limits) => (failures-- > 0 ? Promise.reject(new Error('disk')) : peek(limits));
    await bench.append('a');
    await bench.clock.advance(1000);
    assert.deepEqual([bench.engine.counts.state, bench.engine.counts.lastError?.message], ['retrying', 'disk']);
    await bench.clock.advance(20_000);
    assert.deepEqual([bench.batches, bench.engine.counts.state], [[['a']], 'idle']);
  });

  it('sends a line once that was tried alone before its turn, also where others came meanwhile', async () => {
    bench = new EngineBench({ batch: { records: 1, bytes: 1000, flushMs: 10 } });
    const tried: string[] = [];
    let come = (): void => undefined;
    bench.always = async (lines) => {
      if (lines[0] === 'l0' && tried.length === 0) return busy();
      tried.push(...lines);
      if (tried.length === 1) await new Promise<void>((resolve) => (come = resolve));
      return VERDICTS.written;
    };
    const handIn = async (...lines: readonly string[]): Promise<void> => {
      const records = lines.map((payload) => ({ payload, acceptedAt: bench.clock.now() }));
      const { from } = await bench.outbox.append(records);
      bench.engine.noteNewest(records, from);
    };
    await handIn(...numbered(6));
    for (let turn = 0; turn < 20 && tried.length === 0; turn += 1) await bench.clock.advance(8000);
    assert.deepEqual(tried, ['l5']);
    await handIn('later');
    come();
    await bench.clock.advance(60_000);
    assert.deepEqual(tried, ['l5', ...numbered(5), 'later']);
  });

  it('passes over lines that the outbox dropped while they were in flight', async () => {
    bench.answer(async () => {
      bench.outbox.setLimits({ maximumBytes: 1 });
      await settle();
      return WRITTEN;
    });
    await bench.append('a', 'b', 'c');
    await bench.clock.advance(1000);
    assert.deepEqual([bench.outbox.stats().depth, bench.outbox.stats().dropped], [0, 2]);
    await bench.append('d');
    await bench.clock.advance(1000);
    assert.deepEqual(bench.batches[1], ['d']);
  });

  describe('when closed', () => {
    const abortable: Answer = (_lines, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          resolve(busy());
        });
      });

    const situations: readonly (readonly [what: string, answer: Verdict | Answer, advanceMs: number])[] = [
      ['with a batch filling', WRITTEN, 500],
      ['with a request in flight', abortable, 1000],
      ['while it waits to retry', busy(), 1200],
      ['while it holds', HOLD, 2000],
    ];
    for (const [what, answer, advanceMs] of situations) {
      it(`stops at once ${what} and tells what is left`, async () => {
        bench.answer(answer);
        await bench.append('a', 'b');
        await bench.clock.advance(advanceMs);
        const left = await bench.engine.close();
        assert.equal(left.depth, 2);
        assert.deepEqual([bench.engine.counts.state, bench.closed], ['closed', 1]);
        const sent = bench.sent.length;
        await bench.clock.advance(100_000);
        assert.equal(bench.sent.length, sent);
        assert.equal(bench.outbox.stats().depth, 2, 'nothing that waits is lost');
      });
    }

    it('closes twice, and does not start again', async () => {
      await bench.engine.close();
      await bench.engine.close();
      bench.engine.start();
      await bench.append('a');
      await bench.clock.advance(10_000);
      assert.deepEqual(bench.batches, []);
    });
  });
});
