import assert from 'node:assert/strict';
import { NO_LOSSES } from '../../../src/delivery/stats';
import { MemoryOutbox } from '../../../src/outbox/memory';
import { HistoryBatchSize } from '../../../src/sparkplug/history/history-batch-size';
import { conditionOf, customCondition } from '../../../src/sparkplug/metrics/metric-condition';
import { History } from '../../../src/sparkplug/history/history';
import type { HistorySettings } from '../../../src/sparkplug/history/history-settings';
import {
  type HistoryRecord,
  readHistoryRecord,
  writeHistoryRecord,
} from '../../../src/sparkplug/history/history-record';
import { bytesOf, RecordPacker } from '../../../src/sparkplug/history/packed-record';
import { PingLedger } from '../../../src/mqtt/ping-ledger';
import { memoryQueues } from '../../../src/sparkplug/history/queue-place';
import { SentWindow } from '../../../src/sparkplug/history/sent-window';
import { parseHost, parseServers } from '../../../src/mqtt/server-list';
import { Pm500Error, hasCode } from '../../../src/support/errors';
import { silentLogger, type Logger } from '../../../src/support/logger';
import { FakeClock, settle } from '../../../testkit/fake-clock';
import { START, sample } from '../../../testkit/sparkplug/samples';

const SETTINGS: HistorySettings = { valuesPerSecond: 1000, store: { maximumBytes: 1_000_000 }, blindMs: 3000 };

