import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { openOutbox } from '../../src/outbox/disk';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { ROOT } from '../../testkit/root';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

const READINGS = 300_000;
const PER_APPEND = 5000;
const START = 1_767_600_000_000;
/** All of them together are three times as much as memory may grow. */
const FIELDS = Array.from({ length: 30 }, (_, at) => `field_${at}=${at}.5`).join(',');
const MOST_GROWTH_MB = 40;

/** Drains the outbox as an influx-target does, and prints the bytes in use at its start and at each quarter. */
const DRAIN = `
  const dist = (path) => require(${JSON.stringify(join(ROOT, 'dist/src'))} + path);
  const { openOutbox } = dist('/outbox/disk.js');
  const { createInfluxDestination } = dist('/influx/destination.js');
  const { Delivery } = dist('/delivery/delivery.js');
  const { DEFAULT_RETRY, DEFAULT_BATCH_BYTES, DEFAULT_RECHECK_MS } = dist('/delivery/settings.js');
  const { systemClock: clock } = dist('/support/clock.js');
  const { silentLogger: logger } = dist('/support/logger.js');
  const [folder, url, quarter] = process.argv.slice(1);
  const inUse = [];
  const sample = () => {
    gc();
    const { heapUsed, external } = process.memoryUsage();
    inUse.push(heapUsed + external);
  };
  (async () => {
    const outbox = openOutbox({ folder, limits: { maximumBytes: 1e9 }, clock, logger });
    await outbox.ready();
    const atStart = outbox.stats().depth;
    sample();
    const acknowledge = outbox.acknowledge.bind(outbox);
    outbox.acknowledge = async (range) => {
      await acknowledge(range);
      if (atStart - outbox.stats().depth >= inUse.length * quarter) sample();
      if (outbox.stats().depth > 0) return;
      console.log(JSON.stringify({ atStart, inUse }));
      void target.close().then(() => outbox.close());
    };
    const batch = { records: 5000, bytes: DEFAULT_BATCH_BYTES, flushMs: 1000 };
    const endpoint = { api: 'v2', org: 'o', bucket: 'b', token: '' };
    const destination = createInfluxDestination({ url, endpoint, timeoutMs: 10000 }, clock);
    const settings = { batch, retry: DEFAULT_RETRY, recheckMs: DEFAULT_RECHECK_MS };
    const target = new Delivery(settings, { outbox, destination, clock, random: Math.random, logger });
  })();`;

describe('memory while a full disk outbox is drained', () => {
  it(`stays within ${MOST_GROWTH_MB} MB with ${READINGS} readings that wait, and each of them arrives once`, async () => {
    const folder = temporaryFolder('drained');
    const outbox = openOutbox({
      folder,
      limits: { maximumBytes: 1e9 },
      clock: systemClock,
      logger: silentLogger,
      sync: 'none',
    });
    for (let from = 0; from < READINGS; from += PER_APPEND) {
      const line = (_: unknown, at: number): string => `m,meter=m1 ${FIELDS} ${START + from + at}`;
      const records = Array.from({ length: PER_APPEND }, line).map((payload) => ({ payload, acceptedAt: START }));
      await outbox.append(records);
    }
    const { bytes } = outbox.stats();
    assert.ok(bytes > 3 * MOST_GROWTH_MB * 1e6, `${bytes} bytes wait`);
    await outbox.close();

    const arrived: number[] = [];
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        for (const line of body.split('\n'))
          if (line !== '') arrived.push(Number(line.slice(line.lastIndexOf(' ') + 1)));
        response.writeHead(204).end();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const args = ['--expose-gc', '--eval', DRAIN, folder, url, String(READINGS / 4)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    server.close();
    removeFolder(folder);

    const { atStart, inUse } = JSON.parse(output) as { readonly atStart: number; readonly inUse: readonly number[] };
    assert.equal(atStart, READINGS);
    assert.equal(inUse.length, 5);
    const grown = inUse.map((each) => (each - (inUse[0] ?? 0)) / 1e6);
    assert.ok(Math.max(...grown) < MOST_GROWTH_MB, `MB beyond the start, at each quarter: ${grown.join(' ')}`);
    assert.deepEqual([arrived.length, arrived[0], arrived.at(-1)], [READINGS, START, START + READINGS - 1]);
    assert.ok(arrived.every((time, at) => time === START + at));
  });
});
