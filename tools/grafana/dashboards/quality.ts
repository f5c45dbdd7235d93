import { DEFAULTS } from '../../../nodes/shared/forms';
import type { DashboardSpec } from '../dashboard';
import type { Influx } from '../influx';
import { influxQl, influxTable, type PanelSpec } from '../panel';
import { influxChoices, INFLUX_SOURCE, textBox } from '../variables';
import { KPI_DOCS, NO_KPI, NOTHING_READ, READ_DOCS } from '../words';
import {
  eventMinutes,
  eventRows,
  intervalCount,
  LONG_EVENTS,
  meansOverTime,
  NOMINAL_FREQUENCY,
  NOMINAL_VOLTAGE,
  shareInside,
} from './voltage';

const VOLTAGES = ['voltage_l1_n', 'voltage_l2_n', 'voltage_l3_n'] as const;
const UNBALANCE = 'voltage_unbalance';
const INDICATIVE = 'Indicative only: worked out of readings by polling, not by an instrument of IEC 61000-4-30.';
const WHOLE =
  'Only intervals with a value in each of their 10 minutes are judged; the others are counted apart, the one at either end of the chosen time among them.';

function stat(
  title: string,
  description: string,
  more: Omit<PanelSpec, 'title' | 'description' | 'kind' | 'noData' | 'docs' | 'width'> & Partial<PanelSpec>,
): PanelSpec {
  return { title, description, kind: 'stat', noData: NOTHING_READ, docs: READ_DOCS, width: 8, height: 5, ...more };
}

function ofVoltages(influx: Influx, queryOf: (name: string) => string): PanelSpec['queries'] {
  return VOLTAGES.map((name) => influxQl(queryOf(influx.in('V', name)), `$tag_meter ${influx.metric(name).label}`));
}

/** What EN 50160 asks of the voltage at the supply terminals, by 10-minute means of polled values. */
function en50160(influx: Influx): readonly PanelSpec[] {
  const percent = (low: number, high: number) => (name: string) =>
    shareInside(influx, name, NOMINAL_VOLTAGE, { low, high });
  return [
    {
      title: 'Voltage, 10-minute means (indicative EN 50160)',
      description: `Percent of the nominal voltage; intervals with gaps are drawn too. ${INDICATIVE}`,
      kind: 'timeseries',
      unit: '%',
      noData: NOTHING_READ,
      docs: READ_DOCS,
      queries: ofVoltages(influx, (name) => meansOverTime(influx, name, NOMINAL_VOLTAGE)),
      width: 24,
    },
    stat('Within +/-10 % (indicative EN 50160: 95 % of a week)', `${WHOLE} ${INDICATIVE}`, {
      unit: '%',
      queries: ofVoltages(influx, percent(0.9, 1.1)),
      decimals: 2,
    }),
    stat('Within +10/-15 % (indicative EN 50160: always)', `${WHOLE} ${INDICATIVE}`, {
      unit: '%',
      queries: ofVoltages(influx, percent(0.85, 1.1)),
      decimals: 2,
    }),
    stat('Intervals that are judged, and with gaps', `By the voltage L1-N. ${WHOLE}`, {
      unit: 'count',
      queries: [
        influxQl(intervalCount(influx, VOLTAGES[0], 'whole'), '$tag_meter judged'),
        influxQl(intervalCount(influx, VOLTAGES[0], 'gaps'), '$tag_meter with gaps'),
      ],
    }),
  ];
}

