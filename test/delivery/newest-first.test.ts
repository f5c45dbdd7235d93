import assert from 'node:assert/strict';
import { Delivery } from '../../src/delivery/delivery';
import type { Verdict } from '../../src/delivery/destination';
import { FreshLane } from '../../src/delivery/fresh-lane';
import type { DeliveryOrder } from '../../src/delivery/settings';
import { MemoryOutbox } from '../../src/outbox/memory';
import { Pm500Error } from '../../src/support/errors';
import { silentLogger } from '../../src/support/logger';
import { destinationOf } from '../../testkit/delivery/destinations';
import { FakeClock, settle } from '../../testkit/fake-clock';

const AWAY: Verdict = { kind: 'retry', error: new Pm500Error('INTERNAL', 'away'), isGeneral: true };

describe('what goes first after a long outage', () => {
  const openWith = (
    order: DeliveryOrder,
  ): { clock: FakeClock; outbox: MemoryOutbox; delivery: Delivery; bench: Bench } => {
    const clock = new FakeClock();
    const outbox = new MemoryOutbox({ maximumBytes: 1e6 }, clock);
    const bench: Bench = { verdict: AWAY, taken: [], waiting: undefined };
    const delivery = new Delivery(
      {
        batch: { records: 10, bytes: 1e6, flushMs: 0 },
        retry: { initialMs: 1000, maximumMs: 1000, factor: 1, jitter: 0 },
        recheckMs: 1000,
        order,
      },
      {
        outbox,
        destination: destinationOf(async (payloads) => {
          if (bench.verdict.kind !== 'written') return bench.verdict;
          bench.taken.push(...payloads);
          await bench.waiting;
          return bench.verdict;
        }),
        clock,
        random: () => 0,
        logger: silentLogger,
      },
    );
    return { clock, outbox, delivery, bench };
  };

  interface Bench {
    verdict: Verdict;
    readonly taken: string[];
    /** Each delivery takes until this has resolved. */
    waiting: Promise<void> | undefined;
  }

  const old = Array.from({ length: 40 }, (_, at) => `old ${at}`);

  for (const order of ['oldest', 'newest'] as const) {
    it(`is ${order === 'newest' ? 'what comes in' : 'what waits longest'} where ${order} first was chosen; all arrives`, async () => {
      const { clock, outbox, delivery, bench } = openWith(order);
      await delivery.submit(old, 'x');
      await clock.advance(120_000);
      let release = (): void => undefined;
      bench.waiting = new Promise((resolve) => {
        release = resolve;
      });
      bench.verdict = { kind: 'written' };
      await clock.advance(1000);
      await delivery.submit(['new 0', 'new 1'], 'x');
      release();
      await clock.advance(10);
      const firstNew = bench.taken.indexOf('new 0');
      assert.equal(firstNew < 25, order === 'newest', bench.taken.join());
      assert.deepEqual(new Set(bench.taken.filter((payload) => payload.startsWith('old'))), new Set(old));
      assert.deepEqual(
        bench.taken.filter((payload) => payload.startsWith('new')),
        ['new 0', 'new 1'],
      );
      assert.deepEqual([delivery.stats.written, outbox.stats().depth], [42, 0]);
      await delivery.close();
    });
  }

  it('is what was handed in, while nothing has waited long', async () => {
    const { clock, delivery, bench } = openWith('newest');
    await delivery.submit(old, 'x');
    await clock.advance(2000);
    bench.verdict = { kind: 'written' };
    await delivery.submit(['new'], 'x');
    await clock.advance(2000);
    // Single records were tried while nobody answered.
    assert.deepEqual([...new Set(bench.taken)], [...old, 'new']);
    await delivery.close();
  });

  it('is nothing that does not get over: it goes in its turn', async () => {
    const { clock, delivery, bench } = openWith('newest');
    await delivery.submit(old.slice(0, 5), 'x');
    await clock.advance(120_000);
    await delivery.submit(['new'], 'x');
    await clock.advance(5000);
    bench.verdict = { kind: 'written' };
    await clock.advance(5000);
    await settle();
    assert.deepEqual(new Set(bench.taken), new Set([...old.slice(0, 5), 'new']));
    assert.equal(delivery.stats.written, 6);
    await delivery.close();
  });

  it('is sent once, however long the outbox takes to let go of what was sent', async () => {
    const { clock, outbox, delivery, bench } = openWith('newest');
    const acknowledge = outbox.acknowledge.bind(outbox);
    const peek = outbox.peek.bind(outbox);
    // One after the other, as on a disk that reads something else first.
    let turn = Promise.resolve<unknown>(undefined);
    const slowly = <Result>(work: () => Promise<Result>): Promise<Result> => {
      const done = turn.then(settle).then(work);
      turn = done;
      return done;
    };
    outbox.acknowledge = (range) => slowly(() => acknowledge(range));
    outbox.peek = (limits) => slowly(() => peek(limits));
    await delivery.submit(old.slice(0, 15), 'x');
    await clock.advance(120_000);
    await delivery.submit(['new 0'], 'x');
    bench.verdict = { kind: 'written' };
    let release = (): void => undefined;
    const next = (): void => {
      release();
      bench.waiting = new Promise((resolve) => (release = resolve));
    };
    for (let turns = 0; turns < 100 && !bench.taken.includes('new 0'); turns += 1) {
      next();
      await clock.advance(100);
    }
    // It comes while another one goes first, and goes with those that wait.
    await delivery.submit(['new 1'], 'x');
    for (let turns = 0; turns < 100; turns += 1) {
      next();
      await clock.advance(100);
    }
    release();
    assert.deepEqual(
      bench.taken.filter((payload) => payload === 'new 1'),
      ['new 1'],
    );
    assert.equal(outbox.stats().depth, 0);
    await delivery.close();
  });

  it('is bounded in memory: what does not fit goes in its turn', () => {
    const lane = new FreshLane();
    const record = { payload: 'x'.repeat(1000), acceptedAt: 0 };
    lane.add(
      Array.from({ length: 10_000 }, () => record),
      0,
    );
    const taken = lane.take({ records: 100_000, bytes: 1e9, flushMs: 0 });
    assert.deepEqual([taken.length, taken[0]?.position, taken.at(-1)?.position], [4000, 6000, 9999]);
    for (const { position } of taken) lane.noteWritten(position);
    assert.deepEqual(lane.writtenIn(5998, 6003), [2, 3, 4]);
    lane.forget(10_000);
    assert.deepEqual(lane.writtenIn(0, 10_000), []);
  });
});
