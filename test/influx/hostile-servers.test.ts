import assert from 'node:assert/strict';
import { Delivery } from '../../src/delivery/delivery';
import type { Verdict } from '../../src/delivery/destination';
import { createInfluxDestination } from '../../src/influx/destination';
import { createHttpSender, type Sender, type SenderSettings } from '../../src/influx/sender';
import { MemoryOutbox } from '../../src/outbox/memory';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { seededRandom } from '../../src/support/random';
import { FakeClock } from '../../testkit/fake-clock';
import { endless, RawServer, type RawAct } from '../../testkit/links/raw-server';
import { waitFor } from '../../testkit/wait';

const TIMEOUT_MS = 10_000;
const NEVER = new AbortController().signal;
const TAKEN = 'HTTP/1.1 204 No Content\r\n\r\n';
/** More than the buffers of a connection hold. */
const LARGE = Array.from({ length: 200_000 }, (_, at) => `m,meter=${at} f=${at} ${1_767_600_000_000 + at}`).join('\n');

const say =
  (text: string): RawAct =>
  (socket) =>
    void socket.write(text, 'latin1');
const sayAndClose =
  (text: string): RawAct =>
  (socket) =>
    void socket.end(text, 'latin1');
const CHUNKED = 'HTTP/1.1 400 Bad Request\r\ntransfer-encoding: chunked\r\n\r\n';

