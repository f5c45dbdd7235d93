import assert from 'node:assert/strict';
import { MemoryOutbox } from '../../../src/outbox/memory';
import { History } from '../../../src/sparkplug/history/history';
import type { HistorySettings } from '../../../src/sparkplug/history/history-settings';
import { memoryQueues } from '../../../src/sparkplug/history/queue-place';
import { FakeClock, settle } from '../../../testkit/fake-clock';
import { START, sample } from '../../../testkit/sparkplug/samples';

const HOUR_MS = 3_600_000;

/** A history whose session the test plays, with the messages that it published. */
function bench(over: Partial<HistorySettings> = {}) {
  const clock = new FakeClock(START);
  const settings = { valuesPerSecond: 5000, store: { maximumBytes: 10_000_000 }, blindMs: 3000, ...over };
  const outbox = new MemoryOutbox(settings.store, clock);
  const queues = memoryQueues(clock);
  const state = { isFlowing: false, born: new Set<string>(), missing: new Set<string>() };
  const messages: { at: number; deviceId: string; values: unknown[]; times: number[]; isForced: boolean }[] = [];
  const warnings: string[] = [];
  const note = (text: string): void => void warnings.push(text);
  const logger = { debug: note, info: note, warn: note, error: note };
  const open = (): History =>
    new History(
      settings,
      { outbox, queues },
      {
        linkOf: () => ({ isBacklogged: false, confirm: () => Promise.resolve() }),
        isFlowing: () => state.isFlowing,
        isBorn: (deviceId) => state.born.has(deviceId),
        forward: ({ deviceId, samples }, isForced, allowed) => {
          if (!state.born.has(deviceId)) return { state: 'impossible', messages: 0, bytes: 0 };
          if (!isForced && samples.some(({ name }) => state.missing.has(name))) {
            return { state: 'incomplete', messages: 0, bytes: 0 };
          }
          const needs = { messages: 1, bytes: 20 * samples.length };
          if (needs.messages > allowed.messages || needs.bytes > allowed.bytes) {
            return { state: 'later', messages: 0, bytes: 0, needs };
          }
          const [values, times] = [samples.map(({ value }) => value), samples.map(({ timestamp }) => timestamp)];
          messages.push({ at: clock.monotonic(), deviceId, values, times, isForced });
          return { state: 'sent', ...needs };
        },
      },
      clock,
      logger,
    );
  const valuesOf = (deviceId: string): unknown[] =>
    messages.filter((message) => message.deviceId === deviceId).flatMap(({ values }) => values);
  /** One reading of each device every second. */
  const outage = async (history: History, devices: readonly string[], seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second++) {
      for (const deviceId of devices) {
        history.keep({ deviceId, samples: [sample('a', second, { at: START + second * 1000 })] });
      }
    }
    await settle();
  };
  const flow = (history: History, ...born: readonly string[]): void => {
    state.isFlowing = true;
    state.born = new Set(born);
    history.wake();
  };
  return { clock, outbox, state, messages, warnings, open, valuesOf, outage, flow };
}

