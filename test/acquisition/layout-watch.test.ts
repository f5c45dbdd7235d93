import assert from 'node:assert/strict';
import { workingLayout } from '../../src/domain/codec/built-in-layouts';
import { watchLayout } from '../../src/acquisition/layout-watch';
import type { Reading } from '../../src/domain/messages/reading';
import { seededRandom } from '../../src/support/random';
import { FakeClock } from '../../testkit/fake-clock';
import { sampleReading } from '../../testkit/meters/readings';
import { PM500 } from '../../src/meters/pm500';

const ERROR = { code: 'ENIP_REPLY_TIMEOUT', message: 'No reply from 10.0.0.1; check the cable.' } as const;

function setUp(broken: readonly number[] = []) {
  const clock = new FakeClock();
  const asked: (readonly number[])[] = [];
  const seen: Reading[] = [];
  const told: string[] = [];
  const meter = {
    settings: { layout: workingLayout(PM500) },
    read: (assemblies: readonly number[]): Promise<Reading> => {
      asked.push(assemblies);
      const reading = sampleReading(assemblies, seededRandom(1));
      const blocks = reading.blocks.map((block) =>
        broken.includes(block.assembly ?? 0) ? { ...block, values: {}, error: ERROR } : block,
      );
      return Promise.resolve({ ...reading, blocks });
    },
  };
  const left = new AbortController();
  const watching = watchLayout(
    meter,
    { accept: (reading) => void seen.push(reading) },
    { seconds: 10, intervalMs: 1000, clock, onTrouble: ({ message }) => told.push(message) },
    left.signal,
  );
  return { clock, asked, seen, told, left, watching };
}

describe('watchLayout', () => {
  it('reads all assemblies at its pace until the time is over', async () => {
    const { clock, asked, seen, watching } = setUp();
    await clock.advance(10_500);
    await watching;
    assert.equal(seen.length, 11);
    assert.deepEqual(asked[0], [...workingLayout(PM500).blocks.keys()]);
    assert.equal(clock.pending, 0);
  });

  it('ends when nobody waits any more, and leaves no timer', async () => {
    const { clock, asked, left, watching } = setUp();
    await clock.advance(2500);
    left.abort();
    await watching;
    assert.equal(asked.length, 3);
    assert.equal(clock.pending, 0);
  });

  it('goes on without an assembly that fails, which is told once, and ends when all fail', async () => {
    const some = setUp([104]);
    await some.clock.advance(10_500);
    await some.watching;
    assert.deepEqual(some.told, [ERROR.message]);
    assert.equal(some.seen.length, 11);
    const all = setUp([...workingLayout(PM500).blocks.keys()]);
    await assert.rejects(all.watching, { code: 'ENIP_REPLY_TIMEOUT' });
    assert.deepEqual(all.seen, []);
  });
});
