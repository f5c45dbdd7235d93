import assert from 'node:assert/strict';
import { checkHealth } from '../../src/influx/health';
import { Delivery } from '../../src/delivery/delivery';
import type { Refusal } from '../../src/delivery/refusals';
import { createInfluxDestination } from '../../src/influx/destination';
import { MemoryOutbox } from '../../src/outbox/memory';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { seededRandom } from '../../src/support/random';
import { reply, replyJson, ScriptedInflux, silence, written, type Answer } from '../../testkit/servers/scripted-influx';
import { waitFor } from '../../testkit/wait';

/** Everything of a target over a real connection; pauses are short, so that the tests are too. */
function openTarget(url: string, timeoutMs: number, warnings: string[]): { target: Delivery; outbox: MemoryOutbox } {
  const outbox = new MemoryOutbox({ maximumBytes: 1e8 }, systemClock);
  const destination = createInfluxDestination(
    { url, endpoint: { api: 'v2', org: 'o', bucket: 'b', token: 't' }, timeoutMs },
    systemClock,
  );
  const target = new Delivery(
    {
      batch: { records: 50, bytes: 100_000, flushMs: 2 },
      retry: { initialMs: 2, maximumMs: 10, factor: 2, jitter: 0.5 },
      recheckMs: 5,
    },
    {
      outbox,
      destination,
      clock: systemClock,
      random: seededRandom(3),
      logger: { ...silentLogger, warn: (message) => warnings.push(message) },
    },
  );
  return { target, outbox };
}

const line = (number: number): string => `m,t=${number} f=${number} ${1_767_600_000_000 + number}`;
const BAD = 'this is no line protocol';
const strict: Answer = (response, received, socket) => {
  (received.lines.includes(BAD) ? replyJson(400, 'unable to parse') : written)(response, received, socket);
};