const DEVICES = Array.from({ length: 10 }, (_, index) => `M${index}`);
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('history of several devices', () => {
  it('does not wait for one that is not there, and brings what waited when it is back', async () => {
    const { clock, outbox, open, outage, flow, valuesOf } = bench();
    const history = open();
    await outage(history, DEVICES, 1800);
    const [dead = '', ...others] = DEVICES;
    flow(history, ...others);
    await clock.advance(15_000);
    for (const deviceId of others) assert.deepEqual(valuesOf(deviceId), numbers(1800), deviceId);
    assert.equal(outbox.stats().depth, 0, 'moved once, out of the way');
    assert.deepEqual(
      history.stats.absent.map(({ deviceId, depth }) => [deviceId, depth]),
      [[dead, 1800]],
    );
    await clock.advance(HOUR_MS);
    assert.equal(outbox.stats().position, 18_000, 'nothing was written again');
    flow(history, ...DEVICES);
    await clock.advance(5000);
    assert.deepEqual(valuesOf(dead), numbers(1800));
    assert.equal(history.stats.depth, 0);
    assert.equal(history.stats.forwarded, 18_000);
    await history.close();
    assert.equal(clock.pending, 0);
  });

  it('does not wait anew in every session for one that is not there, however short sessions are', async () => {
    const { clock, state, open, outage, flow, valuesOf } = bench();
    const history = open();
    flow(history, 'A', 'B');
    history.keep({ deviceId: 'B', samples: [sample('a', -1)] });
    await clock.advance(6000);
    for (let session = 0; session < 5; session++) {
      state.isFlowing = false;
      history.keepRecent('ended');
      await outage(history, ['gone', 'B'], 20);
      flow(history, 'B');
      await clock.advance(1000);
      assert.equal(valuesOf('B').length, 1 + 20 * (session + 1), `session ${session}`);
    }
    assert.equal(history.stats.absent[0]?.depth, 100);
    await history.close();
  });

  it('keeps the order of a device that is away and of which more comes', async () => {
    const { clock, open, outage, flow, valuesOf } = bench();
    const history = open();
    await outage(history, ['A', 'B'], 10);
    flow(history, 'B');
    await clock.advance(10_000);
    for (const value of [10, 11, 12]) history.keep({ deviceId: 'A', samples: [sample('a', value)] });
    await clock.advance(1000);
    assert.equal(history.stats.absent[0]?.depth, 13);
    flow(history, 'A', 'B');
    history.keep({ deviceId: 'A', samples: [sample('a', 13)] });
    await clock.advance(5000);
    assert.deepEqual(valuesOf('A'), numbers(14));
    await history.close();
  });

  it('finds what an earlier process has put aside', async () => {
    const { clock, open, outage, flow, valuesOf } = bench();
    const first = open();
    await outage(first, ['A', 'B'], 10);
    flow(first, 'B');
    await clock.advance(10_000);
    await first.close();
    const second = open();
    await outage(second, ['A'], 0);
    second.keep({ deviceId: 'A', samples: [sample('a', 10)] });
    flow(second, 'A', 'B');
    await clock.advance(10_000);
    assert.deepEqual(valuesOf('A'), numbers(11));
    await second.close();
  });

  it('does not wait for a metric that one device has not brought yet, and bears it for that after a minute', async () => {
    const { clock, state, messages, open, flow, valuesOf } = bench();
    const history = open();
    state.missing.add('late');
    for (const value of [1, 2]) history.keep({ deviceId: 'A', samples: [sample(value === 2 ? 'late' : 'a', value)] });
    for (const value of [3, 4]) history.keep({ deviceId: 'B', samples: [sample('a', value)] });
    flow(history, 'A', 'B');
    await clock.advance(2000);
    assert.deepEqual(valuesOf('B'), [3, 4]);
    assert.deepEqual(valuesOf('A'), [1], 'what is before it needs no metric');
    await clock.advance(70_000);
    assert.deepEqual(valuesOf('A'), [1, 2]);
    assert.deepEqual(
      messages.filter(({ isForced }) => isForced).map(({ values }) => values),
      [[2]],
    );
    await history.close();
  });

  it('says once which devices stay away, with how much and how old, and lets go of it by age', async () => {
    const { clock, warnings, open, outage, flow } = bench({
      store: { maximumBytes: 10_000_000, maximumAgeMs: 2 * HOUR_MS },
    });
    const history = open();
    await outage(history, ['gone', 'B'], 7);
    flow(history, 'B');
    await clock.advance(HOUR_MS);
    const said = warnings.filter((text) => text.includes('"gone"'));
    assert.equal(said.length, 1);
    assert.match(said[0] ?? '', /"gone" \(7, the oldest 10 min old\)/);
    await clock.advance(1.5 * HOUR_MS);
    const { depth, droppedForAge, dropped, absent } = history.stats;
    assert.deepEqual({ depth, droppedForAge, dropped, absent }, { depth: 0, droppedForAge: 7, dropped: 7, absent: [] });
    await history.close();
  });

  it('gives absent devices half of the room, the oldest of all go first', async () => {
    const { clock, open, outage, flow } = bench({ store: { maximumBytes: 100_000 } });
    const history = open();
    for (let round = 0; round < 20; round++) {
      await outage(history, ['gone', 'lost'], 100);
      flow(history, 'B');
      await clock.advance(6000);
    }
    const { absent, dropped, droppedForAge, depth } = history.stats;
    const bytes = absent.reduce((sum, device) => sum + device.bytes, 0);
    assert.ok(bytes > 40_000 && bytes <= 50_000, `${bytes} bytes`);
    assert.equal(depth + dropped, 4000);
    assert.equal(droppedForAge, 0);
    await history.close();
  });

  it('takes a clock that was set for no age, aside too', async () => {
    const { clock, open, outage, flow, valuesOf } = bench({
      store: { maximumBytes: 10_000_000, maximumAgeMs: HOUR_MS },
    });
    const history = open();
    await outage(history, ['A', 'B'], 5);
    clock.jump(100 * HOUR_MS);
    flow(history, 'B');
    await clock.advance(10_000);
    clock.jump(100 * HOUR_MS);
    assert.deepEqual(valuesOf('B'), numbers(5));
    flow(history, 'A', 'B');
    await clock.advance(10_000);
    assert.deepEqual(valuesOf('A'), numbers(5));
    assert.equal(history.stats.dropped, 0);
    await history.close();
  });
});

describe('messages of history', () => {
  it('have many readings each, in order, with their times', async () => {
    const { clock, messages, open, outage, flow, valuesOf } = bench();
    const history = open();
    await outage(history, DEVICES, 500);
    flow(history, ...DEVICES);
    await clock.advance(10_000);
    for (const deviceId of DEVICES) assert.deepEqual(valuesOf(deviceId), numbers(500));
    assert.ok(messages.length < 500, `${messages.length} messages for 5000 readings`);
    for (const { times } of messages)
      assert.deepEqual(
        times,
        times.toSorted((left, right) => left - right),
      );
    await history.close();
  });

  it('are no more in a second than allowed, and carry more instead', async () => {
    const { clock, messages, open, outage, flow, valuesOf } = bench({ messagesPerSecond: 5 });
    const history = open();
    await outage(history, DEVICES, 1000);
    flow(history, ...DEVICES);
    await clock.advance(60_000);
    for (const deviceId of DEVICES) assert.deepEqual(valuesOf(deviceId), numbers(1000), deviceId);
    for (let second = 0; second < 30; second++) {
      const within = messages.filter(({ at }) => at >= second * 1000 && at < second * 1000 + 1000).length;
      assert.ok(within <= 5, `${within} messages in second ${second}`);
    }
    const last = messages.at(-1)?.at ?? 0;
    assert.ok(messages.length <= 5 + (5 * last) / 1000, `${messages.length} messages in ${last} ms`);
    await history.close();
  });

  it('are no more bytes in a second than allowed', async () => {
    const { clock, messages, open, outage, flow, valuesOf } = bench({ bytesPerSecond: 2000 });
    const history = open();
    await outage(history, ['A'], 1000);
    flow(history, 'A');
    await clock.advance(5000);
    const sent = messages.reduce((sum, { values }) => sum + values.length, 0);
    assert.ok(sent >= 400 && sent <= 700, `${sent} values of 20 bytes in 5 s`);
    await clock.advance(10_000);
    assert.deepEqual(valuesOf('A'), numbers(1000));
    await history.close();
  });
});
