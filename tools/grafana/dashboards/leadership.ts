import { periodMetricOf } from '../../../src/metrics/derived-metrics';
import type { Unit } from '../../../src/metrics/measurement';
import type { DashboardSpec } from '../dashboard';
import type { Influx } from '../influx';
import { CONTRACT_LINE, OF_CONTRACT } from '../metrics';
import { influxQl, influxTable, type PanelSpec } from '../panel';
import { influxChoices, INFLUX_SOURCE, METRICS_SOURCE, textBox } from '../variables';
import { ENERGY_DOCS, KPI_DOCS, LATELY, NO_KPI, NO_TIER, ONCE, TARIFF_DOCS } from '../words';

const TARGET = 'target_kwh';
const TIER = '15m';
const NO_MONTH = 'No month has ended in this time, or the KPI is off';

const closed = (base: string): string => periodMetricOf(base, 'month', true);

function stat(
  influx: Influx,
  title: string,
  base: string,
  description: string,
  more: Partial<PanelSpec> = {},
): PanelSpec {
  const name = closed(base);
  return {
    title,
    description,
    kind: 'stat',
    unit: influx.unitOf(name),
    noData: NO_MONTH,
    docs: KPI_DOCS,
    queries: [influxQl(influx.whole(name, 'last', TIER))],
    // Of a meter that is silent for longer it is not the month that ended last.
    timeFrom: '1d',
    width: 6,
    height: 5,
    ...more,
  };
}

/**
 * Reactive power to make up for, so that the power factor of the month had reached that of the contract: the energy above
 * the threshold by the hours of the month. The hours follow from the load factor, which is the mean by the peak.
 */
function kvar(influx: Influx): string {
  const last = (base: string, unit: Unit): string => influx.figure(influx.in(unit, closed(base)), 'last', TIER);
  const mean = `${last('load_factor', '%')} / 100 * ${last('peak_demand', 'W')}`;
  const hours = `(${last('active_energy_import', 'Wh')} / (${mean}))`;
  const power = `${last('reactive_energy_excess', 'varh')} / ${hours}`;
  return `SELECT ${power} AS "var" ${influx.from(closed('load_factor'), TIER)} GROUP BY "meter"`;
}

const HISTORY = [
  ['Active energy import', 'active_energy_import'],
  ['Peak demand', 'peak_demand'],
  ['Window of the peak ended', 'peak_demand_time'],
  ['Load factor', 'load_factor'],
  ['Power factor', 'power_factor'],
  ['CO2 emission', 'co2'],
  ['Known', 'coverage'],
] as const;

/**
 * A row of a month that has ended. Its figures are told in the month after, so the time of a row says nothing: what says
 * which month it is, is the window of its peak, which may end with the month.
 */
function monthRow(influx: Influx, tier: string): string {
  const columns = HISTORY.map(([as, base]) => `${influx.figure(closed(base), 'last', tier)} AS "${as}"`);
  const month = `${influx.figure(influx.in('ms', closed('peak_demand_time')), 'last', tier)} - 1 AS "Month"`;
  return `SELECT ${[month, ...columns].join(', ')} ${influx.from(closed('active_energy_import'), tier)}`;
}

function history(influx: Influx): PanelSpec {
  return {
    title: 'Month by month',
    description:
      'Each row is a month that has ended; which one is told by the window of its peak, so the KPI of demand has to be on. "Known" is the share of the month in which energy was measured.',
    kind: 'table',
    unit: '',
    noData: NO_TIER,
    docs: KPI_DOCS,
    queries: [
      influxTable(`${monthRow(influx, 'month')} GROUP BY time(15m), "meter" fill(none)`),
      // Of the month that ended last the running one tells, which is not in that tier yet.
      influxTable(`${monthRow(influx, TIER)} GROUP BY "meter"`),
    ],
    isTimeless: true,
    newestFirst: 'Month',
    overrides: [
      { field: 'Month', unit: 'month' },
      ...HISTORY.map(([field, base]) => ({ field, unit: influx.unitOf(closed(base)) })),
    ],
    timeFrom: '13M',
    width: 24,
    height: 12,
  };
}

