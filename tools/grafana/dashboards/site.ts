import { tierField } from '../../../src/influx/tiers/aggregates';
import { RAW } from '../../../src/influx/tiers/plan';
import type { DashboardSpec } from '../dashboard';
import type { Influx } from '../influx';
import { CONTRACT_LINE, OF_CONTRACT } from '../metrics';
import { influxQl, influxTable, type PanelSpec } from '../panel';
import { influxChoices, INFLUX_SOURCE, METRICS_SOURCE } from '../variables';
import {
  ALARM_DOCS,
  ENERGY_DOCS,
  GOOD_ONLY,
  KPI_DOCS,
  LATELY,
  NO_KPI,
  NO_TIER,
  NOTHING_READ,
  NOW,
  QUALITY_DOCS,
  READ_DOCS,
} from '../words';
import { BAD_REASONS } from '../influx';

const CURRENTS = ['current_l1', 'current_l2', 'current_l3'] as const;

/** Everything of a site at a glance. */
export function siteOverview(influx: Influx): DashboardSpec {
  const newest = (name: string): string => influx.whole(name, 'last', RAW.name);
  const unit = (...names: readonly string[]) => influx.unitOf(...names);
  return {
    uid: 'pm500-site',
    title: 'Site overview',
    description: 'All meters of a site: load, energy, power factor, unbalance, alarms and quality.',
    variables: [INFLUX_SOURCE, METRICS_SOURCE, ...influxChoices()],
    since: '24h',
    refresh: '30s',
    sections: [
      {
        title: 'Now',
        panels: [
          {
            title: 'Active power',
            description: 'The newest active power of each meter.',
            kind: 'stat',
            unit: unit('active_power_total'),
            noData: NOTHING_READ,
            docs: READ_DOCS,
            queries: [influxQl(newest('active_power_total'))],
            timeFrom: NOW,
            width: 6,
            height: 6,
          },
          {
            title: 'Energy of the running day',
            description: 'Active energy import since midnight in the time zone of the KPIs.',
            kind: 'stat',
            unit: unit('active_energy_import_day'),
            noData: NO_KPI,
            docs: KPI_DOCS,
            queries: [influxQl(newest('active_energy_import_day'))],
            timeFrom: NOW,
            width: 6,
            height: 6,
          },
          {
            title: 'Power factor of the last demand window',
            description: 'From active and reactive energy import of the window, without a sign.',
            kind: 'stat',
            unit: unit('interval_power_factor'),
            noData: NO_KPI,
            docs: KPI_DOCS,
            queries: [influxQl(newest('interval_power_factor'))],
            timeFrom: LATELY,
            decimals: 3,
            width: 6,
            height: 6,
          },
          {
            title: 'Voltage unbalance',
            description: 'The newest unbalance of each meter by NEMA MG-1.',
            kind: 'stat',
            unit: unit('voltage_unbalance'),
            noData: NO_KPI,
            docs: KPI_DOCS,
            queries: [influxQl(newest('voltage_unbalance'))],
            timeFrom: NOW,
            decimals: 2,
            width: 6,
            height: 6,
          },
        ],
      },
      {
        title: 'Load',
        panels: [
          {
            title: 'Active power over time',
            description: `Mean of each window. ${GOOD_ONLY} Minutes are kept for 90 days.`,
            kind: 'timeseries',
            unit: unit('active_power_total'),
            noData: NOTHING_READ,
            docs: READ_DOCS,
            queries: [influxQl(influx.over('active_power_total', 'mean', '1m'))],
            atLeast: '1m',
            width: 16,
          },
          {
            title: 'Peak demand of the running month',
            description: 'The highest demand of a window since the month began, and when its window ended.',
            kind: 'table',
            unit: unit('peak_demand_month'),
            noData: NO_KPI,
            docs: KPI_DOCS,
            queries: [
              influxTable(
                influx.row(
                  [
                    { name: 'peak_demand_month', wanted: 'last', as: 'Peak demand' },
                    { name: 'peak_demand_time_month', wanted: 'last', as: 'Window ended' },
                  ],
                  RAW.name,
                ),
              ),
            ],
            isTimeless: true,
            overrides: [{ field: 'Window ended', unit: unit('peak_demand_time_month') }],
            width: 8,
          },
          demand(influx),
          {
            title: 'Energy by day, two weeks',
            description:
              'Sum of the energies that the counters added on each day of the site; the running day is not in it.',
            kind: 'timeseries',
            unit: unit('energy_delta_active_import_total'),
            noData: NO_TIER,
            docs: ENERGY_DOCS,
            queries: [influxQl(influx.ofEach('day', 'energy_delta_active_import_total', 'sum'))],
            bars: 'stacked',
            timeFrom: '14d',
            width: 12,
          },
          {
            title: 'Largest phase current',
            description: 'The highest reading of the three line currents in each window.',
            kind: 'timeseries',
            unit: unit(...CURRENTS),
            noData: NOTHING_READ,
            docs: READ_DOCS,
            queries: CURRENTS.map((name) =>
              influxQl(influx.over(name, 'max', '1m'), `$tag_meter ${influx.metric(name).label}`),
            ),
            atLeast: '1m',
            width: 12,
          },
        ],
      },
      {
        title: 'What needs a person',
        panels: [
          {
            title: 'Alarms that are active',
            description:
              'Alarms of pm500-normalize that their last event of a year left active; told some minutes later.',
            kind: 'table',
            unit: 'state',
            noData: 'No alarm is active',
            docs: ALARM_DOCS,
            queries: [influxTable(activeAlarms(influx))],
            isTimeless: true,
            overrides: [{ field: 'since', unit: 'ms' }],
            // An alarm that was raised long ago is still one.
            timeFrom: '1y',
            width: 12,
          },
          {
            title: 'Values that are missing, by reason',
            description:
              'Values that were bad, so that they have no field and are in no mean. Read failures, overload and others.',
            kind: 'timeseries',
            unit: 'count',
            noData: 'No value was missing',
            docs: QUALITY_DOCS,
            queries: [influxQl(influx.missing(BAD_REASONS, '1m'), '$col')],
            bars: 'stacked',
            atLeast: '1m',
            width: 12,
          },
        ],
      },
    ],
  };
}

/** The demand of each window against what the contract allows. */
function demand(influx: Influx): PanelSpec {
  const name = influx.in('W', 'interval_demand');
  return {
    title: 'Demand of each window, with the contract',
    description: `Under the end of the window; of windows shorter than 15 minutes the highest in each 15 minutes. ${OF_CONTRACT}`,
    kind: 'timeseries',
    unit: influx.unitOf(name),
    noData: NO_KPI,
    docs: KPI_DOCS,
    queries: [influxQl(influx.over(name, 'max', '15m')), CONTRACT_LINE],
    atLeast: '15m',
    width: 24,
  };
}

/** Quarters of an hour, as raw points of alarms are gone before some alarms are over. */
const ALARM_TIER = '15m';

/** One row for each alarm whose last event left it active. */
function activeAlarms(influx: Influx): string {
  const newest = ['active', 'message', 'since'].map((field) => `last("${tierField(field, 'last')}") AS "${field}"`);
  const from = influx.fromAlarms(ALARM_TIER);
  const alarms = `SELECT ${newest.join(', ')} ${from} GROUP BY "meter", "alarm", "severity"`;
  return `SELECT "meter", "alarm", "severity", "message", "since" FROM (${alarms}) WHERE "active" = 1`;
}
