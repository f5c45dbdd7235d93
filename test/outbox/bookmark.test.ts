import assert from 'node:assert/strict';
import { openOutbox, type DiskOutbox } from '../../src/outbox/disk';
import type { OutboxFile, OutboxFiles } from '../../src/outbox/files';
import { POSITION_NAME } from '../../src/outbox/position-file';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { MemoryFiles } from '../../testkit/delivery/memory-files';
import { waitFor } from '../../testkit/wait';

const ALL = { maximumRecords: 100, maximumBytes: 1e6 };

describe('the position of an outbox that is slow to reach the disk', () => {
  let disk: MemoryFiles;
  let outbox: DiskOutbox;
  let syncs: number;
  let isSlow: boolean;
  let letThrough: () => void;

  /** Files of which the position is synced when the test says so. */
  function slow(): OutboxFiles {
    const files = disk.process();
    const slowly = (file: OutboxFile): OutboxFile => ({
      ...file,
      sync: async () => {
        syncs += 1;
        if (isSlow) await new Promise<void>((resolve) => (letThrough = resolve));
        return file.sync();
      },
    });
    return {
      ...files,
      open: async (name) => (name === POSITION_NAME ? slowly(await files.open(name)) : files.open(name)),
      create: async (name) => (name === POSITION_NAME ? slowly(await files.create(name)) : files.create(name)),
    };
  }

  const append = (...payloads: readonly string[]): Promise<unknown> =>
    outbox.append(payloads.map((payload) => ({ payload, acceptedAt: Date.now() })));
  const waiting = async (): Promise<readonly string[]> =>
    (await outbox.peek(ALL)).records.map(({ payload }) => payload.slice(0, 2));

  beforeEach(async () => {
    disk = new MemoryFiles();
    isSlow = false;
    outbox = openOutbox({
      folder: '/outbox',
      limits: { maximumBytes: 1e6 },
      segmentBytes: 1000,
      clock: systemClock,
      logger: silentLogger,
      files: slow(),
      lock: () => Promise.resolve(() => Promise.resolve()),
    });
    await append(...['r0', 'r1', 'r2'].map((name) => name.padEnd(700, '.')));
    await append('r3');
    isSlow = true;
    syncs = 0;
  });

  afterEach(async () => {
    isSlow = false;
    letThrough();
    await outbox.close();
  });

  it('holds up neither what comes nor what is read next', async () => {
    const acknowledged = outbox.acknowledge({ from: 0, to: 1 });
    await waitFor('the position', () => syncs === 1);
    await append('r4');
    assert.deepEqual(await waiting(), ['r1', 'r2', 'r3', 'r4']);
    assert.equal(outbox.stats().position, 1);
    letThrough();
    await acknowledged;
  });

  it('is promised, and costs a file, only when the disk has it', async () => {
    let promised = 0;
    const acknowledged = outbox.acknowledge({ from: 0, to: 3 }).then(() => (promised += 1));
    await waitFor('the position', () => syncs === 1);
    await append('r4');
    assert.deepEqual([promised, disk.count('.seg')], [0, 2]);
    letThrough();
    await acknowledged;
    assert.equal(disk.count('.seg'), 1);
  });

  it('is written once for all that were acknowledged meanwhile', async () => {
    const first = outbox.acknowledge({ from: 0, to: 1 });
    await waitFor('the position', () => syncs === 1);
    const others = [1, 2, 3].map((from) => outbox.acknowledge({ from, to: from + 1 }));
    await waitFor('all to be taken', () => outbox.stats().depth === 0);
    isSlow = false;
    letThrough();
    await Promise.all([first, ...others]);
    assert.equal(syncs, 2);
  });

  it('that is lost with the power brings records again and loses none', async () => {
    void outbox.acknowledge({ from: 0, to: 3 });
    await waitFor('the position', () => syncs === 1);
    disk.losePower(() => 0);
    outbox = openOutbox({
      folder: '/outbox',
      limits: { maximumBytes: 1e6 },
      clock: systemClock,
      logger: silentLogger,
      files: disk.process(),
      lock: () => Promise.resolve(() => Promise.resolve()),
    });
    assert.deepEqual(await waiting(), ['r0', 'r1', 'r2', 'r3']);
    assert.equal(outbox.stats().damaged, 0);
  });
});
