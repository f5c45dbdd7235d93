/** Where InfluxDB listens unless told otherwise; what the reference flows expect. */
export const INFLUX_DEFAULT_PORT = 8086;

/** How to reach a database that speaks the InfluxDB v2 API for writing. */
export interface InfluxAccess {
  readonly url: string;
  readonly token: string;
  readonly org: string;
  readonly bucket: string;
}

export interface StoredQuery {
  /** Of what was read; KPIs and alarms have measurements that are named after it. */
  readonly influxMeasurement: string;
  readonly meter: string;
  /** Only samples from here on, epoch milliseconds. */
  readonly since: number;
}

/** Rows of one measurement, each with the value of one tag. */
export interface RowQuery extends StoredQuery {
  readonly tag: string;
  /** All fields where absent. */
  readonly fields?: readonly string[];
}

export function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}
