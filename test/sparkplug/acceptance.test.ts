import assert from 'node:assert/strict';
import { NO_LOSSES } from '../../src/delivery/stats';
import { MemoryOutbox } from '../../src/outbox/memory';
import { readHistoryRecord, writeHistoryRecord } from '../../src/sparkplug/history/history-record';
import { Pm500Error, hasCode } from '../../src/support/errors';
import { FakeClock, settle } from '../../testkit/fake-clock';
import { failed, rebirthCommand, sample } from '../../testkit/sparkplug/samples';
import { virtualEdge } from '../../testkit/sparkplug/virtual-edge';

/** Longer than the edge node waits before it asks the broker. */
const ASK_MS = 200;

function lost(): Pm500Error {
  return new Pm500Error('MQTT_CONNECTION_LOST', 'The connection was lost.', { retryable: true });
}

/** An outbox that takes its time, and may fail. */
class SlowOutbox extends MemoryOutbox {
  private readonly pending: (() => void)[] = [];
  failure: Pm500Error | undefined;

  override async append(...given: Parameters<MemoryOutbox['append']>): ReturnType<MemoryOutbox['append']> {
    await new Promise<void>((resolve) => {
      this.pending.push(resolve);
    });
    if (this.failure !== undefined) throw this.failure;
    return super.append(...given);
  }

  /** The disk has everything handed in so far. */
  async sync(): Promise<void> {
    for (const resolve of this.pending.splice(0)) resolve();
    await settle();
  }
}

function bench() {
  const clock = new FakeClock();
  const outbox = new SlowOutbox({ maximumBytes: 1_000_000 }, clock);
  const { broker, session } = virtualEdge({ quietMs: 1000 }, { clock, outbox });
  const outcomes = new Map<number, string>();
  /** Hands in a value of metric "a"; `outcomes` tells what became of it. */
  const give = (value: number, deviceId = 'M', name = 'a'): void => {
    const accepted = session.watch(deviceId);
    session.publish(deviceId, [sample(name, value)]);
    accepted().then(
      () => outcomes.set(value, 'safe'),
      (thrown: unknown) => outcomes.set(value, hasCode(thrown, 'OUTBOX_WRITE_FAILED') ? 'not stored' : String(thrown)),
    );
  };
  const accept = async (): Promise<void> => {
    broker.last.listener.onConnected();
    await settle();
  };
  /** Connected, and born with a first value that the broker has read. */
  const bear = async (): Promise<void> => {
    session.start();
    await accept();
    give(0);
    await clock.advance(1000 + ASK_MS);
    assert.equal(outcomes.get(0), 'safe');
  };
  const stored = async (): Promise<unknown[]> => {
    const { records } = await outbox.peek({ maximumRecords: 1000, maximumBytes: 1_000_000 });
    return records.flatMap(({ payload }) => readHistoryRecord(payload)?.samples.map(({ value }) => value) ?? []);
  };
  const close = async (): Promise<void> => {
    const closing = session.close();
    await settle();
    await outbox.sync();
    await closing;
    await settle();
    assert.equal(clock.pending, 0);
  };
  return { clock, broker, outbox, session, outcomes, give, accept, bear, stored, close };
}

