import assert from 'node:assert/strict';
import { deliveryMetrics } from '../../src/delivery/metrics';
import { Delivery } from '../../src/delivery/delivery';
import { createInfluxDestination } from '../../src/influx/destination';
import { MemoryOutbox } from '../../src/outbox/memory';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { seededRandom } from '../../src/support/random';
import { reply, replyJson, ScriptedInflux, silence, written, type Answer } from '../../testkit/servers/scripted-influx';
import { waitFor } from '../../testkit/wait';

const line = (number: number): string => `m,t=${number} f=${number} ${1_767_600_000_000 + number}`;
const lines = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, at) => line(from + at));
const reset: Answer = (_response, _received, socket) => {
  socket.resetAndDestroy();
};

/** What servers and what is before them answer when something is wrong with this body; none of it names a line. */
const FAILURES: readonly (readonly [name: string, answer: Answer])[] = [
  ['500 as of a partial write', replyJson(500, 'partial write: points beyond retention policy dropped')],
  ['500 of the engine for a field type', replyJson(500, 'engine: error: field type conflict')],
  ['500 for the most series', replyJson(500, 'max series per database exceeded')],
  ['500 without words', reply(500)],
  ['504 of a proxy', reply(504, '<html><h1>504 Gateway Time-out</h1></html>', { 'content-type': 'text/html' })],
  ['502 of a proxy', reply(502)],
  ['a reset', reset],
  ['no answer in time', silence],
];
/** What they answer to every request while the request, the database or the settings are at fault. */
const REFUSALS: readonly (readonly [name: string, answer: Answer])[] = [
  ['422 for too many tables', replyJson(422, 'Update to schema would exceed limit of 5 tables per database')],
  ['422 for too many databases', replyJson(422, 'Adding a new database would exceed limit of 5 databases')],
  ['400 for every request', replyJson(400, 'precision is not supported here')],
  ['413 for every line', reply(413, 'Request Entity Too Large')],
  [
    'every point of a wrong type',
    (response, { lines: given }, socket) => {
      const words = `partial write: field type conflict: input field "f" on measurement "m" is type float, already exists as type string dropped=${given.length}`;
      replyJson(422, words)(response, { method: '', url: '', headers: {}, lines: given }, socket);
    },
  ],
];

