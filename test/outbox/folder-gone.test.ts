import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openOutbox, type DiskOutbox } from '../../src/outbox/disk';
import type { OutboxRecord } from '../../src/outbox/outbox';
import { isWithoutSockets } from '../../src/outbox/lock-place';
import { systemClock } from '../../src/support/clock';
import { Pm500Error } from '../../src/support/errors';
import { FakeClock } from '../../testkit/fake-clock';
import { temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';

const LIMITS = { maximumBytes: 10_000_000, maximumAgeMs: 3_600_000 };
const PEEK = { maximumRecords: 1000, maximumBytes: 1_000_000 };
const record = (payload: string): OutboxRecord => ({ payload, acceptedAt: Date.now() });

describe('an outbox whose folder is taken away while it is used', () => {
  const parent = temporaryFolder('outbox-gone');
  const folder = join(parent, 'above', 'outbox');
  const said: string[] = [];
  const note = (message: string): void => void said.push(message);
  let outbox: DiskOutbox;

  const open = (): DiskOutbox =>
    openOutbox({
      folder,
      limits: LIMITS,
      clock: systemClock,
      logger: { debug: () => undefined, info: () => undefined, warn: note, error: note },
      lock: () => Promise.resolve(() => Promise.resolve()),
    });
  const payloads = async (): Promise<readonly string[]> =>
    (await outbox.peek(PEEK)).records.map(({ payload }) => payload);
  /** What is there after the process has ended: nothing of the old one is asked. */
  const payloadsOfNext = async (): Promise<readonly string[]> => {
    const before = outbox;
    outbox = open();
    const found = await payloads();
    await before.close();
    return found;
  };
  const segments = (): readonly string[] => readdirSync(folder).filter((name) => name.startsWith('segment'));

  beforeEach(async () => {
    rmSync(join(parent, 'above'), { recursive: true, force: true });
    said.length = 0;
    outbox = open();
    await outbox.append([record('first')]);
  });

  afterEach(() => outbox.close());

  const ways: readonly (readonly [what: string, take: () => void])[] = [
    [
      'removed',
      () => {
        rmSync(folder, { recursive: true });
      },
    ],
    [
      'moved',
      () => {
        renameSync(folder, join(parent, 'above', 'elsewhere'));
      },
    ],
    [
      'replaced by another one, as a mount does',
      () => {
        renameSync(folder, join(parent, 'above', 'below'));
        mkdirSync(folder);
      },
    ],
    [
      'emptied of its segments',
      () => {
        segments().forEach((name) => {
          rmSync(join(folder, name));
        });
      },
    ],
  ];
  for (const [what, take] of ways) {
    it(`${what}: what is acknowledged afterward is there for the next process, and it is said once`, async () => {
      take();
      for (const payload of ['second', 'third']) await outbox.append([record(payload)]);
      const about = said.filter((message) => message.includes('removed, moved or mounted over'));
      assert.equal(about.length, 1, said.join('\n'));
      assert.deepEqual((await payloadsOfNext()).slice(-2), ['second', 'third']);
    });
  }

  for (const [what, take] of ways) {
    it(`${what} while nothing is written: it is said within half a minute, once, and the lock is in the folder of now`, async () => {
      await outbox.close();
      const clock = new FakeClock();
      let locks = 0;
      outbox = openOutbox({
        folder,
        limits: LIMITS,
        clock,
        logger: { debug: () => undefined, info: () => undefined, warn: note, error: note },
        lock: () => {
          locks++;
          return Promise.resolve(() => Promise.resolve());
        },
      });
      await outbox.append([record('second')]);
      take();
      await clock.advance(30_000);
      await waitFor('the sentence', () => said.some((message) => message.includes('removed, moved or mounted over')));
      await outbox.append([record('third')]);
      await clock.advance(60_000);
      await outbox.ready();
      assert.equal(said.filter((message) => message.includes('removed, moved or mounted over')).length, 1);
      assert.equal(locks, 2);
      assert.equal(outbox.stats().problem, undefined);
      assert.deepEqual((await payloadsOfNext()).slice(-1), ['third']);
    });
  }

  it('whose new folder has another owner takes nothing until that is gone, and says so', async () => {
    await outbox.close();
    let owner: string | undefined;
    const lock = (): Promise<() => Promise<void>> =>
      owner === undefined
        ? Promise.resolve(() => Promise.resolve())
        : Promise.reject(new Pm500Error('OUTBOX_IN_USE', `in use by ${owner}`, { retryable: true }));
    const logger = { debug: () => undefined, info: () => undefined, warn: note, error: note };
    outbox = openOutbox({ folder, limits: LIMITS, clock: systemClock, logger, lock });
    await outbox.append([record('second')]);
    rmSync(folder, { recursive: true });
    owner = 'process 7';
    for (let turn = 0; turn < 2; turn++) {
      await assert.rejects(outbox.append([record('lost')]), /in use by process 7/);
    }
    assert.equal(outbox.stats().problem?.code, 'OUTBOX_IN_USE');
    assert.equal(said.filter((message) => message.includes('removed, moved or mounted over')).length, 1);
    owner = undefined;
    await outbox.append([record('third')]);
    assert.equal(outbox.stats().problem, undefined);
    assert.deepEqual((await payloadsOfNext()).slice(-1), ['third']);
  });

  it('has no files that cleaners of logs delete, and reads those that an earlier version wrote', async () => {
    await outbox.append([record('second')]);
    await outbox.close();
    const [name = ''] = segments();
    assert.match(name, /\.seg$/);
    renameSync(join(folder, name), join(folder, name.replace(/seg$/, 'log')));
    outbox = open();
    assert.deepEqual(await payloads(), ['first', 'second']);
  });

  it('follows no symbolic link, and leaves its folder open to nobody', async () => {
    await outbox.close();
    rmSync(join(folder, 'position'));
    writeFileSync(join(parent, 'precious'), 'precious');
    symlinkSync(join(parent, 'precious'), join(folder, 'position'));
    chmodSync(folder, 0o777);
    outbox = open();
    await assert.rejects(outbox.ready(), /a file of the outbox is a symbolic link, which is not followed; remove it/);
    assert.equal(statSync(join(parent, 'precious')).size, 'precious'.length);
    assert.equal(statSync(folder).mode & 0o777, 0o755);
  });

  it('has its lock elsewhere, whatever code a file system without sockets has for it', () => {
    const of = (code: string): boolean => isWithoutSockets(Object.assign(new Error(code), { code }));
    for (const code of ['EIO', 'EACCES', 'EXDEV', 'UNKNOWN', 'ENOTSUP', 'EPERM']) assert.ok(of(code), code);
    for (const code of ['EADDRINUSE', 'EMFILE', 'ENOENT', 'ERR_SOMETHING']) assert.ok(!of(code), code);
  });
});
