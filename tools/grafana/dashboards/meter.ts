import { RAW } from '../../../src/influx/tiers/plan';
import type { DashboardSpec, Section } from '../dashboard';
import { BAD_REASONS, type Influx } from '../influx';
import { influxQl, influxTable, type PanelSpec } from '../panel';
import { influxChoices, INFLUX_SOURCE } from '../variables';
import { GOOD_ONLY, KPI_DOCS, NO_KPI, NOTHING_READ, NOW, QUALITY_DOCS, READ_DOCS } from '../words';

const PHASES = ['l1', 'l2', 'l3'] as const;
const TIER = '1m';
const SIGNED =
  'The last reading of each window, with the sign that the meter gives it. A mean of signed power factors would say nothing.';

/** Values of one unit side by side over time. */
function together(
  influx: Influx,
  title: string,
  names: readonly string[],
  more: Partial<PanelSpec> = {},
  wanted: 'mean' | 'last' = 'mean',
): PanelSpec {
  return {
    title,
    description: `Mean of each window, for each meter. ${GOOD_ONLY}`,
    kind: 'timeseries',
    unit: influx.unitOf(...names),
    noData: NOTHING_READ,
    docs: READ_DOCS,
    queries: names.map((name) => influxQl(influx.over(name, wanted, TIER), `$tag_meter ${influx.metric(name).label}`)),
    atLeast: TIER,
    width: 12,
    ...more,
  };
}

/**
 * One row of the phasor table: the newest values of a phase. The angle of the current behind its voltage follows from the
 * powers; angles between voltages are not read.
 */
function phasor(influx: Influx, phase: (typeof PHASES)[number], number: number): string {
  const newest = (name: string): string => influx.figure(name, 'last', RAW.name);
  const [active, reactive] = [newest(`active_power_${phase}`), newest(`reactive_power_${phase}`)];
  const columns = [
    // A column for what tells the rows apart: InfluxQL has no constants, so a value is made to be one.
    `${newest(`voltage_${phase}_n`)} * 0 + ${number} AS "Phase"`,
    `${newest(`voltage_${phase}_n`)} AS "Voltage"`,
    `${newest(`current_${phase}`)} AS "Current"`,
    `${active} AS "Active power"`,
    `${reactive} AS "Reactive power"`,
    `${newest(`apparent_power_${phase}`)} AS "Apparent power"`,
    `${newest(`power_factor_${phase}`)} AS "Power factor"`,
    `atan2(${reactive}, ${active}) * ${180 / Math.PI} AS "Angle of the current"`,
  ];
  return `SELECT ${columns.join(', ')} ${influx.from(`voltage_${phase}_n`, RAW.name)} GROUP BY "meter"`;
}

function phasors(influx: Influx): PanelSpec {
  const unit = (of: (phase: string) => string) => influx.unitOf(...PHASES.map((phase) => of(phase)));
  return {
    title: 'Phasors',
    description:
      'The newest good or uncertain values of each phase. The angle by which the current is behind its voltage is worked out from active and reactive power; angles between voltages are not read.',
    kind: 'table',
    unit: '',
    noData: NOTHING_READ,
    docs: READ_DOCS,
    queries: PHASES.map((phase, place) => influxTable(phasor(influx, phase, place + 1))),
    isTimeless: true,
    timeFrom: NOW,
    overrides: [
      { field: 'Phase', texts: { 1: 'L1', 2: 'L2', 3: 'L3' } },
      { field: 'Voltage', unit: unit((phase) => `voltage_${phase}_n`) },
      { field: 'Current', unit: unit((phase) => `current_${phase}`) },
      { field: 'Active power', unit: unit((phase) => `active_power_${phase}`) },
      { field: 'Reactive power', unit: unit((phase) => `reactive_power_${phase}`) },
      { field: 'Apparent power', unit: unit((phase) => `apparent_power_${phase}`) },
      { field: 'Power factor', unit: unit((phase) => `power_factor_${phase}`) },
      { field: 'Angle of the current', unit: 'degree' },
    ],
    decimals: 2,
    width: 24,
    height: 6,
  };
}

function quality(influx: Influx): Section {
  const power = 'active_power_total';
  return {
    title: 'Quality',
    panels: [
      {
        title: 'Active power by quality',
        description: 'Good and uncertain values apart. Where neither is, the value was bad or nothing was read.',
        kind: 'timeseries',
        unit: influx.unitOf(power),
        noData: NOTHING_READ,
        docs: QUALITY_DOCS,
        queries: [influxQl(influx.over(power, 'mean', TIER, '"meter", "quality"'), '$tag_meter $tag_quality')],
        atLeast: TIER,
        width: 12,
      },
      {
        title: 'Readings by quality',
        description: 'How many values of active power each window has, good and uncertain. A gap is time without any.',
        kind: 'timeseries',
        unit: 'count',
        noData: NOTHING_READ,
        docs: QUALITY_DOCS,
        queries: [influxQl(influx.over(power, 'count', TIER, '"quality"'), '$tag_quality')],
        bars: 'stacked',
        atLeast: TIER,
        width: 6,
      },
      {
        title: 'Missing values by reason',
        description: 'Values that were bad; they have no field.',
        kind: 'timeseries',
        unit: 'count',
        noData: 'No value was missing',
        docs: QUALITY_DOCS,
        queries: [influxQl(influx.missing(BAD_REASONS, TIER), '$col')],
        bars: 'stacked',
        atLeast: TIER,
        width: 6,
      },
    ],
  };
}

/** Everything that one meter measures; several meters lie over each other. */
export function meterDetail(influx: Influx): DashboardSpec {
  const each = (of: (phase: string) => string): readonly string[] => PHASES.map((phase) => of(phase));
  return {
    uid: 'pm500-meter',
    title: 'Meter detail',
    description: 'Phases, unbalance, phasors and quality of a meter.',
    variables: [INFLUX_SOURCE, ...influxChoices()],
    since: '24h',
    refresh: '1m',
    sections: [
      { title: 'Phasors', panels: [phasors(influx)] },
      {
        title: 'Voltage and current',
        panels: [
          together(
            influx,
            'Voltages to neutral',
            each((phase) => `voltage_${phase}_n`),
          ),
          together(influx, 'Voltages between lines', ['voltage_l1_l2', 'voltage_l2_l3', 'voltage_l3_l1']),
          together(influx, 'Currents', [...each((phase) => `current_${phase}`), 'current_n']),
          together(influx, 'Unbalance', ['voltage_unbalance', 'current_unbalance'], { docs: KPI_DOCS, noData: NO_KPI }),
          together(influx, 'Frequency', ['frequency'], { decimals: 3, width: 24 }),
        ],
      },
      {
        title: 'Power',
        panels: [
          together(influx, 'Active power', [...each((phase) => `active_power_${phase}`), 'active_power_total']),
          together(influx, 'Reactive power', [...each((phase) => `reactive_power_${phase}`), 'reactive_power_total']),
          together(influx, 'Apparent power', [...each((phase) => `apparent_power_${phase}`), 'apparent_power_total']),
          together(
            influx,
            'Power factor',
            each((phase) => `power_factor_${phase}`),
            { description: SIGNED },
            'last',
          ),
        ],
      },
      quality(influx),
    ],
  };
}
