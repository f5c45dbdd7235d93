import assert from 'node:assert/strict';
import type { Route } from '../../src/acquisition/link-transport';
import { MeterPoll } from '../../src/acquisition/meter-poll';
import { MeterRegistry } from '../../src/acquisition/meter-registry';
import { settingsOf } from '../../src/acquisition/meter-settings';
import type { Reading } from '../../src/domain/messages/reading';
import { Pm500Error, type ErrorCode } from '../../src/support/errors';
import { delay } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { seededRandom } from '../../src/support/random';
import type { Identity, Transport, TransportState, TransportStateChange } from '../../src/transport/transport';
import type { Block } from '../../src/transport/transport';
import { FakeClock } from '../../testkit/fake-clock';
import { IDENTITY } from '../../testkit/meters/scripted-transport';
import { PM500 } from '../../src/meters/pm500';

const STEP_MS = 50;
const REPLY_TIMEOUT_MS = 2000;
/** When a host sends the first segment of a TCP connection again, from the first on (RFC 6298; newer Linux does so sooner). */
const SEGMENTS_MS = [0, 1000, 3000];

/** How the way to the meter is broken: nothing gets through, or connections are made and nothing is answered. */
type Outage = 'cut' | 'mute' | undefined;

/** A transport over a network that tests break. */
class BreakableTransport implements Transport {
  outage: Outage;
  state: TransportState = 'closed';
  attempts = 0;
  /** A multiple of the step. */
  roundTripMs = 0;
  private readonly listeners = new Set<(change: TransportStateChange) => void>();

  constructor(
    private readonly clock: FakeClock,
    private readonly route: Route,
  ) {}

  async open(): Promise<void> {
    this.attempts++;
    const timeoutMs = this.route.connectTimeoutMs();
    for (let waitedMs = 0; ; waitedMs += STEP_MS) {
      const isSent = SEGMENTS_MS.some((atMs) => atMs + this.roundTripMs === waitedMs);
      if (isSent && this.outage !== 'cut') break;
      if (waitedMs >= timeoutMs) throw this.fault('ENIP_CONNECT_TIMEOUT');
      await delay(this.clock, STEP_MS);
    }
    this.enter({ state: 'open' });
  }

  async read(block: Block): Promise<Uint8Array> {
    await this.reply();
    return new Uint8Array(block.kind === 'assembly' ? block.sizeBytes : 2 * block.words);
  }

  async identify(): Promise<Identity> {
    await this.reply();
    return IDENTITY;
  }

  close(): Promise<void> {
    this.enter({ state: 'closed' });
    return Promise.resolve();
  }

  /** The meter was switched off and on, and has just said that it knows nothing of us. */
  forget(): void {
    const details = { answersAgain: true };
    const error = new Pm500Error('ENIP_REPLY_TIMEOUT', 'No data came.', { retryable: true, details });
    this.enter({ state: 'closed', error });
  }

