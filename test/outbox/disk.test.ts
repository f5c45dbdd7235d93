import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openOutbox, type DiskOutbox, type DiskOutboxOptions } from '../../src/outbox/disk';
import { silentLogger } from '../../src/support/logger';
import { plainBatch } from '../../testkit/delivery/plain-record';
import { FakeClock } from '../../testkit/fake-clock';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

const ALL = { maximumRecords: 1_000_000, maximumBytes: 1_000_000_000 };

describe('disk outbox', () => {
  let folder: string;
  let outbox: DiskOutbox;
  const open = async (options: Partial<DiskOutboxOptions> = {}): Promise<void> => {
    const given = { folder, limits: { maximumBytes: 1e9 }, clock: new FakeClock(), logger: silentLogger };
    outbox = openOutbox({ ...given, ...options });
    await outbox.ready();
  };
  const reopen = async (options: Partial<DiskOutboxOptions> = {}): Promise<void> => {
    await outbox.close();
    await open(options);
  };
  const append = (...payloads: string[]): Promise<unknown> =>
    outbox.append(payloads.map((payload, at) => ({ payload, acceptedAt: at, origin: `node-${at % 3}` })));
  const payloads = async (): Promise<string[]> => (await outbox.peek(ALL)).records.map(({ payload }) => payload);

  beforeEach(async () => {
    folder = temporaryFolder('disk-outbox');
    await open();
  });

  afterEach(async () => {
    await outbox.close();
    removeFolder(folder);
  });

  it('says that it is durable', () => {
    assert.equal(outbox.stats().durable, true);
  });

  it('has after a restart what was not acknowledged, with times, origins, positions and bytes', async () => {
    await append('a', 'bä', 'c');
    await outbox.append([{ payload: 'd', acceptedAt: 9.5 }]);
    await outbox.acknowledge({ from: 0, to: 1 });
    const before = { batch: plainBatch(await outbox.peek(ALL)), stats: outbox.stats() };
    await reopen();
    assert.deepEqual(outbox.stats(), before.stats);
    assert.deepEqual(plainBatch(await outbox.peek(ALL)), before.batch);
    assert.deepEqual(before.batch.records[0], { payload: 'bä', acceptedAt: 1, origin: 'node-1' });
  });

  it('goes on with its positions when all was acknowledged and its files are gone', async () => {
    await append('a', 'b');
    await outbox.acknowledge({ from: 0, to: 2 });
    await reopen();
    assert.deepEqual(segments(folder), []);
    assert.deepEqual(await outbox.append([{ payload: 'c', acceptedAt: 0 }]), { from: 2, to: 3 });
  });

  it('removes files as their records are acknowledged', async () => {
    await reopen({ segmentBytes: 100 });
    for (let at = 0; at < 10; at += 1) await append('x'.repeat(80));
    assert.equal(outbox.stats().segments, 10);
    await outbox.acknowledge({ from: 0, to: 7 });
    assert.deepEqual([outbox.stats().segments, segments(folder).length, outbox.stats().depth], [3, 3, 3]);
  });

  it('appends of the same moment share a write, in order', async () => {
    const ranges = await Promise.all(Array.from({ length: 50 }, (_, at) => append(`${at}`, `${at}+`)));
    assert.deepEqual(
      ranges,
      Array.from({ length: 50 }, (_, at) => ({ from: at * 2, to: at * 2 + 2 })),
    );
    assert.deepEqual(await payloads(), Array.from({ length: 50 }, (_, at) => [`${at}`, `${at}+`]).flat());
  });

  it('writes what was appended before it was closed', async () => {
    const appended = append('a', 'b');
    await outbox.ready();
    await Promise.all([outbox.close(), appended]);
    await open();
    assert.deepEqual(await payloads(), ['a', 'b']);
  });

  it('reads a record that is larger than what it reads at a time, and thousands that are smaller', async () => {
    const large = 'ö'.repeat(1_500_000);
    const many = Array.from({ length: 20_000 }, (_, at) => `${at} ${'.'.repeat(at % 90)}`);
    await append('first', large, ...many);
    await reopen();
    assert.deepEqual(await payloads(), ['first', large, ...many]);
  });

  it('keeps its limits over a restart, whole files at once', async () => {
    await reopen({ segmentBytes: 200 });
    const texts = Array.from({ length: 60 }, (_, at) => String(at).padStart(50, '0'));
    for (const text of texts) await append(text);
    await reopen({ limits: { maximumBytes: 500 } });
    assert.deepEqual(await payloads(), texts.slice(-10));
    assert.deepEqual([outbox.stats().dropped, outbox.stats().bytes, outbox.stats().depth], [50, 500, 10]);
  });
});

function segments(folder: string): string[] {
  return readdirSync(join(folder)).filter((name) => name.endsWith('.seg'));
}