function unbalanceAndFrequency(influx: Influx): readonly PanelSpec[] {
  const frequency = 'frequency';
  return [
    {
      title: 'Voltage unbalance, 10-minute means (indicative EN 50160: 2 %)',
      description: `By NEMA MG-1 from voltages between lines; EN 50160 means that of the negative sequence, which is not measured. ${INDICATIVE}`,
      kind: 'timeseries',
      unit: influx.unitOf(UNBALANCE),
      noData: NO_KPI,
      docs: KPI_DOCS,
      queries: [influxQl(meansOverTime(influx, UNBALANCE, '100'))],
      decimals: 2,
      width: 12,
    },
    {
      title: 'Frequency',
      description: `The lowest and the highest reading of each window. EN 50160 judges means of 10 seconds. ${INDICATIVE}`,
      kind: 'timeseries',
      unit: influx.unitOf(frequency),
      noData: NOTHING_READ,
      docs: READ_DOCS,
      queries: (['min', 'max'] as const).map((wanted) =>
        influxQl(influx.over(frequency, wanted, '1m'), `$tag_meter ${wanted}`),
      ),
      decimals: 3,
      atLeast: '1m',
      width: 12,
    },
    stat('Unbalance within 2 % (indicative EN 50160: 95 % of a week)', `${WHOLE} ${INDICATIVE}`, {
      unit: '%',
      noData: NO_KPI,
      docs: KPI_DOCS,
      queries: [influxQl(shareInside(influx, influx.in('%', UNBALANCE), '100', { low: -0.02, high: 0.02 }))],
      decimals: 2,
      width: 12,
    }),
    stat(
      'Frequency within +/-1 % (indicative EN 50160: 99.5 % of a year)',
      `Of 10-minute means. ${WHOLE} ${INDICATIVE}`,
      {
        unit: '%',
        queries: [
          influxQl(shareInside(influx, influx.in('Hz', frequency), NOMINAL_FREQUENCY, { low: 0.99, high: 1.01 })),
        ],
        decimals: 2,
        width: 12,
      },
    ),
  ];
}

function longEvents(influx: Influx): readonly PanelSpec[] {
  const named = Object.fromEntries(LONG_EVENTS.map(({ code, name }) => [code, name]));
  return [
    ...LONG_EVENTS.map((event) =>
      stat(
        `Minutes of ${event.name.toLowerCase()} (IEEE 1159)`,
        `Whole minutes of which every reading was beyond the limit. Shorter events are not seen by polling. ${INDICATIVE}`,
        {
          unit: 'min',
          noData: 'None in this time',
          queries: ofVoltages(influx, (name) => eventMinutes(influx, name, event)),
        },
      ),
    ),
    {
      title: 'Long-duration variations (IEEE 1159)',
      description: `Each row is a minute of which every reading was below 90 % (undervoltage), below 10 % (interruption) or above 110 % (overvoltage) of nominal. ${INDICATIVE}`,
      kind: 'table',
      unit: '%',
      noData: 'None in this time',
      docs: READ_DOCS,
      queries: VOLTAGES.flatMap((name, place) =>
        LONG_EVENTS.map((event) => influxTable(eventRows(influx, influx.in('V', name), place + 1, event))),
      ),
      overrides: [
        { field: 'Event', unit: '', texts: named },
        { field: 'Phase', unit: '', texts: { 1: 'L1', 2: 'L2', 3: 'L3' } },
      ],
      decimals: 1,
      width: 24,
    },
  ];
}

/** What can be said of the supply from polled values. */
export function powerQuality(influx: Influx): DashboardSpec {
  const { nominalVolts, nominalHertz } = DEFAULTS['pm500-normalize'];
  return {
    uid: 'pm500-quality',
    title: 'Power quality (indicative EN 50160)',
    description: `Voltage, unbalance, frequency and long-duration variations. ${INDICATIVE}`,
    variables: [
      INFLUX_SOURCE,
      ...influxChoices(),
      textBox('nominal_voltage', 'Nominal voltage, V', String(nominalVolts), 'between line and neutral'),
      textBox('nominal_frequency', 'Nominal frequency, Hz', nominalHertz, '50 or 60'),
    ],
    since: '7d',
    refresh: '5m',
    sections: [
      { title: 'Voltage', panels: en50160(influx) },
      { title: 'Unbalance and frequency', panels: unbalanceAndFrequency(influx) },
      { title: 'Long-duration variations', panels: longEvents(influx) },
    ],
  };
}
