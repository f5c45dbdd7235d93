import assert from 'node:assert/strict';
import type { Verdict } from '../../src/delivery/destination';
import { Delivery } from '../../src/delivery/delivery';
import { MemoryOutbox } from '../../src/outbox/memory';
import { hasCode, Pm500Error } from '../../src/support/errors';
import { silentLogger } from '../../src/support/logger';
import { destinationOf } from '../../testkit/delivery/destinations';
import { FakeClock, settle } from '../../testkit/fake-clock';

const BUSY: Verdict = { kind: 'retry', error: new Pm500Error('INFLUX_BUSY', 'busy'), isGeneral: true };
const WRITTEN: Verdict = { kind: 'written' };
const REJECTED: Verdict = { kind: 'rejected', error: new Pm500Error('INFLUX_REJECTED', 'bad'), tooLarge: false };

describe('lines that the outbox drops while the database is away', () => {
  for (const maximumInFlight of [1, 3]) {
    describe(`with ${maximumInFlight} in flight`, () => {
      let clock: FakeClock;
      let verdictOf: (lines: readonly string[]) => Verdict;
      let taken: string[];
      let outbox: MemoryOutbox;
      let target: Delivery;

      beforeEach(() => {
        clock = new FakeClock();
        taken = [];
        verdictOf = () => BUSY;
        outbox = new MemoryOutbox({ maximumBytes: 6 }, clock);
        const destination = destinationOf((lines) => {
          const verdict = verdictOf(lines);
          if (verdict.kind === 'written') taken.push(...lines);
          return verdict;
        });
        target = new Delivery(
          {
            batch: { records: 2, bytes: 1e6, flushMs: 0 },
            retry: { initialMs: 1000, maximumMs: 1000, factor: 1, jitter: 0 },
            recheckMs: 1000,
            maximumInFlight,
          },
          { outbox, destination, clock, random: () => 0, logger: silentLogger },
        );
      });

      afterEach(async () => {
        await target.close();
      });

      /** One batch is with the writer when the others come. */
      const submit = async (...lines: string[]): Promise<void> => {
        for (const line of lines) {
          await target.submit([line], 'x');
          await clock.advance(100);
        }
      };

      it('are not written any more: what counts as lost is lost, and all else is written once', async () => {
        await submit('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
        assert.equal(outbox.stats().dropped, 2);
        verdictOf = () => WRITTEN;
        await clock.advance(5000);
        assert.deepEqual(taken.sort(), ['c', 'd', 'e', 'f', 'g', 'h']);
        assert.deepEqual([target.stats.written, outbox.stats().dropped, outbox.stats().depth], [6, 2, 0]);
      });

      it('may be all that was in flight', async () => {
        await submit('a', 'b', 'c', 'dddd', 'ee');
        assert.equal(outbox.stats().dropped, 3);
        verdictOf = () => WRITTEN;
        await clock.advance(5000);
        assert.deepEqual(taken.sort(), ['dddd', 'ee']);
        assert.equal(target.stats.written, 2);
      });

      it('are not reported as refused', async () => {
        const refused: string[] = [];
        target.onRefused('x', ({ payload }) => refused.push(payload));
        await submit('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
        verdictOf = (lines) => (lines.includes('d') ? REJECTED : WRITTEN);
        await clock.advance(5000);
        assert.deepEqual([refused, taken.sort()], [['d'], ['c', 'e', 'f', 'g', 'h']]);
      });

      it('fail the message that waits for them', async () => {
        const waiting = target.submitAndWait(['a', 'b'], 'x').catch((error: unknown) => error);
        await settle();
        await submit('c', 'd', 'e', 'f', 'g');
        verdictOf = () => WRITTEN;
        await clock.advance(5000);
        assert.ok(hasCode(await waiting, 'OUTBOX_FULL'));
        assert.deepEqual(taken.sort(), ['b', 'c', 'd', 'e', 'f', 'g']);
      });
    });
  }

  for (const [cause, limits, says] of [
    ['age', { maximumBytes: 1e6, maximumAgeMs: 60_000 }, /^1 record was dropped for age before The other side took/],
    ['size', { maximumBytes: 6, maximumAgeMs: 1e9 }, /^1 record was dropped before .*: the outbox is full/],
  ] as const) {
    it(`tell the message that waits for them that it was their ${cause}`, async () => {
      const clock = new FakeClock();
      const outbox = new MemoryOutbox(limits, clock);
      const target = new Delivery(
        {
          batch: { records: 2, bytes: 1e6, flushMs: 0 },
          retry: { initialMs: 1000, maximumMs: 1000, factor: 1, jitter: 0 },
          recheckMs: 1000,
        },
        { outbox, destination: destinationOf(() => BUSY), clock, random: () => 0, logger: silentLogger },
      );
      const waiting = target.submitAndWait(['first'], 'x').catch((error: unknown) => error);
      await clock.advance(90_000);
      await target.submit(['next'], 'x');
      const error = await waiting;
      assert.ok(error instanceof Pm500Error && error.code === 'OUTBOX_FULL', String(error));
      assert.match(error.message, says);
      assert.equal(outbox.stats().depth, 1, 'the next one waits');
      await target.close();
    });
  }
});
