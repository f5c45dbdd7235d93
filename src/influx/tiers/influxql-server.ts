import { Pm500Error } from '../../support/errors';
import { isRecord } from '../../support/expect';

/** One series of an answer: the rows have the columns' values in order; times are epoch milliseconds. */
export interface QuerySeries {
  readonly name: string;
  readonly columns: readonly string[];
  readonly values: readonly (readonly unknown[])[];
}

/** What takes InfluxQL. */
export interface InfluxQlServer {
  /** @throws Pm500Error INFLUX_UNREACHABLE, INFLUX_TIMEOUT or INFLUX_REFUSED in one sentence */
  query(influxQl: string): Promise<readonly QuerySeries[]>;
}

export interface InfluxQlAccess {
  /** Without a path, for instance http://127.0.0.1:8086. */
  readonly url: string;
  /** Empty for a server without users. */
  readonly user: string;
  readonly password: string;
  /** Ends what is under way. */
  readonly ended?: AbortSignal;
}

/** An hour of many meters is summed up within seconds; a server that says nothing for this long is stuck. */
const TIMEOUT_MS = 10 * 60_000;
const MOST_SHOWN = 200;

function refused(url: string, error: string): Pm500Error {
  const isLogin = /authorization failed|unable to parse authentication|not authorized|requires admin/.test(error);
  const advice = isLogin
    ? 'give --user and the variable INFLUX_PASSWORD of a user that may read and write'
    : 'correct it';
  return new Pm500Error('INFLUX_REFUSED', `InfluxDB at ${url} refuses the query (${error}); ${advice}.`);
}

/** Servers of other makes and versions answer too, and some of them take such queries without doing what they say. */
function checkVersion(url: string, version: string | null): void {
  if (version === null || /^v?1\./.test(version)) return;
  throw new Pm500Error(
    'INFLUX_REFUSED',
    `${url} is InfluxDB ${version}; only InfluxDB 1 is summed up from outside, there the tasks and queries of deploy/influxdb do it.`,
  );
}

async function answerOf(response: Response, url: string): Promise<readonly QuerySeries[]> {
  const text = await response.text();
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    answer = undefined;
  }
  const results: unknown = isRecord(answer) ? answer['results'] : undefined;
  const error = [answer, ...(Array.isArray(results) ? (results as readonly unknown[]) : [])]
    .map((each) => (isRecord(each) ? each['error'] : undefined))
    .find((each) => typeof each === 'string');
  if (typeof error === 'string') throw refused(url, error);
  if (!Array.isArray(results)) {
    throw new Pm500Error(
      'INFLUX_REFUSED',
      `${url} does not answer as InfluxDB 1 does (HTTP ${response.status} ${text.slice(0, MOST_SHOWN)}); check the URL.`,
    );
  }
  return (results as readonly { readonly series?: readonly QuerySeries[] }[]).flatMap(({ series = [] }) => series);
}

/** An InfluxDB 1 by its query interface. */
export function connectInfluxQl({ url, user, password, ended }: InfluxQlAccess): InfluxQlServer {
  const base = url.endsWith('/') ? url.slice(0, -1) : url;
  const login = Buffer.from(`${user}:${password}`).toString('base64');
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    ...(user === '' ? {} : { authorization: `Basic ${login}` }),
  };
  return {
    query: async (influxQl) => {
      const timeout = AbortSignal.timeout(TIMEOUT_MS);
      const signal = ended === undefined ? timeout : AbortSignal.any([timeout, ended]);
      const body = new URLSearchParams({ q: influxQl, epoch: 'ms' }).toString();
      let response: Response;
      try {
        response = await fetch(`${base}/query`, { method: 'POST', headers, body, signal });
        checkVersion(base, response.headers.get('x-influxdb-version'));
        return await answerOf(response, base);
      } catch (thrown) {
        if (thrown instanceof Pm500Error) throw thrown;
        if (ended?.aborted === true) throw new Pm500Error('ABORTED', 'Ended on request; run it again for the rest.');
        const code = timeout.aborted ? 'INFLUX_TIMEOUT' : 'INFLUX_UNREACHABLE';
        const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new Pm500Error(code, `InfluxDB at ${base} does not answer (${why}); check the URL and the server.`, {
          cause: thrown,
          retryable: true,
        });
      }
    },
  };
}
