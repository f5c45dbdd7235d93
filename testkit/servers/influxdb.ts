import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startLastingServer, type LastingServer } from './lasting-server';
import { freePort } from './ports';
import { findProgram } from './programs';
import { temporaryFolder } from '../temporary-folder';

export interface InfluxDbOptions {
  /** Whether requests need a user; `query` then asks as this one. */
  readonly admin?: { readonly user: string; readonly password: string };
  /** Points go to the disk at once, and files become as small as they ever will; a server waits hours for that. */
  readonly compacts?: boolean;
  /** Where its data are; a temporary folder where it is not given. `stop` removes it either way. */
  readonly folder?: string;
}

/** One series of a query: the rows have the columns' values in order; times are epoch milliseconds. */
export interface QuerySeries {
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: readonly (readonly unknown[])[];
}

/** An InfluxDB 1.x, a strict parser of line protocol, whose data outlive `halt` and end with `stop`. */
export interface InfluxDb extends LastingServer {
  readonly port: number;
  readonly url: string;
  /** Where it is backed up and restored, host:port. */
  readonly rpc: string;
  /** The files of a database, a folder for each retention policy. */
  filesOf(database: string): string;
  /** What of it is not in these files yet: its log, a folder for each retention policy. */
  logsOf(database: string): string;
  /** Runs InfluxQL; throws what the database says against it. */
  query(influxQl: string, database?: string): Promise<readonly QuerySeries[]>;
}

const COMPACTS = `  cache-snapshot-write-cold-duration = "1s"
  compact-full-write-cold-duration = "1s"
`;

function configuration(folder: string, port: number, rpc: string, { admin, compacts }: InfluxDbOptions): string {
  return `
reporting-disabled = true
bind-address = "${rpc}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
  query-log-enabled = false
${compacts === true ? COMPACTS : ''}[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${port}"
  auth-enabled = ${admin !== undefined}
  log-enabled = false
[logging]
  level = "warn"
`;
}

interface QueryAnswer {
  readonly error?: string;
  readonly results?: readonly { readonly error?: string; readonly series?: readonly QuerySeries[] }[];
}

export async function startInfluxDb(options: InfluxDbOptions = {}): Promise<InfluxDb> {
  const { admin } = options;
  const folder = options.folder ?? temporaryFolder('influxdb');
  const port = await freePort();
  const file = join(folder, 'influxdb.conf');
  const rpc = `127.0.0.1:${await freePort()}`;
  writeFileSync(file, configuration(folder, port, rpc, options));
  const url = `http://127.0.0.1:${port}`;
  const query = async (influxQl: string, database = ''): Promise<readonly QuerySeries[]> => {
    const parameters = new URLSearchParams({ q: influxQl, db: database, epoch: 'ms' });
    const login = admin === undefined ? undefined : Buffer.from(`${admin.user}:${admin.password}`).toString('base64');
    const response = await fetch(`${url}/query?${parameters.toString()}`, {
      method: 'POST',
      headers: login === undefined ? {} : { authorization: `Basic ${login}` },
    });
    const answer = (await response.json()) as QueryAnswer;
    const error = answer.error ?? answer.results?.find((result) => result.error !== undefined)?.error;
    if (error !== undefined) throw new Error(`InfluxDB refuses ${influxQl}: ${error}`);
    return (answer.results ?? []).flatMap(({ series = [] }) => series);
  };
  const server = await startLastingServer(
    {
      name: 'influxd',
      command: findProgram('influxd'),
      args: ['run', '-config', file],
      env: { HOME: folder },
      ready: async () => (await fetch(`${url}/ping`)).status === 204,
    },
    folder,
  );
  if (admin !== undefined)
    await query(
      `CREATE USER "${admin.user}" WITH PASSWORD '${admin.password.replace(/[\\']/g, '\\$&')}' WITH ALL PRIVILEGES`,
    );
  const filesOf = (name: string): string => join(folder, 'data', name);
  const logsOf = (name: string): string => join(folder, 'wal', name);
  return Object.assign(server, { port, url, rpc, filesOf, logsOf, query });
}