  onState(listener: (change: TransportStateChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private async reply(): Promise<void> {
    await delay(this.clock, this.outage === undefined ? 5 : REPLY_TIMEOUT_MS);
    if (this.outage === undefined) return;
    const error = this.fault('ENIP_REPLY_TIMEOUT');
    this.enter({ state: 'closed', error });
    throw error;
  }

  private fault(code: ErrorCode): Pm500Error {
    return new Pm500Error(code, `The meter failed with ${code}.`, { retryable: true });
  }

  private enter(change: TransportStateChange): void {
    if (this.state === change.state) return;
    this.state = change.state;
    for (const listener of this.listeners) listener(change);
  }
}

function setUp(intervalMs: number) {
  const clock = new FakeClock();
  const transports: BreakableTransport[] = [];
  const registry = new MeterRegistry({
    clock,
    random: seededRandom(3),
    logger: silentLogger,
    createTransport: (_settings, route) => {
      const made = new BreakableTransport(clock, route);
      transports.push(made);
      return made;
    },
  });
  const settings = settingsOf(PM500, { name: 'm', host: '10.0.0.5', connectTimeoutMs: 3000, replyTimeoutMs: 2000 });
  const { session, release } = registry.acquire(settings);
  const transport = transports[0]!;
  const readings: Reading[] = [];
  const poll = new MeterPoll(session, {
    schedules: [{ intervalMs, groups: ['realtime'] }],
    isScheduled: true,
    address: 'a',
    startWithinMs: 0,
    clock,
    onReading: (reading) => readings.push(reading),
    onError: () => undefined,
    onWait: () => undefined,
    onBack: () => undefined,
    onCondition: () => undefined,
  });
  const good = (): number => readings.filter(({ blocks }) => blocks.some(({ error }) => error === undefined)).length;
  const stop = async (): Promise<void> => {
    await clock.advanceUntil(Promise.all([poll.stop(), release()]), 100);
  };
  return { clock, transport, readings, good, stop };
}

describe('recovery after an outage', function () {
  this.timeout(60_000);

  /** The longest recovery of several outages of one kind and length, which end at different moments of an interval. */
  async function longestRecovery(kind: Outage, outageMs: number, intervalMs: number): Promise<number> {
    const { clock, transport, good, stop } = setUp(intervalMs);
    const stepMs = 50;
    let longest = 0;
    await clock.advance(3 * intervalMs);
    for (let round = 0; round < 6; round++) {
      transport.outage = kind;
      await clock.advance(outageMs + Math.round((round * intervalMs) / 6));
      transport.outage = undefined;
      const before = good();
      let waitedMs = 0;
      while (good() === before) {
        await clock.advance(stepMs);
        waitedMs += stepMs;
        assert.ok(waitedMs < 60_000, 'it does not come back at all');
      }
      longest = Math.max(longest, waitedMs - stepMs);
      await clock.advance(3 * intervalMs);
    }
    await stop();
    assert.equal(clock.pending, 0);
    return longest;
  }

  for (const intervalMs of [1000, 2000, 5000, 10_000]) {
    it(`reads within two intervals of ${intervalMs / 1000} s after the network is back, however long it was cut`, async () => {
      for (const outageS of [20, 120, 600]) {
        const longest = await longestRecovery('cut', outageS * 1000, intervalMs);
        assert.ok(longest <= 2 * intervalMs, `${longest} ms after ${outageS} s`);
      }
    });
  }

  it('gives a meter that takes connections and answers nothing at most five seconds from one attempt to the next', async () => {
    for (const intervalMs of [1000, 5000]) {
      const longest = await longestRecovery('mute', 120_000, intervalMs);
      assert.ok(longest <= 5000 + intervalMs, `${longest} ms`);
    }
  });

  it('opens a meter again at once that answers and has forgotten what was opened, but not over and over', async () => {
    const { clock, transport, good, stop } = setUp(250);
    await clock.advance(5000);
    const before = good();
    transport.forget();
    await clock.advance(350);
    assert.ok(good() > before, 'the next cycle reads it');
    await clock.advance(5000);
    const attempts = transport.attempts;
    transport.outage = 'mute';
    for (let step = 0; step < 300; step++) {
      transport.forget();
      await clock.advance(100);
    }
    assert.ok(transport.attempts - attempts <= 20, `${transport.attempts - attempts} attempts in 30 s`);
    await stop();
  });

  it('still reaches a meter behind a slow link, also when the link has become slow meanwhile', async () => {
    const { clock, transport, good, stop } = setUp(1000);
    transport.roundTripMs = 900;
    await clock.advance(5000);
    for (const roundTripMs of [900, 50, 1500]) {
      transport.outage = 'cut';
      await transport.close();
      await clock.advance(30_000);
      transport.outage = undefined;
      transport.roundTripMs = roundTripMs;
      const before = good();
      await clock.advance(30_000);
      assert.ok(good() > before, `${roundTripMs} ms there and back`);
    }
    await stop();
  });

  it('sends no more than one attempt in most of a second to a meter that is gone', async () => {
    const { clock, transport, stop } = setUp(250);
    await clock.advance(3000);
    transport.outage = 'cut';
    await transport.close();
    const before = transport.attempts;
    await clock.advance(60_000);
    const attempts = transport.attempts - before;
    assert.ok(attempts > 40 && attempts <= 67, `${attempts} attempts in a minute`);
    await stop();
  });

  it('asks a meter that never answered ever less often, every 30 s in the end', async () => {
    const { clock, transport, stop } = setUp(1000);
    transport.outage = 'cut';
    await clock.advance(300_000);
    const before = transport.attempts;
    await clock.advance(300_000);
    assert.ok(transport.attempts - before <= 13, `${transport.attempts - before} attempts in five minutes`);
    transport.outage = undefined;
    await clock.advance(31_000);
    assert.equal(transport.state, 'open');
    await stop();
  });

  it('tells the outage once with its cause, whatever it does to come back', async () => {
    const { clock, transport, readings, stop } = setUp(1000);
    await clock.advance(3000);
    const before = readings.length;
    transport.outage = 'cut';
    await transport.close();
    await clock.advance(120_000);
    const bad = readings.slice(before).flatMap(({ blocks }) => blocks);
    assert.deepEqual([...new Set(bad.map(({ error }) => error?.code))], ['ENIP_CONNECT_TIMEOUT']);
    assert.equal(new Set(bad.map(({ assembly }) => assembly)).size, bad.length, 'each block once');
    await stop();
  });
});
