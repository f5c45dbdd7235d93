import { Pm500Error } from '../support/errors';
import { precisionName, type Precision } from './precision';
import type { Sentence } from '../support/sentence';
import { INFLUX_WORDS } from './words';

/**
 * What takes the lines, and as whom:
 * - `v2`: InfluxDB 2, InfluxDB Cloud, Telegraf's influxdb_v2_listener, VictoriaMetrics
 * - `v1`: InfluxDB 1 and what answers like it at /write
 * - `v3`: InfluxDB 3 at its v2-compatible endpoint, which knows databases and no organizations
 * - `line-protocol`: anything else that takes line protocol by POST, at a path of its own
 *
 * Empty text stands for what is not set.
 */
export type Endpoint =
  | { readonly api: 'v2'; readonly org: string; readonly bucket: string; readonly token: string }
  | {
      readonly api: 'v1';
      readonly database: string;
      readonly retentionPolicy: string;
      readonly user: string;
      readonly password: string;
    }
  | { readonly api: 'v3'; readonly database: string; readonly token: string }
  | {
      readonly api: 'line-protocol';
      /** With its query, for instance /telegraf?source=plant. */
      readonly path: string;
      readonly token: string;
      readonly user: string;
      readonly password: string;
    };

export type Api = Endpoint['api'];
export const APIS: readonly Api[] = ['v2', 'v1', 'v3', 'line-protocol'];

/** What a sentence calls the settings that a refusal is about. */
export interface EndpointWords {
  readonly credential: Sentence;
  /** What holds the points. */
  readonly place: Sentence;
  /** What a 404 may come from. */
  readonly whereabouts: Sentence;
  /** True where a 404 that does not say what was not found may come from another server. */
  readonly isMaybeOther: boolean;
}

const { say } = INFLUX_WORDS;
const [TOKEN, DATABASE] = [say('token'), say('database')];

const WORDS: Readonly<Record<Api, EndpointWords>> = {
  v2: { credential: TOKEN, place: say('bucket'), whereabouts: say('whereaboutsV2'), isMaybeOther: true },
  v1: { credential: say('login'), place: DATABASE, whereabouts: say('whereaboutsV1'), isMaybeOther: false },
  v3: { credential: TOKEN, place: DATABASE, whereabouts: say('whereaboutsV3'), isMaybeOther: true },
  'line-protocol': {
    credential: say('tokenOrLogin'),
    place: say('endpoint'),
    whereabouts: say('whereaboutsLine'),
    isMaybeOther: false,
  },
};

export function wordsOf({ api }: Pick<Endpoint, 'api'>): EndpointWords {
  return WORDS[api];
}

/**
 * Path and query of the write request, to be added to the URL of the server.
 * @throws Pm500Error CONFIG_INVALID for a path that cannot be used
 */
export function writePath(endpoint: Endpoint, precision: Precision): string {
  const query = (entries: Readonly<Record<string, string>>): string =>
    new URLSearchParams(Object.entries(entries).filter(([, value]) => value !== '')).toString();
  switch (endpoint.api) {
    case 'v2': {
      const { org, bucket } = endpoint;
      return `/api/v2/write?${query({ org, bucket, precision: precisionName('v2', precision) })}`;
    }
    case 'v3':
      // The v2-compatible endpoint takes the name of the database for the bucket.
      return `/api/v2/write?${query({ bucket: endpoint.database, precision: precisionName('v2', precision) })}`;
    case 'v1': {
      const { database: db, retentionPolicy: rp } = endpoint;
      return `/write?${query({ db, rp, precision: precisionName('v1', precision) })}`;
    }
    case 'line-protocol':
      return customPath(endpoint.path, precision);
  }
}

function customPath(path: string, precision: Precision): string {
  if (!/^\/[^\s#]*$/.test(path) || /[?&]precision=/.test(path)) {
    const message =
      'The path of the InfluxDB target cannot be used: begin it with /, without spaces and without precision=, which is a setting of its own.';
    throw new Pm500Error('CONFIG_INVALID', message);
  }
  return `${path}${path.includes('?') ? '&' : '?'}precision=${precisionName('v2', precision)}`;
}

/** The Authorization header, or undefined where no credential is set. */
export function authorization(endpoint: Endpoint): string | undefined {
  if ('token' in endpoint && endpoint.token !== '') return `Token ${endpoint.token}`;
  if (!('user' in endpoint) || endpoint.user === '') return undefined;
  return `Basic ${Buffer.from(`${endpoint.user}:${endpoint.password}`, 'utf8').toString('base64')}`;
}
