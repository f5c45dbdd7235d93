import assert from 'node:assert/strict';
import fs, { existsSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import promises, { open } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { StateFile } from '../../nodes/pm500-normalize/state-file';
import { DeadLetters } from '../../src/delivery/dead-letters';
import { openOutbox } from '../../src/outbox/disk';
import { createBdSeqCounter } from '../../src/sparkplug/session/bd-seq';
import { fileSessionStore } from '../../src/sparkplug/session/session-store';
import { systemClock } from '../../src/support/clock';
import { Pm500Error } from '../../src/support/errors';
import { silentLogger } from '../../src/support/logger';
import { replaceFile, replaceFileNow } from '../../src/support/safe-files';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

interface Syncing {
  readonly fd: number;
  sync: (this: Syncing) => Promise<void>;
}

/** Where Linux says what a descriptor is of. */
const pathOf = (fd: number): string => readlinkSync(`/proc/self/fd/${fd}`);

/** What is asked of the disk, in order: a power loss takes whatever was not synced before it. */
class Disk {
  readonly log: string[] = [];
  private readonly undo: (() => void)[] = [];

  constructor(private readonly root: string) {}

  async watch(): Promise<void> {
    const { fsyncSync, renameSync } = fs;
    const { rename } = promises;
    const handle = await open(this.root, 'r');
    const kind = Object.getPrototypeOf(handle) as Syncing;
    await handle.close();
    const noted = (path: string): string => relative(this.root, path) || '.';
    const note = (line: string): void => void this.log.push(line);
    const { sync } = kind;
    kind.sync = function (this: Syncing) {
      note(`sync ${noted(pathOf(this.fd))}`);
      return sync.call(this);
    };
    fs.fsyncSync = (fd) => {
      note(`sync ${noted(pathOf(fd))}`);
      fsyncSync(fd);
    };
    fs.renameSync = (from, to) => {
      note(`rename ${noted(String(to))}`);
      renameSync(from, to);
    };
    promises.rename = (from, to) => {
      note(`rename ${noted(String(to))}`);
      return rename(from, to);
    };
    this.undo.push(() => {
      kind.sync = sync;
      Object.assign(fs, { fsyncSync, renameSync });
      promises.rename = rename;
    });
  }

  leave(): void {
    for (const undo of this.undo) undo();
  }
}

describe('files that must survive a power loss', () => {
  let root: string;
  let disk: Disk;

  beforeEach(async () => {
    root = temporaryFolder('synced');
    disk = new Disk(root);
    await disk.watch();
  });

  afterEach(() => {
    disk.leave();
    removeFolder(root);
  });

  /** Folders from the inside out, the text before its name, the name before anybody goes on. */
  const NEW = ['sync a', 'sync .', 'sync a/b/state.json.new', 'rename a/b/state.json', 'sync a/b'];
  const AGAIN = NEW.slice(2);

  it('one that is replaced is synced before it takes the name, the names after it, and new folders too', async () => {
    replaceFileNow(join(root, 'a/b/state.json'), '1');
    assert.deepEqual(disk.log.splice(0), NEW);
    await replaceFile(join(root, 'a/b/state.json'), '2');
    assert.deepEqual(disk.log.splice(0), AGAIN);
    removeFolder(join(root, 'a'));
    await replaceFile(join(root, 'a/b/state.json'), '3');
    assert.deepEqual(disk.log, NEW);
  });

  it('one is for its owner alone, and nowhere else, whatever was left where it is written first', async () => {
    const path = join(root, 'state.json');
    const now = (to: string, text: string): Promise<void> => {
      replaceFileNow(to, text);
      return Promise.resolve();
    };
    for (const replace of [now, replaceFile]) {
      writeFileSync(`${path}.new`, 'left', { mode: 0o644 });
      await replace(path, 'secret');
      assert.deepEqual([readFileSync(path, 'utf8'), statSync(path).mode & 0o777], ['secret', 0o600]);
      const elsewhere = join(root, 'elsewhere');
      writeFileSync(elsewhere, 'theirs');
      symlinkSync(elsewhere, `${path}.new`);
      await replace(path, 'secret');
      assert.deepEqual([readFileSync(elsewhere, 'utf8'), fs.lstatSync(path).isFile()], ['theirs', true]);
      fs.rmSync(path);
    }
  });

  it('the number of a Sparkplug session is on the disk before its CONNECT can be sent', () => {
    const counter = createBdSeqCounter(fileSessionStore(join(root, 'a/b/state.json'), silentLogger));
    counter.take();
    assert.deepEqual(disk.log.splice(0), NEW);
    counter.take();
    assert.deepEqual(disk.log, AGAIN);
  });

  it('the state of a node is on the disk when it begins, and when it has closed', async () => {
    const state = new StateFile({
      path: join(root, 'a/b/state.json'),
      clock: systemClock,
      logger: silentLogger,
      everyMs: 1000,
      state: (closed) => ({ closed }),
    });
    state.begin();
    assert.deepEqual(disk.log.splice(0), NEW);
    await state.close();
    assert.deepEqual(disk.log, AGAIN);
  });

  it('the folders and the file of an outbox are known to the disk before its first record counts', async () => {
    const outbox = openOutbox({
      folder: join(root, 'a/outbox'),
      limits: { maximumBytes: 1e6 },
      clock: systemClock,
      logger: silentLogger,
    });
    await outbox.append([{ payload: 'x', acceptedAt: 0 }]);
    assert.deepEqual(disk.log.slice(0, 2), ['sync a', 'sync .']);
    assert.equal(disk.log.at(-1), 'sync a/outbox', 'the name of the new file, and nothing after it');
    await outbox.close();
  });

  it('dead letters are on the disk when they have been added, the name of a new file too', async () => {
    const letters = new DeadLetters(join(root, 'a/letters.lp'), systemClock, 600);
    const reason = new Pm500Error('INFLUX_REJECTED', 'refused');
    await letters.add([{ payload: 'x'.repeat(100), reason }]);
    assert.deepEqual(disk.log.splice(0), ['sync .', 'sync a/letters.lp', 'sync a']);
    await letters.add([{ payload: 'y', reason }]);
    assert.deepEqual(disk.log.splice(0), ['sync a/letters.lp']);
    await letters.add([{ payload: 'z'.repeat(100), reason }]);
    // The file before it has another name, and a new one begins: the folder knows both.
    assert.deepEqual(disk.log, ['sync a/letters.lp', 'sync a']);
    assert.ok(existsSync(join(root, 'a/letters.lp.1')));
  });
});