/** A history whose session the test plays. */
function bench(settings: Partial<HistorySettings> = {}, logger: Logger = silentLogger) {
  const clock = new FakeClock(START);
  const { store } = { ...SETTINGS, ...settings };
  const outbox = new MemoryOutbox(store, clock);
  const queues = memoryQueues(clock);
  const state = {
    isFlowing: true,
    isBacklogged: false,
    answers: true,
    born: ['M'],
    missing: [] as string[],
    forced: [] as string[],
  };
  /** Values in each message. */
  const messages: number[] = [];
  const sent: { readonly at: number; readonly deviceId: string; readonly value: unknown }[] = [];
  const waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  const link = {
    get isBacklogged() {
      return state.isBacklogged;
    },
    confirm: () =>
      state.answers
        ? Promise.resolve()
        : new Promise<void>((resolve, reject) => {
            waiting.push({ resolve, reject });
          }),
  };
  const history = new History(
    { ...SETTINGS, ...settings },
    { outbox, queues },
    {
      linkOf: () => link,
      isFlowing: () => state.isFlowing,
      isBorn: (deviceId) => state.born.includes(deviceId),
      forward: ({ deviceId, samples }, isForced) => {
        if (isForced) state.forced.push(deviceId);
        const isIncomplete = samples.some(({ name }) => state.missing.includes(name));
        if (isIncomplete && !isForced) return { state: 'incomplete', messages: 0, bytes: 0 };
        for (const { value } of samples) sent.push({ at: clock.monotonic(), deviceId, value });
        messages.push(samples.length);
        return { state: 'sent', messages: 1, bytes: samples.length * 20 };
      },
    },
    clock,
    logger,
  );
  const keep = (deviceId: string, ...values: readonly number[]): void => {
    for (const value of values) history.keep({ deviceId, samples: [sample('a', value)] });
  };
  return { clock, outbox, queues, state, sent, messages, waiting, history, keep };
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('history of an edge node', () => {
  for (const [what, text] of [
    ['in another form', '[3,"M",1767225600000,0,"aaaa",[1],["good:"]]'],
    ['with a metric that is not known here', `[2,"M",${START},0,"????",[1],["good:"]]`],
  ] as const) {
    it(`keeps records of a later version ${what}, says so once, and loses nothing behind them`, async () => {
      const errors: string[] = [];
      const logger = { ...silentLogger, error: (message: string) => void errors.push(message) };
      const { clock, outbox, sent, history, keep } = bench({}, logger);
      keep('M', 1);
      await outbox.append([{ payload: text, acceptedAt: START }]);
      keep('M', 2);
      await clock.advance(60_000);
      assert.deepEqual(
        sent.map(({ value }) => value),
        [1],
      );
      const { records, from, to } = await outbox.peek({ maximumRecords: 9, maximumBytes: 1e6 });
      assert.deepEqual([records[0]?.payload, records.length], [text, 2]);
      assert.equal(errors.length, 1);
      assert.match(errors[0] ?? '', /written by a later version of this software; they are kept/);
      assert.deepEqual([history.stats.depth, history.stats.damaged], [2, 0]);
      // That version has sent its own.
      await outbox.acknowledge({ from, to: to - 1 });
      await clock.advance(5000);
      assert.deepEqual(
        sent.map(({ value }) => value),
        [1, 2],
      );
      await history.close();
    });
  }

  it('counts what is no record at all as lost, and goes on', async () => {
    const { clock, outbox, sent, history, keep } = bench();
    await outbox.append(['no JSON', '{"x":1}', '[]', '["2"]'].map((payload) => ({ payload, acceptedAt: START })));
    keep('M', 7);
    await clock.advance(5000);
    assert.deepEqual(
      sent.map(({ value }) => value),
      [7],
    );
    assert.equal(history.stats.damaged, 4);
    await history.close();
  });

  it('keeps a queue of a device that only a later version knows, over starts, and says so once', async () => {
    const errors: string[] = [];
    const logger = { ...silentLogger, error: (message: string) => void errors.push(message) };
    const { clock, queues, sent, history, keep } = bench({}, logger);
    const kept = queues.take('N', { maximumBytes: 1e6 });
    await kept.append(['[3,"N"]', '[3,"N"]'].map((payload) => ({ payload, acceptedAt: START })));
    keep('M', 2);
    await clock.advance(20_000);
    assert.deepEqual(
      sent.map(({ value }) => value),
      [2],
    );
    assert.equal(kept.stats().depth, 2);
    assert.deepEqual(await queues.names(), ['N']);
    assert.equal(errors.length, 1);
    assert.match(errors[0] ?? '', /written by a later version of this software; they are kept/);
    assert.equal(history.stats.damaged, 0);
    await history.close();
  });

  it('keeps those of a device that was away, too, while others go on', async () => {
    const { clock, queues, sent, history, keep, state } = bench();
    const limits = { maximumBytes: 1e6 };
    const known = writeHistoryRecord({ deviceId: 'N', samples: [sample('a', 1)] });
    const kept = queues.take('N', limits);
    await kept.append([known, '[3,"N"]', known].map((payload) => ({ payload, acceptedAt: START })));
    state.born.push('N');
    keep('M', 2);
    await clock.advance(20_000);
    assert.deepEqual(sent.map(({ value }) => value).sort(), [1, 2]);
    const { records } = await kept.peek({ maximumRecords: 9, maximumBytes: 1e6 });
    assert.deepEqual([records[0]?.payload, records.length], ['[3,"N"]', 2]);
    await history.close();
  });

  it('sends what it kept in order, never faster than allowed', async () => {
    const { clock, state, sent, history, keep } = bench();
    state.isFlowing = false;
    keep('M', ...numbers(500));
    await settle();
    assert.equal(history.stats.depth, 500);
    assert.deepEqual(sent, []);
    state.isFlowing = true;
    history.wake();
    await clock.advance(250);
    assert.ok(sent.length <= 250 + 100, `${sent.length} in a quarter of a second`);
    assert.ok(sent.length >= 200, `${sent.length} in a quarter of a second`);
    await clock.advance(1000);
    assert.deepEqual(
      sent.map(({ value }) => value),
      numbers(500),
    );
    assert.equal(history.stats.depth, 0);
    assert.equal(history.stats.forwarded, 500);
    await history.close();
    assert.equal(clock.pending, 0);
  });

  it('acknowledges nothing that the broker has not confirmed, and sends it again', async () => {
    const { clock, state, sent, waiting, history, keep } = bench();
    state.answers = false;
    keep('M', 1, 2);
    await clock.advance(10);
    const first = sent.length;
    assert.ok(first > 0);
    assert.equal(history.stats.depth, 2);
    for (const { reject } of waiting.splice(0)) reject(new Pm500Error('MQTT_CONNECTION_LOST', 'lost.'));
    state.answers = true;
    await settle();
    history.wake();
    await clock.advance(1000);
    assert.deepEqual(
      sent.slice(first).map(({ value }) => value),
      [1, 2],
    );
    assert.equal(history.stats.depth, 0);
    await history.close();
  });

  it('waits while live data waits', async () => {
    const { clock, state, sent, history, keep } = bench();
    state.isBacklogged = true;
    keep('M', 1);
    await clock.advance(5000);
    assert.deepEqual(sent, []);
    state.isBacklogged = false;
    await clock.advance(100);
    assert.equal(sent.length, 1);
    await history.close();
  });

  it('lets others go first after seconds when a device is not there, and sends it when it is', async () => {
    const { clock, state, sent, history, keep } = bench();
    keep('gone', 1, 2);
    keep('M', 3, 4);
    await clock.advance(4000);
    assert.deepEqual(sent, []);
    await clock.advance(2000);
    assert.deepEqual(
      sent.map(({ value }) => value),
      [3, 4],
    );
    assert.equal(history.stats.depth, 2);
    state.born.push('gone');
    history.wake();
    await clock.advance(1000);
    assert.deepEqual(
      sent.map(({ value }) => value),
      [3, 4, 1, 2],
    );
    assert.equal(history.stats.depth, 0);
    await history.close();
  });

  it('drops and counts what is too old and what it cannot read', async () => {
    const { clock, outbox, state, sent, history, keep } = bench({
      store: { maximumBytes: 1_000_000, maximumAgeMs: 1000 },
    });
    state.isFlowing = false;
    keep('M', 1);
    await clock.advance(2000);
    await outbox.append([{ payload: 'rubbish', acceptedAt: clock.now() }]);
    keep('M', 2);
    await settle();
    state.isFlowing = true;
    history.wake();
    await clock.advance(100);
    assert.deepEqual(
      sent.map(({ value }) => value),
      [2],
    );
    const { losses, dropped, droppedForAge, damaged } = history.stats;
    assert.deepEqual({ dropped, droppedForAge, damaged }, { dropped: 1, droppedForAge: 1, damaged: 1 });
    assert.deepEqual(losses, { ...NO_LOSSES, age: 1, damage: 1 });
    await history.close();
  });

  it('keeps what was published shortly before a loss, and no more of it', async () => {
    const { clock, state, history } = bench();
    state.isFlowing = false;
    for (const value of numbers(10)) {
      history.remember({ deviceId: 'M', samples: [sample('a', value)] });
      await clock.advance(1000);
    }
    history.keepRecent('silent');
    await settle();
    assert.equal(history.stats.depth, 3);
    history.remember({ deviceId: 'M', samples: [sample('a', 1)] });
    history.forgetRecent();
    history.keepRecent('silent');
    await settle();
    assert.equal(history.stats.depth, 3);
    await history.close();
  });
});

describe('a record without values', () => {
  it('holds nothing up', async () => {
    const { clock, outbox, sent, history, keep } = bench();
    history.remember({ deviceId: 'M', samples: [] });
    history.keepRecent('silent');
    await settle();
    assert.equal(history.stats.depth, 0);
    await outbox.append([{ payload: writeHistoryRecord({ deviceId: 'M', samples: [] }), acceptedAt: clock.now() }]);
    keep('M', 1);
    await clock.advance(1000);
    assert.deepEqual(
      sent.map(({ value }) => value),
      [1],
    );
    assert.equal(history.stats.depth, 0);
    await history.close();
  });
});

describe('a lost connection', () => {
  it('that the broker ended itself costs a repetition of two seconds and of what no ping confirmed', async () => {
    const { clock, state, history } = bench({ blindMs: 60_000 });
    state.isFlowing = false;
    const remember = async (value: number): Promise<void> => {
      history.remember({ deviceId: 'M', samples: [sample('a', value)] });
      await clock.advance(1000);
    };
    for (const value of numbers(30)) await remember(value);
    history.keepRecent('ended');
    await settle();
    assert.equal(history.stats.depth, 2);
    state.answers = false;
    for (const value of numbers(30)) await remember(value);
    history.keepRecent('ended');
    await settle();
    assert.equal(history.stats.depth, 2 + 30, 'unconfirmed');
    await history.close();
  });
});

describe('parts of store and forward', () => {
  it('write records and read them back as they were', () => {
    const conditions = [
      conditionOf('good'),
      conditionOf('bad', 'read_failed'),
      customCondition({ Quality: { type: 'Int32', value: 192 }, big: { type: 'UInt64', value: 2n ** 63n } }),
    ];
    const values = [1.5, null, true, 'Ω', 2n ** 62n, Number.NaN, -0, Number.NEGATIVE_INFINITY, Uint8Array.of(1, 255)];
    const record: HistoryRecord = {
      deviceId: 'M 1',
      samples: values.map((value, index) => ({
        name: `m${index}`,
        type: 'Double',
        value,
        timestamp: START + index,
        description: {},
        condition: conditions[index % 3] ?? conditionOf('good'),
      })),
    };
    assert.deepEqual(readHistoryRecord(writeHistoryRecord(record)), record);
    for (const text of [
      '',
      '{}',
      '[1]',
      '{"device":1,"samples":[]}',
      '{"device":"M","samples":[["a","Nope",1,2,"good:"]]}',
    ])
      assert.equal(readHistoryRecord(text), undefined, text);
  });

  it('find how much a slow link takes within a tenth of a second', () => {
    const size = new HistoryBatchSize(100_000);
    for (let round = 0; round < 12; round++) size.learn(5);
    assert.equal(size.values, 5000);
    size.learn(200);
    assert.equal(size.values, 2500);
    for (let round = 0; round < 12; round++) size.learn(200);
    assert.equal(size.values, 20);
    size.learn(70);
    assert.equal(size.values, 20);
  });

  it('pair pings with answers in order, whoever asked', async () => {
    const ledger = new PingLedger();
    const done: string[] = [];
    ledger.onSent();
    const confirm = (name: string): Promise<void> =>
      ledger
        .confirm(() => {
          ledger.onSent();
        })
        .then(
          () => void done.push(name),
          () => void done.push(`${name} lost`),
        );
    const all = [confirm('first'), confirm('second')];
    ledger.onAnswered();
    await settle();
    assert.deepEqual(done, []);
    ledger.onAnswered();
    await settle();
    assert.deepEqual(done, ['first']);
    ledger.fail(new Error('lost'));
    await Promise.all(all);
    assert.deepEqual(done, ['first', 'second lost']);
  });

  it('forget the oldest of what was sent, by time, unless the broker has not confirmed it', () => {
    const window = new SentWindow(100);
    const values = (records: readonly HistoryRecord[]): unknown[] => records.map(({ samples }) => samples[0]?.value);
    for (let at = 0; at < 1000; at += 10) window.add({ deviceId: 'M', samples: [sample('a', at)] }, at, at, at);
    assert.deepEqual(values(window.take(1000, 1000)), [900, 910, 920, 930, 940, 950, 960, 970, 980, 990]);
    assert.deepEqual(window.take(1000, 1000), []);
    for (let at = 0; at < 1000; at += 100) window.add({ deviceId: 'M', samples: [sample('a', at)] }, at, at, 700);
    assert.deepEqual(values(window.take(5000, 700)), [800, 900]);
  });

  it('give out what the broker has not confirmed when there is no room for it', () => {
    const packed = new RecordPacker().pack({ deviceId: 'M', samples: [sample('a', 0)] });
    const window = new SentWindow(100, 2 * bytesOf(packed));
    const add = (at: number, confirmed: number): unknown[] =>
      window
        .add({ deviceId: 'M', samples: [sample('a', at)] }, at, at, confirmed)
        .map(({ samples }) => samples[0]?.value);
    assert.deepEqual(add(1, 1), []);
    assert.deepEqual(add(2, 1), []);
    assert.deepEqual(add(3, 1), [], 'the first was confirmed');
    assert.deepEqual(add(4, 1), [2]);
  });

  it('read lists of servers', () => {
    assert.deepEqual(parseServers(' a:1 , b;[::1]:2', 1883), [
      { host: 'a', port: 1 },
      { host: 'b', port: 1883 },
      { host: '::1', port: 2 },
    ]);
    for (const text of ['a:b', 'a:0', 'a:70000', 'mqtt://x', '::1']) {
      assert.throws(
        () => parseServers(text, 1883),
        (thrown) => hasCode(thrown, 'CONFIG_INVALID'),
        text,
      );
    }
  });

  it('take a host, and refuse a URL, a port or a path in one sentence', () => {
    const hosts = {
      '127.0.0.1': '127.0.0.1',
      'broker-1.plant': 'broker-1.plant',
      '::1': '::1',
      '[fe80::1]': 'fe80::1',
    };
    for (const [text, host] of Object.entries(hosts)) assert.equal(parseHost(text), host);
    for (const text of [
      'mqtt://127.0.0.1',
      'mqtt://u:secret@h:1883',
      'h:1883',
      'h/mqtt',
      'a b',
      '[::1]:1883',
      '[',
      '::g',
    ]) {
      assert.throws(
        () => parseHost(text),
        (thrown) =>
          hasCode(thrown, 'CONFIG_INVALID') &&
          /; give the host without mqtt:\/\/ and[^;]*\.$/.test((thrown as Error).message) &&
          !(thrown as Error).message.includes('secret'),
        text,
      );
    }
  });
});
