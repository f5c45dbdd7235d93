import type { Health } from '../delivery/destination';
import type { Clock } from '../support/clock';
import { wordsOf, writePath } from './endpoint';
import { createExchange, type HttpExchange } from './exchange';
import { judgeFailure, judgeReply, type Reply } from './response-rules';
import { writeHeaders, type SenderSettings } from './sender';
import { INFLUX_SENTENCES } from './words';

/** What a database is called that does not say what it is. */
export const ANY_SERVER = INFLUX_SENTENCES.say('anyServer');

/**
 * Asks a database how it is, then writes nothing to it: an empty write is judged like any other (credential, bucket or
 * database, retention policy) and stores nothing. One sentence says what is wrong. Never rejects.
 */
export async function checkHealth(
  settings: SenderSettings,
  clock: Clock,
  signal: AbortSignal,
  env = process.env,
): Promise<Health> {
  return (await examineDatabase(settings, clock, signal, env)).health;
}

/** How a database is, and what it answered to the empty write where it did. */
export interface Examined {
  readonly health: Health;
  readonly reply?: Reply;
}

/** The same, with the answer. Never rejects, but for settings that cannot be used (CONFIG_INVALID). */
export async function examineDatabase(
  settings: SenderSettings,
  clock: Clock,
  signal: AbortSignal,
  env = process.env,
): Promise<Examined> {
  const exchange = createExchange(settings, clock, env);
  try {
    return await examine(exchange, settings, clock, signal);
  } finally {
    exchange.close();
  }
}

async function examine(
  exchange: HttpExchange,
  { endpoint, precision = 'ms', timeoutMs }: SenderSettings,
  clock: Clock,
  signal: AbortSignal,
): Promise<Examined> {
  const { shownUrl } = exchange;
  const headers = writeHeaders(endpoint);
  const path = writePath(endpoint, precision);
  const empty = { method: 'POST', path, body: '', headers, gzip: false } as const;
  const outcome = await exchange.request(empty, signal);
  if (outcome.kind === 'timed out') {
    const cause = Object.assign(new Error(`no answer within ${timeoutMs} ms`), { code: 'ETIMEDOUT' });
    return { health: unreachable(cause, shownUrl) };
  }
  if (outcome.kind === 'failed') return { health: unreachable(outcome.cause, shownUrl) };
  const { reply } = outcome;
  const verdict = judgeReply(reply, shownUrl, clock.now(), wordsOf(endpoint));
  if (verdict.kind === 'hold' || verdict.kind === 'retry')
    return { health: { healthy: false, problem: 'refused', error: verdict.error }, reply };
  // A 400 is about the write being empty: InfluxDB 2 and 3 want at least one line, after all else has passed.
  return { health: { healthy: true, server: await nameServer(exchange, reply, signal) }, reply };
}

function unreachable(cause: unknown, url: string): Health {
  const verdict = judgeFailure(cause, url);
  // A failure is never a success.
  if (!('error' in verdict)) throw new TypeError('unreachable');
  return { healthy: false, problem: 'unreachable', error: verdict.error };
}

/** For people only: not every server says what it is, and none must. */
async function nameServer(exchange: HttpExchange, { version }: Reply, signal: AbortSignal): Promise<string> {
  if (version !== undefined) return `InfluxDB ${version}`;
  const ping = { method: 'GET', path: '/ping', body: '', headers: {}, gzip: false } as const;
  const outcome = await exchange.request(ping, signal);
  const found = outcome.kind === 'replied' ? outcome.reply.version : undefined;
  return found === undefined ? ANY_SERVER.text : `InfluxDB ${found}`;
}
