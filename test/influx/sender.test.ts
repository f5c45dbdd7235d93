import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { createHttpSender, type Sender, type SenderSettings } from '../../src/influx/sender';
import type { Verdict } from '../../src/delivery/destination';
import { hasCode } from '../../src/support/errors';
import { FakeClock } from '../../testkit/fake-clock';
import { reply, replyJson, ScriptedInflux, silence, written, type Answer } from '../../testkit/servers/scripted-influx';

const NEVER = new AbortController().signal;
const TIMEOUT_MS = 10_000;

const codeOf = (verdict: Verdict): string => ('error' in verdict ? verdict.error.code : '');

describe('InfluxDB sender over HTTP', () => {
  let server: ScriptedInflux;
  let clock: FakeClock;
  let sender: Sender;

  const open = (settings: Partial<SenderSettings> = {}): Sender =>
    createHttpSender(
      {
        url: server.url,
        endpoint: { api: 'v2', org: 'o', bucket: 'b', token: 't' },
        timeoutMs: TIMEOUT_MS,
        ...settings,
      },
      clock,
    );

  beforeEach(async () => {
    server = new ScriptedInflux();
    await server.start();
    clock = new FakeClock();
    sender = open();
  });

  afterEach(async () => {
    assert.equal(clock.pending, 0, 'no timer outlives its request');
    sender.close();
    await server.stop();
  });

  it('posts the lines as the v2 API asks', async () => {
    sender.close();
    sender = open({
      url: `${server.url}/proxy/`,
      endpoint: { api: 'v2', org: 'my org', bucket: 'a&b', token: 'secret' },
    });
    assert.deepEqual(await sender.send('a f=1 1\nb,t=ä f=2 2', NEVER), { kind: 'written' });
    const [request] = server.received;
    assert.ok(request);
    assert.equal(`${request.method} ${request.url}`, 'POST /proxy/api/v2/write?org=my+org&bucket=a%26b&precision=ms');
    assert.deepEqual(request.lines, ['a f=1 1', 'b,t=ä f=2 2']);
    assert.equal(request.headers.authorization, 'Token secret');
    assert.equal(request.headers['content-type'], 'text/plain; charset=utf-8');
    assert.equal(request.headers['content-length'], String(Buffer.byteLength('a f=1 1\nb,t=ä f=2 2')));
  });

  it('sends neither token nor organization where there is none', async () => {
    sender.close();
    sender = open({ endpoint: { api: 'v2', org: '', bucket: 'b', token: '' } });
    await sender.send('a f=1 1', NEVER);
    assert.equal(server.received[0]?.headers.authorization, undefined);
    assert.equal(server.received[0]?.url, '/api/v2/write?bucket=b&precision=ms');
  });

  it('compresses what is worth it, where that is set', async () => {
    sender.close();
    sender = open({ gzip: true });
    const many = Array.from({ length: 200 }, (_, at) => `m,t=é f=${at} ${at}`);
    await sender.send(many.join('\n'), NEVER);
    await sender.send('m f=1 1', NEVER);
    assert.deepEqual(
      server.received.map(({ headers, lines }) => [headers['content-encoding'], lines.length]),
      [
        ['gzip', 200],
        [undefined, 1],
      ],
    );
    assert.deepEqual(server.received[0]?.lines, many);
  });

  it('speaks to InfluxDB 1 as it asks', async () => {
    sender.close();
    const endpoint = { api: 'v1', database: 'd', retentionPolicy: 'raw', user: 'u', password: 'p' } as const;
    sender = open({ endpoint, precision: 'ns' });
    await sender.send('m f=1 1', NEVER);
    const [request] = server.received;
    assert.equal(request?.url, '/write?db=d&rp=raw&precision=n');
    assert.equal(request.headers.authorization, 'Basic dTpw');
    assert.deepEqual(request.lines, ['m f=1 1000000']);
  });

  it('keeps one connection, also over refusals', async () => {
    server.answer(written, replyJson(400, 'no'), reply(503, 'x'.repeat(60_000)), written);
    for (let count = 0; count < 8; count += 1) await sender.send('a f=1 1', NEVER);
    assert.deepEqual([server.received.length, server.connections], [8, 1]);
  });

  it('reads what the server says, from JSON of every kind and from text', async () => {
    server.answer(
      replyJson(400, 'partial write: field type conflict'),
      reply(400, '{"error":"unable to parse"}', { 'content-type': 'application/json' }),
      reply(400, '', { 'x-influxdb-error': 'from a header' }),
      reply(400, '{not json', { 'content-type': 'application/json' }),
    );
    const reasons = ['partial write: field type conflict', 'unable to parse', 'from a header', '{not json'];
    for (const reason of reasons) {
      const verdict = await sender.send('a f=1 1', NEVER);
      assert.ok(verdict.kind === 'rejected');
      assert.equal(verdict.error.details['reason'], reason);
    }
  });

  it('does not believe a 200 that says something', async () => {
    server.answer(reply(200, 'hello'), reply(200, 'x'.repeat(100_000)), reply(200));
    const verdict = await sender.send('a f=1 1', NEVER);
    assert.deepEqual([verdict.kind, codeOf(verdict)], ['hold', 'INFLUX_REFUSED']);
    assert.equal((await sender.send('a f=1 1', NEVER)).kind, 'hold');
    assert.equal((await sender.send('a f=1 1', NEVER)).kind, 'written');
  });

  it('reads 64 kB of an answer that never ends, and closes its connection', async () => {
    const piece = Buffer.alloc(16 * 1024, 'no ');
    let cut: Promise<unknown> | undefined;
    server.answer((response) => {
      response.writeHead(400);
      const more = (): void => {
        while (response.write(piece));
      };
      response.on('drain', more);
      cut = once(response, 'close');
      more();
    });
    const verdict = await sender.send('a f=1 1', NEVER);
    assert.deepEqual([verdict.kind, codeOf(verdict)], ['rejected', 'INFLUX_REJECTED']);
    await cut;
    assert.equal((await sender.send('a f=1 1', NEVER)).kind, 'written');
    assert.equal(server.connections, 2);
  });

  it('asks for answers that are not compressed and unpacks none', async () => {
    for (const megabytes of [20, 100]) {
      const bomb = gzipSync(Buffer.alloc(megabytes * 1_000_000, 'x'));
      server.answer((response) => {
        response.writeHead(400, { 'content-encoding': 'gzip', 'content-type': 'application/json' }).end(bomb);
      });
      const verdict = await sender.send('a f=1 1', NEVER);
      assert.ok(verdict.kind === 'rejected');
      assert.match(verdict.error.message, /answered 400 \(an answer that is compressed/);
    }
    assert.deepEqual(
      server.received.map(({ headers }) => headers['accept-encoding']),
      ['identity', 'identity'],
    );
  });

  it('reads Retry-After in seconds', async () => {
    server.answer(reply(429, 'slow down', { 'retry-after': '12' }));
    const verdict = await sender.send('a f=1 1', NEVER);
    assert.ok(verdict.kind === 'retry');
    assert.equal(verdict.retryAfterMs, 12_000);
  });

  const slow: readonly (readonly [what: string, answer: Answer])[] = [
    ['never answers', silence],
    ['stops in the middle of its headers', (_response, _received, socket) => void socket.write('HTTP/1.1 204 No')],
    [
      'stops in the middle of its body',
      (response) => {
        response.writeHead(400, { 'content-length': '100' });
        response.write('half');
      },
    ],
  ];
  for (const [what, answer] of slow) {
    it(`gives up a server that ${what}, and its connection`, async () => {
      server.answer(answer);
      const sending = sender.send('a f=1 1', NEVER);
      await server.until(() => server.received.length === 1);
      await clock.advance(TIMEOUT_MS - 1);
      assert.equal(clock.pending, 1);
      await clock.advance(1);
      const verdict = await sending;
      assert.deepEqual([verdict.kind, codeOf(verdict)], ['retry', 'INFLUX_TIMEOUT']);
      assert.equal((await sender.send('a f=1 1', NEVER)).kind, 'written');
      assert.equal(server.connections, 2);
    });
  }

  const broken: readonly (readonly [what: string, answer: Answer])[] = [
    ['a reset before the reply', (_response, _received, socket) => void socket.resetAndDestroy()],
    ['a close before the reply', (_response, _received, socket) => void socket.destroy()],
    [
      'a reset in the middle of a reply',
      (response, _received, socket) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('half', () => socket.resetAndDestroy());
      },
    ],
    [
      'a reset in the middle of a refusal',
      (response, _received, socket) => {
        response.writeHead(400, { 'content-length': '100' });
        response.write('half', () => socket.resetAndDestroy());
      },
    ],
    ['garbage', (_response, _received, socket) => void socket.end('\0\xff SSH-2.0 what\r\n\r\n')],
    ['garbage that is compressed', reply(503, 'not gzip', { 'content-encoding': 'gzip' })],
  ];
  for (const [what, answer] of broken) {
    it(`takes ${what} for a failure to repeat`, async () => {
      server.answer(answer);
      assert.equal((await sender.send('a f=1 1', NEVER)).kind, 'retry');
      assert.equal((await sender.send('a f=1 1', NEVER)).kind, 'written');
    });
  }

  it('takes a refused connection for a failure to repeat, and recovers', async () => {
    await server.stop();
    const verdict = await sender.send('a f=1 1', NEVER);
    assert.deepEqual([verdict.kind, codeOf(verdict)], ['retry', 'INFLUX_UNREACHABLE']);
    await server.start();
    assert.equal((await sender.send('a f=1 1', NEVER)).kind, 'written');
  });

  it('ends at once when told to, before and during a request', async () => {
    server.answer(silence);
    const stop = new AbortController();
    const sending = sender.send('a f=1 1', stop.signal);
    await server.until(() => server.received.length === 1);
    stop.abort();
    assert.equal((await sending).kind, 'retry');
    assert.equal((await sender.send('a f=1 1', stop.signal)).kind, 'retry');
    assert.equal(server.received.length, 1);
  });

  it('holds on a token that no header can carry', async () => {
    sender.close();
    sender = open({ endpoint: { api: 'v2', org: 'o', bucket: 'b', token: 'two\nlines' } });
    const verdict = await sender.send('a f=1 1', NEVER);
    assert.deepEqual([verdict.kind, codeOf(verdict)], ['hold', 'CONFIG_INVALID']);
  });

  it('holds when TLS meets a server without', async () => {
    const plain = createTcpServer((socket) => {
      socket.on('error', () => undefined).on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    });
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    sender.close();
    sender = open({ url: `https://127.0.0.1:${(plain.address() as AddressInfo).port}` });
    const verdict = await sender.send('a f=1 1', NEVER);
    assert.deepEqual([verdict.kind, codeOf(verdict)], ['hold', 'INFLUX_REFUSED']);
    await new Promise((resolve) => plain.close(resolve));
  });

  it('refuses a URL with a password, which it does not quote', () => {
    for (const url of ['http://me:hunter2@host', 'https://hunter2@host', 'http://:hunter2@host']) {
      assert.throws(
        () => open({ url }),
        (error) =>
          hasCode(error, 'CONFIG_INVALID') &&
          String(error).includes('into the fields of the target') &&
          !String(error).includes('hunter2'),
      );
    }
    // Of what is no URL nobody knows what part is a password.
    for (const url of ['http://me:hunter2@[host', 'me:hunter2@host:8086', 'http://host/api/v2/write?p=hunter2']) {
      assert.throws(
        () => open({ url }),
        (error) => hasCode(error, 'CONFIG_INVALID') && !String(error).includes('hunter2'),
      );
    }
  });

  for (const url of ['', 'localhost:8086', 'ftp://host', 'http://', 'http://host/api/v2/write', 'http://host/?org=x']) {
    it(`refuses the URL "${url}"`, () => {
      assert.throws(
        () => open({ url }),
        (error) => hasCode(error, 'CONFIG_INVALID'),
      );
    });
  }
});
