import assert from 'node:assert/strict';
import type { Outbox, OutboxLimits, OutboxRecord } from '../../src/outbox/outbox';
import { hasCode } from '../../src/support/errors';
import { seededRandom } from '../../src/support/random';
import { FakeClock } from '../../testkit/fake-clock';
import { plainRecord } from '../../testkit/delivery/plain-record';

/** Opens an empty outbox of its own for each test; the suite closes it. */
export type OpenOutbox = (limits: OutboxLimits, clock: FakeClock) => Promise<Outbox>;

const ALL = { maximumRecords: 1_000_000, maximumBytes: 1_000_000_000 };

/** What every outbox owes its writer, whatever it stores records in. */
export function describeOutbox(name: string, open: OpenOutbox): void {
  describe(`outbox conformance: ${name}`, () => {
    let clock: FakeClock;
    let outbox: Outbox;
    const record = (payload: string): OutboxRecord => ({ payload, acceptedAt: clock.now() });
    const append = (...payloads: string[]): ReturnType<Outbox['append']> => outbox.append(payloads.map(record));
    const payloads = async (limits = ALL): Promise<string[]> =>
      (await outbox.peek(limits)).records.map(({ payload }) => payload);
    const reopen = async (limits: OutboxLimits): Promise<void> => {
      await outbox.close();
      outbox = await open(limits, clock);
    };

    beforeEach(async () => {
      clock = new FakeClock();
      outbox = await open({ maximumBytes: 1_000_000 }, clock);
    });

    afterEach(async () => {
      await outbox.close();
    });

    it('is empty at first', async () => {
      const stats = outbox.stats();
      assert.deepEqual([stats.depth, stats.bytes, stats.dropped, stats.oldestAcceptedAt], [0, 0, 0, undefined]);
      const batch = await outbox.peek(ALL);
      assert.deepEqual([batch.records, batch.from], [[], batch.to]);
    });

    it('gives records back whole and in order, again and again, until acknowledged', async () => {
      const given = [
        { payload: 'first', acceptedAt: 1, origin: 'node-1' },
        { payload: 'Ω ☃ 😀\n"\\\0', acceptedAt: 2 },
        { payload: '', acceptedAt: 3 },
      ];
      await outbox.append(given);
      assert.deepEqual((await outbox.peek(ALL)).records.map(plainRecord), given);
      const batch = await outbox.peek(ALL);
      assert.deepEqual(batch.records.map(plainRecord), given);
      await outbox.acknowledge(batch);
      assert.deepEqual(await payloads(), []);
    });

    it('tells the positions of what was appended, without gaps', async () => {
      const first = await append('a', 'b');
      const second = await append('c');
      assert.equal(first.to - first.from, 2);
      assert.deepEqual(second, { from: first.to, to: first.to + 1 });
      const batch = await outbox.peek(ALL);
      assert.deepEqual([batch.from, batch.to], [first.from, second.to]);
      assert.equal(outbox.stats().position, first.from);
      await outbox.acknowledge(batch);
      assert.equal(outbox.stats().position, second.to);
    });

    it('appends nothing without harm', async () => {
      const range = await outbox.append([]);
      assert.equal(range.from, range.to);
      assert.equal(outbox.stats().depth, 0);
    });

    it('peeks no more records than asked for', async () => {
      await append('a', 'b', 'c');
      assert.deepEqual(await payloads({ ...ALL, maximumRecords: 2 }), ['a', 'b']);
    });

    it('peeks no more bytes than asked for, but always one record', async () => {
      await append('ä', 'bb', 'cccccc');
      assert.deepEqual(await payloads({ ...ALL, maximumBytes: 4 }), ['ä', 'bb']);
      assert.deepEqual(await payloads({ ...ALL, maximumBytes: 3 }), ['ä']);
      assert.deepEqual(await payloads({ ...ALL, maximumBytes: 1 }), ['ä']);
    });

    it('acknowledges a first part of a batch', async () => {
      await append('a', 'b', 'c');
      const { from } = await outbox.peek(ALL);
      await outbox.acknowledge({ from, to: from + 2 });
      assert.deepEqual(await payloads(), ['c']);
    });

    it('acknowledges the same batch twice without losing what came later', async () => {
      await append('a');
      const batch = await outbox.peek(ALL);
      await outbox.acknowledge(batch);
      await append('b');
      await outbox.acknowledge(batch);
      assert.deepEqual(await payloads(), ['b']);
    });

    it('refuses to acknowledge over the heads of older records', async () => {
      const { to } = await append('a');
      await append('b');
      await assert.rejects(outbox.acknowledge({ from: to, to: to + 1 }), (error) => hasCode(error, 'INTERNAL'));
      assert.deepEqual(await payloads(), ['a', 'b']);
    });

    it('counts records and their bytes in UTF-8, and knows the oldest', async () => {
      await append('ä');
      await clock.advance(10);
      await append('€', 'x');
      const oldestAcceptedAt = clock.now() - 10;
      assert.deepEqual(pick(outbox), { depth: 3, bytes: 6, oldestAcceptedAt, dropped: 0 });
      await outbox.acknowledge(await outbox.peek({ ...ALL, maximumRecords: 1 }));
      assert.deepEqual(pick(outbox), { depth: 2, bytes: 4, oldestAcceptedAt: clock.now(), dropped: 0 });
    });

    it('drops the oldest past its bytes, and counts them', async () => {
      await reopen({ maximumBytes: 10 });
      await append('aaaa', 'bbbb');
      const { to } = await append('cccc');
      assert.deepEqual(await payloads(), ['bbbb', 'cccc']);
      const stats = outbox.stats();
      assert.deepEqual([stats.depth, stats.bytes, stats.dropped, stats.position], [2, 8, 1, to - 2]);
    });

    it('drops a record that is larger than all it may hold', async () => {
      await reopen({ maximumBytes: 10 });
      await append('aaaa', 'b'.repeat(11));
      assert.deepEqual(await payloads(), []);
      assert.equal(outbox.stats().dropped, 2);
    });

    it('drops records that are too old, and counts them', async () => {
      await reopen({ maximumBytes: 100, maximumAgeMs: 1000 });
      await append('a');
      await clock.advance(600);
      await append('b');
      await clock.advance(600);
      assert.deepEqual(await payloads(), ['b']);
      assert.equal(outbox.stats().dropped, 1);
    });

    it('passes over records that were dropped while their batch was under way', async () => {
      await reopen({ maximumBytes: 10 });
      await append('aaaa', 'bbbb');
      const batch = await outbox.peek(ALL);
      await append('cccc');
      await outbox.acknowledge(batch);
      assert.deepEqual(await payloads(), ['cccc']);
    });

    it('tells listeners of appends until they have had enough', async () => {
      let calls = 0;
      const stop = outbox.onAppend(() => {
        calls += 1;
        assert.ok(outbox.stats().depth > 0, 'a listener finds the records');
      });
      await append('a');
      await append('b', 'c');
      stop();
      await append('d');
      assert.equal(calls, 2);
    });

    it('refuses work once closed, and closes twice', async () => {
      await append('a');
      const batch = await outbox.peek(ALL);
      await outbox.close();
      await outbox.close();
      for (const work of [append('b'), outbox.peek(ALL), outbox.acknowledge(batch)]) {
        await assert.rejects(work, (error) => hasCode(error, 'OUTBOX_CLOSED'));
      }
    });

    it('agrees with a plain list over 3 000 random steps', async function () {
      this.timeout(60_000);
      await reopen({ maximumBytes: 400 });
      const random = seededRandom(7);
      let model: string[] = [];
      let dropped = 0;
      for (let step = 0; step < 3000; step += 1) {
        if (random() < 0.5) {
          const texts = Array.from({ length: Math.floor(random() * 6) }, (_, at) => `${step}.${at}`);
          await append(...texts);
          model.push(...texts);
          while (model.join('').length > 400) {
            model = model.slice(1);
            dropped += 1;
          }
        } else {
          const batch = await outbox.peek({ maximumRecords: Math.ceil(random() * 8), maximumBytes: 30 });
          assert.deepEqual(
            batch.records.map(({ payload }) => payload),
            model.slice(0, batch.records.length),
          );
          await outbox.acknowledge(batch);
          model = model.slice(batch.records.length);
        }
        const stats = outbox.stats();
        assert.deepEqual([stats.depth, stats.bytes, stats.dropped], [model.length, model.join('').length, dropped]);
      }
    });
  });
}

function pick(outbox: Outbox): unknown {
  const { depth, bytes, oldestAcceptedAt, dropped } = outbox.stats();
  return { depth, bytes, oldestAcceptedAt, dropped };
}
