import type { Verdict } from '../delivery/destination';
import { Pm500Error, type ErrorCode } from '../support/errors';
import { wordsOf, type EndpointWords } from './endpoint';
import { parseDropped, parseFieldConflict, refusalAdvice, requestFaultAdvice } from './refusal';
import { isAboutLines, type Complaint } from './refused-lines';
import { otherScheme, plainTlsReason } from './scheme';

/** The part of an HTTP reply that the rules look at. */
export interface Reply extends Complaint {
  readonly status: number;
  readonly contentType: string;
  /** The Retry-After header: seconds or an HTTP date. */
  readonly retryAfter?: string;
  /** The X-Influxdb-Version header. */
  readonly version?: string;
  /** The Date header: the clock of the server. */
  readonly date?: string;
}

/** The code of a failure in which the server said that it took what it had not read. */
export const ANSWERED_EARLY = 'ANSWERED_EARLY';
const WRITTEN: Verdict = { kind: 'written' };
/** Retry-After beyond this is not followed: a wrong clock on the other side must not stop delivery for days. */
export const MAXIMUM_RETRY_AFTER_MS = 300_000;
const SHOWN_CHARACTERS = 200;
/** More of a text is not looked at to show the beginning of it. */
const MOST_CHARACTERS = 4096;

/** Codes of Node.js and of the system in words of people. */
const UNREACHABLE_REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no such host name',
  EAI_AGAIN: 'the name server does not answer',
  ECONNREFUSED: 'nothing listens there',
  EHOSTUNREACH: 'no way to that host',
  ENETUNREACH: 'no way to that network',
  ECONNRESET: 'the connection was cut',
  ETIMEDOUT: 'the host does not answer',
};

/** Codes of attempts that sent nothing: they say nothing about what would have been sent. */
const NEVER_CONNECTED = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']);

/** What a person can do about a status that holds the lines. */
function holdAdvice({ status, text }: Reply, words: EndpointWords): string {
  const { credential, place, whereabouts, otherServer } = words;
  if (status === 401) return `check the ${credential} of the target`;
  if (status === 403) return `give the ${credential} permission to write to the ${place}`;
  if (status === 404) {
    // A server that knows the path names what it did not find.
    const isOther = otherServer !== undefined && !/\b(bucket|org)/i.test(text);
    return `check ${whereabouts} of the target${isOther ? `, ${otherServer}` : ''}`;
  }
  if (status >= 300 && status < 400)
    return 'the server says to ask elsewhere, which is not done; check the URL of the target';
  if (status === 405) return 'check the URL of the target: something else answers there';
  if (status === 407) return 'check the proxy of the target, and its user and password';
  return 'check the URL of the target';
}

/**
 * What the reply of a write API means.
 * @param url for the sentence
 * @param now wall clock, milliseconds
 */
export function judgeReply(reply: Reply, url: string, now: number, words = wordsOf({ api: 'v2' })): Verdict {
  const { status } = reply;
  const isWebPage = reply.contentType.startsWith('text/html');
  if (status >= 200 && status < 300) {
    if (isWebPage) return hold(reply, url, 'check the URL of the target: a web page answers there');
    // Some answer 201 to a request of which they refuse a part.
    if (isAboutLines(reply)) return rejected(reply, url, false);
    // InfluxDB answers a write with 204; whoever has something to say to it has not understood it.
    const advice = 'check the URL of the target: no InfluxDB answers a write with content';
    return reply.text.trim() === '' ? WRITTEN : hold(reply, url, advice);
  }
  if (status === 413) return rejected(reply, url, true);
  const requestFault = status === 400 || status === 422 || status >= 500 ? requestFaultAdvice(reply.text) : undefined;
  if (requestFault !== undefined) return hold(reply, url, requestFault);
  if (status === 400 || status === 422) {
    return isWebPage ? hold(reply, url, 'check the proxy in front of the database') : rejected(reply, url, false);
  }
  // InfluxDB 2 says of some bad lines that it has failed itself.
  if (status >= 500 && isAboutLines(reply)) return rejected(reply, url, false);
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const retryAfterMs = parseRetryAfter(reply.retryAfter, now);
    const error = replyError('INFLUX_BUSY', reply, url, 'the lines wait and are sent again', true);
    const isGeneral = status === 429 || status === 503 || retryAfterMs !== undefined;
    return { kind: 'retry', error, isGeneral, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  }
  return hold(reply, url, holdAdvice(reply, words));
}

