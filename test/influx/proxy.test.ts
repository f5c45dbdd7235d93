import assert from 'node:assert/strict';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { proxyFor, unusableProxy } from '../../src/influx/proxy';
import { createHttpSender, type Sender, type SenderSettings } from '../../src/influx/sender';
import { hasCode } from '../../src/support/errors';
import { FakeClock } from '../../testkit/fake-clock';
import { ForwardProxy } from '../../testkit/links/forward-proxy';
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
    assert.deepEqual(of('HTTP://me:12/3#?\\@:@proxy:3128/'), ['http://proxy:3128/', 'me:12/3#?\\@:']);
    assert.deepEqual(of('  me@[fd00::1]:3128 '), ['http://[fd00::1]:3128/', 'me:']);
  });

  it('of the environment may be in upper or lower case, which comes first, also where it says none', () => {
    const all = { all_proxy: 'a:1', HTTP_PROXY: 'u:2', http_proxy: 'l:3' };
    assert.equal(choose('http://db', '', all), 'http://l:3/');
    assert.equal(choose('http://db', '', { ...all, http_proxy: '' }), undefined);
    assert.equal(choose('http://db', '', { all_proxy: 'a:1', HTTP_PROXY: 'u:2' }), 'http://u:2/');
    assert.equal(choose('https://db', '', all), 'http://a:1/', 'where the scheme has no variable of its own');
    assert.equal(choose('https://db', '', { ALL_PROXY: 'a:1', NO_PROXY: 'db' }), undefined);
    assert.equal(choose('https://db', '', { ALL_PROXY: 'a:1', NO_PROXY: 'db', no_proxy: 'other' }), 'http://a:1/');
  });

  it('of the environment is passed over for names however they are written', () => {
    const list = 'Bücher.example, *.Wild.example., [FD00:0::1]:443 ,10.0.0.1:8086,:8086';
    const direct = [
      'http://xn--bcher-kva.example',
      'http://a.wild.example',
      'http://wild.example.',
      'https://[fd00::1]',
    ];
    for (const target of [...direct, 'http://10.0.0.1:8086', 'http://db.localhost:8086', 'http://localhost.:8086']) {
      assert.equal(choose(target, '', { all_proxy: 'p:1', no_proxy: list }), undefined, target);
    }
    for (const target of ['https://[fd00::1]:8086', 'http://10.0.0.1', 'http://db:8086', 'http://notwild.example']) {
      assert.equal(choose(target, '', { all_proxy: 'p:1', no_proxy: list }), 'http://p:1/', target);
    }
  });

  it('of the environment that cannot be used is named, without what it holds', () => {
    const complaint = (env: NodeJS.ProcessEnv, setting = ''): string | undefined =>
      unusableProxy(new URL('http://db'), setting, env);
    const said = complaint({ HTTP_PROXY: 'socks5://me:secret@x:1080' }) ?? '';
    assert.match(said, /^The proxy that HTTP_PROXY of the environment names cannot be used/);
    assert.doesNotMatch(said, /secret/);
    assert.equal(complaint({ HTTP_PROXY: 'socks5://x', no_proxy: 'db' }), undefined);
    assert.equal(complaint({ HTTP_PROXY: 'socks5://x' }, 'http://own'), undefined);
    assert.equal(complaint({ http_proxy: 'me:a%b@x:3128' }), undefined);
    assert.equal(complaint({}), undefined);
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
  const LOGIN = 'user:p@ss';
  let plain: Server;
  let secure: ReturnType<typeof createHttpsServer>;
  let proxy: ForwardProxy;
  let proxyPort: number;
  let sender: Sender | undefined;

  before(async () => {
    plain = createHttpServer((request, response) => {
      request.resume().on('end', () => response.writeHead(204).end());
    });
    secure = createHttpsServer({ cert, key }, (request, response) => {
      request.resume().on('end', () => response.writeHead(204).end());
    });
    const hosts = new Map([
      ['plain.example', await listen(plain)],
      ['secure.example', await listen(secure)],
    ]);
    proxy = new ForwardProxy(hosts, LOGIN);
    proxyPort = await proxy.start();
  });

  after(async () => {
    await proxy.stop();
    for (const server of [plain, secure]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  beforeEach(() => {
    proxy.requests.length = 0;
    proxy.refusal = undefined;
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

  it('asks it with the whole URL over plain HTTP', async () => {
    const verdict = await open({ url: 'http://plain.example:8086' }).send('m f=1 1', NEVER);
    assert.equal(verdict.kind, 'written');
    const url = 'http://plain.example:8086/api/v2/write?org=o&bucket=b&precision=ms';
    assert.deepEqual(proxy.requests, [{ method: 'POST', target: url, login: LOGIN }]);
  });

  it('opens one tunnel for TLS and keeps it', async () => {
    const tls = { ca: cert, servername: 'localhost' };
    const tunnel = open({ url: 'https://secure.example', readTls: () => tls });
    for (let count = 0; count < 3; count += 1) {
      const verdict = await tunnel.send('m f=1 1', NEVER);
      assert.deepEqual(verdict, { kind: 'written' });
    }
    assert.deepEqual(proxy.requests, [{ method: 'CONNECT', target: 'secure.example:443', login: LOGIN }]);
  });

  it('verifies the certificate of the database within the tunnel', async () => {
    const verdict = await open({ url: 'https://secure.example' }).send('m f=1 1', NEVER);
    assert.ok(verdict.kind === 'hold');
    assert.match(verdict.error.message, /No trusted TLS connection/);
  });

  it('holds when the proxy refuses, and tries again when it fails', async () => {
    const url = 'https://secure.example';
    proxy.refusal = 407;
    const refused = await open({ url }).send('m f=1 1', NEVER);
    assert.ok(refused.kind === 'hold');
    assert.match(refused.error.message, /proxy .* refuses \(the proxy answered 407/);
    proxy.refusal = 502;
    assert.equal((await open({ url }).send('m f=1 1', NEVER)).kind, 'retry');
    proxy.refusal = undefined;
    const gone = await open({ url, proxy: 'http://127.0.0.1:1' }).send('m f=1 1', NEVER);
    assert.equal(gone.kind, 'retry');
  });
});
