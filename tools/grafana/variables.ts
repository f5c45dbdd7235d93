import { VariableRefresh, VariableSort, type DataSourceRef, type VariableModel } from '@grafana/schema';
import { identifier } from '../../src/influx/tiers/influxql';
import { SOURCES } from '../influxdb/plan';
import { CHOSEN_TAGS } from './influx';
import { DOCS_VARIABLE, INFLUX_DATASOURCE, INFLUX_VARIABLE, METRICS_DATASOURCE, METRICS_VARIABLE } from './names';

const ALL = { text: 'All', value: '$__all' };

function dataSource(name: string, label: string, type: string, uid: string): VariableModel {
  return {
    name,
    label,
    type: 'datasource',
    query: type,
    refresh: VariableRefresh.onDashboardLoad,
    current: { text: uid, value: uid },
  };
}

export const INFLUX_SOURCE = dataSource(INFLUX_VARIABLE, 'InfluxDB', 'influxdb', INFLUX_DATASOURCE);
export const METRICS_SOURCE = dataSource(METRICS_VARIABLE, 'Metrics', 'prometheus', METRICS_DATASOURCE);

export const DOCS: VariableModel = textBox(
  DOCS_VARIABLE,
  'Docs',
  'docs',
  'where the docs folder of the package is served',
);

/** A field for a person to fill in. */
export function textBox(name: string, label: string, value: string, description: string): VariableModel {
  const option = { text: value, value };
  return { name, label, description, type: 'textbox', query: value, current: option, options: [option] };
}

type Tag = (typeof CHOSEN_TAGS)[number];

function choice(name: Tag, query: string, datasource: DataSourceRef): VariableModel {
  return {
    name,
    label: `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    type: 'query',
    datasource,
    query,
    refresh: VariableRefresh.onDashboardLoad,
    sort: VariableSort.alphabeticalAsc,
    multi: true,
    includeAll: true,
    // Inserted as it is: also meters that lack the tag. A list of a thousand meters would be too long for a URL.
    allValue: '.*',
    current: ALL,
  };
}

const before = (tag: Tag): readonly Tag[] => CHOSEN_TAGS.slice(0, CHOSEN_TAGS.indexOf(tag));

/** Site, area, line and meter, each narrowed by those before it, as the database knows them. */
export function influxChoices(): VariableModel[] {
  const from = identifier(SOURCES[0]?.influxMeasurement ?? '');
  return CHOSEN_TAGS.map((tag) => {
    const where = before(tag).map((other) => `"${other}" =~ /^\${${other}:regex}$/`);
    const condition = where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`;
    return choice(tag, `SHOW TAG VALUES FROM ${from} WITH KEY = "${tag}"${condition}`, {
      type: 'influxdb',
      uid: `\${${INFLUX_VARIABLE}}`,
    });
  });
}

/** The same as the metrics page of Node-RED knows them. */
export function metricsChoices(series: string): VariableModel[] {
  return CHOSEN_TAGS.map((tag) => {
    const matchers = before(tag).map((other) => `${other}=~"$${other}"`);
    const selector = matchers.length === 0 ? series : `${series}{${matchers.join(',')}}`;
    return choice(tag, `label_values(${selector}, ${tag})`, { type: 'prometheus', uid: `\${${METRICS_VARIABLE}}` });
  });
}
