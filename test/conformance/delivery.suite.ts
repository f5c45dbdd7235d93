import assert from 'node:assert/strict';
import { Delivery } from '../../src/delivery/delivery';
import type { Destination } from '../../src/delivery/destination';
import type { DeliverySettings } from '../../src/delivery/settings';
import { totalLoss, type DeliveryStats } from '../../src/delivery/stats';
import { MemoryOutbox } from '../../src/outbox/memory';
import type { Outbox } from '../../src/outbox/outbox';
import { systemClock } from '../../src/support/clock';
import { silentLogger, type Logger } from '../../src/support/logger';
import { seededRandom } from '../../src/support/random';
import { OtherSide } from '../../testkit/links/other-side';
import { waitFor } from '../../testkit/wait';

/** A sink under test, before an other side that the suite commands. */
export interface SinkUnderTest {
  /** The payload of a record of its own, with a number. */
  readonly payloadOf: (number: number) => string;
  /** Hands records in; resolves when they are kept. */
  submit(payloads: readonly string[]): Promise<unknown>;
  readonly stats: DeliveryStats;
  readonly outbox: Pick<Outbox, 'stats' | 'setLimits'>;
  /** Payloads that were told as refused so far. */
  readonly refused: readonly string[];
  /** Stops delivering; what waits stays. May be called twice. */
  close(): Promise<unknown>;
  /** Stops what was started around it. */
  stop(): Promise<void>;
}

export interface SinkAbilities {
  /** False where the other side never refuses a record: it takes all or answers nothing. */
  readonly refuses: boolean;
  /** False where nobody can tell which of several records the other side failed with. */
  readonly isolates: boolean;
  /** Records of one request to the other side at most; a whole batch where absent. */
  readonly recordsPerRequest?: number;
}

const SETTINGS: DeliverySettings = {
  batch: { records: 100, bytes: 100_000, flushMs: 1 },
  retry: { initialMs: 1, maximumMs: 8, factor: 2, jitter: 0 },
  recheckMs: 4,
};
const ORIGIN = 'node';
export const SINK_LIMITS = { maximumBytes: 1e8 };

/** A sink that is nothing but a destination on the engine. */
export function onEngine(
  destination: Destination,
  payloadOf: (number: number) => string,
  logger: Logger,
  stop: () => Promise<void> = () => Promise.resolve(),
): SinkUnderTest {
  const outbox = new MemoryOutbox(SINK_LIMITS, systemClock);
  const delivery = new Delivery(SETTINGS, {
    outbox,
    destination,
    clock: systemClock,
    random: seededRandom(11),
    logger,
  });
  const refused: string[] = [];
  delivery.onRefused(ORIGIN, ({ payload, count }) => refused.push(...Array.from({ length: count }, () => payload)));
  return {
    payloadOf,
    submit: (payloads) => delivery.submit(payloads, ORIGIN),
    get stats() {
      return delivery.stats;
    },
    outbox,
    refused,
    close: () => delivery.close(),
    stop,
  };
}