/** What a server does with a request, and what is made of it. `waits`: only the deadline ends it. */
const ANSWERS: readonly (readonly [what: string, act: RawAct, kind: Verdict['kind'], words: RegExp, waits?: true])[] = [
  ['1xx without an end', endless('', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(100)), 'retry', /did not answer/, true],
  [
    'headers without an end',
    endless('HTTP/1.1 204 x\r\n', 'a: b\r\n'.repeat(99)),
    'retry',
    /HTTP as it should.*overflow/i,
  ],
  ['one header without an end', endless('HTTP/1.1 204 x\r\na:', 'a'.repeat(999)), 'retry', /overflow/i],
  ['trailers without an end', endless(`${CHUNKED}0\r\n`, 'a: b\r\n'.repeat(99)), 'retry', /overflow/i],
  ['chunk extensions without an end', endless(`${CHUNKED}1;`, 'a=b;'.repeat(99)), 'retry', /overflow/i],
  ['a chunk that never ends', endless(`${CHUNKED}FFFFFFFFFF\r\n`, 'no '.repeat(99)), 'rejected', /answered 400/],
  ['a begun header', say('HTTP/1.1 204 x\r\nserv'), 'retry', /did not answer/, true],
  ['a begun trailer', say(`${CHUNKED}0\r\nx`), 'retry', /did not answer/, true],
  ['a chunk size that is none', say(`${CHUNKED}-1\r\n`), 'retry', /HTTP as it should.*chunk size/i],
  ['a chunk size beyond numbers', say(`${CHUNKED}${'F'.repeat(18)}\r\n`), 'retry', /HTTP as it should/],
  ['two lengths', say('HTTP/1.1 204 x\r\ncontent-length: 0\r\ncontent-length: 5\r\n\r\n'), 'retry', /HTTP as it/],
  ['a negative length', say('HTTP/1.1 200 x\r\ncontent-length: -1\r\n\r\n'), 'retry', /HTTP as it should/],
  ['a length beside chunks', say(`${CHUNKED.slice(0, -2)}content-length: 4\r\n\r\n0\r\n\r\n`), 'retry', /HTTP as it/],
  ['another version of HTTP', say('HTTP/3.7 204 x\r\n\r\n'), 'retry', /HTTP as it should/],
  ['HTTP/2', say('\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64'), 'retry', /HTTP as it should/],
  ['no length and no end', say('HTTP/1.1 200 OK\r\n\r\n'), 'retry', /did not answer/, true],
  [
    '101 and another protocol',
    say('HTTP/1.1 101 x\r\nupgrade: y\r\nconnection: upgrade\r\n\r\nz'),
    'hold',
    /101.*check the URL/,
  ],
  ['101 without saying to what', say('HTTP/1.1 101 x\r\n\r\n'), 'hold', /answered 101.*check the URL/],
  ['a status that nobody knows', say('HTTP/1.1 999 x\r\ncontent-length: 0\r\n\r\n'), 'retry', /answered 999/],
  ['control characters', say('HTTP/1.1 401 x\r\ncontent-length: 8\r\n\r\n\x1b[2J\0\x07no'), 'hold', /401 \(\[2J no\)/],
  ['a close', (socket) => void socket.end(), 'retry', /was cut/],
];
/** What is no fault: it is taken for what it says. */
const ODD: readonly (readonly [what: string, act: RawAct, kind: Verdict['kind']])[] = [
  ['HTTP/1.0', sayAndClose('HTTP/1.0 204 No Content\r\n\r\n'), 'written'],
  ['a body until the connection ends', sayAndClose('HTTP/1.0 400 x\r\n\r\n{"error":"unable to parse"}'), 'rejected'],
  ['no length, and an end', sayAndClose('HTTP/1.1 200 OK\r\n\r\n'), 'written'],
  ['hints before the answer', say(`${'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n'.repeat(100)}${TAKEN}`), 'written'],
  ['two answers to one request', say(`${TAKEN}HTTP/1.1 400 x\r\ncontent-length: 0\r\n\r\n`), 'written'],
];

describe('a hostile server', function () {
  this.timeout(60_000);
  let server: RawServer;
  let clock: FakeClock;
  let sender: Sender;

  const open = (settings: Partial<SenderSettings> = {}): Sender => {
    const endpoint = { api: 'v2', org: 'o', bucket: 'b', token: 'secret' } as const;
    return createHttpSender({ url: server.url, endpoint, timeoutMs: TIMEOUT_MS, ...settings }, clock, {});
  };
  const send = (body = 'm f=1 1'): Promise<Verdict> => sender.send(body, NEVER);
  const wordsOf = (verdict: Verdict): string => ('error' in verdict ? verdict.error.message : '');
  const expectRecovery = async (): Promise<void> => {
    server.onConnection = () => undefined;
    server.onRequest = say(TAKEN);
    assert.equal((await send()).kind, 'written');
    assert.equal(server.sockets.size, 1, 'no connection is left behind');
    assert.equal(clock.pending, 0, 'no timer outlives its request');
  };

  beforeEach(async () => {
    server = new RawServer();
    await server.listen();
    clock = new FakeClock();
    sender = open();
  });

  afterEach(async () => {
    sender.close();
    await server.close();
  });

  for (const [what, act, kind, words, waits] of ANSWERS) {
    it(`that answers ${what} costs one attempt (${kind}), and says why`, async () => {
      server.onRequest = act;
      const sending = send();
      if (waits === true) {
        await server.until(() => server.requests.length > 0);
        await clock.advance(TIMEOUT_MS);
      }
      const verdict = await sending;
      assert.equal(verdict.kind, kind, wordsOf(verdict));
      assert.match(wordsOf(verdict), words);
      assert.ok(wordsOf(verdict).length < 500);
      server.hangUp();
      await server.until(() => server.sockets.size === 0);
      await expectRecovery();
    });
  }

  for (const [what, act, kind] of ODD) {
    it(`or an odd one, with ${what}, is taken at its word`, async () => {
      server.onRequest = act;
      assert.equal((await send()).kind, kind);
      await server.until(() => server.sockets.size <= 1);
      await expectRecovery();
    });
  }

  for (const status of [301, 302, 303, 307, 308]) {
    it(`that sends elsewhere by ${status} is not followed, and gets no more of the token`, async () => {
      const other = new RawServer();
      await other.listen();
      server.onRequest = say(`HTTP/1.1 ${status} x\r\nlocation: ${other.url}/steal\r\ncontent-length: 0\r\n\r\n`);
      const verdict = await send();
      assert.equal(verdict.kind, 'hold');
      assert.match(wordsOf(verdict), new RegExp(`answered ${status}: the server says to ask elsewhere.*check the URL`));
      assert.deepEqual([other.accepted, server.requests.length], [0, 1]);
      await other.close();
    });
  }

  for (const [what, answer, kind] of [
    ['503', 'HTTP/1.1 503 x\r\ncontent-length: 0\r\n\r\n', 'retry'],
    ['401', 'HTTP/1.1 401 x\r\ncontent-length: 0\r\n\r\n', 'hold'],
    ['413', 'HTTP/1.1 413 x\r\ncontent-length: 0\r\n\r\n', 'rejected'],
    ['204, which it cannot mean,', TAKEN, 'retry'],
  ] as const) {
    for (const when of ['onConnection', 'onRequest'] as const) {
      it(`that answers ${what} before it has read (${when}) does not hold up what follows`, async () => {
        server[when] = (socket) => {
          socket.pause();
          socket.write(answer);
        };
        for (let count = 0; count < 3; count += 1) {
          const verdict = await send(LARGE);
          assert.equal(verdict.kind, kind, wordsOf(verdict));
          if (answer === TAKEN) assert.match(wordsOf(verdict), /came before the request was read/);
        }
        server.hangUp();
        await server.until(() => server.sockets.size === 0);
        await expectRecovery();
      });
    }
  }

  it('that closes a resting connection just when it is used is asked again at once, once', async () => {
    server.onRequest = say(TAKEN);
    await send();
    server.onRequest = (socket) => {
      if (server.accepted === 1) socket.destroy();
      else socket.write(TAKEN);
    };
    assert.deepEqual(await send(), { kind: 'written' });
    assert.deepEqual([server.requests.length, server.accepted], [3, 2]);
    server.onRequest = (socket) => void socket.destroy();
    const verdict = await send();
    assert.equal(verdict.kind, 'retry');
    assert.match(wordsOf(verdict), /was cut/);
    assert.equal(server.requests.length, 5);
    await server.until(() => server.sockets.size === 0);
    await expectRecovery();
  });

  for (const [what, unasked] of [
    ['408 on a resting connection, and closes it', 'HTTP/1.1 408 x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'],
    ['204 to a request that it did not get', TAKEN],
  ] as const) {
    it(`that says ${what} has answered nothing by it`, async () => {
      server.onRequest = say(TAKEN);
      await send();
      for (const socket of server.sockets) socket.write(unasked);
      await server.until(() => server.sockets.size === 0);
      server.onRequest = say('HTTP/1.1 401 x\r\ncontent-length: 0\r\n\r\n');
      assert.match(wordsOf(await send()), /answered 401/);
    });
  }

  it('that never begins with TLS is given up, and its connection', async () => {
    sender.close();
    sender = open({ url: server.url.replace('http:', 'https:') });
    const sending = send();
    await server.until(() => server.requests.length > 0);
    await clock.advance(TIMEOUT_MS);
    assert.match(wordsOf(await sending), /did not answer within/);
    await server.until(() => server.sockets.size === 0);
  });

  it('as a proxy that opens no tunnel does not keep a request waiting, nor the next one', async () => {
    sender.close();
    sender = open({ url: 'https://database.example', proxy: server.url });
    server.onRequest = say('HTTP/1.1 200 beg');
    for (const count of [1, 2]) {
      const sending = send();
      await server.until(() => server.requests.length === count);
      await clock.advance(TIMEOUT_MS);
      assert.match(wordsOf(await sending), /did not answer within/);
    }
  });
});

describe('delivery to a server that goes through everything hostile', () => {
  it('loses nothing, sets nothing aside and goes on by itself', async function () {
    this.timeout(60_000);
    const server = new RawServer();
    await server.listen();
    const harmless = ANSWERS.filter(([, , kind]) => kind !== 'rejected');
    const stored = new Set<string>();
    let turn = 0;
    server.onRequest = (socket) => {
      const [, act] = harmless[turn] ?? [];
      turn += 1;
      if (act !== undefined) {
        act(socket);
        return;
      }
      for (const line of (server.requests.at(-1) ?? '').split('\r\n\r\n')[1]?.split('\n') ?? []) stored.add(line);
      socket.write(TAKEN);
    };
    const outbox = new MemoryOutbox({ maximumBytes: 1e6 }, systemClock);
    const endpoint = { api: 'v2', org: 'o', bucket: 'b', token: 't' } as const;
    const delivery = new Delivery(
      {
        batch: { records: 10, bytes: 10_000, flushMs: 1 },
        retry: { initialMs: 1, maximumMs: 2, factor: 2, jitter: 0.5 },
        recheckMs: 2,
      },
      {
        outbox,
        destination: createInfluxDestination({ url: server.url, endpoint, timeoutMs: 50 }, systemClock, {}),
        clock: systemClock,
        random: seededRandom(7),
        logger: silentLogger,
      },
    );
    const lines = Array.from({ length: 100 }, (_, at) => `m f=${at} ${1_767_600_000_000 + at}`);
    await delivery.submit(lines, 'test');
    await waitFor('an empty outbox', () => outbox.stats().depth === 0, { everyMs: 2 });
    assert.deepEqual([...stored].sort(), [...lines].sort());
    assert.deepEqual([delivery.stats.written, delivery.stats.refused], [100, 0]);
    assert.ok(turn >= harmless.length);
    await delivery.close();
    await server.close();
  });
});
