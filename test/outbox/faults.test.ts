import assert from 'node:assert/strict';
import { openOutbox, type DiskOutbox } from '../../src/outbox/disk';
import { decodeHeader, encodeHeader } from '../../src/outbox/disk-format';
import { hasCode, type ErrorCode } from '../../src/support/errors';
import { silentLogger } from '../../src/support/logger';
import { FakeClock } from '../../testkit/fake-clock';
import { MemoryFiles, systemError, type FileOperation } from '../../testkit/delivery/memory-files';

const ALL = { maximumRecords: 1_000_000, maximumBytes: 1_000_000_000 };

describe('disk outbox with a disk that fails', () => {
  let files: MemoryFiles;
  let clock: FakeClock;
  let outbox: DiskOutbox;
  let warnings: string[];

  const open = (segmentBytes = 10_000): void => {
    const note = (message: string): void => void warnings.push(message);
    outbox = openOutbox({
      folder: '/memory',
      limits: { maximumBytes: 1e9 },
      clock,
      logger: { ...silentLogger, warn: note, error: note },
      segmentBytes,
      files: files.process(),
      lock: () => Promise.resolve(() => Promise.resolve()),
    });
  };
  const append = (...texts: string[]): Promise<unknown> =>
    outbox.append(texts.map((payload) => ({ payload, acceptedAt: 0 })));
  const payloads = async (): Promise<string[]> => (await outbox.peek(ALL)).records.map(({ payload }) => payload);
  const fail = (code: string, ...operations: FileOperation[]): void => {
    files.fault = (operation, name) => {
      if (operations.includes(operation) && name !== 'position') throw systemError(code);
    };
  };
  const heal = (): void => {
    files.fault = () => undefined;
  };
  const refuses = (work: Promise<unknown>, code: ErrorCode, words: RegExp): Promise<void> =>
    assert.rejects(work, (error: Error) => hasCode(error, code) && words.test(error.message));

  beforeEach(() => {
    files = new MemoryFiles();
    clock = new FakeClock();
    warnings = [];
    open();
  });

  for (const [what, code, operations] of [
    ['the disk is full', 'ENOSPC', ['write']],
    ['the disk is full and nothing can be taken back', 'ENOSPC', ['write', 'truncate']],
    ['no file can be made', 'EACCES', ['create', 'write']],
    ['the disk does not sync', 'EIO', ['sync']],
    ['the disk does not sync and nothing can be taken back', 'EIO', ['sync', 'truncate', 'remove']],
  ] as const) {
    for (const written of [0, 50, 100, 10_000]) {
      it(`refuses records while ${what}, and loses none of the others (${written} bytes of a failed write)`, async () => {
        await append('before');
        files.writtenOfFailed = written;
        for (let time = 0; time < 3; time += 1) {
          fail(code, ...operations);
          await refuses(append('refused 1', 'refused 2', 'refused 3'), 'OUTBOX_WRITE_FAILED', new RegExp(code));
          heal();
          await append(`after ${time}`);
        }
        const expected = ['before', 'after 0', 'after 1', 'after 2'];
        assert.deepEqual(await payloads(), expected);
        assert.equal(outbox.stats().depth, 4);
        await outbox.close();
        open();
        assert.deepEqual(await payloads(), expected);
        assert.equal(outbox.stats().damaged, 0);
      });
    }
  }

  it('says that the disk is full and what to do', async () => {
    fail('ENOSPC', 'write');
    await refuses(append('a'), 'OUTBOX_WRITE_FAILED', /\/memory.*disk is full; free space/);
  });

  it('gets room by its own delivery when its own records fill the disk', async () => {
    const room = 2000;
    files.fault = (operation, name) => {
      const used = [...files.names.keys()].reduce((bytes, each) => bytes + files.get(each).length, 0);
      if (operation === 'write' && name !== 'position' && used > room) throw systemError('ENOSPC');
    };
    const fill = async (): Promise<string[]> => {
      for (const taken: string[] = []; ;) {
        const text = `${taken.length} ${'.'.repeat(100)}`;
        try {
          await append(text);
          taken.push(text);
        } catch (thrown) {
          assert.ok(hasCode(thrown, 'OUTBOX_WRITE_FAILED'));
          return taken;
        }
      }
    };
    let problems = 0;
    outbox.onProblem(() => (problems += 1));
    for (let time = 0; time < 3; time += 1) {
      const taken = await fill();
      assert.ok(taken.length > 5, `${taken.length} records fit`);
      assert.match(outbox.stats().problem?.message ?? '', /disk is full/);
      const batch = await outbox.peek(ALL);
      assert.deepEqual(
        batch.records.map(({ payload }) => payload),
        taken,
      );
      await outbox.acknowledge(batch);
      assert.deepEqual([files.count('.seg'), outbox.stats().bytes, outbox.stats().segments], [0, 0, 0]);
    }
    await append('last');
    assert.deepEqual([await payloads(), outbox.stats().problem, problems], [['last'], undefined, 6]);
  });

  it('takes of appends that come together those that fit', async () => {
    await append('before');
    let room = 200;
    files.fault = (operation, name) => {
      if (operation === 'write' && name !== 'position' && (room -= 60) < 0) throw systemError('ENOSPC');
    };
    const results = await Promise.allSettled([append('a'), append('b'), append('c'), append('d'), append('e')]);
    const taken = results.map(({ status }, at) => (status === 'fulfilled' ? 'abcde'.charAt(at) : ''));
    heal();
    assert.deepEqual(await payloads(), ['before', ...taken.filter((text) => text !== '')]);
  });

  it('delivers although delivered files cannot be removed, and removes them later', async () => {
    open(50);
    for (const text of ['a', 'b', 'c', 'd']) await append(text);
    fail('EACCES', 'remove');
    await outbox.acknowledge({ from: 0, to: 3 });
    assert.deepEqual(await payloads(), ['d']);
    assert.match(warnings.join(), /cannot be removed/);
    await outbox.close();
    heal();
    assert.equal(files.count('.seg'), 4);
    open(50);
    assert.deepEqual(await payloads(), ['d']);
    assert.equal(files.count('.seg'), 1);
  });

  it('delivers although the position cannot be written, and says so', async () => {
    await append('a', 'b');
    files.fault = (operation, name) => {
      if (operation === 'write' && name === 'position') throw systemError('EIO');
    };
    await outbox.acknowledge({ from: 0, to: 1 });
    assert.deepEqual(await payloads(), ['b']);
    assert.match(warnings.join(), /cannot remember what was delivered/);
  });

  it('refuses everything while it cannot be opened, says why, and opens by itself', async () => {
    fail('EACCES', 'list');
    open();
    const words = /\/memory cannot be opened: the folder may not be used/;
    await refuses(outbox.ready(), 'OUTBOX_UNAVAILABLE', words);
    await refuses(append('a'), 'OUTBOX_UNAVAILABLE', words);
    assert.match(outbox.stats().problem?.message ?? '', words);
    await clock.advance(10_000);
    assert.equal(warnings.length, 1, 'said once');
    heal();
    await clock.advance(2_000);
    await append('b');
    assert.deepEqual([await payloads(), outbox.stats().problem], [['b'], undefined]);
  });

  it('tells who waits for records when it has opened with some', async () => {
    await append('a');
    await outbox.close();
    open();
    const told = new Promise<void>((resolve) => outbox.onAppend(resolve));
    await told;
    assert.equal(outbox.stats().depth, 1);
  });

  it('reads again when the disk can be read again', async () => {
    await append('a');
    await outbox.close();
    open();
    await outbox.ready();
    await outbox.acknowledge({ from: 0, to: 1 });
    files.fault = (operation) => {
      if (operation === 'open' || operation === 'read') throw systemError('EMFILE');
    };
    for (let at = 0; at < 6; at += 1) await append('x'.repeat(2_000_000));
    const large = { maximumRecords: 6, maximumBytes: 1e9 };
    await refuses(outbox.peek(large), 'OUTBOX_UNAVAILABLE', /too many files/);
    heal();
    assert.equal((await outbox.peek(large)).records.length, 6);
  });

  it('keeps its files where it cannot remember, at its end, that all of them were delivered', async () => {
    await append('a', 'b');
    await outbox.peek(ALL);
    files.fault = (operation, name) => {
      if (operation === 'write' && name === 'position') throw systemError('EIO');
    };
    await outbox.acknowledge({ from: 0, to: 2 });
    await outbox.close();
    heal();
    open();
    assert.deepEqual([await payloads(), outbox.stats().damaged], [['a', 'b'], 0]);
  });

  it('knows what was delivered after a power loss, however often the end was remembered since', async () => {
    await append('a', 'b');
    await outbox.acknowledge({ from: 0, to: 1 });
    for (const text of ['c', 'd', 'e']) {
      await clock.advance(2000);
      await append(text);
    }
    // Ten bytes of each write reach the disk.
    let turn = 0;
    files.losePower(() => [0.7, 10 / 172][turn++ % 2] ?? 0);
    open();
    assert.deepEqual([await payloads(), outbox.stats().damaged], [['b', 'c', 'd', 'e'], 0]);
  });

  it('does not touch what a later version has written', async () => {
    await append('a');
    await outbox.close();
    const name = files.find('.seg');
    const bytes = Buffer.from(files.get(name));
    encodeHeader({ ...decodeHeader(bytes)!, version: 2 }).copy(bytes);
    files.put(name, bytes);
    open();
    await refuses(outbox.ready(), 'OUTBOX_UNAVAILABLE', /later version/);
    assert.deepEqual(files.get(name), bytes);
  });
});
