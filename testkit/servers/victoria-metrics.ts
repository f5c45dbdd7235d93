import { startLastingServer, type LastingServer } from './lasting-server';
import { freePort } from './ports';
import { findProgram } from './programs';
import { temporaryFolder } from '../temporary-folder';
import { exportSeries, queryNow, type InstantValue, type Series } from './victoria-metrics-query';

export const VICTORIA_METRICS_PROGRAMS = ['victoria-metrics', 'victoria-metrics-prod'] as const;

export interface VictoriaMetricsOptions {
  /** 0, the default, for one that the system chooses. */
  readonly port?: number;
  /** Further flags, for instance "-influx.maxLineSize=1KB". */
  readonly flags?: readonly string[];
  /** Where its data are; a temporary folder where it is not given. `stop` removes it either way. */
  readonly folder?: string;
}

/**
 * A VictoriaMetrics whose data outlive `halt` and end with `stop`. Its /api/v2/write takes line protocol and answers 204
 * to malformed lines too; a field becomes the series `<measurement>_<field>` with the tags as labels; text is not kept.
 */
export interface VictoriaMetrics extends LastingServer {
  readonly port: number;
  /** Base URL, what an InfluxDB client takes. */
  readonly url: string;
  /** Every sample of the series that match, for instance `{meter="m1"}`, flushed to be seen at once. */
  export(selector: string): Promise<readonly Series[]>;
  /** The value of an expression now. */
  query(expression: string): Promise<readonly InstantValue[]>;
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(`${url}/health`);
  return response.ok;
}

export async function startVictoriaMetrics(options: VictoriaMetricsOptions = {}): Promise<VictoriaMetrics> {
  const { flags = [] } = options;
  const port = options.port === undefined || options.port === 0 ? await freePort() : options.port;
  const folder = options.folder ?? temporaryFolder('victoria-metrics');
  const url = `http://127.0.0.1:${port}`;
  const server = await startLastingServer(
    {
      name: 'victoria-metrics',
      command: findProgram(...VICTORIA_METRICS_PROGRAMS),
      args: [
        `-storageDataPath=${folder}`,
        `-httpListenAddr=127.0.0.1:${port}`,
        '-loggerLevel=WARN',
        '-retentionPeriod=20y',
        '-memory.allowedBytes=128MB',
        '-search.latencyOffset=0s',
        '-http.shutdownDelay=0s',
        '-http.maxGracefulShutdownDuration=1s',
        ...flags,
      ],
      ready: () => answers(url),
    },
    folder,
  );
  return Object.assign(server, {
    port,
    url,
    export: (selector: string) => exportSeries(url, selector),
    query: (expression: string) => queryNow(url, expression),
  });
}
