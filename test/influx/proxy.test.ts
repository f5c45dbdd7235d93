import assert from 'node:assert/strict';
import { createServer as createHttpServer, request as httpRequest, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { proxyFor } from '../../src/influx/proxy';
import { createHttpSender, type Sender, type SenderSettings } from '../../src/influx/sender';
import { hasCode } from '../../src/support/errors';
import { FakeClock } from '../../testkit/fake-clock';
import { ROOT } from '../../testkit/root';

const NEVER = new AbortController().signal;
const cert = readFileSync(join(ROOT, 'test/vectors/tls/cert.pem'));
const key = readFileSync(join(ROOT, 'test/vectors/tls/key.pem'));

const listen = async (server: Server | ReturnType<typeof createHttpsServer>): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

describe('the proxy for a database', () => {
  const choose = (target: string, setting: string, env: NodeJS.ProcessEnv = {}): string | undefined =>
    proxyFor(new URL(target), setting, env)?.url.href;
  const env = {
    http_proxy: 'http://p:1',
    HTTPS_PROXY: 'http://s:2',
    no_proxy: 'plain.example, .inside:8086,10.0.0.1 10.9.0.0/16,fd00::/16,fe80::7,1.2.3.4/99,x/8',
  };

  const table: readonly (readonly [target: string, setting: string, proxy: string | undefined])[] = [
    ['http://db:8086', '', 'http://p:1/'],
    ['https://db:8086', '', 'http://s:2/'],
    ['http://db:8086', 'none', undefined],
    ['http://db:8086', 'http://own:3128', 'http://own:3128/'],
    ['http://127.0.0.1:8086', '', undefined],
    ['http://localhost:8086', '', undefined],
    ['http://127.0.0.1:8086', 'http://own:3128', 'http://own:3128/'],
    ['http://plain.example', '', undefined],
    ['http://a.plain.example', '', undefined],
    ['http://plain.example.org', '', 'http://p:1/'],
    ['http://db.inside:8086', '', undefined],
    ['http://db.inside:9999', '', 'http://p:1/'],
    ['http://10.0.0.1:8086', '', undefined],
    ['http://10.9.1.1:8086', '', undefined],
    ['http://10.10.0.1:8086', '', 'http://p:1/'],
    ['http://[fd00:1::5]:8086', '', undefined],
    ['http://[fd01::5]:8086', '', 'http://p:1/'],
    ['http://[fe80::7]:8086', '', undefined],
  ];
  for (const [target, setting, proxy] of table) {
    it(`of ${target} with "${setting}" is ${proxy ?? 'none'}`, () => {
      assert.equal(choose(target, setting, env), proxy);
    });
  }

  it('of the environment needs no scheme, and may have any character in its password', () => {
    const of = (http_proxy: string): readonly unknown[] => {
      const found = proxyFor(new URL('http://db'), '', { http_proxy });
      const [, coded = ''] = found?.authorization?.split(' ') ?? [];
      return [found?.url.href, Buffer.from(coded, 'base64').toString()];
    };
    assert.deepEqual(of('proxy:3128'), ['http://proxy:3128/', '']);
    assert.deepEqual(of('me:a%b@proxy:3128'), ['http://proxy:3128/', 'me:a%b']);
    assert.deepEqual(of('http://me:100%25%C3%A4%ff%@proxy'), ['http://proxy/', 'me:100%ä%ff%']);
  });

  it('is passed over where the environment makes no sense, and refused where it was set', () => {
    assert.equal(choose('http://db', '', { http_proxy: 'socks5://x' }), undefined);
    assert.equal(choose('http://db', '', { http_proxy: 'http://p:1', no_proxy: '*' }), undefined);
    for (const setting of ['proxy:3128', 'https://p', 'ftp://p'])
      assert.throws(
        () => choose('http://db', setting),
        (error) => hasCode(error, 'CONFIG_INVALID'),
      );
  });
});

describe('InfluxDB sender through a proxy', () => {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let connectAnswer = 200;
  let plain: Server;
  let secure: ReturnType<typeof createHttpsServer>;
  let proxy: Server;
  let plainPort: number;
  let securePort: number;
  let proxyPort: number;
  let sender: Sender | undefined;

  before(async () => {
    plain = createHttpServer((request, response) => {
      request.resume().on('end', () => response.writeHead(204).end());
    });
    secure = createHttpsServer({ cert, key }, (request, response) => {
      request.resume().on('end', () => response.writeHead(204).end());
    });
    proxy = createHttpServer((request, response) => {
      requests.push(`${request.method ?? ''} ${request.url ?? ''} ${request.headers['proxy-authorization'] ?? ''}`);
      const { method, headers } = request;
      const onward = httpRequest(request.url ?? '', { method, headers }, (reply) => {
        response.writeHead(reply.statusCode ?? 0, reply.headers);
        reply.pipe(response);
      });
      request.pipe(onward);
    });
    proxy.on('connect', (request, socket) => {
      requests.push(`CONNECT ${request.url ?? ''} ${request.headers['proxy-authorization'] ?? ''}`);
      if (connectAnswer !== 200) {
        socket.end(`HTTP/1.1 ${connectAnswer} No\r\nconnection: close\r\n\r\n`);
        return;
      }
      const [host = '', port = ''] = (request.url ?? '').split(':');
      const onward = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        onward.pipe(socket).pipe(onward);
      });
      sockets.add(onward);
      onward.on('error', () => socket.destroy());
      socket.on('error', () => onward.destroy()).on('close', () => onward.destroy());
    });
    plainPort = await listen(plain);
    securePort = await listen(secure);
    proxyPort = await listen(proxy);
  });

  after(async () => {
    for (const socket of sockets) socket.destroy();
    for (const server of [proxy, plain, secure]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  beforeEach(() => {
    requests.length = 0;
    connectAnswer = 200;
  });

  afterEach(() => {
    sender?.close();
  });

  const open = (settings: Pick<SenderSettings, 'url'> & Partial<SenderSettings>): Sender => {
    const endpoint = { api: 'v2', org: 'o', bucket: 'b', token: 't' } as const;
    const proxyUrl = `http://user:p%40ss@127.0.0.1:${proxyPort}`;
    sender = createHttpSender({ endpoint, timeoutMs: 5000, proxy: proxyUrl, ...settings }, new FakeClock(), {});
    return sender;
  };
  const AUTHORIZATION = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;

  it('asks it with the whole URL over plain HTTP', async () => {
    const verdict = await open({ url: `http://127.0.0.1:${plainPort}` }).send('m f=1 1', NEVER);
    assert.equal(verdict.kind, 'written');
    const url = `http://127.0.0.1:${plainPort}/api/v2/write?org=o&bucket=b&precision=ms`;
    assert.deepEqual(requests, [`POST ${url} ${AUTHORIZATION}`]);
  });

  it('opens one tunnel for TLS and keeps it', async () => {
    const tls = { ca: cert, servername: 'localhost' };
    const tunnel = open({ url: `https://127.0.0.1:${securePort}`, readTls: () => tls });
    for (let count = 0; count < 3; count += 1) {
      const verdict = await tunnel.send('m f=1 1', NEVER);
      assert.deepEqual(verdict, { kind: 'written' });
    }
    assert.deepEqual(requests, [`CONNECT 127.0.0.1:${securePort} ${AUTHORIZATION}`]);
  });

  it('verifies the certificate of the database within the tunnel', async () => {
    const verdict = await open({ url: `https://127.0.0.1:${securePort}` }).send('m f=1 1', NEVER);
    assert.ok(verdict.kind === 'hold');
    assert.match(verdict.error.message, /No trusted TLS connection/);
  });

  it('holds when the proxy refuses, and tries again when it fails', async () => {
    const url = `https://127.0.0.1:${securePort}`;
    connectAnswer = 407;
    const refused = await open({ url }).send('m f=1 1', NEVER);
    assert.ok(refused.kind === 'hold');
    assert.match(refused.error.message, /proxy .* refuses \(the proxy answered 407/);
    connectAnswer = 502;
    assert.equal((await open({ url }).send('m f=1 1', NEVER)).kind, 'retry');
    connectAnswer = 200;
    const gone = await open({ url, proxy: 'http://127.0.0.1:1' }).send('m f=1 1', NEVER);
    assert.equal(gone.kind, 'retry');
  });
});
