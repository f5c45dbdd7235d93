import type { Clock } from '../../support/clock';
import { Pm500Error } from '../../support/errors';
import { isRecord } from '../../support/expect';
import { createExchange, type ConnectionSettings, type HttpOutcome } from '../exchange';
import type { Reply } from '../response-rules';

/** One series of an answer: the rows have the columns' values in order; times are epoch milliseconds. */
export interface QuerySeries {
  readonly name: string;
  /** Of what it was grouped by. */
  readonly tags?: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: readonly (readonly unknown[])[];
}

/** What takes InfluxQL. */
export interface InfluxQlServer {
  /** @throws Pm500Error INFLUX_UNREACHABLE, INFLUX_TIMEOUT or INFLUX_REFUSED in one sentence */
  query(influxQl: string): Promise<readonly QuerySeries[]>;
  /** Major version that its last answer told; 1 of one that tells none. */
  readonly major: number;
}

export interface InfluxQlAccess extends Pick<ConnectionSettings, 'readTls' | 'proxy'> {
  /** Without a path, for instance http://127.0.0.1:8086. */
  readonly url: string;
  /** Empty for a server without users. */
  readonly user: string;
  readonly password: string;
  /** By its name InfluxDB 2 finds the buckets. */
  readonly database: string;
  /** Whether InfluxDB 2 will do, too, which answers queries that only read. */
  readonly mayBe2?: boolean;
  /** Ends what is under way. */
  readonly ended?: AbortSignal;
  readonly clock: Clock;
  /** Where the proxy variables stand. */
  readonly env: NodeJS.ProcessEnv;
}

/** An hour of many meters is summed up within seconds; a server that says nothing for this long is stuck. */
const TIMEOUT_MS = 10 * 60_000;
const MOST_SHOWN = 200;
/** The texts of all continuous queries are half a megabyte; whoever answers with more than this is no InfluxDB. */
const MOST_ANSWER_BYTES = 16 * 1024 ** 2;

function refused(url: string, error: string): Pm500Error {
  const isLogin = /authorization failed|unable to parse authentication|not authorized|requires admin|unauthorized/.test(
    error,
  );
  // Until it is started again, InfluxDB 1 goes on refusing what it would write into the same file.
  const isFull = /no space left|quota exceeded/.test(error);
  const isWithoutTiers = /(database|retention policy) not found/.test(error);
  const advice = isLogin
    ? 'give --user and the variable INFLUX_PASSWORD of a user that may read and write'
    : isFull
      ? 'its volume is full: make room on it, start InfluxDB again as docs/runbooks/sink-down.md says, then run this again'
      : isWithoutTiers
        ? 'correct --database, or let deploy/influxdb/bootstrap-v1.sh make what is missing (docs/influxdb.md)'
        : 'correct it';
  return new Pm500Error('INFLUX_REFUSED', `InfluxDB at ${url} refuses the query (${error}); ${advice}.`);
}

/**
 * The major version. Servers of other makes and versions answer too, and some of them take such queries without doing what
 * they say.
 */
function majorOf(url: string, version: string | undefined, mayBe2: boolean): number {
  const major = version === undefined ? 1 : Number(/^v?(\d+)\./.exec(version)?.[1]);
  if (major === 1 || (mayBe2 && major === 2)) return major;
  if (mayBe2) {
    throw new Pm500Error(
      'INFLUX_REFUSED',
      `The server at ${url} is InfluxDB ${version ?? ''}; only InfluxDB 1 and 2 say how far their tiers have come.`,
    );
  }
  throw new Pm500Error(
    'INFLUX_REFUSED',
    `The server at ${url} is InfluxDB ${version ?? ''}; only InfluxDB 1 is summed up from outside, there the tasks and queries of deploy/influxdb do it.`,
  );
}

/** A server with a limit of rows says of what it cut that it is partial, of the series or of the statement. */
interface ResultPart {
  readonly series?: readonly (QuerySeries & { readonly partial?: boolean })[];
  readonly partial?: boolean;
}

