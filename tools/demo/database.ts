import { lookUpProgram } from '../../testkit/servers/programs';
import { startVictoriaMetrics, VICTORIA_METRICS_PROGRAMS } from '../../testkit/servers/victoria-metrics';
import { INFLUX_DEFAULT_PORT, type InfluxAccess } from './influx-access';

/** Where points go. */
export interface Database {
  /** What people read: which database, and whose. */
  readonly label: string;
  readonly access: InfluxAccess;
  /** Absent where the demo has not started it: a database of somebody's is left alone. */
  readonly own?: OwnDatabase;
}

/** A database of this demo, which may stop it. */
export interface OwnDatabase {
  /** Stops it as an outage would; its data stay. */
  halt(): Promise<void>;
  resume(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A database that somebody gave by INFLUX_URL, INFLUX_TOKEN, INFLUX_ORG and INFLUX_BUCKET. */
function givenDatabase(environment: Environment): Database | undefined {
  const url = environment['INFLUX_URL'] ?? '';
  if (url === '') return undefined;
  const access = {
    url,
    token: environment['INFLUX_TOKEN'] ?? '',
    org: environment['INFLUX_ORG'] ?? '',
    bucket: environment['INFLUX_BUCKET'] ?? '',
  };
  return { label: `the database of INFLUX_URL, bucket "${access.bucket}"`, access };
}

/** The database that was given, else a VictoriaMetrics of our own where it is installed, else none. */
export async function openDatabase(
  environment: Environment,
  choosePort: (usual: number) => Promise<number>,
): Promise<Database | undefined> {
  const given = givenDatabase(environment);
  if (given !== undefined) return given;
  if (lookUpProgram(...VICTORIA_METRICS_PROGRAMS) === undefined) return undefined;
  const server = await startVictoriaMetrics({ port: await choosePort(INFLUX_DEFAULT_PORT) });
  return {
    label: 'a VictoriaMetrics of this demo, its data gone afterward',
    access: { url: server.url, token: '', org: '', bucket: '' },
    own: server,
  };
}
