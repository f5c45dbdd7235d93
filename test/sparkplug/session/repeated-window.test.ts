import assert from 'node:assert/strict';
import type { LinkLoss } from '../../../src/mqtt/mqtt-link';
import { MemoryOutbox } from '../../../src/outbox/memory';
import { readHistoryRecord } from '../../../src/sparkplug/history/history-record';
import { createBdSeqCounter } from '../../../src/sparkplug/session/bd-seq';
import { EdgeSession } from '../../../src/sparkplug/session/session';
import { memorySessionStore } from '../../../src/sparkplug/session/session-store';
import { Pm500Error } from '../../../src/support/errors';
import { silentLogger } from '../../../src/support/logger';
import { seededRandom } from '../../../src/support/random';
import { FakeClock, settle } from '../../../testkit/fake-clock';
import { FakeBroker } from '../../../testkit/sparkplug/fake-link';
import { hostState, sample } from '../../../testkit/sparkplug/samples';

const STORE = { maximumBytes: 1e7 };
const STATE = 'spBv1.0/STATE/scada';
const SECONDS = 120;
/** One and a half keep-alives of 30 s, and a second. */
const BLIND_SECONDS = 46;
/** What a broker that ends the connection itself may have not read. */
const ENDED_SECONDS = 2;

type Ending = readonly [what: string, seconds: number, end: (broker: FakeBroker) => void];
const lose =
  (loss: LinkLoss) =>
  ({ last }: FakeBroker): void => {
    last.lose(new Pm500Error('MQTT_CONNECTION_LOST', 'The connection was lost.', { retryable: true }), loss);
  };
const ENDINGS: readonly Ending[] = [
  ['by the broker itself', ENDED_SECONDS, lose('ended')],
  ['in silence', BLIND_SECONDS, lose('silent')],
  [
    'because the primary host went offline',
    BLIND_SECONDS,
    ({ last }) => {
      last.listener.onMessage(STATE, hostState(false, 11), false);
    },
  ],
];

describe('what an edge node stores again of what it had published', () => {
  for (const [what, seconds, end] of ENDINGS) {
    it(`is that of ${seconds} s where a session ended ${what}, once, and nothing that did not change`, async () => {
      const clock = new FakeClock();
      const outbox = new MemoryOutbox(STORE, clock);
      const broker = new FakeBroker();
      const session = new EdgeSession(
        {
          node: { groupId: 'G', edgeNodeId: 'N', primaryHostId: 'scada' },
          broker: { host: 'broker', port: 1883, keepAliveSeconds: 30, connectTimeoutMs: 5000 },
          settleMs: 100,
          history: { valuesPerSecond: 1000, store: STORE },
        },
        {
          clock,
          random: seededRandom(1),
          logger: silentLogger,
          openLink: broker.open,
          bdSeq: createBdSeqCounter(memorySessionStore()),
          outbox,
        },
      );
      session.start();
      broker.last.listener.onConnected();
      await settle();
      broker.last.listener.onMessage(STATE, hostState(true, 10), true);
      for (let value = 0; value < SECONDS; value++) {
        session.publish('M', [sample('count', value, { at: clock.now() }), sample('still', 230, { at: clock.now() })]);
        await clock.advance(1000);
      }
      assert.equal(session.state.phase, 'born');
      assert.equal(session.history?.depth, 0);
      end(broker);
      await settle();
      const stored = session.history.depth;
      assert.ok(Math.abs(stored - seconds) <= 1, `${stored} readings`);
      const { records } = await outbox.peek({ maximumRecords: SECONDS, maximumBytes: 1e7 });
      const names = records.flatMap(
        ({ payload }) => readHistoryRecord(payload)?.samples.map(({ name }) => name) ?? ['unreadable'],
      );
      assert.deepEqual([...new Set(names)], ['count']);
      // A session that ends before anything else was published has nothing to store again.
      for (let round = 0; round < 3; round++) {
        await clock.advance(5000);
        broker.last.listener.onConnected();
        await settle();
        end(broker);
        await settle();
      }
      assert.equal(session.history.depth, stored);
      await session.close();
    });
  }
});
