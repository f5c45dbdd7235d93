import { HttpError, InfluxDB } from '@influxdata/influxdb-client';
import type { Clock } from '../support/clock';
import { Pm500Error } from '../support/errors';
import { createAgent } from './agent';
import { proxyFor, type Proxy } from './proxy';
import { readComplaint } from './reply-words';
import type { Reply } from './response-rules';

/** How a server is reached. */
export interface ConnectionSettings {
  /** For instance http://127.0.0.1:8086; a path before that of the API is kept. */
  readonly url: string;
  /** From the start of a request to the end of its reply, milliseconds. */
  readonly timeoutMs: number;
  readonly tls?: TlsSettings;
  /** URL of an HTTP proxy, `none` for none, or empty for what http_proxy, https_proxy and no_proxy say. */
  readonly proxy?: string;
  /** Connections at most; 1 where absent. */
  readonly connections?: number;
}

/** PEM texts as Node's TLS takes them. */
export interface TlsSettings {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly passphrase?: string;
  readonly servername?: string;
  /** True where absent: a certificate that cannot be verified is refused. */
  readonly rejectUnauthorized?: boolean;
}

export interface Request {
  readonly method: 'GET' | 'POST';
  /** Added to the path of the URL. */
  readonly path: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly gzip: boolean;
}

/** What became of a request: a reply of any status, no whole reply in time, or a failure of the connection. */
export type Outcome =
  | { readonly kind: 'replied'; readonly reply: Reply }
  | { readonly kind: 'timed out' }
  | { readonly kind: 'failed'; readonly cause: unknown };

/** Requests to one server. */
export interface Exchange {
  /** URL of the server without credentials and path, for sentences. */
  readonly shownUrl: string;
  /** One request. Never rejects; when `signal` aborts, the outcome is a failure. */
  request(request: Request, signal: AbortSignal): Promise<Outcome>;
  /** Closes idle connections. */
  close(): void;
}

/** What a server says beyond this is not kept. */
const MOST_CONTENT_CHARACTERS = 64 * 1024;
/** The client compresses bodies of more bytes than this; a smaller one would not shrink by a frame on the network. */
const GZIP_THRESHOLD_BYTES = 1000;

/**
 * Requests with the transport of the InfluxDB client. That transport is used below its write API, which refuses a 200,
 * acknowledges what it drops when closed, and keeps a retry buffer beside ours; its own timeout starts anew with every
 * byte and leaves the socket open, and it reads Retry-After as milliseconds. So each request here has a deadline that
 * ends in its abort, and the reply is judged by our rules.
 * @param env where the proxy variables stand
 * @throws Pm500Error CONFIG_INVALID for a URL or proxy that cannot be used
 */
export function createExchange(settings: ConnectionSettings, clock: Clock, env: NodeJS.ProcessEnv): Exchange {
  const url = parseUrl(settings.url);
  const proxy = proxyFor(url, settings.proxy ?? '', env);
  const agent = createAgent(url, proxy, settings.connections ?? 1, settings.tls);
  const { transport } = new InfluxDB({
    url: url.href,
    timeout: 0,
    transportOptions: { agent },
    ...plainProxyOptions(url, proxy),
  });

  const request = (given: Request, signal: AbortSignal): Promise<Outcome> =>
    new Promise((resolve) => {
      const attempt = new AbortController();
      let started: Pick<Reply, 'status' | 'contentType' | 'version'> = { status: 0, contentType: '' };
      let content = '';
      let timedOut = false;
      const abort = (): void => {
        attempt.abort();
      };
      const timer = clock.after(settings.timeoutMs, () => {
        timedOut = true;
        abort();
      });
      const finish = (outcome: Outcome): void => {
        timer.cancel();
        signal.removeEventListener('abort', abort);
        resolve(outcome);
      };
      const fail = (cause: unknown): void => {
        if (timedOut) finish({ kind: 'timed out' });
        else if (cause instanceof HttpError) finish({ kind: 'replied', reply: toReply(cause) });
        else finish({ kind: 'failed', cause });
      };
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
      const { method, path, headers } = given;
      const gzip = given.gzip ? { gzipThreshold: GZIP_THRESHOLD_BYTES } : {};
      try {
        transport.send(
          path,
          given.body,
          { method, headers: { ...headers }, signal: attempt.signal, ...gzip },
          {
            responseStarted: (replyHeaders, status = 0) => {
              started = {
                status,
                contentType: String(replyHeaders['content-type'] ?? ''),
                ...versionOf(replyHeaders['x-influxdb-version']),
              };
            },
            next: (chunk) => {
              content = `${content}${Buffer.from(chunk).toString('utf8')}`.slice(0, MOST_CONTENT_CHARACTERS);
            },
            error: fail,
            complete: () => {
              finish({ kind: 'replied', reply: { ...started, ...readComplaint(content, parseJson(content)) } });
            },
          },
        );
      } catch (error) {
        fail(error);
      }
    });

  return {
    shownUrl: url.origin,
    request,
    close: () => {
      agent.destroy();
    },
  };
}

/** Plain HTTP asks a proxy with the whole URL; TLS goes through a tunnel, which is the agent's business. */
function plainProxyOptions(
  url: URL,
  proxy: Proxy | undefined,
): { proxyUrl?: string; headers?: Record<string, string> } {
  if (proxy === undefined || url.protocol === 'https:') return {};
  const { authorization } = proxy;
  return {
    proxyUrl: proxy.url.href,
    ...(authorization === undefined ? {} : { headers: { 'proxy-authorization': authorization } }),
  };
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  // The path of the API is added here: with it given twice every write would end at a path that does not exist.
  if (url !== undefined && isHttp && url.search === '' && !/\/(api\/v2(\/|$)|write\/?$)/.test(url.pathname)) return url;
  // Not quoted: it may hold a password.
  const message = `The InfluxDB URL cannot be used: give only where the server is, such as http://127.0.0.1:8086.`;
  throw new Pm500Error('CONFIG_INVALID', message);
}

function versionOf(header: unknown): { version?: string } {
  return typeof header === 'string' && header !== '' ? { version: header } : {};
}

function toReply(error: HttpError): Reply {
  const retryAfter = error.headers?.['retry-after'];
  return {
    status: error.statusCode,
    contentType: error.contentType ?? '',
    ...readComplaint(error.body ?? '', error.json),
    ...versionOf(error.headers?.['x-influxdb-version']),
    ...(typeof retryAfter === 'string' ? { retryAfter } : {}),
  };
}

function parseJson(text: string): unknown {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
