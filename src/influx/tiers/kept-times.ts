import { Pm500Error } from '../../support/errors';
import { identifier } from './influxql';
import type { InfluxQlServer } from './influxql-server';

/** For how long the retention policies of a database really keep points. */
export interface KeptTimes {
  /**
   * @returns milliseconds; infinite forever
   * @throws Pm500Error INFLUX_REFUSED where the database has no such policy
   */
  of(policy: string): number;
}

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000 };

/** A duration as Go writes it, such as 720h0m0s; zero is forever. */
function parseDuration(text: string): number {
  const ms = [...text.matchAll(/(\d{1,9})([hms])/g)].reduce(
    (sum, [, count = '', unit = '']) => sum + Number(count) * (UNITS[unit] ?? 0),
    0,
  );
  return ms === 0 ? Number.POSITIVE_INFINITY : ms;
}

/** Asks the database, as a person may have changed what the plan says. */
export async function keptTimes(server: InfluxQlServer, database: string): Promise<KeptTimes> {
  const [policies] = await server.query(`SHOW RETENTION POLICIES ON ${identifier(database)}`);
  const kept = new Map(policies?.values.map(([name, duration]) => [name, parseDuration(String(duration))]));
  return {
    of: (policy) => {
      const found = kept.get(policy);
      if (found !== undefined) return found;
      throw new Pm500Error(
        'INFLUX_REFUSED',
        `The database ${database} has no retention policy ${policy}; run deploy/influxdb/bootstrap-v1.sh first.`,
      );
    },
  };
}