/** What every sink on the engine of delivery owes to who hands records in. */
export function describeDelivery(
  name: string,
  abilities: SinkAbilities,
  open: (other: OtherSide, logger: Logger) => Promise<SinkUnderTest> | SinkUnderTest,
): void {
  describe(`delivery conformance: ${name}`, function () {
    this.timeout(60_000);
    let other: OtherSide;
    let sink: SinkUnderTest;
    let warnings: string[];

    beforeEach(async () => {
      other = new OtherSide();
      warnings = [];
      sink = await open(other, { ...silentLogger, warn: (message) => warnings.push(message) });
    });

    afterEach(async () => {
      await sink.close();
      await sink.stop();
    });

    const payloads = (from: number, to: number): string[] =>
      Array.from({ length: to - from }, (_, at) => sink.payloadOf(from + at));
    const submit = async (from: number, to: number): Promise<string[]> => {
      const given = payloads(from, to);
      await sink.submit(given);
      return given;
    };
    const until = async (what: string, isTrue: () => boolean): Promise<void> => {
      await waitFor(what, isTrue, { everyMs: 1 });
    };
    const drained = (): Promise<void> => until('an empty outbox', () => sink.outbox.stats().depth === 0);
    /** Whatever happens, a record is in one of these. */
    const assertNothingVanished = (given: number): void => {
      const { written, refused: refusedSoFar, waiting } = sink.stats;
      assert.equal(written + refusedSoFar + waiting.records + totalLoss(sink.stats), given);
    };

    it('brings everything over, in order', async () => {
      const given = await submit(0, 1000);
      await drained();
      assert.deepEqual([...other.stored], given);
      await until('nothing to do', () => sink.stats.state === 'idle');
      assert.deepEqual([sink.stats.written, sink.stats.lastError], [1000, undefined]);
      assertNothingVanished(1000);
    });

    it('keeps everything while the other side is away, says so, and goes on by itself', async () => {
      other.rule = () => ({ kind: 'away' });
      const given = await submit(0, 250);
      await until('the outage to be noticed', () => sink.stats.retries >= 4);
      assert.deepEqual([sink.stats.state, sink.stats.waiting.records], ['retrying', 250]);
      assert.equal(warnings.length, 1, 'the same reason is said once');
      other.rule = () => ({ kind: 'taken' });
      await drained();
      assert.deepEqual([...other.stored].sort(), given.sort());
      assertNothingVanished(250);
    });

    it('loses nothing when it is closed in the middle', async () => {
      if (abilities.isolates) other.rule = (given) => ({ kind: given.length > 3 ? 'failed' : 'taken' });
      await submit(0, 500);
      await until('a beginning', () => other.stored.size > 20);
      await sink.close();
      const { depth } = sink.outbox.stats();
      assert.ok(depth > 0, 'something still waits');
      for (const payload of payloads(500 - depth, 500)) other.stored.add(payload);
      assert.equal(other.stored.size, 500);
      assertNothingVanished(500);
    });

    it('counts what the outbox drops by its cause, and says it', async () => {
      other.rule = () => ({ kind: 'away' });
      await submit(0, 100);
      sink.outbox.setLimits({ maximumBytes: sink.outbox.stats().bytes / 2 });
      await submit(100, 101);
      const { size } = sink.stats.losses;
      assert.ok(size >= 50, String(size));
      await until('a sentence', () =>
        warnings.some((warning) => /\d+ .* dropped before .*: the outbox is full/.test(warning)),
      );
      assertNothingVanished(101);
    });

    it('accounts for every record through a storm', async () => {
      const random = seededRandom(5);
      const poisonous = abilities.isolates ? [17, 400, 401, 1950] : [];
      const poison = new Set(poisonous.map((number) => sink.payloadOf(number)));
      other.rule = (given) => {
        if (random() < 0.1) return { kind: 'away' };
        if ((abilities.isolates && given.length > 60) || given.some((payload) => poison.has(payload)))
          return { kind: 'failed' };
        return { kind: 'taken' };
      };
      for (let at = 0; at < 2000; at += 100) await submit(at, at + 100);
      await drained();
      assert.deepEqual(new Set(sink.refused), poison);
      assert.equal(other.stored.size, 2000 - poison.size);
      assertNothingVanished(2000);
    });

    if (!abilities.isolates) return;

    it('sends in parts what is too much at once, and learns how much is not', async () => {
      const most = 7;
      other.rule = (given) => ({ kind: given.length > most ? 'failed' : 'taken' });
      const given = await submit(0, 2000);
      await drained();
      assert.deepEqual([...other.stored].sort(), given.sort());
      const failed = other.deliveries.filter(({ length }) => length > most).length;
      assert.ok(failed < other.deliveries.length / 5, `${failed} of ${other.deliveries.length} deliveries failed`);
      assert.equal(sink.stats.refused, 0);
    });

    it('sets aside the one record that fails while others pass', async () => {
      const poison = sink.payloadOf(321);
      other.rule = (given) => ({ kind: given.includes(poison) ? 'failed' : 'taken' });
      const given = await submit(0, 500);
      await drained();
      assert.deepEqual(sink.refused, [poison]);
      assert.deepEqual([...other.stored].sort(), given.filter((payload) => payload !== poison).sort());
      assertNothingVanished(500);
    });

    it('leaves the other side alone with a poison record that comes alone, until another one tells', async () => {
      const poison = sink.payloadOf(0);
      other.rule = (given) => ({ kind: given.includes(poison) ? 'failed' : 'taken' });
      await submit(0, 1);
      await until('some attempts', () => sink.stats.retries >= 3);
      assert.deepEqual([sink.refused, sink.outbox.stats().depth], [[], 1]);
      await submit(1, 20);
      await drained();
      assert.deepEqual([sink.refused, other.stored.size], [[poison], 19]);
    });

    if (!abilities.refuses) return;
    const { recordsPerRequest = SETTINGS.batch.records } = abilities;

    const isBad = (payload: string): boolean => payload.includes('7');

    for (const tells of ['names', 'count', 'nothing'] as const) {
      it(`sets aside only what is refused where the other side tells ${tells}`, async () => {
        other.refuse(isBad, tells);
        const given = await submit(0, 300);
        await drained();
        assert.deepEqual(sink.refused.length, given.filter(isBad).length);
        assert.deepEqual([...other.stored].sort(), given.filter((payload) => !isBad(payload)).sort());
        assertNothingVanished(300);
      });
    }

    it('spends three requests on a bad record at most where it is named', async () => {
      const bad = new Set(Array.from({ length: 40 }, (_, at) => sink.payloadOf(at * 50 + 13)));
      other.refuse((payload) => bad.has(payload), 'names');
      await submit(0, 2000);
      await drained();
      const good = Math.ceil(2000 / recordsPerRequest);
      assert.ok(other.deliveries.length <= good + 3 * bad.size, `${other.deliveries.length} requests`);
      assert.equal(new Set(sink.refused).size, bad.size);
    });

    for (const tells of ['names', 'count', 'nothing'] as const) {
      it(`holds and keeps everything while all is refused alike (tells ${tells})`, async () => {
        const all = payloads(0, 400);
        other.refuse(() => true, tells);
        await submit(0, 400);
        await until('the refusal to be noticed', () => sink.stats.state === 'held');
        await until('some looks', () => other.deliveries.length > 20);
        assert.deepEqual([sink.refused, sink.stats.refused, sink.outbox.stats().depth], [[], 0, 400]);
        await until('the words', () => sink.stats.lastError?.code === 'DELIVERY_REFUSED');
        other.rule = () => ({ kind: 'taken' });
        await drained();
        assert.deepEqual([...other.stored].sort(), all.sort());
        assertNothingVanished(400);
      });
    }

    for (const tells of ['names', 'count', 'nothing'] as const) {
      it(`sets nothing aside of what was refused until somebody mended it, whenever that was (tells ${tells})`, async () => {
        let first = 0;
        for (let looks = 1; looks <= 24; looks += 1) {
          other.refuse(() => true, tells);
          const refuse = other.rule;
          let left = looks;
          other.rule = (given) => (left-- > 0 ? refuse(given) : { kind: 'taken' });
          await submit(first, first + 30);
          await drained();
          first += 30;
          assert.deepEqual(sink.refused, [], `mended after ${looks} refusals`);
        }
        assert.equal(other.stored.size, first);
      });
    }

    it('holds also when it begins after all went well', async () => {
      await submit(0, 50);
      await drained();
      other.refuse(() => true, 'nothing');
      await submit(50, 150);
      await until('the refusal to be noticed', () => sink.stats.state === 'held');
      await until('some looks', () => other.deliveries.length > 20);
      assert.deepEqual([sink.refused, sink.outbox.stats().depth], [[], 100]);
    });

    it('sets a backlog aside that is refused while new records are taken', async () => {
      const old = new Set(payloads(0, 1000));
      other.rule = () => ({ kind: 'away' });
      await submit(0, 1000);
      other.refuse((payload) => old.has(payload), 'count');
      await until('the refusal to be noticed', () => sink.stats.lastError?.code === 'DELIVERY_REFUSED');
      assert.equal(sink.stats.refused, 0);
      const before = other.deliveries.length;
      await submit(1000, 1010);
      await drained();
      assert.deepEqual([other.stored.size, sink.stats.refused], [10, 1000]);
      const most = 80 + 2 * Math.ceil(1000 / recordsPerRequest);
      assert.ok(other.deliveries.length - before < most, `${other.deliveries.length - before} requests`);
    });

    it('splits what is too large, and sets aside a record that is too large alone', async () => {
      const large = sink.payloadOf(123);
      other.rule = (given) => ({ kind: given.length > 9 || given.includes(large) ? 'too large' : 'taken' });
      await submit(0, 400);
      await drained();
      assert.deepEqual([sink.refused, other.stored.size], [[large], 399]);
    });

    it('holds when every record is too large, however small', async () => {
      other.rule = () => ({ kind: 'too large' });
      await submit(0, 30);
      await until('the refusal to be noticed', () => sink.stats.lastError?.code === 'DELIVERY_REFUSED');
      assert.deepEqual([sink.refused, sink.outbox.stats().depth], [[], 30]);
    });
  });
}
