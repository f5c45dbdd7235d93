import assert from 'node:assert/strict';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseFleet } from '../../src/acquisition/fleet/fleet';
import { fleetFileReader, watchFleetFile, type FleetFileReader } from '../../src/acquisition/fleet/fleet-file';
import { Pm500Error } from '../../src/support/errors';
import { FakeClock } from '../../testkit/fake-clock';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { PM500 } from '../../src/meters/pm500';

const DEFAULTS = { groups: new Map([['realtime', undefined]]), intervalMs: 1000 };
const list = (...names: readonly string[]): string =>
  ['name,host', ...names.map((name, index) => `${name},10.0.0.${index + 1}`)].join('\n');

/** A file in memory. */
class MemoryFile implements FleetFileReader {
  content: string | undefined;
  private versions = 0;
  reads = 0;

  write(content: string | undefined): void {
    this.content = content;
    this.versions++;
  }
  version(): Promise<string> {
    return this.content === undefined
      ? Promise.reject(new Error("ENOENT: no such file, stat '/meters.csv'"))
      : Promise.resolve(String(this.versions));
  }
  text(): string {
    this.reads++;
    if (this.content === undefined) throw new Pm500Error('CONFIG_INVALID', 'Meter list is gone.');
    return this.content;
  }
}

function watch(reader: FleetFileReader, clock: FakeClock) {
  const fleets: string[] = [];
  const problems: (string | undefined)[] = [];
  const watched = watchFleetFile({
    reader,
    clock,
    parse: (text) => parseFleet(PM500, text, 'meters.csv', DEFAULTS),
    onFleet: ({ meters }) => fleets.push(meters.map(({ name }) => name).join(' ')),
    onProblem: (problem) => problems.push(problem?.message),
  });
  return { watched, fleets, problems };
}

describe('watchFleetFile', () => {
  it('reads at once, and again when the file has changed and rests', async () => {
    const clock = new FakeClock();
    const file = new MemoryFile();
    file.write(list('a', 'b'));
    const { fleets, problems } = watch(file, clock);
    await clock.advance(0);
    assert.deepEqual(fleets, ['a b']);
    await clock.advance(5000);
    assert.equal(file.reads, 1);
    // Written in pieces: no piece is taken for the whole.
    for (const names of [['a'], ['a', 'b'], ['a', 'b', 'c']]) {
      file.write(list(...names));
      await clock.advance(1000);
    }
    assert.deepEqual(fleets, ['a b']);
    await clock.advance(1000);
    assert.deepEqual(fleets, ['a b', 'a b c']);
    // The same text in a new file changes nothing.
    file.write(list('a', 'b', 'c'));
    await clock.advance(3000);
    assert.deepEqual(fleets, ['a b', 'a b c']);
    assert.deepEqual(problems, []);
  });

  it('keeps the list in force while the file is missing or makes no sense, and says so once', async () => {
    const clock = new FakeClock();
    const file = new MemoryFile();
    file.write(list('a'));
    const { fleets, problems } = watch(file, clock);
    await clock.advance(0);
    file.write(undefined);
    await clock.advance(10_000);
    assert.equal(problems.length, 1);
    assert.match(
      problems[0] ?? '',
      /^The meter list cannot be read: ENOENT: .*'\/meters\.csv'; the list .* in force\.$/,
    );
    file.write('[{"name": "a", ');
    await clock.advance(10_000);
    assert.equal(problems.length, 2);
    assert.match(problems[1] ?? '', /^Meter list meters\.csv: /);
    file.write('');
    await clock.advance(10_000);
    assert.match(problems[2] ?? '', /lacks the columns name and host/);
    assert.deepEqual(fleets, ['a']);
    // What comes back unchanged is no news, but the file can be used again.
    file.write(list('a'));
    await clock.advance(10_000);
    assert.deepEqual(fleets, ['a']);
    assert.equal(problems.length, 4);
    assert.equal(problems[3], undefined);
  });

  it('waits for a file that is not there yet', async () => {
    const clock = new FakeClock();
    const file = new MemoryFile();
    const { watched, fleets, problems } = watch(file, clock);
    await clock.advance(5000);
    assert.equal(problems.length, 1);
    file.write(list('late'));
    await clock.advance(2000);
    assert.deepEqual(fleets, ['late']);
    watched.stop();
    await clock.advance(5000);
    assert.equal(clock.pending, 0);
  });

  it('sees that an editor has put another file in its place', async () => {
    const folder = temporaryFolder('fleet-file');
    try {
      const path = join(folder, 'meters.csv');
      const reader = fleetFileReader(path);
      await assert.rejects(reader.version());
      writeFileSync(path, list('a'));
      const first = await reader.version();
      assert.equal(await reader.version(), first);
      assert.equal(reader.text(), list('a'));
      writeFileSync(`${path}.new`, list('b'));
      renameSync(`${path}.new`, path);
      assert.notEqual(await reader.version(), first);
      rmSync(path);
      assert.throws(() => reader.text(), {
        code: 'CONFIG_INVALID',
        message: /^Meter list .*meters\.csv cannot be read/,
      });
    } finally {
      removeFolder(folder);
    }
  });
});
