import * as http from 'node:http';
import * as https from 'node:https';
import { HttpError, InfluxDB } from '@influxdata/influxdb-client';
import type { Clock } from '../support/clock';
import { Pm500Error } from '../support/errors';
import { judgeFailure, judgeReply, type Reply, type Verdict } from './response-rules';

/** Which InfluxDB, and how to reach it. */
export interface SenderSettings {
  /** For instance http://127.0.0.1:8086; a path before /api/v2 is kept. */
  readonly url: string;
  /** Empty where the server has none. */
  readonly org: string;
  readonly bucket: string;
  /** Empty: no Authorization header is sent. */
  readonly token: string;
  /** From the start of a request to the end of its reply, milliseconds. */
  readonly timeoutMs: number;
  readonly tls?: TlsSettings;
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

/** What a server says beyond this is not kept. */
const MOST_CONTENT_CHARACTERS = 1000;

/** Sends lines once. */
export interface Sender {
  /** One POST. Never rejects; when `signal` aborts, the verdict is a retry. */
  send(lines: string, signal: AbortSignal): Promise<Verdict>;
  /** Closes idle connections. */
  close(): void;
}

/**
 * A sender over HTTP, with the transport of the InfluxDB client. That transport is used below its write API, which
 * refuses a 200, acknowledges what it drops when closed, and keeps a retry buffer beside ours; its own timeout starts
 * anew with every byte and leaves the socket open, and it reads Retry-After as milliseconds. So each request here has
 * a deadline that ends in its abort, and the reply is judged by our rules.
 * @throws Pm500Error CONFIG_INVALID for a URL that cannot be used
 */
export function createHttpSender(settings: SenderSettings, clock: Clock): Sender {
  const url = parseUrl(settings.url);
  const tls = url.protocol === 'https:' ? { rejectUnauthorized: true, ...settings.tls } : {};
  const agentOptions = { keepAlive: true, maxSockets: 1, ...tls };
  const agent = url.protocol === 'https:' ? new https.Agent(agentOptions) : new http.Agent(agentOptions);
  const { transport } = new InfluxDB({
    url: url.href,
    ...(settings.token === '' ? {} : { token: settings.token }),
    timeout: 0,
    transportOptions: { agent },
  });
  const shownUrl = url.origin;
  const query = new URLSearchParams({
    ...(settings.org === '' ? {} : { org: settings.org }),
    bucket: settings.bucket,
    precision: 'ms',
  });
  const path = `/api/v2/write?${query.toString()}`;
  const headers = { 'content-type': 'text/plain; charset=utf-8' };

  const send = (lines: string, signal: AbortSignal): Promise<Verdict> =>
    new Promise((resolve) => {
      const attempt = new AbortController();
      let started: { status: number; contentType: string } = { status: 0, contentType: '' };
      let content = '';
      let timedOut = false;
      const abort = (): void => {
        attempt.abort();
      };
      const timer = clock.after(settings.timeoutMs, () => {
        timedOut = true;
        abort();
      });
      const finish = (verdict: Verdict): void => {
        timer.cancel();
        signal.removeEventListener('abort', abort);
        resolve(verdict);
      };
      const fail = (error: unknown): void => {
        if (timedOut) finish(timeoutVerdict(settings.timeoutMs, shownUrl));
        else if (error instanceof HttpError) finish(judgeReply(toReply(error), shownUrl, clock.now()));
        else finish(judgeFailure(error, shownUrl));
      };
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
      try {
        transport.send(
          path,
          lines,
          { method: 'POST', headers, signal: attempt.signal },
          {
            responseStarted: (replyHeaders, status = 0) => {
              started = { status, contentType: String(replyHeaders['content-type'] ?? '') };
            },
            next: (chunk) => {
              content = `${content}${Buffer.from(chunk).toString('utf8')}`.slice(0, MOST_CONTENT_CHARACTERS);
            },
            error: fail,
            complete: () => {
              finish(judgeReply({ ...started, text: content }, shownUrl, clock.now()));
            },
          },
        );
      } catch (error) {
        fail(error);
      }
    });

  return {
    send,
    close: () => {
      agent.destroy();
    },
  };
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  // The path of the API is added here: with it given twice every write would end at a path that does not exist.
  if (url !== undefined && isHttp && url.search === '' && !/\/api\/v2(\/|$)/.test(url.pathname)) return url;
  // Not quoted: it may hold a password.
  const message = `The InfluxDB URL cannot be used: give only where the server is, such as http://127.0.0.1:8086.`;
  throw new Pm500Error('CONFIG_INVALID', message);
}

function toReply(error: HttpError): Reply {
  const retryAfter = error.headers?.['retry-after'];
  return {
    status: error.statusCode,
    contentType: error.contentType ?? '',
    text: describe(error),
    ...(typeof retryAfter === 'string' ? { retryAfter } : {}),
  };
}

/** InfluxDB 2 says why in `message`, InfluxDB 1 and its kin in `error`, proxies as text. */
function describe(error: HttpError): string {
  const json: unknown = error.json;
  if (typeof json === 'object' && json !== null) {
    if ('message' in json && typeof json.message === 'string') return json.message;
    if ('error' in json && typeof json.error === 'string') return json.error;
  }
  return error.body ?? '';
}

function timeoutVerdict(timeoutMs: number, url: string): Verdict {
  const message = `InfluxDB at ${url} did not answer within ${timeoutMs} ms: the lines wait and are sent again.`;
  return { kind: 'retry', error: new Pm500Error('INFLUX_TIMEOUT', message, { retryable: true }) };
}
