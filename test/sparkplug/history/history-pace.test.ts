import assert from 'node:assert/strict';
import { MemoryOutbox } from '../../../src/outbox/memory';
import { History } from '../../../src/sparkplug/history/history';
import type { PaceLimits } from '../../../src/sparkplug/history/pace';
import { memoryQueues } from '../../../src/sparkplug/history/queue-place';
import { silentLogger } from '../../../src/support/logger';
import { seededRandom } from '../../../src/support/random';
import { FakeClock, settle } from '../../../testkit/fake-clock';
import { START, sample } from '../../../testkit/sparkplug/samples';

const SECOND_MS = 1000;
const RUNS = 40;
/** Bytes of a message that are not values. */
const HEAD_BYTES = 60;
const STORE = { maximumBytes: 1e9 };

/** A message as the broker read it. */
interface Read {
  readonly at: number;
  readonly deviceId: string;
  readonly messages: 1;
  readonly values: number;
  readonly bytes: number;
  readonly numbers: readonly number[];
  /** Stored readings in it. */
  readonly records: number;
}

const DIMENSIONS = ['values', 'messages', 'bytes'] as const;

/** Plays one outage and what follows. The broker reads what comes some time before it confirms it. */
async function play(seed: number) {
  const random = seededRandom(seed);
  const upTo = (most: number): number => 1 + Math.floor(random() * most);
  const clock = new FakeClock(START);
  const limits: Required<PaceLimits> = {
    valuesPerSecond: 50 + upTo(5000),
    messagesPerSecond: upTo(60),
    bytesPerSecond: 2000 + upTo(250_000),
  };
  const latencyMs = random() < 0.5 ? 0 : upTo(150);
  const bytesOfValue = upTo(random() < 0.2 ? 3000 : 60);
  const mostValues = upTo(40);
  const devices = Array.from({ length: upTo(30) }, (_, index) => `M${index}`);
  const back = new Set(devices.filter(() => random() < 0.7));
  const state = { isFlowing: false };
  const read: Read[] = [];
  const onTheWay: Omit<Read, 'at'>[] = [];
  /** Message by message, at any time until the confirmation. */
  const confirm = (): Promise<void> =>
    new Promise((resolve) => {
      for (const message of onTheWay.splice(0)) {
        clock.after(random() * latencyMs, () => void read.push({ ...message, at: clock.monotonic() }));
      }
      clock.after(latencyMs, resolve);
    });
  const history = new History(
    { ...limits, store: STORE, blindMs: 3000 },
    { outbox: new MemoryOutbox(STORE, clock), queues: memoryQueues(clock) },
    {
      linkOf: () => ({ isBacklogged: false, confirm }),
      isFlowing: () => state.isFlowing,
      isBorn: (deviceId) => back.has(deviceId),
      forward: ({ deviceId, samples }, _isForced, allowed) => {
        const bytes = HEAD_BYTES + samples.length * bytesOfValue;
        if (bytes > allowed.bytes || allowed.messages < 1) {
          return { state: 'later', messages: 0, bytes: 0, needs: { messages: 1, bytes } };
        }
        const numbers = samples.map(({ value }) => Number(value));
        const records = new Set(samples.map(({ timestamp }) => timestamp)).size;
        onTheWay.push({ deviceId, messages: 1, values: samples.length, bytes, numbers, records });
        return { state: 'sent', messages: 1, bytes };
      },
    },
    clock,
    silentLogger,
  );
  const kept = new Map<string, number[]>();
  const keep = (deviceId: string): void => {
    const numbers = kept.get(deviceId) ?? [];
    kept.set(deviceId, numbers);
    const at = START + numbers.length;
    const samples = Array.from({ length: upTo(mostValues) }, () =>
      sample('a', numbers.push(numbers.length + 1), { at }),
    );
    history.keep({ deviceId, samples });
  };
  const readings = upTo(60);
  for (let reading = 0; reading < readings; reading++) for (const deviceId of devices) keep(deviceId);
  await settle();
  state.isFlowing = true;
  history.wake();
  // More comes while it drains, and devices come back.
  for (let turn = 0; turn < 20; turn++) {
    await clock.advance(upTo(1500));
    for (const deviceId of devices) if (random() < 0.3) keep(deviceId);
    if (turn === 10) for (const deviceId of devices) back.add(deviceId);
    history.wake();
  }
  return { clock, history, limits, read, kept, devices, bytesOfValue, latencyMs };
}

describe('history, with limits of values, messages and bytes', () => {
  for (let seed = 1; seed <= RUNS; seed++) {
    it(`goes over none in any second of the broker, and is not much slower (${seed})`, async () => {
      const { clock, history, limits, read, kept, devices, bytesOfValue, latencyMs } = await play(seed);
      const most = {
        values: limits.valuesPerSecond,
        messages: limits.messagesPerSecond,
        bytes: limits.bytesPerSecond,
      };
      const isOver = (load: Pick<Read, (typeof DIMENSIONS)[number]>): boolean =>
        DIMENSIONS.some((dimension) => load[dimension] > most[dimension]);
      const total = [...kept.values()].reduce((sum, { length }) => sum + length, 0);
      // All that is needed with every reading in a message of its own, twice, and a minute for devices that are away.
      const bytes = total * (bytesOfValue + HEAD_BYTES);
      const seconds = Math.max(total / most.values, total / most.messages, bytes / most.bytes) * 2 + 60;
      for (let passed = 0; history.stats.depth > 0 && passed < seconds * (1 + latencyMs / SECOND_MS); passed += 10) {
        await clock.advance(10 * SECOND_MS);
      }
      assert.equal(history.stats.depth, 0, `${history.stats.depth} readings wait after ${seconds} s`);
      for (const deviceId of devices) {
        const numbers = read.filter((message) => message.deviceId === deviceId).flatMap((message) => message.numbers);
        assert.deepEqual(new Set(numbers), new Set(kept.get(deviceId)), deviceId);
        assert.equal(numbers.length, kept.get(deviceId)?.length, deviceId);
      }
      const inOrder = read.toSorted((left, right) => left.at - right.at);
      inOrder.forEach((first, index) => {
        const second = inOrder.slice(index).filter(({ at }) => at < first.at + SECOND_MS);
        for (const dimension of DIMENSIONS) {
          const sum = second.reduce((left, message) => left + message[dimension], 0);
          // One reading that is larger than a limit goes all the same, alone.
          const isLone = second.length === 1 && first.records === 1 && isOver(first);
          assert.ok(isLone || sum <= most[dimension], `${sum} of ${most[dimension]} ${dimension} in a second`);
        }
      });
      await history.close();
    });
  }
});
