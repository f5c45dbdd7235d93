import assert from 'node:assert/strict';
import { MeterPoll } from '../../src/acquisition/meter-poll';
import { MeterRegistry } from '../../src/acquisition/meter-registry';
import { settingsOf } from '../../src/acquisition/meter-settings';
import type { Reading } from '../../src/domain/reading';
import { Pm500Error, type ErrorCode } from '../../src/support/errors';
import { delay } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { seededRandom } from '../../src/support/random';
import type { Identity, Transport, TransportState, TransportStateChange } from '../../src/transport/transport';
import type { Block } from '../../src/transport/transport';
import { FakeClock } from '../support/fake-clock';
import { IDENTITY } from '../support/scripted-transport';

const CONNECT_TIMEOUT_MS = 3000;
const REPLY_TIMEOUT_MS = 2000;
/** How often a host sends the first segment of a TCP connection again (Linux since 6.5, the first four times). */
const SYN_MS = 1000;

/** How the way to the meter is broken: nothing gets through, or connections are made and nothing is answered. */
type Outage = 'cut' | 'mute' | undefined;

/** A transport over a network that tests break. */
class BreakableTransport implements Transport {
  outage: Outage;
  state: TransportState = 'closed';
  attempts = 0;
  private readonly listeners = new Set<(change: TransportStateChange) => void>();

  constructor(private readonly clock: FakeClock) {}

  async open(): Promise<void> {
    this.attempts++;
    for (let waitedMs = 0; this.outage === 'cut'; waitedMs += SYN_MS) {
      if (waitedMs >= CONNECT_TIMEOUT_MS) throw this.fault('ENIP_CONNECT_TIMEOUT');
      await delay(this.clock, SYN_MS);
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
  const transport = new BreakableTransport(clock);
  const registry = new MeterRegistry({
    clock,
    random: seededRandom(3),
    logger: silentLogger,
    createTransport: () => transport,
  });
  const settings = settingsOf({ name: 'm', host: '10.0.0.5', connectTimeoutMs: 3000, replyTimeoutMs: 2000 });
  const { session, release } = registry.acquire(settings);
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
