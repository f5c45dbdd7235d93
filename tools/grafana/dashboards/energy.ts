import { PERIODS, periodMetricOf, tariffEnergyBase } from '../../../src/metrics/derived-metrics';
import { tierField } from '../../../src/influx/tiers/aggregates';
import { RAW } from '../../../src/influx/tiers/plan';
import type { DashboardSpec } from '../dashboard';
import type { Influx } from '../influx';
import { influxQl, influxTable, type PanelSpec } from '../panel';
import { influxChoices, INFLUX_SOURCE } from '../variables';
import { ENERGY_DOCS, KPI_DOCS, NO_KPI, NO_TIER, NOW, ONCE, TARIFF_DOCS } from '../words';

const IMPORT = 'energy_delta_active_import_total';
const EXPORT = 'energy_delta_active_export_total';
const REACTIVE = 'energy_delta_reactive_import_total';

/** Shares of the time, percent, at which the load-duration curve is told. */
const SHARES = [0, 1, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99, 100] as const;

function ofEach(influx: Influx, title: string, period: 'day' | 'month', more: Partial<PanelSpec> = {}): PanelSpec {
  return {
    title,
    description: `Sum of what the counters added within each ${period} of the site; the one that runs is not in it. ${ONCE}`,
    kind: 'timeseries',
    unit: influx.unitOf(IMPORT),
    noData: NO_TIER,
    docs: ENERGY_DOCS,
    queries: [influxQl(influx.ofEach(period, IMPORT, 'sum'))],
    bars: 'stacked',
    width: 12,
    ...more,
  };
}

/** How much of the time the demand was at least so high: percentiles of the demands of all windows. */
function loadDuration(influx: Influx): PanelSpec {
  const demand = tierField('interval_demand', 'max');
  const columns = SHARES.map((share) => {
    const call = share === 100 ? `min("${demand}")` : `percentile("${demand}", ${100 - share})`;
    return `${call} AS "${share} %"`;
  });
  influx.figure('interval_demand', 'max', '15m');
  return {
    title: 'Load-duration curve',
    description:
      'The demand that was reached or passed for so many percent of the windows of the chosen time, so the highest at 0 % and the base load at 100 %. With demand windows shorter than 15 minutes the highest in each 15 minutes counts.',
    kind: 'bargauge',
    unit: influx.unitOf('interval_demand'),
    noData: NO_KPI,
    docs: KPI_DOCS,
    queries: [
      influxQl(
        `SELECT ${columns.join(', ')} ${influx.from('interval_demand', '15m')} GROUP BY "meter"`,
        '$tag_meter $col',
      ),
    ],
    width: 24,
  };
}

/** The figures so far of the day, the month and the year. */
function soFar(influx: Influx, title: string, base: string, docs: PanelSpec['docs'], noData = NO_KPI): PanelSpec {
  const names = PERIODS.map((period) => periodMetricOf(base, period, false));
  const columns = names.map((name, place) => ({ name, wanted: 'last' as const, as: `This ${PERIODS[place] ?? ''}` }));
  return {
    title,
    description: `So far, in the time zone of the KPIs. A year is there only where it is chosen. ${ONCE}`,
    kind: 'table',
    unit: influx.unitOf(...names),
    noData,
    docs,
    queries: [influxTable(influx.row(columns, RAW.name))],
    isTimeless: true,
    timeFrom: NOW,
    width: 8,
    height: 6,
  };
}

/** The energies of the site's own tariff periods, whose names only the site knows. */
function tariff(influx: Influx): PanelSpec {
  const named = (name: string): string => tierField(periodMetricOf(tariffEnergyBase(name), 'day', true), 'last');
  const field = named('.+');
  return {
    title: 'Energy by tariff period, of the day before',
    description:
      'The bar at a day is the energy of the day that ended when it began, by the tariff calendar of the site.',
    kind: 'timeseries',
    unit: influx.unitOf('active_energy_import_day'),
    noData: 'No tariff calendar is set in pm500-normalize, or nothing was summed up',
    docs: TARIFF_DOCS,
    queries: [
      influxQl(
        `SELECT last(/^${field}$/) ${influx.fromKpis('day')} GROUP BY time(15m), "meter" fill(none)`,
        '$tag_meter $col',
      ),
    ],
    rename: { regex: `^(.*) last_${named('(.+)')}$`, renamePattern: '$1 $2' },
    bars: 'stacked',
    width: 12,
  };
}

/** Energies, their cost and how they are spread over time. */
export function energyAndCost(influx: Influx): DashboardSpec {
  const cost = periodMetricOf('cost', 'day', true);
  return {
    uid: 'pm500-energy',
    title: 'Energy and cost',
    description: 'Energy by day, week, month and tariff, against last year, and how the load is spread.',
    variables: [INFLUX_SOURCE, ...influxChoices()],
    since: '35d',
    refresh: '15m',
    sections: [
      {
        title: 'So far',
        panels: [
          soFar(influx, 'Active energy import', 'active_energy_import', KPI_DOCS),
          soFar(influx, 'Energy cost', 'cost', TARIFF_DOCS, 'No tariff calendar is set in pm500-normalize'),
          soFar(influx, 'CO2 emission', 'co2', KPI_DOCS),
        ],
      },
      {
        title: 'Days',
        panels: [
          ofEach(influx, 'Energy by day', 'day'),
          ofEach(influx, 'Energy by day, a year before', 'day', { timeShift: '1y' }),
          ofEach(influx, 'Energy by day, this week', 'day', { timeFrom: '7d' }),
          ofEach(influx, 'Energy by day, the week before', 'day', { timeFrom: '7d', timeShift: '7d' }),
          tariff(influx),
          {
            title: 'Cost of the day before',
            description:
              'The bar at a day is the cost of the day that ended when it began, at the prices of that time.',
            kind: 'timeseries',
            unit: influx.unitOf(cost),
            noData: 'No tariff calendar is set in pm500-normalize, or nothing was summed up',
            docs: TARIFF_DOCS,
            queries: [influxQl(influx.ofEach('day', cost, 'last'))],
            bars: 'stacked',
            width: 12,
          },
          ofEach(influx, 'Energy export by day', 'day', {
            unit: influx.unitOf(EXPORT),
            queries: [influxQl(influx.ofEach('day', EXPORT, 'sum'))],
            width: 24,
          }),
        ],
      },
      {
        title: 'Months',
        panels: [
          ofEach(influx, 'Energy by month', 'month', { timeFrom: '13M' }),
          ofEach(influx, 'Energy by month, a year before', 'month', { timeFrom: '13M', timeShift: '1y' }),
        ],
      },
      {
        title: 'How it is spread',
        panels: [
          loadDuration(influx),
          {
            ...ofEach(influx, 'Energy by hour', 'day'),
            description: `Sum of what the counters added within each hour. ${ONCE}`,
            noData: 'Nothing was summed up in this time',
            queries: [influxQl(hourly(influx, IMPORT))],
          },
          {
            ...ofEach(influx, 'Reactive energy by hour', 'day'),
            description: `Sum of what the counters of reactive import added within each hour. ${ONCE}`,
            unit: influx.unitOf(REACTIVE),
            noData: 'Nothing was summed up in this time',
            queries: [influxQl(hourly(influx, REACTIVE))],
          },
        ],
      },
    ],
  };
}

function hourly(influx: Influx, name: string): string {
  return `SELECT ${influx.figure(name, 'sum', '15m')} ${influx.from(name, '15m')} GROUP BY time(1h), "meter" fill(none)`;
}