describe('acceptance of values', () => {
  it('waits for the broker to read what was published, and asks once for many messages', async () => {
    const { clock, broker, outcomes, give, bear, close } = bench();
    await bear();
    broker.last.answersPings = false;
    for (let value = 1; value <= 50; value++) give(value);
    await clock.advance(ASK_MS);
    assert.equal(broker.host.values.get('M/a'), 50, 'published without waiting');
    assert.equal(broker.last.pings.length, 1);
    give(51);
    broker.last.answerPings();
    await settle();
    assert.equal(outcomes.get(50), 'safe');
    assert.equal(outcomes.get(51), undefined, 'the ping was sent before it');
    await clock.advance(ASK_MS);
    broker.last.answerPings();
    await settle();
    assert.equal(outcomes.get(51), 'safe');
    broker.last.answersPings = true;
    await close();
  });

  it('waits for the disk while there is no session', async () => {
    const { clock, outbox, session, outcomes, give, stored, close } = bench();
    session.start();
    give(1);
    await clock.advance(500);
    assert.equal(outcomes.get(1), undefined);
    await outbox.sync();
    assert.equal(outcomes.get(1), 'safe');
    assert.deepEqual(await stored(), [1]);
    await close();
  });

  it('waits for the birth of a device, and for what is replaced before it', async () => {
    const { clock, outbox, session, outcomes, give, accept, stored, close } = bench();
    session.start();
    await accept();
    give(1);
    give(2);
    await clock.advance(900);
    await outbox.sync();
    assert.deepEqual([...outcomes], [], 'the newest is only in memory');
    assert.deepEqual(await stored(), [1]);
    await clock.advance(100 + ASK_MS);
    assert.deepEqual([...outcomes].sort(), [
      [1, 'safe'],
      [2, 'safe'],
    ]);
    await close();
  });

  it('waits for the rebirth that data waits for', async () => {
    const { clock, broker, outcomes, give, accept, session, close } = bench();
    session.start();
    await accept();
    give(0);
    await clock.advance(1000);
    broker.last.listener.onMessage('spBv1.0/G/NCMD/N', rebirthCommand(), false);
    broker.last.listener.onMessage('spBv1.0/G/NCMD/N', rebirthCommand(), false);
    give(1);
    await clock.advance(ASK_MS);
    assert.equal(outcomes.get(1), undefined);
    await clock.advance(1000 + ASK_MS);
    assert.equal(outcomes.get(1), 'safe');
    assert.deepEqual(broker.host.violations, []);
    await close();
  });

  it('has the outbox take what a dead link swallowed', async () => {
    const { clock, broker, outbox, outcomes, give, bear, stored, close } = bench();
    await bear();
    broker.last.answersPings = false;
    give(1);
    // Longer than a loss may stay unnoticed: what was not confirmed is not forgotten.
    await clock.advance(120_000);
    assert.equal(outcomes.get(1), undefined);
    broker.last.lose(lost());
    await settle();
    assert.equal(outcomes.get(1), undefined);
    await outbox.sync();
    assert.equal(outcomes.get(1), 'safe');
    assert.deepEqual(await stored(), [1]);
    await close();
  });

  it('does not take for a value what a birth says of a metric of which only history is known', async () => {
    const { clock, broker, outbox, session, bear, stored, close } = bench();
    const earlier = { deviceId: 'M', samples: [sample('alarms/x/active', 7, { at: 1 })] };
    void outbox.append([{ payload: writeHistoryRecord(earlier), acceptedAt: clock.now() }]);
    await outbox.sync();
    await bear();
    await clock.advance(5000);
    assert.deepEqual(broker.host.history.get('M/alarms/x/active'), [[1, 7]]);
    assert.deepEqual(await stored(), []);
    broker.last.lose(lost());
    await outbox.sync();
    assert.ok(!(await stored()).includes(null), 'a null was made up');
    assert.deepEqual(session.history?.losses, NO_LOSSES);
    await close();
  });

  it('has the outbox take what waits of a meter that stops answering, or that nobody publishes any more', async () => {
    const { clock, outbox, session, outcomes, give, accept, stored, close } = bench();
    session.start();
    await accept();
    give(1);
    give(2, 'M', 'b');
    session.publish('M', [failed('c')], true);
    give(3, 'N');
    session.remove('N');
    await clock.advance(10);
    await outbox.sync();
    assert.deepEqual([...outcomes.keys()].sort(), [1, 2, 3]);
    assert.deepEqual(new Set(await stored()), new Set([1, 2, 3]));
    await close();
  });

  it('fails when the outbox cannot store what it has to', async () => {
    const { clock, broker, outbox, outcomes, give, bear, accept, session, close } = bench();
    await bear();
    broker.last.lose(lost());
    await outbox.sync();
    outbox.failure = new Pm500Error('OUTBOX_WRITE_FAILED', 'The disk is full.');
    give(1);
    await outbox.sync();
    assert.equal(outcomes.get(1), 'not stored');
    outbox.failure = undefined;
    await clock.advance(2000);
    await accept();
    assert.equal(session.state.phase, 'born');
    give(2);
    await clock.advance(ASK_MS);
    assert.equal(outcomes.get(2), 'safe');
    await close();
  });

  it('is given for everything when the session is closed, and refused afterward', async () => {
    const { broker, session, outcomes, give, bear, close } = bench();
    await bear();
    broker.last.answersPings = false;
    give(1);
    await close();
    assert.equal(outcomes.get(1), 'safe');
    assert.throws(
      () => session.watch('M'),
      (thrown) => hasCode(thrown, 'SPARKPLUG_OFFLINE'),
    );
  });
});
