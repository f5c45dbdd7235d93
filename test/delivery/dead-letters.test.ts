import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DeadLetters } from '../../src/delivery/dead-letters';
import { Delivery } from '../../src/delivery/delivery';
import { MemoryOutbox } from '../../src/outbox/memory';
import { Pm500Error } from '../../src/support/errors';
import { silentLogger } from '../../src/support/logger';
import { destinationOf } from '../../testkit/delivery/destinations';
import { FakeClock, settle } from '../../testkit/fake-clock';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';

const REASON = new Pm500Error('INFLUX_REJECTED', 'InfluxDB answered 400 (unable\nto parse): correct it.');

describe('dead letters', () => {
  let folder: string;
  let path: string;
  const clock = new FakeClock();

  beforeEach(() => {
    folder = temporaryFolder('dead-letters');
    path = join(folder, 'a/b/refused.lp');
  });

  afterEach(() => {
    removeFolder(folder);
  });

  it('keep the line under its reason, as line protocol that can be written again', async () => {
    const letters = new DeadLetters(path, clock);
    await letters.add([{ payload: 'm f=1 1', reason: REASON }]);
    await letters.add([{ payload: 'm f="é" 2', reason: REASON }]);
    const comment = '# 2026-01-01T00:00:00.000Z INFLUX_REJECTED InfluxDB answered 400 (unable to parse): correct it.';
    assert.equal(readFileSync(path, 'utf8'), `${comment}\nm f=1 1\n${comment}\nm f="é" 2\n`);
  });

  it('may be read by their owner alone, for they hold what a site measures', async () => {
    await new DeadLetters(path, clock).add([{ payload: 'm f=1 1', reason: REASON }]);
    const modes = [path, dirname(path), dirname(dirname(path))].map((each) => statSync(each).mode & 0o777);
    assert.deepEqual(modes, [0o600, 0o700, 0o700]);
    // As an earlier version, or a person, may have made it.
    chmodSync(dirname(path), 0o755);
    await new DeadLetters(path, clock).add([{ payload: 'm f=1 2', reason: REASON }]);
    assert.equal(statSync(dirname(path)).mode & 0o777, 0o700);
  });

  it('stay within two files of the limit, the newest kept, also over restarts', async () => {
    const limit = 2000;
    for (let start = 0; start < 5; start += 1) {
      const letters = new DeadLetters(path, clock, limit);
      for (let at = 0; at < 20; at += 1) await letters.add([{ payload: `m f=${start * 20 + at} 1`, reason: REASON }]);
    }
    assert.ok(statSync(path).size <= limit && statSync(`${path}.1`).size <= limit);
    const kept = readFileSync(`${path}.1`, 'utf8') + readFileSync(path, 'utf8');
    const numbers = [...kept.matchAll(/^m f=(\d+) /gm)].map(([, number]) => Number(number));
    assert.equal(numbers.at(-1), 99);
    assert.deepEqual(
      numbers,
      numbers.map((_, at) => 100 - numbers.length + at),
    );
  });

  it('take a line that is larger than the limit', async () => {
    const letters = new DeadLetters(path, clock, 100);
    await letters.add([{ payload: 'x'.repeat(500), reason: REASON }]);
    await letters.add([{ payload: 'y', reason: REASON }]);
    assert.match(readFileSync(`${path}.1`, 'utf8'), /x{500}/);
    assert.match(readFileSync(path, 'utf8'), /^y$/m);
  });

  it('go on after the folder was removed', async () => {
    const letters = new DeadLetters(path, clock);
    await letters.add([{ payload: 'one', reason: REASON }]);
    rmSync(dirname(path), { recursive: true });
    await assert.rejects(letters.add([{ payload: 'two', reason: REASON }]));
    await letters.add([{ payload: 'three', reason: REASON }]);
    assert.match(readFileSync(path, 'utf8'), /three/);
  });

  describe('of a target', () => {
    const refuse = async (letters: DeadLetters, origin: string): Promise<{ errors: string[]; heard: string[] }> => {
      const errors: string[] = [];
      const heard: string[] = [];
      const outbox = new MemoryOutbox({ maximumBytes: 1e6 }, clock);
      const target = new Delivery(
        {
          batch: { records: 10, bytes: 1e6, flushMs: 0 },
          retry: { initialMs: 1, maximumMs: 1, factor: 1, jitter: 0 },
          recheckMs: 1,
        },
        {
          outbox,
          destination: destinationOf((lines) =>
            lines.includes('m f=1 1') ? { kind: 'rejected', error: REASON, tooLarge: false } : { kind: 'written' },
          ),
          clock,
          random: Math.random,
          logger: { ...silentLogger, error: (message) => errors.push(message) },
          deadLetters: letters,
        },
      );
      target.onRefused('node', ({ payload }) => heard.push(payload));
      await target.submit(['m f=1 1', 'good'], origin);
      await settle();
      await clock.advance(10);
      await waitFor('the line to leave the outbox', () => outbox.stats().depth === 0, { everyMs: 2 });
      await target.close();
      return { errors, heard };
    };

    it('are kept before the line leaves the outbox, and told to who sent it', async () => {
      assert.deepEqual(await refuse(new DeadLetters(path, clock), 'node'), { errors: [], heard: ['m f=1 1'] });
      assert.match(readFileSync(path, 'utf8'), /^m f=1 1$/m);
    });

    it('go to the log where they cannot be kept, and stop nothing', async () => {
      mkdirSync(join(folder, 'a'));
      writeFileSync(join(folder, 'a/b'), 'a file in the way');
      const { errors, heard } = await refuse(new DeadLetters(path, clock), 'nobody');
      assert.deepEqual(heard, []);
      assert.ok(errors.length === 2 && errors.every((error) => error.includes('m f=1 1')));
      assert.equal(existsSync(path), false);
    });

    it('cost a backlog that is refused few requests, syncs and messages, and new lines do not wait for it', async () => {
      const old = 3000;
      const batch = 500;
      let appends = 0;
      let requests = 0;
      let isAway = true;
      const taken: string[] = [];
      const heard: number[] = [];
      const files = {
        makeFolder: () => Promise.resolve(),
        append: () => {
          appends += 1;
          return Promise.resolve();
        },
        rename: () => Promise.resolve(),
        measure: () => Promise.resolve({ bytes: 0, letters: 0 }),
      };
      const outbox = new MemoryOutbox({ maximumBytes: 1e9 }, clock);
      const target = new Delivery(
        {
          batch: { records: batch, bytes: 5e6, flushMs: 0 },
          retry: { initialMs: 1, maximumMs: 1, factor: 1, jitter: 0 },
          recheckMs: 1,
        },
        {
          outbox,
          // As InfluxDB 1 speaks of points that are older than the retention: how many, and not which.
          destination: destinationOf((lines) => {
            if (isAway) return { kind: 'retry', error: REASON, isGeneral: true };
            requests += 1;
            const count = lines.filter((line) => line.startsWith('old')).length;
            if (count > 0) return { kind: 'rejected', error: REASON, tooLarge: false, count };
            taken.push(...lines);
            return { kind: 'written' };
          }),
          clock,
          random: Math.random,
          logger: silentLogger,
          deadLetters: new DeadLetters(path, clock, 1e7, files),
        },
      );
      target.onRefused('node', ({ count }) => heard.push(count));
      await target.submit(
        Array.from({ length: old }, (_, at) => `old ${at}`),
        'node',
      );
      await target.submit(['new 1', 'new 2'], 'node');
      isAway = false;
      await waitFor(
        'the lines to leave the outbox',
        async () => {
          await clock.advance(10);
          return outbox.stats().depth === 0;
        },
        { everyMs: 1 },
      );
      const { written, refused, setAside } = target.stats;
      await target.close();
      assert.deepEqual([written, refused, setAside], [2, old, old]);
      assert.deepEqual([...new Set(taken)], ['new 2', 'new 1'], 'one new line tells that others are taken');
      const most = (4 * old) / batch;
      assert.ok(requests <= 2 * most, `${requests} requests`);
      assert.ok(appends <= most, `${appends} syncs`);
      assert.ok(heard.length <= most, `${heard.length} messages`);
      assert.equal(
        heard.reduce((sum, count) => sum + count, 0),
        old,
      );
    });

    it('that make room for later ones are counted as lost, also of earlier starts, and said', async () => {
      const limit = 2000;
      const before = new DeadLetters(path, clock, limit);
      for (let at = 0; at < 10; at += 1) await before.add([{ payload: `m f=${at} 1`, reason: REASON }]);
      const warnings: string[] = [];
      const target = new Delivery(
        {
          batch: { records: 10, bytes: 1e6, flushMs: 0 },
          retry: { initialMs: 1, maximumMs: 1, factor: 1, jitter: 0 },
          recheckMs: 1,
        },
        {
          outbox: new MemoryOutbox({ maximumBytes: 1e6 }, clock),
          destination: destinationOf((lines) => {
            const named = lines.flatMap((line, place) => (line.startsWith('bad') ? [place] : []));
            if (named.length === 0) return { kind: 'written' };
            return { kind: 'rejected', error: REASON, tooLarge: false, named };
          }),
          clock,
          random: Math.random,
          logger: { ...silentLogger, warn: (message) => warnings.push(message) },
          deadLetters: new DeadLetters(path, clock, limit),
        },
      );
      target.onRefused('node', () => undefined);
      for (let at = 0; at < 60; at += 1) await target.submit([`good ${at}`, `bad ${at}`], 'node');
      await waitFor(
        'the lines to leave the outbox',
        async () => {
          await clock.advance(10);
          return target.stats.waiting.records === 0;
        },
        { everyMs: 2 },
      );
      await target.close();
      const kept = [readFileSync(`${path}.1`, 'utf8'), readFileSync(path, 'utf8')]
        .join('')
        .split('\n')
        .filter((line) => /^(m|bad) /.test(line)).length;
      const { refused, setAside, losses } = target.stats;
      assert.deepEqual([refused, setAside], [60, 60]);
      assert.equal(losses.overwritten, 70 - kept, 'what is not there any more is counted');
      assert.ok(losses.overwritten > 10);
      assert.match(warnings.join('\n'), /were set aside as refused by .* and overwritten by later ones/);
    });
  });
});
