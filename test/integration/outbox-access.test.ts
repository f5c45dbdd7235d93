import assert from 'node:assert/strict';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openOutbox } from '../../src/outbox/disk';
import { silentLogger } from '../../src/support/logger';
import { FakeClock } from '../../testkit/fake-clock';
import { startProcess, type RunningProcess } from '../../testkit/servers/processes';
import { ROOT } from '../../testkit/root';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';

const CLOSED = 0o555;
const OPEN = 0o777;

/**
 * Appends a number again and again as a user without rights, and prints what became of each. As root it becomes "nobody";
 * any other user is kept out by the mode of the folder alone.
 */
const APPENDER = `
  const { openOutbox } = require('${join(ROOT, 'dist/src/outbox/disk.js')}');
  const { systemClock: clock } = require('${join(ROOT, 'dist/src/support/clock.js')}');
  const { silentLogger: logger } = require('${join(ROOT, 'dist/src/support/logger.js')}');
  const { setTimeout: pause } = require('node:timers/promises');
  if (process.getuid() === 0) {
    process.setgid(65534);
    process.setuid(65534);
  }
  const outbox = openOutbox({ folder: process.argv[1], limits: { maximumBytes: 1e9 }, clock, logger, segmentBytes: 200 });
  (async () => {
    for (let number = 0; ; number += 1) {
      const end = await outbox.append([{ payload: 'record ' + number, acceptedAt: 0 }]).then(
        () => ({ number, taken: true }),
        ({ code, message }) => ({ number, taken: false, code, message, problem: outbox.stats().problem?.code }),
      );
      console.log(JSON.stringify(end));
      await pause(10);
    }
  })();`;

interface End {
  readonly number: number;
  readonly taken: boolean;
  readonly code?: string;
  readonly message?: string;
  readonly problem?: string;
}

describe('disk outbox of a user without rights in its folder', () => {
  let parent: string;
  let folder: string;
  let appender: RunningProcess;

  beforeEach(() => {
    parent = temporaryFolder('access');
    chmodSync(parent, 0o755);
    folder = join(parent, 'outbox');
    mkdirSync(folder);
  });

  afterEach(async () => {
    await appender.kill();
    chmodSync(folder, OPEN);
    removeFolder(parent);
  });

  const start = async (): Promise<void> => {
    const args = ['--eval', APPENDER, folder];
    const ready = (output: string): boolean => output.includes('\n');
    appender = await startProcess({ name: 'appender', command: process.execPath, args, ready });
  };

  const ends = (): readonly End[] => {
    const lines = appender.output().split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as End);
  };

  /** The first end of that kind that comes from now on. */
  const next = (taken: boolean): Promise<End> => {
    const seen = ends().length;
    return waitFor(taken ? 'an append that is taken' : 'a refusal', () =>
      ends()
        .slice(seen)
        .find((end) => end.taken === taken),
    );
  };

  /** Every record that was said to be taken is there once and in order, and none that was refused. */
  async function assertTaken(): Promise<void> {
    await appender.kill();
    chmodSync(folder, OPEN);
    const outbox = openOutbox({ folder, limits: { maximumBytes: 1e9 }, clock: new FakeClock(), logger: silentLogger });
    const { records } = await outbox.peek({ maximumRecords: 1e6, maximumBytes: 1e9 });
    await outbox.close();
    const said = ends();
    const taken = said.filter((end) => end.taken).map(({ number }) => `record ${number}`);
    // The last append was cut off by the kill before it could be told.
    const cutOff = `record ${said.length}`;
    const found = records.map(({ payload }) => payload);
    assert.deepEqual(
      found.filter((payload) => payload !== cutOff),
      taken,
    );
    assert.equal(outbox.stats().damaged, 0);
  }

  it('refuses with what to do when it cannot be opened, and opens when it is allowed', async () => {
    chmodSync(folder, CLOSED);
    await start();
    const refusal = await next(false);
    assert.deepEqual([refusal.code, refusal.problem], ['OUTBOX_UNAVAILABLE', 'OUTBOX_UNAVAILABLE']);
    const words = `The outbox in ${folder} cannot be opened: the folder may not be used; give the user of Node-RED the right to write there (`;
    assert.ok(refusal.message?.startsWith(words), refusal.message);
    assert.match(refusal.message ?? '', /EACCES: permission denied/);
    chmodSync(folder, OPEN);
    await next(true);
    await assertTaken();
  });

  it('refuses while the right is taken away, and goes on with nothing lost when it is back', async () => {
    chmodSync(folder, OPEN);
    await start();
    for (let time = 0; time < 3; time += 1) {
      await next(true);
      chmodSync(folder, CLOSED);
      const refusal = await next(false);
      assert.deepEqual([refusal.code, refusal.problem], ['OUTBOX_WRITE_FAILED', 'OUTBOX_WRITE_FAILED']);
      assert.match(refusal.message ?? '', /cannot take records: .*give the user of Node-RED the right.*EACCES/);
      chmodSync(folder, OPEN);
    }
    await next(true);
    await assertTaken();
  });
});
