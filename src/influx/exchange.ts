import * as http from 'node:http';
import * as https from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Clock } from '../support/clock';
import { Pm500Error } from '../support/errors';
import { createAgent } from './agent';
import { proxyFor, type Proxy } from './proxy';
import { RenewedAgent } from './renewed-agent';
import { sendOnce, StaleConnection } from './single-request';
import type { TlsSettings } from '../support/tls-settings';
import type { Reply } from './response-rules';

/** How a server is reached. */
export interface ConnectionSettings {
  /** For instance http://127.0.0.1:8086; a path before that of the API is kept. */
  readonly url: string;
  /** From the start of a request to the end of its reply, milliseconds. */
  readonly timeoutMs: number;
  /** Read for the first connection and again from time to time. */
  readonly readTls?: () => TlsSettings;
  /** URL of an HTTP proxy, `none` for none, or empty for what http_proxy, https_proxy and no_proxy say. */
  readonly proxy?: string;
  /** Connections at most; 1 where absent. */
  readonly connections?: number;
}

export interface Request {
  readonly method: 'GET' | 'POST';
  /** Added to the path of the URL. */
  readonly path: string;
  readonly body: string | Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly gzip: boolean;
  /** How much of the answer is read; what a write is answered where absent. */
  readonly mostAnswerBytes?: number;
}

/** What became of a request: a reply of any status, no whole reply in time, or a failure of the connection. */
export type HttpOutcome =
  | { readonly kind: 'replied'; readonly reply: Reply }
  | { readonly kind: 'timed out' }
  | { readonly kind: 'failed'; readonly cause: unknown };

/** Requests to one server. */
export interface HttpExchange {
  /** URL of the server without credentials and path, for sentences. */
  readonly shownUrl: string;
  /** One request. Never rejects; when `signal` aborts, the outcome is a failure. */
  request(request: Request, signal: AbortSignal): Promise<HttpOutcome>;
  /** Closes idle connections. */
  close(): void;
}

/** Bodies of more bytes than this are compressed; a smaller one would not shrink by a frame on the network. */
const GZIP_THRESHOLD_BYTES = 1000;
/** What is sent again at once when a kept connection ended; more waits for the usual repetition. */
const MOST_BYTES_TWICE = 64 * 1024;
const compress = promisify(gzip);

/**
 * Requests over HTTP, each with a deadline that ends in its abort; the reply is judged by our rules. Nothing that a server
 * does can take more memory than the beginning of its answer.
 * @param env where the proxy variables stand
 * @throws Pm500Error CONFIG_INVALID for a URL or proxy that cannot be used
 */
export function createExchange(settings: ConnectionSettings, clock: Clock, env: NodeJS.ProcessEnv): HttpExchange {
  const url = serverUrl(settings.url);
  const proxy = proxyFor(url, settings.proxy ?? '', env);
  const { connections = 1, timeoutMs } = settings;
  const agents = new RenewedAgent(
    settings.readTls,
    (tls) => createAgent(url, proxy, connections, tls, timeoutMs),
    clock,
  );
  const way = wayTo(url, proxy);
  const open = url.protocol === 'https:' ? https.request : http.request;

  const send = async (given: Request, signal: AbortSignal): Promise<Reply> => {
    const plain = typeof given.body === 'string' ? Buffer.from(given.body, 'utf8') : given.body;
    const isPacked = given.gzip && plain.length > GZIP_THRESHOLD_BYTES;
    const body = isPacked ? await compress(plain) : plain;
    const headers = {
      'user-agent': 'pm500',
      ...way.headers,
      ...given.headers,
      'accept-encoding': 'identity',
      'content-length': body.length,
      ...(isPacked ? { 'content-encoding': 'gzip' } : {}),
    };
    const attempt = (): Promise<Reply> => {
      const path = `${way.base}${given.path}`;
      const options = { ...way.to, path, method: given.method, headers, agent: agents.current, signal };
      return sendOnce((onResponse) => open(options, onResponse), body, signal, given.mostAnswerBytes);
    };
    // Each stale connection leaves one fewer that may be.
    for (let left = body.length <= MOST_BYTES_TWICE ? connections : 0; left > 0; left -= 1) {
      try {
        return await attempt();
      } catch (cause) {
        if (!(cause instanceof StaleConnection)) throw cause;
      }
    }
    return attempt();
  };

  const request = async (given: Request, signal: AbortSignal): Promise<HttpOutcome> => {
    const attempt = new AbortController();
    const state = { timedOut: false };
    const abort = (): void => {
      attempt.abort();
    };
    const timer = clock.after(settings.timeoutMs, () => {
      state.timedOut = true;
      abort();
    });
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    try {
      return { kind: 'replied', reply: await send(given, attempt.signal) };
    } catch (cause) {
      agents.doubt();
      if (state.timedOut) return { kind: 'timed out' };
      return { kind: 'failed', cause: cause instanceof StaleConnection ? cause.cause : cause };
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', abort);
    }
  };

  return {
    shownUrl: url.origin,
    request,
    close: () => {
      agents.close();
    },
  };
}

interface Way {
  readonly to: { readonly protocol: string; readonly hostname: string; readonly port: string };
  /** What stands before the path of a request. */
  readonly base: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Plain HTTP asks a proxy with the whole URL; TLS goes through a tunnel, which is the agent's business. */
function wayTo(url: URL, proxy: Proxy | undefined): Way {
  const path = url.pathname.replace(/\/$/, '');
  if (proxy === undefined || url.protocol === 'https:') return { to: placeOf(url), base: path, headers: {} };
  const { authorization } = proxy;
  return {
    to: placeOf(proxy.url),
    base: `${url.origin}${path}`,
    headers: { host: url.host, ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }) },
  };
}

function placeOf({ protocol, hostname, port }: URL): Way['to'] {
  // In a URL an IPv6 address stands in brackets.
  return { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port };
}

/** @throws Pm500Error CONFIG_INVALID for what is no URL of a server that takes points */
export function serverUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // Passed over in silence they would end in a refusal that names the wrong setting.
  if (url !== undefined && `${url.username}${url.password}` !== '') {
    const message =
      'The InfluxDB URL holds a user or a password: take them out and write them into the fields of the target.';
    throw new Pm500Error('CONFIG_INVALID', message);
  }
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  // The path of the API is added here: with it given twice every write would end at a path that does not exist.
  if (url !== undefined && isHttp && url.search === '' && !/\/(api\/v2(\/|$)|write\/?$)/.test(url.pathname)) return url;
  // Not quoted: it may hold a password.
  const message = `The InfluxDB URL cannot be used: give only where the server is, such as http://127.0.0.1:8086.`;
  throw new Pm500Error('CONFIG_INVALID', message);
}
