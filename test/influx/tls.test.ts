import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { join } from 'node:path';
import { createHttpSender } from '../../src/influx/sender';
import type { TlsSettings } from '../../src/support/tls-settings';
import type { Verdict } from '../../src/delivery/destination';
import { Pm500Error } from '../../src/support/errors';
import { FakeClock } from '../../testkit/fake-clock';
import { ROOT } from '../../testkit/root';

const read = (name: string): Buffer => readFileSync(join(ROOT, 'test/vectors/tls', name));

describe('InfluxDB sender over TLS', () => {
  const cert = read('cert.pem');
  const key = read('key.pem');
  let server: Server;
  let clientSubject: unknown;

  before(async () => {
    server = createServer(
      { cert, key, ca: cert, requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        const { socket } = request;
        clientSubject = socket instanceof TLSSocket ? socket.getPeerCertificate().subject : undefined;
        request.resume().on('end', () => response.writeHead(204).end());
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  after(async () => {
    await new Promise((resolve) => server.close(resolve));
  });

  const send = async (tls?: TlsSettings): Promise<Verdict> => {
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const settings = {
      url,
      endpoint: { api: 'v2', org: 'o', bucket: 'b', token: '' } as const,
      timeoutMs: 10_000,
      ...(tls === undefined ? {} : { readTls: () => tls }),
    };
    const sender = createHttpSender(settings, new FakeClock());
    const verdict = await sender.send('a f=1 1', new AbortController().signal);
    sender.close();
    return verdict;
  };

  it('holds on a certificate that nobody vouches for', async () => {
    const verdict = await send();
    assert.ok(verdict.kind === 'hold');
    assert.match(verdict.error.message, /TLS/);
    assert.equal((await send({})).kind, 'hold');
  });

  it('writes when the authority is known', async () => {
    assert.equal((await send({ ca: cert })).kind, 'written');
  });

  it('writes without verification only when told so', async () => {
    assert.equal((await send({ rejectUnauthorized: false })).kind, 'written');
  });

  it('shows its own certificate', async () => {
    assert.equal((await send({ ca: cert, cert, key })).kind, 'written');
    assert.equal((clientSubject as { CN?: string }).CN, 'localhost');
  });

  it('takes a certificate that was renewed on disk for the next connection, and rests on the old one while it is missing', async () => {
    const clock = new FakeClock();
    const missing = new Pm500Error('CONFIG_INVALID', 'no file', { retryable: true });
    let found: TlsSettings | Pm500Error = missing;
    const readTls = (): TlsSettings => {
      if (found instanceof Pm500Error) throw found;
      return found;
    };
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const endpoint = { api: 'v2', org: 'o', bucket: 'b', token: '' } as const;
    const sender = createHttpSender({ url, endpoint, timeoutMs: 10_000, readTls }, clock);
    const kind = async (): Promise<string> => (await sender.send('a f=1 1', new AbortController().signal)).kind;
    assert.equal(await kind(), 'retry', 'a file that cannot be read yet');
    found = {};
    assert.equal(await kind(), 'hold', 'an authority that is not known');
    found = { ca: cert };
    assert.equal(await kind(), 'written', 'looked at again after a failure');
    found = { ca: cert, cert, key };
    await clock.advance(59_000);
    assert.equal(await kind(), 'written');
    assert.equal((clientSubject as { CN?: string } | undefined)?.CN, undefined, 'the connection that is open');
    await clock.advance(1000);
    assert.equal(await kind(), 'written');
    assert.equal((clientSubject as { CN?: string }).CN, 'localhost', 'a connection of its own');
    found = missing;
    await clock.advance(60_000);
    assert.equal(await kind(), 'written');
    sender.close();
  });

  it('refuses settings that a person has to mend', () => {
    const readTls = (): TlsSettings => {
      throw new Pm500Error('CONFIG_INVALID', 'names a configuration node that is missing');
    };
    const endpoint = { api: 'v2', org: 'o', bucket: 'b', token: '' } as const;
    const settings = { url: 'https://127.0.0.1:1', endpoint, timeoutMs: 1000, readTls };
    assert.throws(() => createHttpSender(settings, new FakeClock()), { code: 'CONFIG_INVALID' });
  });
});