describe('delivery to InfluxDB through faults', function () {
  this.timeout(60_000);
  let server: ScriptedInflux;
  let warnings: string[];
  let open: { target: Delivery; outbox: MemoryOutbox };

  beforeEach(async () => {
    server = new ScriptedInflux();
    await server.start();
    warnings = [];
    open = openTarget(server.url, 5000, warnings);
  });

  afterEach(async () => {
    await open.target.close();
    await server.stop();
  });

  const submit = async (from: number, to: number): Promise<string[]> => {
    const lines = Array.from({ length: to - from }, (_, at) => line(from + at));
    await open.target.submit(lines, 'node');
    return lines;
  };

  const faults: readonly (readonly [what: string, answers: readonly Answer[]])[] = [
    ['a burst of 503', Array.from({ length: 6 }, () => reply(503))],
    ['429 with Retry-After', [reply(429, '', { 'retry-after': '0' }), reply(429, '', { 'retry-after': 'soon' })]],
    ['401 until the token is right', [replyJson(401, 'unauthorized'), replyJson(401, 'unauthorized')]],
    ['404 until the bucket is there', [replyJson(404, 'bucket "b" not found')]],
    ['resets', [(_response, _received, socket) => void socket.resetAndDestroy()]],
    [
      'a reset in the middle of the reply, after the write',
      [
        (response, received, socket) => {
          for (const given of received.lines) server.stored.add(given);
          response.writeHead(204).flushHeaders();
          socket.resetAndDestroy();
        },
      ],
    ],
    ['garbage', [(_response, _received, socket) => void socket.end('garbage\r\n\r\n')]],
    [
      'a mixture',
      [reply(500), replyJson(403, 'no'), reply(502), (_r, _w, socket) => void socket.destroy(), reply(504)],
    ],
  ];
  for (const [what, answers] of faults) {
    it(`writes every line once and in order through ${what}`, async () => {
      server.answer(...answers);
      const lines = await submit(0, 120);
      await server.until(() => server.stored.size === 120);
      assert.deepEqual([...server.stored], lines);
      assert.equal(server.mostInFlight, 1);
    });
  }

  it('sends again what was written after the timeout, and the database has it once', async () => {
    await open.target.close();
    open = openTarget(server.url, 30, warnings);
    server.answer((_response, received) => {
      for (const given of received.lines) server.stored.add(given);
    }, silence);
    const lines = await submit(0, 40);
    await server.until(() => server.received.length === 4);
    assert.deepEqual([...server.stored], lines);
    assert.deepEqual(
      server.received.map((request) => request.lines.length),
      [40, 1, 1, 39],
      'single lines tell when the server is back, and are not sent again',
    );
  });

  it('keeps everything over an outage, and goes on by itself', async () => {
    await submit(0, 30);
    await server.until(() => server.stored.size === 30);
    await server.stop();
    await submit(30, 90);
    await waitFor('the outage to be noticed', () => open.target.stats.retries >= 3, { everyMs: 2 });
    assert.deepEqual([open.target.stats.state, open.outbox.stats().depth], ['retrying', 60]);
    await server.start();
    await server.until(() => server.stored.size === 90);
    assert.deepEqual(
      [...server.stored],
      Array.from({ length: 90 }, (_, at) => line(at)),
    );
  });

  it('finds one bad line among many, reports it where it came from, and writes the others', async () => {
    server.fallback = strict;
    const rejected: Refusal[] = [];
    open.target.onRefused('other', () => assert.fail('not from there'));
    open.target.onRefused('node', (found) => rejected.push(found));
    await open.target.submit([line(0), line(1), BAD, line(2)], 'node');
    await submit(3, 200);
    await server.until(() => server.stored.size === 200);
    assert.deepEqual(
      rejected.map(({ payload: found, reason }) => [found, reason.code, reason.details['reason']]),
      [[BAD, 'INFLUX_REJECTED', 'unable to parse']],
    );
    assert.equal(server.stored.has(BAD), false);
  });

  it('splits what is too large', async () => {
    server.fallback = (response, received, socket) => {
      (received.lines.length > 7 ? reply(413, '<html>nginx', { 'content-type': 'text/html' }) : written)(
        response,
        received,
        socket,
      );
    };
    const lines = await submit(0, 100);
    await server.until(() => server.stored.size === 100);
    assert.deepEqual([...server.stored], lines);
  });

  describe('for who waits until it is written', () => {
    it('resolves when all lines are there', async () => {
      server.answer(reply(503));
      await open.target.submitAndWait([line(1), line(2)], 'node');
      assert.deepEqual([...server.stored], [line(1), line(2)]);
    });

    it('rejects with the words of the database, and tells nobody else', async () => {
      server.fallback = strict;
      open.target.onRefused('node', () => assert.fail('told twice'));
      const [first, second] = await Promise.allSettled([
        open.target.submitAndWait([line(1), BAD, line(2)], 'node'),
        open.target.submitAndWait([line(3)], 'node'),
      ]);
      assert.ok(first.status === 'rejected');
      assert.match(String(first.reason), /unable to parse/);
      assert.equal(second.status, 'fulfilled');
      assert.equal(server.stored.size, 3);
    });

    it('rejects when the outbox drops the lines, without waiting for the database', async () => {
      await server.stop();
      const waiting = open.target.submitAndWait([line(1)], 'node');
      await new Promise(setImmediate);
      open.outbox.setLimits({ maximumBytes: 1 });
      await open.target.submit([line(2)], 'node');
      await assert.rejects(waiting, /1 line was dropped before InfluxDB took them: the outbox is full/);
    });

    it('rejects when the target closes first, and the lines stay', async () => {
      await server.stop();
      const waiting = open.target.submitAndWait([line(1)], 'node');
      const rejection = assert.rejects(waiting, /still wait/);
      await new Promise(setImmediate);
      const left = await open.target.close();
      await rejection;
      assert.equal(left.depth, 1);
    });

    it('resolves at once for no lines', async () => {
      await open.target.submitAndWait([], 'node');
    });
  });

  it('says how many lines a full outbox has lost, and not for each of them', async () => {
    await server.stop();
    open.outbox.setLimits({ maximumBytes: line(0).length * 2 });
    for (let number = 0; number < 9; number += 1) await submit(number, number + 1);
    await open.target.close();
    const losses = warnings.filter((warning) => warning.includes('dropped'));
    assert.deepEqual(
      losses.map((warning) => /\d+/.exec(warning)?.[0]),
      ['1', '6'],
    );
  });

  it('says the same failure once, whoever meets it, and again when delivery had gone on', async () => {
    const refused = replyJson(401, 'unauthorized');
    const endpoint = { api: 'v2', org: 'o', bucket: 'b', token: 't' } as const;
    server.probe = refused;
    const examine = async (): Promise<void> => {
      const health = await checkHealth(
        { url: server.url, endpoint, timeoutMs: 5000 },
        systemClock,
        new AbortController().signal,
      );
      open.target.noteHealth(health);
    };
    await examine();
    server.answer(refused, refused);
    await submit(0, 1);
    await server.until(() => server.stored.size === 1);
    assert.equal(warnings.length, 1, 'found before the first delivery');
    assert.match(warnings[0] ?? '', /401 \(unauthorized\): check the token/);
    server.answer(refused);
    await submit(1, 2);
    await server.until(() => server.stored.size === 2);
    assert.equal(warnings.length, 2, 'it had ended');
    server.fallback = refused;
    await submit(2, 3);
    await waitFor('the third', () => warnings.length === 3);
    await examine();
    assert.equal(warnings.length, 3, 'found after the first delivery');
    server.fallback = replyJson(403, 'no');
    await waitFor('the change', () => warnings.length === 4);
  });

  it('hands what is left to the next target on the same outbox', async () => {
    await server.stop();
    await submit(0, 20);
    await open.target.close();
    await server.start();
    const destination = createInfluxDestination(
      { url: server.url, endpoint: { api: 'v2', org: 'o', bucket: 'b', token: '' }, timeoutMs: 5000 },
      systemClock,
    );
    const successor = new Delivery(
      {
        batch: { records: 50, bytes: 1e6, flushMs: 0 },
        retry: { initialMs: 2, maximumMs: 10, factor: 2, jitter: 0 },
        recheckMs: 5,
      },
      { outbox: open.outbox, destination, clock: systemClock, random: Math.random, logger: silentLogger },
    );
    await server.until(() => server.stored.size === 20);
    await successor.close();
  });

  it('tells listeners of changes until they have had enough', async () => {
    let calls = 0;
    const stop = open.target.onChange(() => {
      calls += 1;
    });
    await submit(0, 300);
    await server.until(() => server.stored.size === 300);
    assert.ok(calls >= 1);
    stop();
    const before = calls;
    await open.target.close();
    assert.equal(calls, before);
  });
});
