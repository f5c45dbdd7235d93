import assert from 'node:assert/strict';
import type { OverviewFacts } from '../../src/overview/facts';
import { parseViewerMessage } from '../../src/overview/parse-message';
import { OverviewViewers, type OverviewMessage } from '../../src/overview/viewers';
import { FakeClock } from '../../testkit/fake-clock';
import { telemetryOf } from '../../testkit/meters/telemetry';

type Update = Exclude<OverviewMessage, { closed: true }>;

/** Some meters, a window or more that look, and what they were sent. */
class ViewersBench {
  readonly clock = new FakeClock();
  readonly sent: { readonly session: string; readonly message: OverviewMessage }[] = [];
  readonly thrown: unknown[] = [];
  asked = 0;
  names = ['m1', 'm2', 'm3'];
  kilowatts = 1;
  fails = false;
  private tickets = 0;

  readonly viewers = new OverviewViewers({
    clock: this.clock,
    factsNow: () => this.facts(),
    newTicket: () => `ticket-${this.tickets++}`,
    send: (session, message) => this.sent.push({ session, message }),
    onError: (thrown) => this.thrown.push(thrown),
  });

  /** Looks and stays. */
  open(session: string, shown: readonly string[] = []): void {
    this.viewers.hear(session, { kind: 'open', ticket: this.viewers.look().ticket, shown });
  }

  /** What was sent since the last time. */
  take(): readonly OverviewMessage[] {
    return this.sent.splice(0).map(({ message }) => message);
  }

  /** The same, and it has arrived. */
  receive(session: string): readonly Update[] {
    return this.take().map((message) => {
      assert.ok(!('closed' in message));
      this.viewers.hear(session, { kind: 'got', sequence: message.sequence });
      return message;
    });
  }

  keyOf(name: string): string {
    return `${name} @ 10.0.0.5:44818`;
  }

  private facts(): OverviewFacts {
    this.asked++;
    if (this.fails) throw new Error('What nobody expected.');
    const condition = { kind: 'read', read: 1, count: 1, latencyMs: 1 } as const;
    return {
      inEditor: (id) => id,
      meters: this.names.map((name) => ({ node: 'poll', name, where: '10.0.0.5:44818', condition })),
      normalizers: [
        {
          node: 'normalize',
          meters: [],
          problems: [],
          lastKnown: () => telemetryOf(this.clock.now(), { active_power_total: 1000 * this.kilowatts }),
        },
      ],
      sinks: [],
      troubles: [],
    };
  }
}

