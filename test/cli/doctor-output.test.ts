import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeReport } from '../../src/cli/write-report';
import { throwsWith } from '../../testkit/expect-error';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

describe('pm500 doctor --output', () => {
  const folder = temporaryFolder('doctor-output');
  after(() => {
    removeFolder(folder);
  });
  const modeOf = (path: string): number => statSync(path).mode & 0o777;

  it('makes a file for its owner only, and leaves nothing beside it', () => {
    const path = join(folder, 'new.html');
    writeReport(path, 'first');
    assert.equal(readFileSync(path, 'utf8'), 'first');
    assert.equal(modeOf(path), 0o600);
    assert.deepEqual(readdirSync(folder), ['new.html']);
  });

  it('replaces a file as a whole, which others may read as before', () => {
    const path = join(folder, 'pm500.prom');
    writeFileSync(path, 'old');
    chmodSync(path, 0o644);
    const { ino } = statSync(path);
    writeReport(path, 'gauges');
    assert.equal(readFileSync(path, 'utf8'), 'gauges');
    assert.equal(modeOf(path), 0o644);
    assert.notEqual(statSync(path).ino, ino);
  });

  it('takes nothing for its own that lies beside the file, and follows a link of the file itself', () => {
    const target = join(folder, 'target.txt');
    writeFileSync(target, 'old');
    symlinkSync(target, join(folder, 'link.txt'));
    const foreign = join(folder, 'foreign.txt');
    writeFileSync(foreign, 'of somebody else');
    symlinkSync(foreign, `${target}.new`);
    writeReport(join(folder, 'link.txt'), 'report');
    assert.equal(readFileSync(target, 'utf8'), 'report');
    assert.equal(readFileSync(foreign, 'utf8'), 'of somebody else');
  });

  it('writes into what is no file, and says in one sentence where it cannot', () => {
    writeReport('/dev/null', 'report');
    assert.ok(statSync('/dev/null').isCharacterDevice());
    throwsWith(() => {
      writeReport(join(folder, 'missing', 'report.txt'), 'report');
    }, 'CONFIG_INVALID');
  });
});
