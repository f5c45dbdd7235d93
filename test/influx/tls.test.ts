import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { join } from 'node:path';
import { createHttpSender, type TlsSettings } from '../../src/influx/sender';
import type { Verdict } from '../../src/delivery/destination';
import { FakeClock } from '../support/fake-clock';

const read = (name: string): Buffer => readFileSync(join(__dirname, '../vectors/tls', name));

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
      ...(tls === undefined ? {} : { tls }),
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
});
