import * as http from 'node:http';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import * as tls from 'node:tls';
import { addressAttempts } from '../support/address-attempts';
import type { TlsSettings } from '../support/tls-settings';
import type { Proxy } from './proxy';

/** A proxy that does not open a tunnel within this is given up, milliseconds. */
const TUNNEL_TIMEOUT_MS = 10_000;

/**
 * Connections to `url` that are kept, `connections` at most; over TLS and a proxy each in a tunnel.
 * @param patienceMs of a request
 */
export function createAgent(
  url: URL,
  proxy: Proxy | undefined,
  connections: number,
  settings: TlsSettings | undefined,
  patienceMs: number,
): http.Agent {
  const options = { keepAlive: true, maxSockets: connections, ...addressAttempts(patienceMs) };
  if (url.protocol !== 'https:') return doubting(new http.Agent(options));
  const secure = { rejectUnauthorized: true, ...settings };
  if (proxy === undefined) return doubting(new https.Agent({ ...options, ...secure }));
  return doubting(new TunnelAgent({ ...options, ...secure }, url, proxy, secure));
}

/** Ends a connection that says something while nobody asks: what it says next might be the rest of that. */
function doubting(agent: http.Agent): http.Agent {
  const known = new WeakSet<Socket>();
  agent.on('free', (socket: Socket) => {
    if (known.has(socket)) return;
    known.add(socket);
    socket.on('data', () => {
      if (Object.values(agent.freeSockets).some((resting) => resting?.includes(socket))) socket.destroy();
    });
  });
  return agent;
}

type Callback = (error: Error | null, stream: Duplex) => void;

/** TLS through an HTTP proxy: CONNECT (RFC 9110, 9.3.6), then TLS with the database within. */
class TunnelAgent extends https.Agent {
  constructor(
    options: https.AgentOptions,
    private readonly target: URL,
    private readonly proxy: Proxy,
    private readonly secure: TlsSettings,
  ) {
    super(options);
  }

  override createConnection(_options: object, callback: Callback): undefined {
    const { hostname, port } = this.target;
    const authority = `${hostname}:${port === '' ? '443' : port}`;
    const { authorization } = this.proxy;
    const connect = http.request(this.proxy.url, {
      ...addressAttempts(TUNNEL_TIMEOUT_MS),
      method: 'CONNECT',
      path: authority,
      agent: false,
      headers: { host: authority, ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }) },
    });
    const fail = (error: Error): void => {
      clearTimeout(deadline);
      connect.destroy();
      // A failed connection has no stream to hand over; the agent looks at the error first.
      (callback as (error: Error) => void)(error);
    };
    // From beginning to end: a proxy that says a little from time to time is given up, too.
    const deadline = setTimeout(() => {
      fail(Object.assign(new Error('the proxy opens no tunnel'), { code: 'ETIMEDOUT' }));
    }, TUNNEL_TIMEOUT_MS);
    connect.on('error', fail);
    connect.once('response', ({ statusCode = 0 }) => {
      fail(proxyError(statusCode));
    });
    connect.once('connect', ({ statusCode = 0 }, socket) => {
      connect.off('error', fail);
      clearTimeout(deadline);
      if (statusCode < 200 || statusCode >= 300) {
        socket.destroy();
        fail(proxyError(statusCode));
        return;
      }
      // An address has no server name to send (RFC 6066, 3).
      const name = /^[\d.]+$|^\[/.test(hostname) ? {} : { servername: hostname };
      const { ca, cert, key, passphrase, servername, rejectUnauthorized = true } = this.secure;
      const given = { ca, cert, key, passphrase, servername };
      const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
      callback(null, tls.connect({ socket, host: hostname, ...name, ...set, rejectUnauthorized }));
    });
    connect.end();
    return undefined;
  }
}

/** A proxy that is overloaded or does not reach the database may do so later; all else needs a person. */
function proxyError(status: number): Error {
  const code = status >= 500 || status === 429 ? 'ECONNRESET' : 'PROXY_REFUSED';
  return Object.assign(new Error(`the proxy answered ${status} to CONNECT`), { code });
}
