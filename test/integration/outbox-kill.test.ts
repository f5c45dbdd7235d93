import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openOutbox } from '../../src/outbox/disk';
import { silentLogger } from '../../src/support/logger';
import { seededRandom } from '../../src/support/random';
import { FakeClock } from '../../testkit/fake-clock';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { ROOT } from '../../testkit/root';

const KILLS = 50;
const RECORDS_PER_APPEND = 7;

/** Appends numbered records without end, and prints the number of the last one that is safe. */
const APPENDER = `
  const { openOutbox } = require('${join(ROOT, 'dist/src/outbox/disk.js')}');
  const [folder, first] = process.argv.slice(1);
  const ignore = () => undefined;
  const logger = { debug: ignore, info: ignore, warn: ignore, error: console.error };
  const clock = { now: Date.now, monotonic: () => performance.now(), after: () => ({ cancel: ignore }) };
  const outbox = openOutbox({ folder, limits: { maximumBytes: 1e9 }, clock, logger, segmentBytes: 2000 });
  const append = async (from) => {
    const payloads = Array.from({ length: ${RECORDS_PER_APPEND} }, (_, at) => from + at + ' line');
    await outbox.append(payloads.map((payload) => ({ payload, acceptedAt: 0 })));
    process.stdout.write(from + ${RECORDS_PER_APPEND} - 1 + '\\n');
  };
  (async () => {
    for (let from = Number(first); ; from += 3 * ${RECORDS_PER_APPEND}) {
      await Promise.all([0, 1, 2].map((turn) => append(from + turn * ${RECORDS_PER_APPEND})));
    }
  })();`;

describe('disk outbox of a process that is killed', () => {
  it(`has everything it said it has, in order, ${KILLS} times`, async function () {
    this.timeout(120_000);
    const folder = temporaryFolder('killed');
    const random = seededRandom(3);
    let confirmed = 0;
    let delivered = 0;
    let next = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const child = spawn(process.execPath, ['--eval', APPENDER, folder, String(next)], {
        cwd: ROOT,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const appends = Math.floor(random() * 40);
      let safe = -1;
      const lines = createInterface(child.stdout);
      lines.on('line', (line) => {
        safe = Number(line);
        if (safe >= next + appends * RECORDS_PER_APPEND) child.kill('SIGKILL');
      });
      await once(child, 'exit');
      confirmed += Math.max(safe + 1 - next, 0);

      const limits = { maximumBytes: 1e9 };
      const outbox = openOutbox({ folder, limits, clock: new FakeClock(), logger: silentLogger, segmentBytes: 2000 });
      const { records, from, to } = await outbox.peek({ maximumRecords: 1e6, maximumBytes: 1e9 });
      const numbers = records.map(({ payload }) => Number.parseInt(payload));
      assert.deepEqual(
        numbers,
        Array.from({ length: numbers.length }, (_, at) => delivered + at),
        `kill ${kill}: every number once, in order, from the first that was not acknowledged`,
      );
      next = delivered + numbers.length;
      assert.ok(next > safe, `kill ${kill}: ${safe} was confirmed, ${next - 1} is the last`);
      // Some stay, so that files of several lives wait together.
      const taken = Math.floor(numbers.length * random());
      await outbox.acknowledge({ from, to: Math.min(from + taken, to) });
      delivered += taken;
      await outbox.close();
    }
    assert.ok(confirmed > KILLS * RECORDS_PER_APPEND);
    removeFolder(folder);
  });
});