/** What a person who pays wants to know once a month. */
export function leadershipKpis(influx: Influx): DashboardSpec {
  const energy = 'energy_delta_active_import_total';
  const sum = influx.figure(energy, 'sum', 'month');
  return {
    uid: 'pm500-leadership',
    title: 'Leadership KPIs',
    description: 'Energy, peak demand, load factor, power factor, CO2 and cost of the months that have ended.',
    variables: [
      INFLUX_SOURCE,
      METRICS_SOURCE,
      ...influxChoices(),
      textBox(TARGET, 'Target per month, kWh', '100000', 'energy that each meter shall not pass in a month'),
    ],
    since: '13M',
    refresh: '1h',
    sections: [
      {
        title: 'The month that ended last',
        panels: [
          stat(influx, 'Active energy import', 'active_energy_import', `Of the whole month. ${ONCE}`),
          stat(influx, 'Peak demand', 'peak_demand', 'The highest demand of a window of the month.'),
          stat(influx, 'Peak demand: its window ended', 'peak_demand_time', 'When the window of the peak ended.'),
          stat(influx, 'Load factor', 'load_factor', 'Mean demand by peak demand.', { decimals: 1 }),
          stat(influx, 'Power factor', 'power_factor', 'From active and reactive energy of the month.', {
            decimals: 3,
          }),
          stat(
            influx,
            'Compensation to add',
            'reactive_energy_excess',
            'Mean reactive power that was above what the contract allows: what a capacitor bank has to make up for. The power factor of the contract is set in pm500-normalize.',
            {
              unit: 'var',
              queries: [influxQl(kvar(influx))],
            },
          ),
          stat(influx, 'CO2 emission', 'co2', 'Energy by the factor that is set in pm500-normalize.'),
          stat(influx, 'Cost', 'cost', 'Energy of each tariff period by its price.', {
            docs: TARIFF_DOCS,
            noData: 'No month has ended, or no tariff calendar is set in pm500-normalize',
          }),
        ],
      },
      {
        title: 'The running month',
        panels: [
          stat(
            influx,
            'Active energy import so far',
            'active_energy_import',
            ONCE,
            running(influx, 'active_energy_import'),
          ),
          stat(
            influx,
            'Peak demand so far',
            'peak_demand',
            'The highest window until now.',
            running(influx, 'peak_demand'),
          ),
          stat(influx, 'Power factor so far', 'power_factor', 'From energies.', {
            ...running(influx, 'power_factor'),
            decimals: 3,
          }),
          stat(
            influx,
            'Share of the month that is known',
            'coverage',
            'Of the time since the month began.',
            running(influx, 'coverage'),
          ),
        ],
      },
      {
        title: 'Over time',
        panels: [
          {
            title: 'Energy by month, with the target',
            description: `Sum of what the counters added within each month of the site; the one that runs is not in it. ${ONCE}`,
            kind: 'timeseries',
            // The target is in kWh.
            unit: influx.unitOf(influx.in('Wh', energy)),
            noData: NO_TIER,
            docs: ENERGY_DOCS,
            queries: [
              influxQl(influx.ofEach('month', energy, 'sum')),
              {
                ...influxQl(
                  `SELECT ${sum} * 0 + \${${TARGET}} * 1000 ${influx.from(energy, 'month')} GROUP BY time(15m) fill(none)`,
                  'target of each meter',
                ),
                asLine: true,
              },
            ],
            bars: 'plain',
            width: 24,
          },
          peaks(influx),
          history(influx),
        ],
      },
    ],
  };
}

/** The peak of each month against what the contract allows. */
function peaks(influx: Influx): PanelSpec {
  const name = influx.in('W', 'interval_demand');
  return {
    title: 'Peak demand by month, with the contract',
    description: `The highest demand of the windows that ended within each month; the month that runs is not in it. ${OF_CONTRACT}`,
    kind: 'timeseries',
    unit: influx.unitOf(name),
    noData: NO_TIER,
    docs: KPI_DOCS,
    queries: [influxQl(influx.ofEach('month', name, 'max')), CONTRACT_LINE],
    bars: 'plain',
    width: 24,
  };
}

function running(influx: Influx, base: string): Partial<PanelSpec> {
  const name = periodMetricOf(base, 'month', false);
  const queries = [influxQl(influx.whole(name, 'last', TIER))];
  return { unit: influx.unitOf(name), queries, noData: NO_KPI, timeFrom: LATELY };
}
