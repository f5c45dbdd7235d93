import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Outbox } from '../../../src/outbox/outbox';
import { customCondition } from '../../../src/sparkplug/metrics/metric-condition';
import { History } from '../../../src/sparkplug/history/history';
import type { MetricSample } from '../../../src/sparkplug/metrics/metrics';
import { memoryQueues } from '../../../src/sparkplug/history/queue-place';
import { BrokerAnswers } from '../../../src/sparkplug/history/broker-answers';
import { SentWindow } from '../../../src/sparkplug/history/sent-window';
import { TimerSet } from '../../../src/support/timer-set';
import { silentLogger } from '../../../src/support/logger';
import { FakeClock, settle } from '../../../testkit/fake-clock';
import { excessiveGrowth, FACTOR } from '../../../testkit/growth';
import { sample } from '../../../testkit/sparkplug/samples';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Of objects and of blocks of numbers, which do not lie in the heap. */
function heldBytes(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const MEGABYTE = 1e6;
const IMPOSSIBLE = { state: 'impossible', messages: 0, bytes: 0 } as const;
const WEEK_MS = 604_800_000;
/** Enough of each kind to fill the window more than once. */
const VALUES = 2_400_000;
const MESSAGES = 200_000;

const samples = (count: number, of: (index: number) => Partial<MetricSample>): MetricSample[] =>
  Array.from({ length: count }, (_, index) => ({ ...sample(`m_${index}`, 0), ...of(index) }));
const withProperties = (): Partial<MetricSample> => ({
  condition: customCondition({ Quality: { type: 'Int32', value: 192 }, line: { type: 'String', value: 'A' } }),
});
const text = (round: number, length: number): string => `${round}${'x'.repeat(length)}`.slice(0, length);

describe('memory of store and forward', function () {
  this.timeout(60_000);

  /** What a window that the broker confirms at once is full of. */
  const kinds: Readonly<Record<string, (round: number) => readonly MetricSample[]>> = {
    'the same 30 metrics in each message': (round) => samples(30, (index) => ({ value: round + index + 0.5 })),
    'messages of two groups in turn': (round) =>
      samples(30, (index) => ({ name: `g${round % 2}_${index}`, value: round + index + 0.5 })),
    'one metric in each message': (round) => samples(1, () => ({ value: round + 0.5 })),
    'values that are no numbers': (round) =>
      samples(30, (index) =>
        index % 3 === 0 ? { type: 'String', value: text(round, 20) } : { value: index % 3 === 1 },
      ),
    'properties that the flow gives': (round) => samples(30, () => ({ value: round + 0.5, ...withProperties() })),
  };
  for (const [kind, of] of Object.entries(kinds)) {
    it(`is bounded: ${kind}`, () => {
      const before = heldBytes();
      const window = new SentWindow(WEEK_MS);
      const perMessage = of(0).length;
      let most = 0;
      for (let round = 0; round < MESSAGES && round * perMessage < VALUES; round++) {
        window.add({ deviceId: 'M', samples: of(round) }, round + 0.5, round, round);
        if (round % 20_000 === 0) most = Math.max(most, heldBytes() - before);
      }
      assert.ok(most < 40 * MEGABYTE, `${(most / MEGABYTE).toFixed(1)} MB`);
      // All of it is unpacked at once where it is lost.
      const values = window.take(VALUES, VALUES).reduce((sum, record) => sum + record.samples.length, 0);
      assert.ok(values > 0 && values <= 600_000, `${values} values`);
    });
  }

  it('counts the bytes of texts', () => {
    const window = new SentWindow(WEEK_MS);
    for (let round = 0; round < 2000; round++) {
      const value = text(round, 100_000);
      window.add({ deviceId: 'M', samples: samples(1, () => ({ type: 'String', value })) }, round, round, round);
    }
    assert.ok(window.take(2000, 2000).length < 400);
  });

  it('does not grow with every record that was stored', async () => {
    const outbox = { append: () => Promise.resolve({ from: 0, to: 1 }), stats: () => ({}) } as unknown as Outbox;
    const port = { linkOf: () => undefined, isFlowing: () => false, isBorn: () => false, forward: () => IMPOSSIBLE };
    const settings = { valuesPerSecond: 1, store: { maximumBytes: 1e9 }, blindMs: 1 };
    const clock = new FakeClock();
    const stores = { outbox, queues: memoryQueues(clock) };
    const history = new History(settings, stores, port, clock, silentLogger);
    const record = { deviceId: 'M', samples: [sample('a', 1)] };
    const store = async (): Promise<void> => {
      for (let round = 0; round < 100_000; round++) {
        history.keep(record);
        if (round % 1000 === 0) await settle();
      }
      await settle();
    };
    await store();
    const before = heldBytes();
    await store();
    const grown = heldBytes() - before;
    assert.ok(grown < 2 * MEGABYTE, `${(grown / MEGABYTE).toFixed(1)} MB`);
    await history.close();
  });

  it('lets go of many waiting messages at once', () => {
    const letGo = (messages: number) => (): void => {
      const answers = new BrokerAnswers(new TimerSet(new FakeClock()), () => undefined);
      for (let message = 0; message < messages; message++) {
        answers.onPublish();
        void answers.arrived();
      }
      answers.settleAll();
    };
    assert.equal(excessiveGrowth(letGo(MESSAGES / FACTOR), letGo(MESSAGES)), undefined);
  });
});