describe('who looks at the overview', () => {
  it('nothing is worked out while nobody looks, and no timer runs', async () => {
    const bench = new ViewersBench();
    await bench.clock.advance(60_000);
    assert.deepEqual([bench.asked, bench.clock.pending], [0, 0]);
    bench.open('a');
    assert.equal(bench.viewers.count, 1);
    bench.viewers.leave('a');
    bench.asked = 0;
    await bench.clock.advance(60_000);
    assert.deepEqual([bench.viewers.count, bench.asked, bench.clock.pending], [0, 0, 0]);
  });

  it('first everything, then nothing as long as nothing changes', async () => {
    const bench = new ViewersBench();
    const snapshot = bench.viewers.look();
    assert.deepEqual(
      snapshot.meters.map(({ name }) => name),
      ['m1', 'm2', 'm3'],
    );
    bench.viewers.hear('a', { kind: 'open', ticket: snapshot.ticket, shown: [] });
    await bench.clock.advance(10_000);
    assert.deepEqual(bench.take(), []);
  });

  it('values of the meters that are shown, and of no other, once a second', async () => {
    const bench = new ViewersBench();
    bench.open('a', [bench.keyOf('m2')]);
    const [first] = bench.receive('a');
    assert.deepEqual(
      first?.rows.values?.map(({ key }) => key),
      [bench.keyOf('m2')],
    );
    assert.equal(first.rows.meters, undefined);
    for (let second = 0; second < 5; second++) {
      bench.kilowatts++;
      await bench.clock.advance(1000);
      const [next, ...others] = bench.receive('a');
      assert.deepEqual([next?.rows.values?.[0]?.values[0]?.text, others.length], [`${bench.kilowatts}.0000`, 0]);
    }
    bench.viewers.hear('a', { kind: 'show', shown: [bench.keyOf('m3')] });
    await bench.clock.advance(1000);
    assert.deepEqual(
      bench.receive('a')[0]?.rows.values?.map(({ key }) => key),
      [bench.keyOf('m3')],
    );
  });

  it('a meter that is gone after a deployment is gone, and one that has come is there', async () => {
    const bench = new ViewersBench();
    bench.open('a');
    bench.names = ['m1', 'm4'];
    await bench.clock.advance(1000);
    const [change] = bench.receive('a');
    assert.deepEqual(change?.gone.meters?.map(String).sort(), [bench.keyOf('m2'), bench.keyOf('m3')]);
    assert.deepEqual(
      change.rows.meters?.map(({ name }) => name),
      ['m4'],
    );
  });

  it('a window that does not keep up is sent one message and no more, and what it missed when it is back', async () => {
    const bench = new ViewersBench();
    bench.open('a', [bench.keyOf('m1')]);
    const [first] = bench.take() as readonly Update[];
    for (let second = 0; second < 20; second++) {
      bench.kilowatts++;
      await bench.clock.advance(1000);
    }
    assert.deepEqual(bench.take(), []);
    bench.viewers.hear('a', { kind: 'got', sequence: first?.sequence ?? -1 });
    await bench.clock.advance(1000);
    const [next, ...others] = bench.take() as readonly Update[];
    assert.deepEqual([next?.sequence, next?.rows.values?.[0]?.values[0]?.text, others.length], [2, '21.000', 0]);
  });

  it('a window that is silent for half a minute is gone; it is told so when it says something after all', async () => {
    const bench = new ViewersBench();
    bench.open('a', [bench.keyOf('m1')]);
    await bench.clock.advance(32_000);
    assert.deepEqual([bench.viewers.count, bench.clock.pending], [0, 0]);
    bench.take();
    bench.viewers.hear('a', { kind: 'got', sequence: 1 });
    assert.deepEqual(bench.take(), [{ closed: true }]);
  });

  it('two windows: each gets what it has not got, also where one came later', async () => {
    const bench = new ViewersBench();
    bench.open('a');
    bench.names.push('m4');
    bench.open('b');
    await bench.clock.advance(1000);
    assert.deepEqual(
      bench.sent.map(({ session }) => session),
      ['a'],
    );
  });

  it('a ticket is good once, and not for long; nobody else has one', async () => {
    const bench = new ViewersBench();
    const { ticket } = bench.viewers.look();
    bench.viewers.hear('a', { kind: 'open', ticket, shown: [] });
    bench.viewers.hear('b', { kind: 'open', ticket, shown: [] });
    bench.viewers.hear('c', { kind: 'open', ticket: 'guessed', shown: [] });
    const late = bench.viewers.look();
    await bench.clock.advance(31_000);
    bench.viewers.hear('d', { kind: 'open', ticket: late.ticket, shown: [] });
    assert.deepEqual(
      bench.sent.map(({ session }) => session),
      ['b', 'c', 'd'],
    );
    assert.deepEqual(
      bench.take().every((message) => 'closed' in message),
      true,
    );
    assert.equal(bench.viewers.count, 1);
  });

  it('ten thousand looks and two hundred windows stay within bounds', () => {
    const bench = new ViewersBench();
    const first = bench.viewers.look();
    for (let look = 0; look < 10_000; look++) bench.viewers.look();
    bench.viewers.hear('late', { kind: 'open', ticket: first.ticket, shown: [] });
    assert.equal(bench.viewers.count, 0, 'the oldest ticket made room');
    for (let window = 0; window < 200; window++) bench.open(`w${window}`);
    assert.equal(bench.viewers.count, 50);
  });

  it('what nobody expected ends the looking, and nothing else', async () => {
    const bench = new ViewersBench();
    bench.open('a');
    bench.take();
    bench.fails = true;
    await bench.clock.advance(5000);
    assert.deepEqual([bench.thrown.length, bench.viewers.count, bench.clock.pending], [1, 0, 0]);
    assert.deepEqual(bench.take(), [{ closed: true }], 'the window knows that its rows grow old');
    bench.fails = false;
    bench.open('a');
    assert.equal(bench.viewers.count, 1);
  });
});

describe('what a window says', () => {
  it('is one of four things', () => {
    const right = [
      { kind: 'open', ticket: 't', shown: ['k'] },
      { kind: 'show', shown: [] },
      { kind: 'got', sequence: 3 },
      { kind: 'close' },
    ];
    for (const message of right) assert.deepEqual(parseViewerMessage(message), message);
  });

  it('or is passed over', () => {
    const wrong: readonly unknown[] = [
      undefined,
      null,
      'open',
      [],
      {},
      { kind: 'open' },
      { kind: 'open', ticket: 1, shown: [] },
      { kind: 'open', ticket: 't'.repeat(501), shown: [] },
      { kind: 'show', shown: 'all' },
      { kind: 'show', shown: [1] },
      { kind: 'show', shown: Array.from({ length: 201 }, () => 'k') },
      { kind: 'got', sequence: '1' },
      { kind: 'toString' },
    ];
    for (const message of wrong) assert.equal(parseViewerMessage(message), undefined, JSON.stringify(message));
  });
});
