import assert from 'node:assert/strict';
import { BatchSize } from '../../src/delivery/batch-size';

const CONFIGURED = 5_000_000;
const PATIENCE_MS = 10_000;

/** Sends batches of the size that is allowed over a link, until `bytes` have passed; counts what did not pass. */
function carry(size: BatchSize, bytesPerSecond: number, bytes: number): { readonly failed: number; carried: number } {
  let carried = 0;
  let failed = 0;
  while (carried < bytes) {
    const batch = size.bytes;
    const elapsedMs = (batch / bytesPerSecond) * 1000;
    if (elapsedMs > PATIENCE_MS) {
      failed += batch;
      size.noteFailed(batch, PATIENCE_MS);
    } else {
      carried += batch;
      size.noteTaken(batch, elapsedMs);
    }
  }
  return { failed, carried };
}

describe('the size of batches', () => {
  it('begins small and doubles while batches pass quickly, never past what is set', () => {
    const size = new BatchSize(CONFIGURED, PATIENCE_MS);
    const sizes = Array.from({ length: 9 }, () => {
      const { bytes } = size;
      size.noteTaken(bytes, 50);
      return bytes;
    });
    assert.deepEqual(sizes.slice(0, 3), [65_536, 131_072, 262_144]);
    assert.equal(sizes.at(-1), CONFIGURED);
    assert.equal(new BatchSize(1000, PATIENCE_MS).bytes, 1000);
  });

  it('does not grow because a small batch was quick', () => {
    const size = new BatchSize(CONFIGURED, PATIENCE_MS);
    for (let count = 0; count < 100; count += 1) size.noteTaken(300, 5);
    assert.equal(size.bytes, 65_536);
  });

  for (const bytesPerSecond of [2000, 50_000, 1_000_000]) {
    it(`settles where a link of ${bytesPerSecond} bytes a second carries nearly all the time`, () => {
      const size = new BatchSize(CONFIGURED, PATIENCE_MS);
      const { failed, carried } = carry(size, bytesPerSecond, bytesPerSecond * 3600);
      assert.ok(failed < carried / 20, `${failed} of ${carried} bytes were sent in vain`);
      const seconds = size.bytes / bytesPerSecond;
      assert.ok(size.bytes === CONFIGURED || (seconds > 1 && seconds < 9), `${seconds} s for a batch`);
    });
  }

  it('does not shrink to nothing where it is the way that takes long, and not the batch', () => {
    const size = new BatchSize(CONFIGURED, PATIENCE_MS);
    for (let count = 0; count < 50; count += 1) size.noteTaken(size.bytes, 6000);
    assert.equal(size.bytes, 16_384);
  });

  it('stays below what failed, tries it again later, and more rarely each time', () => {
    const size = new BatchSize(CONFIGURED, PATIENCE_MS);
    const limit = 200_000;
    const failures: number[] = [];
    for (let count = 0; count < 2000; count += 1) {
      if (size.bytes > limit) {
        failures.push(count);
        size.noteFailed(size.bytes, 5);
      } else size.noteTaken(size.bytes, 5);
    }
    assert.ok(failures.length >= 3 && failures.length < 30, `failed ${failures.length} times`);
    assert.ok(size.bytes > limit / 4);
    const gaps = failures.slice(1).map((at, index) => at - (failures[index] ?? 0));
    assert.ok((gaps.at(-1) ?? 0) >= (gaps.at(0) ?? 0) * 4, gaps.join());
  });

  it('recovers when the limit has gone', () => {
    const size = new BatchSize(CONFIGURED, PATIENCE_MS);
    for (let count = 0; count < 10; count += 1) size.noteFailed(size.bytes, 5);
    assert.ok(size.bytes < 1000);
    for (let count = 0; count < 40_000 && size.bytes < CONFIGURED; count += 1) size.noteTaken(size.bytes, 5);
    assert.equal(size.bytes, CONFIGURED);
  });

  it('forgets what turned out to be about one record', () => {
    const size = new BatchSize(CONFIGURED, PATIENCE_MS);
    const { learned } = size;
    for (let count = 0; count < 10; count += 1) size.noteFailed(size.bytes, 5);
    size.restore(learned);
    assert.equal(size.bytes, 65_536);
  });
});
