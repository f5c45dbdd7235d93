import assert from 'node:assert/strict';
import { openOutbox, type DiskOutbox } from '../../src/outbox/disk';
import { nodeFiles, type OutboxFile, type OutboxFiles } from '../../src/outbox/files';
import { LookAhead } from '../../src/outbox/look-ahead';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';

/** Two of them fit into what is read at a time. */
const RECORD_BYTES = 200_000;
const TWO = { maximumRecords: 2, maximumBytes: 1e9 };

describe('what an outbox reads before it is asked for', () => {
  let folder: string;
  let reads: number;
  let isAway: boolean;
  const outboxes: DiskOutbox[] = [];

  beforeEach(() => {
    folder = temporaryFolder('look-ahead');
    reads = 0;
    isAway = false;
  });

  afterEach(async () => {
    for (const outbox of outboxes.splice(0)) await outbox.close();
    removeFolder(folder);
  });

  /** Files of which segments are counted when they are read, and cannot be while the disk is away. */
  function watched(): OutboxFiles {
    const files = nodeFiles(folder);
    return {
      ...files,
      open: async (name) => {
        const file = await files.open(name);
        if (!name.startsWith('segment-')) return file;
        const read: OutboxFile['read'] = async (target, offset) => {
          if (isAway) throw Object.assign(new Error('the disk is away'), { code: 'ENODEV' });
          reads += 1;
          return file.read(target, offset);
        };
        return Object.assign(Object.create(file) as OutboxFile, { read });
      },
    };
  }

  const open = (): DiskOutbox => {
    const limits = { maximumBytes: 1e9 };
    const outbox = openOutbox({ folder, limits, clock: systemClock, logger: silentLogger, files: watched() });
    outboxes.push(outbox);
    return outbox;
  };

  /** An outbox with eight records that an earlier process has left. */
  async function reopened(): Promise<DiskOutbox> {
    const earlier = open();
    const payloads = Array.from({ length: 8 }, (_, at) => String(at).padEnd(RECORD_BYTES, '.'));
    await earlier.append(payloads.map((payload) => ({ payload, acceptedAt: Date.now() })));
    await earlier.close();
    const outbox = open();
    await outbox.ready();
    reads = 0;
    return outbox;
  }

  const next = async (outbox: DiskOutbox): Promise<readonly string[]> => {
    const { records, from, to } = await outbox.peek(TWO);
    await outbox.acknowledge({ from, to });
    return records.map(({ payload }) => payload.slice(0, 1));
  };

  it('is the next batch, and no more of it', async () => {
    const outbox = await reopened();
    const { from, to } = await outbox.peek(TWO);
    await waitFor('the next batch', () => reads >= 1);
    await outbox.acknowledge({ from, to });
    assert.ok(reads <= 2, `${reads} pieces were read`);
    isAway = true;
    assert.deepEqual(await next(outbox), ['2', '3'], 'the disk is not needed for it');
  });

  it('fails in silence, and is tried again when it is asked for', async () => {
    const outbox = await reopened();
    await outbox.peek(TWO);
    isAway = true;
    let code: unknown;
    for (let at = 0; at < 8 && code === undefined; at += 1) {
      await next(outbox).catch((thrown: unknown) => {
        code = (thrown as { code: string }).code;
      });
    }
    assert.equal(code, 'OUTBOX_UNAVAILABLE');
    isAway = false;
    const { position } = outbox.stats();
    assert.equal((await next(outbox))[0], String(position), 'nothing was passed over');
  });

  it('ends with the outbox, whatever is being read', async () => {
    const outbox = await reopened();
    await outbox.peek(TWO);
    await outbox.close();
    const before = reads;
    await outbox.close();
    assert.equal(reads, before);
  });

  it('goes piece by piece, one time at a time, as far as twice what was asked for', async () => {
    const asked: number[] = [];
    let left = 3;
    const ahead = new LookAhead(({ maximumRecords }) => {
      asked.push(maximumRecords);
      return Promise.resolve(--left > 0);
    });
    ahead.begin(TWO);
    ahead.begin(TWO);
    await waitFor('the pieces', () => left === 0);
    assert.deepEqual(asked, [4, 4, 4]);
    await ahead.close();
    ahead.begin(TWO);
    assert.equal(asked.length, 3);
  });
});