/** What a failure before or during the reply means: errors of certificates and settings hold, all others are retried. */
export function judgeFailure(cause: unknown, url: string): Verdict {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const reason = cause instanceof Error ? shorten(plainTlsReason(cause.message)) : String(cause);
  const scheme = otherScheme(cause, code);
  if (scheme !== undefined) {
    const message = `InfluxDB at ${url} cannot be reached this way: ${scheme}.`;
    return { kind: 'hold', error: new Pm500Error('INFLUX_REFUSED', message, { cause }) };
  }
  if (/CERT|SELF_SIGNED|^ERR_TLS|^ERR_SSL|^UNABLE_TO|^EPROTO$/.test(code)) {
    const message = `No trusted TLS connection to InfluxDB at ${url} (${reason}): check the TLS settings and the URL of the target.`;
    return { kind: 'hold', error: new Pm500Error('INFLUX_REFUSED', message, { cause }) };
  }
  if (code.startsWith('ERR_INVALID')) {
    const message = `No request to InfluxDB at ${url} can be made (${reason}): check URL and token of the target.`;
    return { kind: 'hold', error: new Pm500Error('CONFIG_INVALID', message, { cause }) };
  }
  if (code === 'PROXY_REFUSED') {
    const message = `The proxy on the way to InfluxDB at ${url} refuses (${reason}): check the proxy of the target, and its user and password.`;
    return { kind: 'hold', error: new Pm500Error('INFLUX_REFUSED', message, { cause }) };
  }
  if (code === ANSWERED_EARLY || code.startsWith('HPE_')) {
    const message = `What answers as InfluxDB at ${url} does not speak HTTP as it should (${reason}): check the URL of the target; the lines wait and are sent again.`;
    return { kind: 'retry', error: new Pm500Error('INFLUX_UNREACHABLE', message, { cause, retryable: true }) };
  }
  const why = UNREACHABLE_REASONS[code];
  const shown = why === undefined ? reason : `${why}: ${reason}`;
  const message = `InfluxDB at ${url} cannot be reached (${shown}): the lines wait and are sent again.`;
  const error = new Pm500Error('INFLUX_UNREACHABLE', message, { cause, retryable: true });
  return { kind: 'retry', error, isGeneral: NEVER_CONNECTED.has(code) };
}

/** Milliseconds from a Retry-After header (RFC 9110, 10.2.3), capped; undefined when there is none or it is unreadable. */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const delayMs = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(delayMs) ? undefined : Math.min(Math.max(delayMs, 0), MAXIMUM_RETRY_AFTER_MS);
}

function hold(reply: Reply, url: string, advice: string): Verdict {
  return { kind: 'hold', error: replyError('INFLUX_REFUSED', reply, url, advice, false) };
}

function rejected(reply: Reply, url: string, tooLarge: boolean): Verdict {
  const error = replyError('INFLUX_REJECTED', reply, url, refusalAdvice(reply.text), false);
  const count = parseDropped(reply.text);
  return { kind: 'rejected', error, tooLarge, ...(count === undefined ? {} : { count }) };
}

function replyError(code: ErrorCode, reply: Reply, url: string, advice: string, retryable: boolean): Pm500Error {
  const said = reply.text === '' ? '' : ` (${shorten(reply.text)})`;
  const message = `InfluxDB at ${url} answered ${reply.status}${said}: ${advice}.`;
  const conflict = parseFieldConflict(reply.text);
  const details = {
    status: reply.status,
    reason: shorten(reply.text),
    ...(conflict === undefined ? {} : { conflict }),
  };
  return new Pm500Error(code, message, { retryable, details });
}

/** One line of bounded length. */
function shorten(text: string): string {
  // A terminal that shows the log would follow control characters.
  const line = text
    .slice(0, MOST_CHARACTERS)
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .trim();
  return line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}…` : line;
}