describe('a failure of InfluxDB', function () {
  this.timeout(60_000);
  let server: ScriptedInflux;
  let outbox: MemoryOutbox;
  let delivery: Delivery;
  let refused: string[];
  let warnings: string[];

  beforeEach(async () => {
    server = new ScriptedInflux();
    await server.start();
    outbox = new MemoryOutbox({ maximumBytes: 1e8 }, systemClock);
    warnings = [];
    refused = [];
    const endpoint = { api: 'v2', org: 'o', bucket: 'b', token: 't' } as const;
    delivery = new Delivery(
      {
        batch: { records: 100, bytes: 100_000, flushMs: 1 },
        retry: { initialMs: 1, maximumMs: 4, factor: 2, jitter: 0.5 },
        recheckMs: 4,
      },
      {
        outbox,
        destination: createInfluxDestination({ url: server.url, endpoint, timeoutMs: 100 }, systemClock),
        clock: systemClock,
        random: seededRandom(3),
        logger: { ...silentLogger, warn: (message) => warnings.push(message) },
      },
    );
    delivery.onRefused('test', ({ payload, count }) => refused.push(...Array.from({ length: count }, () => payload)));
  });

  afterEach(async () => {
    await delivery.close();
    await server.stop();
  });

  const drained = (): Promise<unknown> => waitFor('an empty outbox', () => outbox.stats().depth === 0, { everyMs: 2 });
  const failWhere = (isAtFault: (given: readonly string[]) => boolean, answer: Answer): void => {
    server.fallback = (response, received, socket) => {
      (isAtFault(received.lines) ? answer : written)(response, received, socket);
    };
  };

  for (const [name, answer] of FAILURES) {
    it(`that comes with large bodies makes them smaller: ${name}`, async () => {
      failWhere((given) => given.length > 30, answer);
      await delivery.submit(lines(0, 400), 'test');
      await drained();
      assert.deepEqual([...server.stored].sort(), lines(0, 400).sort());
      assert.deepEqual(refused, []);
    });

    it(`that comes with one line sets that line aside: ${name}`, async () => {
      failWhere((given) => given.includes(line(77)), answer);
      await delivery.submit(lines(0, 200), 'test');
      await drained();
      assert.deepEqual(refused, [line(77)]);
      assert.equal(server.stored.size, 199);
    });

    it(`that comes with everything is the server's, and nothing is set aside: ${name}`, async () => {
      server.fallback = answer;
      await delivery.submit(lines(0, 20), 'test');
      await waitFor('attempts', () => server.received.length >= 12, { everyMs: 2 });
      // Some words are of a refusal: then a person is asked to look.
      await waitFor('the state', () => ['retrying', 'held'].includes(delivery.stats.state), { everyMs: 2 });
      assert.deepEqual([delivery.stats.written, refused, outbox.stats().depth], [0, [], 20]);
      assert.ok(warnings.length >= 1 && warnings.length <= 2, warnings.join('\n'));
      server.fallback = written;
      await drained();
      assert.deepEqual([server.stored.size, refused], [20, []]);
    });
  }

  it('that is told by 201 with lines that were refused sets these aside alone', async () => {
    server.fallback = (response, { lines: given }, socket) => {
      const places = given.flatMap((each, at) => (each === line(5) || each === line(50) ? [at + 1] : []));
      const body = JSON.stringify({
        error: 'partial write of line protocol occurred',
        data: places.map((place) => ({ error_message: 'invalid column type', line_number: place, original_line: '' })),
      });
      const answer = places.length === 0 ? written : reply(201, body, { 'content-type': 'application/json' });
      answer(response, { method: '', url: '', headers: {}, lines: given }, socket);
    };
    await delivery.submit(lines(0, 100), 'test');
    await drained();
    assert.deepEqual(refused.sort(), [line(5), line(50)]);
    assert.deepEqual([delivery.stats.written, server.stored.has(line(6))], [98, true]);
  });

  it('that many lines share is told in few messages, with how many they are', async () => {
    const heard: { count: number; message: string }[] = [];
    delivery.onRefused('backlog', ({ count, message }) => heard.push({ count, message }));
    const old = new Set(lines(0, 500));
    server.fallback = (response, { lines: given }, socket) => {
      const count = given.filter((each) => old.has(each)).length;
      const answer =
        count === 0 ? written : replyJson(422, `partial write: points beyond retention policy dropped=${count}`);
      answer(response, { method: '', url: '', headers: {}, lines: given }, socket);
    };
    await delivery.submit([...old], 'backlog');
    await delivery.submit(lines(500, 520), 'test');
    await drained();
    assert.equal(
      heard.reduce((sum, { count }) => sum + count, 0),
      500,
    );
    assert.ok(heard.length <= 20, `${heard.length} messages`);
    assert.ok(heard.some(({ message }) => /The same is said of \d+ more lines/.test(message)));
    assert.deepEqual(refused, []);
  });

  for (const [name, answer] of REFUSALS) {
    it(`that refuses everything alike holds and keeps everything, and shows it: ${name}`, async () => {
      server.fallback = answer;
      await delivery.submit(lines(0, 300), 'test');
      await waitFor('the refusal to be noticed', () => delivery.stats.lastError?.code === 'DELIVERY_REFUSED');
      await waitFor('some looks', () => server.received.length > 20, { everyMs: 2 });
      assert.deepEqual([delivery.stats.state, refused, outbox.stats().depth], ['held', [], 300]);
      const up = deliveryMetrics(delivery.stats, {}).find(({ name: family }) => family === 'pm500_delivery_up');
      assert.equal(up?.samples[0]?.value, 0);
      assert.ok(warnings.some((warning) => warning.includes('refuses every line alike, so no line is set aside')));
      server.fallback = written;
      await drained();
      assert.deepEqual([server.stored.size, refused], [300, []]);
    });
  }
});
