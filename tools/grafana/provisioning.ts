import { stringify } from 'yaml';
import { DATABASE } from '../../src/influx/tiers/plan';
import { GENERATED, INFLUX_DATASOURCE, METRICS_DATASOURCE } from './names';

/**
 * The data sources, with pinned UIDs. `$NAME` is a variable of the environment of Grafana; a URL that is not set leaves
 * the data source without one, which Grafana says.
 */
export function datasourcesFile(): string {
  const common = { access: 'proxy', editable: false, orgId: 1 };
  const datasources = [
    {
      // Neither is the default: of two that say so Grafana starts with none, and the dashboards name theirs.
      name: 'PowerMonitor 500 InfluxDB',
      type: 'influxdb',
      uid: INFLUX_DATASOURCE,
      ...common,
      isDefault: false,
      url: '$PM500_INFLUX_URL',
      user: '$PM500_INFLUX_USER',
      // POST: queries of many meters are longer than a URL may be.
      jsonData: { version: 'InfluxQL', httpMode: 'POST', dbName: DATABASE },
      secureJsonData: { password: '$PM500_INFLUX_PASSWORD' },
    },
    {
      name: 'PowerMonitor 500 metrics',
      type: 'prometheus',
      uid: METRICS_DATASOURCE,
      ...common,
      isDefault: false,
      url: '$PM500_METRICS_URL',
      jsonData: { httpMethod: 'POST', timeInterval: '15s' },
    },
  ];
  return `# ${GENERATED}\n${stringify({ apiVersion: 1, datasources }, { lineWidth: 0 })}`;
}

/** Where Grafana finds the dashboards. */
export function dashboardsFile(): string {
  const provider = {
    name: 'pm500',
    folder: 'PowerMonitor 500',
    type: 'file',
    disableDeletion: false,
    allowUiUpdates: false,
    updateIntervalSeconds: 60,
    options: { path: '/var/lib/grafana/dashboards/pm500' },
  };
  return `# ${GENERATED}\n${stringify({ apiVersion: 1, providers: [provider] }, { lineWidth: 0 })}`;
}
