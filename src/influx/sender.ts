import type { Verdict } from '../delivery/destination';
import type { Clock } from '../support/clock';
import { Pm500Error } from '../support/errors';
import { authorization, wordsOf, writePath, type Endpoint } from './endpoint';
import { createExchange, type ConnectionSettings } from './exchange';
import { convertTimestamps, type Precision } from './precision';
import { namedLines } from './refused-lines';
import { judgeFailure, judgeReply } from './response-rules';

/** Which database, and how to reach it. */
export interface SenderSettings extends ConnectionSettings {
  readonly endpoint: Endpoint;
  /** Compresses what is sent; no where absent. */
  readonly gzip?: boolean;
  /** Of the timestamps on the wire; milliseconds where absent. */
  readonly precision?: Precision;
}

/** Sends lines once. */
export interface Sender {
  /**
   * One POST. Never rejects; when `signal` aborts, the verdict is a retry.
   * @param lines of line protocol with timestamps in milliseconds, as text or in UTF-8
   */
  send(lines: string | Buffer, signal: AbortSignal): Promise<Verdict>;
  /** Closes idle connections. */
  close(): void;
}

/**
 * A sender over HTTP.
 * @throws Pm500Error CONFIG_INVALID for a URL, path or proxy that cannot be used
 */
export function createHttpSender(settings: SenderSettings, clock: Clock, env = process.env): Sender {
  const { endpoint, precision = 'ms', gzip = false, timeoutMs } = settings;
  const exchange = createExchange(settings, clock, env);
  const { shownUrl } = exchange;
  const path = writePath(endpoint, precision);
  const words = wordsOf(endpoint);
  const headers = writeHeaders(endpoint);

  return {
    send: async (lines, signal) => {
      const body = precision === 'ms' ? lines : convertTimestamps(lines.toString(), precision);
      const outcome = await exchange.request({ method: 'POST', path, body, headers, gzip }, signal);
      if (outcome.kind === 'timed out') return timeoutVerdict(timeoutMs, shownUrl);
      if (outcome.kind === 'failed') return judgeFailure(outcome.cause, shownUrl);
      const verdict = judgeReply(outcome.reply, shownUrl, clock.now(), words);
      if (verdict.kind !== 'rejected') return verdict;
      const named = namedLines(body.toString().split('\n'), outcome.reply);
      return named.length === 0 ? verdict : { ...verdict, named };
    },
    close: () => {
      exchange.close();
    },
  };
}

/** Headers of a write to `endpoint`. */
export function writeHeaders(endpoint: Endpoint): Readonly<Record<string, string>> {
  const credential = authorization(endpoint);
  return {
    'content-type': 'text/plain; charset=utf-8',
    ...(credential === undefined ? {} : { authorization: credential }),
  };
}

function timeoutVerdict(timeoutMs: number, url: string): Verdict {
  const message = `InfluxDB at ${url} did not answer within ${timeoutMs} ms: the lines wait and are sent again.`;
  return { kind: 'retry', error: new Pm500Error('INFLUX_TIMEOUT', message, { retryable: true }) };
}
