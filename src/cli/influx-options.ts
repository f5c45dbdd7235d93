import { DEFAULT_MEASUREMENT } from '../influx/mapping';
import { connectInfluxQl, type InfluxQlServer } from '../influx/tiers/influxql-server';
import { DATABASE } from '../influx/tiers/plan';
import { Zone } from '../domain/tariff/zone';
import { systemClock } from '../support/clock';
import { describeValue } from '../support/expect';
import { failUsage, type Options, type OptionRow } from './options';
import type { Terminal } from './terminal';

/** What every command about the tiers of an InfluxDB takes; a variable of the environment where an option is left out. */
export const INFLUX_ROWS: readonly OptionRow[] = [
  { name: 'url', value: 'URL', help: 'the InfluxDB (variable INFLUX_URL, http://127.0.0.1:8086)' },
  {
    name: 'user',
    value: 'NAME',
    help: 'its user (INFLUX_USER, none); the password is taken from INFLUX_PASSWORD alone',
  },
  { name: 'database', value: 'NAME', help: `its database (INFLUX_DATABASE, ${DATABASE})` },
  {
    name: 'measurement',
    value: 'NAME',
    help: `that of the influx-out nodes (INFLUX_MEASUREMENT, ${DEFAULT_MEASUREMENT})`,
  },
  { name: 'time-zone', value: 'ZONE', help: 'whose days and months count, such as Europe/Berlin (TIME_ZONE, UTC)' },
];

/** An InfluxDB and what is in it. */
export interface InfluxChoice {
  readonly server: InfluxQlServer;
  readonly database: string;
  /** The measurement of the influx-out nodes. */
  readonly influxMeasurement: string;
  readonly zone: Zone;
}

export type Environment = Readonly<Record<string, string | undefined>>;

function given(environment: Environment, name: string): string | undefined {
  const value = environment[name];
  return value === '' ? undefined : value;
}

function parseUrl(text: string): string {
  let url: URL | undefined;
  try {
    url = new URL(text);
  } catch {
    url = undefined;
  }
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return failUsage(`The URL of InfluxDB is ${describeValue(text)}; give one such as http://127.0.0.1:8086.`);
  }
  if (url.username !== '' || url.password !== '') {
    return failUsage('The URL of InfluxDB has a login in it; give --user and the variable INFLUX_PASSWORD instead.');
  }
  return url.href;
}

/** @throws Pm500Error CONFIG_INVALID */
export function parseZone(name: string): Zone {
  try {
    return new Zone(name);
  } catch {
    return failUsage(
      `The time zone is ${describeValue(name)}; give a name of the IANA data, for instance Europe/Berlin.`,
    );
  }
}

/** Whose days and months count. @throws Pm500Error CONFIG_INVALID */
export const zoneOf = (options: Options, environment: Environment): Zone =>
  parseZone(options.text('time-zone') ?? given(environment, 'TIME_ZONE') ?? 'UTC');

/**
 * @param mayBe2 whether an InfluxDB 2 will do, too
 * @throws Pm500Error CONFIG_INVALID
 */
export function chooseInflux(
  options: Options,
  environment: Environment,
  { ended }: Terminal,
  mayBe2 = false,
): InfluxChoice {
  const url = parseUrl(options.text('url') ?? given(environment, 'INFLUX_URL') ?? 'http://127.0.0.1:8086');
  const user = options.text('user') ?? given(environment, 'INFLUX_USER') ?? '';
  const password = environment['INFLUX_PASSWORD'] ?? '';
  if (user.includes(':')) failUsage('The user has a colon, which no login over HTTP can carry; choose another user.');
  const database = options.text('database') ?? given(environment, 'INFLUX_DATABASE') ?? DATABASE;
  const access = { url, user, password, database, mayBe2, ended };
  return {
    server: connectInfluxQl({ ...access, clock: systemClock, env: { ...environment } }),
    database,
    influxMeasurement: options.text('measurement') ?? given(environment, 'INFLUX_MEASUREMENT') ?? DEFAULT_MEASUREMENT,
    zone: zoneOf(options, environment),
  };
}