function seriesIn({ status, text }: Reply, url: string): readonly QuerySeries[] {
  if (Buffer.byteLength(text) >= MOST_ANSWER_BYTES) {
    throw new Pm500Error(
      'INFLUX_REFUSED',
      `The server at ${url} answers with more than ${MOST_ANSWER_BYTES / 1024 ** 2} MB, which InfluxDB 1 does not; check the URL.`,
    );
  }
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    answer = undefined;
  }
  const results: unknown = isRecord(answer) ? answer['results'] : undefined;
  const error = (Array.isArray(results) ? (results as readonly unknown[]) : [])
    .map((each) => (isRecord(each) ? each['error'] : undefined))
    .find((each) => typeof each === 'string');
  if (typeof error === 'string') throw refused(url, error);
  if (Array.isArray(results)) {
    const parts = results as readonly ResultPart[];
    const series = parts.flatMap((part) => part.series ?? []);
    // Of what is cut off nobody would know that it is there: whole series, and the end of the last one.
    if ([...parts, ...series].some(({ partial }) => partial === true)) {
      throw new Pm500Error(
        'INFLUX_REFUSED',
        `InfluxDB at ${url} answers with a part of what was asked; set max-row-limit in the section [http] of its influxdb.conf to 0, and start it again.`,
      );
    }
    return series;
  }
  // Of a refusal before any statement the exchange has taken the sentence out.
  const shown = text.slice(0, MOST_SHOWN);
  if (status === 400 || status === 401 || status === 403) throw refused(url, shown);
  throw new Pm500Error(
    'INFLUX_REFUSED',
    `The server at ${url} does not answer as InfluxDB 1 does (HTTP ${status} ${shown}); check the URL.`,
  );
}

/** Why there is no answer. */
function silent(url: string, outcome: Exclude<HttpOutcome, { kind: 'replied' }>): Pm500Error {
  const isLate = outcome.kind === 'timed out';
  const cause = isLate ? undefined : outcome.cause;
  const why = isLate
    ? `nothing for ${TIMEOUT_MS / 60_000} minutes`
    : cause instanceof Error
      ? cause.message
      : String(cause);
  return new Pm500Error(
    isLate ? 'INFLUX_TIMEOUT' : 'INFLUX_UNREACHABLE',
    `InfluxDB at ${url} does not answer (${why}); check the URL and the server.`,
    { cause, retryable: true },
  );
}

/**
 * An InfluxDB 1 by its query interface. Answers are bounded in size and time; the proxy is that of the environment where none is named.
 * @throws Pm500Error CONFIG_INVALID for a URL that cannot be used
 */
export function connectInfluxQl(access: InfluxQlAccess): InfluxQlServer {
  const { url, user, password, database, mayBe2 = false, ended, clock, env, readTls, proxy } = access;
  const base = url.endsWith('/') ? url.slice(0, -1) : url;
  const exchange = createExchange(
    {
      url: base,
      timeoutMs: TIMEOUT_MS,
      ...(readTls === undefined ? {} : { readTls }),
      ...(proxy === undefined ? {} : { proxy }),
    },
    clock,
    env,
  );
  const login = Buffer.from(`${user}:${password}`).toString('base64');
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    ...(user === '' ? {} : { authorization: `Basic ${login}` }),
  };
  const signal = ended ?? new AbortController().signal;
  let major = 1;
  return {
    get major() {
      return major;
    },
    query: async (influxQl) => {
      const body = new URLSearchParams({ q: influxQl, db: database, epoch: 'ms' }).toString();
      const request = { method: 'POST', path: '/query', body, headers, gzip: false } as const;
      const outcome = await exchange.request({ ...request, mostAnswerBytes: MOST_ANSWER_BYTES }, signal);
      if (ended?.aborted === true) throw new Pm500Error('ABORTED', 'Ended on request; run it again for the rest.');
      if (outcome.kind !== 'replied') throw silent(base, outcome);
      major = majorOf(base, outcome.reply.version, mayBe2);
      return seriesIn(outcome.reply, base);
    },
  };
}
