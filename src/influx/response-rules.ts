import type { Verdict } from '../delivery/destination';
import { Pm500Error, type ErrorCode } from '../support/errors';
import type { Sentence } from '../support/sentence';
import { wordsOf, type EndpointWords } from './endpoint';
import { parseDropped, parseFieldConflict, refusalAdvice, requestFaultAdvice } from './refusal';
import { isAboutLines, type Complaint } from './refused-lines';
import { otherScheme, plainTlsReason } from './scheme';
import { INFLUX_SENTENCES, INFLUX_WORDS } from './words';

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

const { say } = INFLUX_SENTENCES;
const { say: part } = INFLUX_WORDS;

/** Codes of Node.js and of the system that there are words of people for. */
const UNREACHABLE = [
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ECONNRESET',
  'ETIMEDOUT',
] as const;

/** Codes of attempts that sent nothing: they say nothing about what would have been sent. */
const NEVER_CONNECTED = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']);

/** What a person can do about a status that holds the lines. */
function holdAdvice({ status, text }: Reply, words: EndpointWords): Sentence {
  const { credential, place, whereabouts, isMaybeOther } = words;
  if (status === 401) return part('credential', { credential });
  if (status === 403) return part('permission', { credential, place });
  if (status === 404) {
    // A server that knows the path names what it did not find.
    const isOther = isMaybeOther && !/\b(bucket|org)/i.test(text);
    return part(isOther ? 'maybeOther' : 'whereabouts', { whereabouts });
  }
  if (status >= 300 && status < 400) return part('elsewhere');
  if (status === 405) return part('somethingElse');
  return part(status === 407 ? 'proxy' : 'url');
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
    if (isWebPage) return hold(reply, url, part('webPage'));
    // Some answer 201 to a request of which they refuse a part.
    if (isAboutLines(reply)) return rejected(reply, url, false);
    // InfluxDB answers a write with 204; whoever has something to say to it has not understood it.
    return reply.text.trim() === '' ? WRITTEN : hold(reply, url, part('content'));
  }
  if (status === 413) return rejected(reply, url, true);
  const requestFault = status === 400 || status === 422 || status >= 500 ? requestFaultAdvice(reply.text) : undefined;
  if (requestFault !== undefined) return hold(reply, url, requestFault);
  if (status === 400 || status === 422) {
    return isWebPage ? hold(reply, url, part('frontProxy')) : rejected(reply, url, false);
  }
  // InfluxDB 2 says of some bad lines that it has failed itself.
  if (status >= 500 && isAboutLines(reply)) return rejected(reply, url, false);
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const retryAfterMs = parseRetryAfter(reply.retryAfter, now);
    const error = replyError('INFLUX_BUSY', reply, url, part('sentAgain'), true);
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
    const sentence = say('otherScheme', { url, advice: scheme });
    return { kind: 'hold', error: new Pm500Error('INFLUX_REFUSED', sentence, { cause }) };
  }
  if (/CERT|SELF_SIGNED|^ERR_TLS|^ERR_SSL|^UNABLE_TO|^EPROTO$/.test(code))
    return { kind: 'hold', error: new Pm500Error('INFLUX_REFUSED', say('noTrust', { url, reason }), { cause }) };
  if (code.startsWith('ERR_INVALID'))
    return { kind: 'hold', error: new Pm500Error('CONFIG_INVALID', say('noRequest', { url, reason }), { cause }) };
  if (code === 'PROXY_REFUSED')
    return { kind: 'hold', error: new Pm500Error('INFLUX_REFUSED', say('proxyRefuses', { url, reason }), { cause }) };
  const options = { cause, retryable: true };
  if (code === ANSWERED_EARLY || code.startsWith('HPE_'))
    return { kind: 'retry', error: new Pm500Error('INFLUX_UNREACHABLE', say('noHttp', { url, reason }), options) };
  const why = UNREACHABLE.find((each) => each === code);
  const shown = why === undefined ? reason : part('reason', { why: part(why), reason });
  const error = new Pm500Error('INFLUX_UNREACHABLE', say('unreachable', { url, reason: shown }), options);
  return { kind: 'retry', error, isGeneral: NEVER_CONNECTED.has(code) };
}

/** Milliseconds from a Retry-After header (RFC 9110, 10.2.3), capped; undefined when there is none or it is unreadable. */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const delayMs = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(delayMs) ? undefined : Math.min(Math.max(delayMs, 0), MAXIMUM_RETRY_AFTER_MS);
}

function hold(reply: Reply, url: string, advice: Sentence): Verdict {
  return { kind: 'hold', error: replyError('INFLUX_REFUSED', reply, url, advice, false) };
}

function rejected(reply: Reply, url: string, tooLarge: boolean): Verdict {
  const error = replyError('INFLUX_REJECTED', reply, url, refusalAdvice(reply.text), false);
  const count = parseDropped(reply.text);
  return { kind: 'rejected', error, tooLarge, ...(count === undefined ? {} : { count }) };
}

function replyError(code: ErrorCode, reply: Reply, url: string, advice: Sentence, retryable: boolean): Pm500Error {
  const said = reply.text === '' ? '' : ` (${shorten(reply.text)})`;
  const sentence = say('answered', { url, status: reply.status, said, advice });
  const conflict = parseFieldConflict(reply.text);
  const details = {
    status: reply.status,
    reason: shorten(reply.text),
    ...(conflict === undefined ? {} : { conflict }),
  };
  return new Pm500Error(code, sentence, { retryable, details });
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
