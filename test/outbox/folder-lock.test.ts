import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, realpathSync, symlinkSync } from 'node:fs';
import { Server } from 'node:net';
import { join } from 'node:path';
import { openOutbox } from '../../src/outbox/disk';
import { nodeFiles } from '../../src/outbox/files';
import { lockFolder, type Release } from '../../src/outbox/folder-lock';
import { systemClock } from '../../src/support/clock';
import { hasCode } from '../../src/support/errors';
import { silentLogger } from '../../src/support/logger';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { ROOT } from '../../testkit/root';

/** Locks the folder, says so, and stays. */
const HOLDER = `
  require('${ROOT}/src/outbox/folder-lock.ts').lockFolder(process.argv[1]).then(
    () => { console.log('locked'); setInterval(() => {}, 1000); },
    (error) => { console.log(error.code, error.message); });`;

describe('lock of a folder', () => {
  let folder: string;

  beforeEach(() => {
    folder = temporaryFolder('lock');
  });

  afterEach(() => {
    removeFolder(folder);
  });

  const isInUse = (error: unknown): boolean => hasCode(error, 'OUTBOX_IN_USE') && String(error).includes('process');

  it('is had by one at a time, and can be had again at once', async () => {
    const release = await lockFolder(folder);
    await assert.rejects(lockFolder(folder), isInUse);
    await release();
    await (
      await lockFolder(folder)
    )();
    assert.deepEqual(readdirSync(folder), []);
  });

  it('is had by one of many that come together', async () => {
    for (let round = 0; round < 10; round += 1) {
      const results = await Promise.allSettled(Array.from({ length: 5 }, () => lockFolder(folder)));
      const had = results.filter((result) => result.status === 'fulfilled');
      assert.ok(had.length <= 1, `${had.length} have it`);
      for (const result of results) if (result.status === 'rejected') assert.ok(isInUse(result.reason));
      await Promise.all(had.map(({ value }) => value()));
    }
  });

  it('works in a folder whose path is longer than the address of a socket', async () => {
    const deep = join(folder, 'x'.repeat(90), 'y'.repeat(90));
    mkdirSync(deep, { recursive: true });
    const release: Release = await lockFolder(deep);
    assert.equal(readdirSync(deep).length, 1);
    await assert.rejects(lockFolder(deep), isInUse);
    await release();
    assert.deepEqual(readdirSync(deep), []);
  });

  it('is the same whatever name leads to the folder', async () => {
    const link = join(folder, 'link');
    const real = join(folder, 'real');
    mkdirSync(real);
    symlinkSync(real, link);
    const release = await lockFolder(link);
    await assert.rejects(lockFolder(real), isInUse);
    await release();
    assert.deepEqual(readdirSync(real), []);
  });

  it('is kept from a second process, which is told the first, and is free when that was killed', async function () {
    this.timeout(60_000);
    const holder = spawn(process.execPath, ['--require', 'tsx/cjs', '--eval', HOLDER, folder], { cwd: ROOT });
    await once(holder.stdout, 'data');
    await assert.rejects(lockFolder(folder), (error) => isInUse(error) && String(error).includes(`${holder.pid}`));
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    assert.equal(readdirSync(folder).length, 1, 'it has left its socket');
    await (
      await lockFolder(folder)
    )();
    assert.deepEqual(readdirSync(folder), []);
  });

  describe('where the file system has no sockets', () => {
    const prototype = Server.prototype as unknown as { listen: (this: Server, ...args: unknown[]) => Server };
    const { listen } = prototype;
    let code: string;

    beforeEach(() => {
      prototype.listen = function (this: Server, ...args: unknown[]): Server {
        const [at] = args;
        const isInFolder =
          typeof at === 'object' && at !== null && 'path' in at && String(at.path).startsWith(realpathSync(folder));
        if (!isInFolder) return listen.apply(this, args);
        setImmediate(() => this.emit('error', Object.assign(new Error(`listen ${code}`), { code })));
        return this;
      };
    });

    afterEach(() => {
      prototype.listen = listen;
    });

    for (const given of ['EIO', 'EACCES', 'EXDEV', 'UNKNOWN', 'ENOTSUP', 'EPERM']) {
      it(`and says ${given}, it is had elsewhere by one at a time, and records are kept`, async () => {
        code = given;
        const options = { folder, limits: { maximumBytes: 1e6 }, clock: systemClock, logger: silentLogger };
        const outbox = openOutbox(options);
        await outbox.append([{ payload: 'kept', acceptedAt: 0 }]);
        await assert.rejects(lockFolder(folder), isInUse);
        assert.deepEqual(
          readdirSync(folder).filter((name) => name.endsWith('.sock')),
          [],
        );
        await outbox.close();
        const next = openOutbox(options);
        const { records } = await next.peek({ maximumRecords: 9, maximumBytes: 1e6 });
        assert.deepEqual(
          records.map(({ payload }) => payload),
          ['kept'],
        );
        await next.close();
      });
    }

    it('and the folder cannot be written either, nothing is taken and the reason is said', async () => {
      code = 'EACCES';
      const none = (): Promise<never> => Promise.reject(Object.assign(new Error('EACCES: no'), { code: 'EACCES' }));
      const outbox = openOutbox({
        folder,
        limits: { maximumBytes: 1e6 },
        clock: systemClock,
        logger: silentLogger,
        files: { ...nodeFiles(folder), open: none, create: none },
      });
      await assert.rejects(outbox.append([{ payload: 'lost', acceptedAt: 0 }]), /give the user of Node-RED the right/);
      assert.equal(outbox.stats().depth, 0);
      await outbox.close();
    });
  });
});
