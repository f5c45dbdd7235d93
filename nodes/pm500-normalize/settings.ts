import { RULES_SHAPE } from '../../src/domain/alarms/rule-shape';
import { KPI_ROWS, type KpiKey } from '../../src/domain/kpis/kpi-rows';
import { DEFAULT_KPI_SETTINGS, DEMAND_MINUTES } from '../../src/domain/kpis/settings';
import { ENERGY_UNITS, POWER_UNITS } from '../../src/domain/shapes/units';
import { TARIFF_SHAPE } from '../../src/domain/tariff/tariff-shape';
import { MEASUREMENT_PATTERN } from '../../src/influx/line-protocol';
import { DEFAULT_MEASUREMENT } from '../../src/influx/mapping';
import { PERIODS } from '../../src/metrics/derived-metrics';
import { PM500 } from '../../src/meters/pm500';
import { choice, choices, code, flag, number, optionalNumber, requiredText, text } from '../../src/support/setting';
import { DIAGNOSTICS_SECONDS } from '../shared/common-rows';
import { field, nodeForm } from '../shared/field';

const DAY_SECONDS = { min: 0, max: 86_400, unit: 's' } as const;
const AMPERES = { max: 1_000_000, unit: 'A' } as const;
const KILOWATTS = { min: 0.001, max: 10_000_000, unit: 'kW' } as const;
const VOLTS = { max: 1_000_000, unit: 'V' } as const;
const REPORTING = { section: 'report', shownWhen: { deadband: [true] } } as const;
const DEFAULTS = { section: 'alarms', shownWhen: { defaultAlarms: [true] } } as const;
const KPIS = { section: 'kpis' } as const;
const withKpi = (...kpis: readonly KpiKey[]) => ({ ...KPIS, usedWhen: [{ kpis }] });
/** Of those that are worked out over days, months and years. */
const OF_PERIODS = withKpi(...KPI_ROWS.filter((row) => 'ofPeriod' in row).map(({ key }) => key), 'demand');
const OF_DEMAND = withKpi('demand', 'load_factor', 'cost');
const OF_TARIFF = withKpi('tariff_energy', 'cost');
const OF_UNBALANCE = {
  ...KPIS,
  usedWhen: [{ kpis: ['voltage_unbalance', 'current_unbalance'] }, { defaultAlarms: [true] }],
} as const;
/** What the payload of a message can be. */
export const SHAPES = ['telemetry', 'flat', 'perMetric', 'influx', 'sparkplug', 'camelCase', 'jsonata'] as const;
const UNITS = { shownWhen: { shape: { not: 'telemetry' } } } as const;

/** What a normalizer can be set to. */
export const FORM = nodeForm({
  isConfig: false,
  folded: ['report', 'kpis', 'alarms', 'diagnostics'],
  fields: {
    name: field(text(), { icon: 'tag' }),
    shape: field(choice('telemetry', SHAPES), { icon: 'sliders' }),
    mapping: field(code('jsonata', { required: true }), { icon: 'code', shownWhen: { shape: ['jsonata'] } }),
    influxMeasurement: field(requiredText(DEFAULT_MEASUREMENT, { pattern: MEASUREMENT_PATTERN }), {
      icon: 'database',
      shownWhen: { shape: ['influx'] },
    }),
    powerUnit: field(choice('W', POWER_UNITS), { icon: 'balance-scale', short: true, ...UNITS }),
    energyUnit: field(choice('Wh', ENERGY_UNITS), { beside: true, short: true, ...UNITS }),
    wiring: field(
      choice('', [
        { value: '' },
        ...PM500.wiring.rows.map(({ mode, label }) => ({ value: mode, label: `${mode}: ${label}` })),
      ]),
      { icon: 'plug', section: 'quality' },
    ),
    staleSeconds: field(number(60, DAY_SECONDS), { icon: 'hourglass-half', section: 'quality' }),
    deadband: field(flag(), { section: 'report' }),
    minIntervalSeconds: field(number(0, DAY_SECONDS), { icon: 'step-forward', ...REPORTING }),
    maxIntervalSeconds: field(number(300, DAY_SECONDS), { icon: 'fast-forward', ...REPORTING }),
    deadbands: field(code('json'), { icon: 'arrows-h', isChecked: true, ...REPORTING }),
    kpis: field(
      choices(
        [],
        KPI_ROWS.map(({ key, label, formula }) => ({ value: key, label, note: formula })),
      ),
      { icon: 'line-chart', ...KPIS },
    ),
    energyDeltas: field(flag(), KPIS),
    partialDeltas: field(flag(), { ...KPIS, shownWhen: { energyDeltas: [true] } }),
    maxPowerKw: field(optionalNumber(KILOWATTS), { icon: 'tachometer', ...KPIS }),
    periods: field(choices(['day', 'month'], PERIODS), { icon: 'calendar', ...OF_PERIODS }),
    timeZone: field(text(), { icon: 'globe', isChecked: true, ...OF_PERIODS }),
    demandMinutes: field(choice(DEFAULT_KPI_SETTINGS.demandMinutes, DEMAND_MINUTES, { unit: 'min' }), {
      icon: 'clock-o',
      short: true,
      ...OF_DEMAND,
    }),
    demandWindow: field(choice('fixed', ['fixed', 'sliding']), { beside: true, short: true, ...OF_DEMAND }),
    contractKw: field(optionalNumber(KILOWATTS), { icon: 'file-text-o', ...KPIS }),
    powerFactorLimit: field(number(0.9, { min: 0.1, max: 1 }), { icon: 'compress', ...withKpi('reactive_penalty') }),
    minimumVolts: field(number(DEFAULT_KPI_SETTINGS.minimumVolts, { min: 0, ...VOLTS }), {
      icon: 'low-vision',
      ...OF_UNBALANCE,
    }),
    minimumAmperes: field(number(DEFAULT_KPI_SETTINGS.minimumAmperes, { min: 0, ...AMPERES }), {
      beside: true,
      ...OF_UNBALANCE,
    }),
    co2KgPerKwh: field(number(0, { min: 0, max: 100, unit: 'kg/kWh' }), { icon: 'leaf', ...withKpi('co2') }),
    tariff: field(code('json', { shape: TARIFF_SHAPE }), { icon: 'money', isChecked: true, ...OF_TARIFF }),
    defaultAlarms: field(flag(), { section: 'alarms' }),
    nominalVolts: field(number(230, { min: 1, ...VOLTS }), { icon: 'bolt', ...DEFAULTS }),
    nominalHertz: field(choice('50', ['50', '60'], { unit: 'Hz' }), { beside: true, short: true, ...DEFAULTS }),
    ratedAmperes: field(optionalNumber({ min: 0.001, ...AMPERES }), { icon: 'plug', ...DEFAULTS }),
    alarmRules: field(code('json', { shape: RULES_SHAPE }), { icon: 'bell', isChecked: true, section: 'alarms' }),
    diagnosticsSeconds: field(DIAGNOSTICS_SECONDS, { icon: 'heartbeat', section: 'diagnostics' }),
  },
});
