import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadState, StateFile } from '../../nodes/pm500-normalize/state-file';
import { isRecord } from '../../src/support/expect';
import { silentLogger } from '../../src/support/logger';
import { FakeClock } from '../../testkit/fake-clock';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';

const EVERY_MS = 10_000;

describe('the state that a node keeps', () => {
  let folder: string;
  let path: string;
  let clock: FakeClock;
  let warnings: string[];
  const logger = { ...silentLogger, warn: (message: string) => warnings.push(message) };

  beforeEach(() => {
    folder = temporaryFolder('state');
    path = join(folder, 'pm500', 'normalize', 'n1.json');
    clock = new FakeClock();
    warnings = [];
  });
  afterEach(() => {
    removeFolder(folder);
  });

  const open = (value: { count: number }): StateFile =>
    new StateFile({ path, clock, logger, everyMs: EVERY_MS, state: (closed) => ({ ...value, closed }) });
  const saved = (): unknown => JSON.parse(readFileSync(path, 'utf8'));
  const load = (): unknown => loadState(path, isRecord, logger, 1234);

  it('is on disk from the start, then at most every ten seconds, and as the last one when the node closes', async () => {
    const value = { count: 0 };
    const file = open(value);
    file.begin();
    assert.deepEqual(saved(), { count: 0, closed: false });
    for (value.count = 1; value.count < 50; value.count++) {
      file.changed();
      await clock.advance(100);
    }
    assert.deepEqual(saved(), { count: 0, closed: false }, 'not yet');
    assert.equal(clock.pending, 1, 'one write for all changes');
    await clock.advance(EVERY_MS);
    await waitFor('the write', () => (saved() as { count: number }).count === 50);
    value.count = 51;
    await file.close();
    assert.deepEqual(saved(), { count: 51, closed: true });
    assert.deepEqual([readdirSync(join(path, '..')), clock.pending], [['n1.json'], 0]);
    assert.deepEqual(load(), { count: 51, closed: true });
  });

  it('is for its owner only', function () {
    if (process.platform === 'win32') return;
    open({ count: 0 }).begin();
    assert.equal(statSync(path).mode & 0o077, 0);
    assert.equal(statSync(join(path, '..')).mode & 0o077, 0);
  });

  it('is never followed by an older one: what comes after the end is not written', async () => {
    const value = { count: 1 };
    const file = open(value);
    file.begin();
    await file.close();
    value.count = 2;
    file.changed();
    assert.equal(clock.pending, 0);
    await clock.advance(10 * EVERY_MS);
    assert.deepEqual(saved(), { count: 1, closed: true });
  });

  it('is never half a file: a write that fails leaves the one before', async () => {
    const value = { count: 1 };
    const file = open(value);
    file.begin();
    mkdirSync(`${path}.new`);
    value.count = 2;
    file.changed();
    await clock.advance(EVERY_MS);
    await waitFor('the complaint', () => warnings.length > 0);
    assert.deepEqual(saved(), { count: 1, closed: false });
    rmSync(`${path}.new`, { recursive: true });
    await file.close();
    assert.deepEqual(saved(), { count: 2, closed: true });
  });

  it('says once that it cannot be written, and again only when it could in between', async () => {
    writeFileSync(join(folder, 'pm500'), 'a file where the folder should be');
    const file = open({ count: 1 });
    file.begin();
    for (let round = 0; round < 3; round++) {
      file.changed();
      await clock.advance(EVERY_MS);
    }
    await file.close();
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0] ?? '',
      /^The state \S+n1\.json cannot be saved \(.+\); KPIs and alarms start anew after a restart\.$/,
    );
  });

  it('is not used a second time where it could not be marked as used', () => {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, JSON.stringify({ count: 7, closed: true }));
    mkdirSync(`${path}.new`);
    open({ count: 7 }).begin();
    assert.equal(warnings.length, 1);
    assert.equal(load(), undefined, 'counting from it again would count twice');
  });

  it('goes with the node that was removed', async () => {
    const file = open({ count: 1 });
    file.begin();
    file.changed();
    await file.remove();
    assert.equal(existsSync(path), false);
    file.changed();
    assert.equal(clock.pending, 0);
  });

  it('that is damaged or of something else is set aside and said, and the node starts without a past', () => {
    mkdirSync(join(path, '..'), { recursive: true });
    for (const [text, why] of [
      ['', /Unexpected end of JSON input/],
      ['{"count": 1', /JSON/],
      ['\u0000\u0000\u0000', /JSON/],
      ['[1, 2]', /it holds something else/],
    ] as const) {
      writeFileSync(path, text);
      warnings = [];
      assert.equal(load(), undefined);
      assert.match(
        warnings[0] ?? '',
        /^The saved state \S+n1\.json cannot be used \(.+\); it is now \S+, and counting starts anew\.$/,
      );
      assert.match(warnings[0] ?? '', why);
      assert.equal(readFileSync(`${path}.damaged-1234`, 'utf8'), text, 'nothing is thrown away');
      assert.equal(existsSync(path), false);
    }
    warnings = [];
    assert.equal(load(), undefined);
    assert.deepEqual(warnings, [], 'no state is no fault');
  });
});
