import type { ActiveAlarm } from '../domain/alarms/alarm-set';
import { DEFAULT_KPI_SETTINGS } from '../domain/kpis/settings';
import { displayOf } from '../domain/shown/display';
import { ALL_METRICS } from '../metrics/derived-metrics';
import type { Metric } from '../metrics/measurement';
import { samplesNow, type BoardMeter, type BoardSample } from './board';
import { gaugeScale } from './gauge-scale';
import { phasorDiagram, type MeterPhasor, type PhasorDiagram } from './phasors';
import {
  shownNumber,
  type WidgetAlarm,
  type WidgetFleetRow,
  type WidgetGauge,
  type WidgetGroup,
  type WidgetMeter,
  type WidgetStanding,
  type WidgetValue,
} from './shown';

const METRICS: ReadonlyMap<string, Metric> = new Map(ALL_METRICS.map((metric) => [metric.name, metric]));
const PLACE_TAGS = ['site', 'area', 'line', 'asset'] as const;
/** What the row of a meter among many shows, as far as the meter has it. */
const FLEET_METRICS = ['active_power_total', 'power_factor_total', 'voltage_ll_avg', 'current_l1'];
const FLEET_VALUES = 3;
/** More of a percentage says nothing to people. */
const PERCENT_DECIMALS = 2;
/** A text goes to every browser each second. */
const LONGEST_TEXT = 200;
const TODAY = 'active_energy_import_day';
const YESTERDAY = 'active_energy_import_last_day';
const SEVERITIES = ['critical', 'warning', 'info'] as const;

/** Group of each metric that a meter gives, by name. */
export type GroupsOfMetrics = ReadonlyMap<string, string>;

/** An arrow with its magnitude in words, and its length as a share of the longest one. */
export interface ShownPhasor extends MeterPhasor, Pick<WidgetValue, 'text' | 'unit' | 'staleAt'> {
  /** 0 to 1; 0 without an angle. */
  readonly length: number;
}

/** What the diagram of a meter shows. */
export interface WidgetPhasors extends WidgetStanding {
  readonly voltages: readonly ShownPhasor[];
  readonly currents: readonly ShownPhasor[];
  readonly order: PhasorDiagram['order'];
  readonly orderQuality: PhasorDiagram['orderQuality'];
  readonly voltageUnbalance?: WidgetValue;
  readonly currentUnbalance?: WidgetValue;
}

/** A metric as it is worth now: of a meter that cannot be read nothing is new, whatever its own rhythm. */
function metricOf({ metrics, reference }: BoardMeter, name: string): BoardSample | undefined {
  const known = metrics.get(name);
  if (known === undefined || reference.lostSince === undefined) return known;
  return { ...known, staleAt: Math.min(known.staleAt, reference.lostSince) };
}

function textOf(
  { value, unit, quality }: BoardSample['sample'],
  { kind = 'gauge', quantity }: Partial<Metric> = {},
): Pick<WidgetValue, 'text' | 'unit' | 'moment'> {
  // The number of a bad value means nothing, and would be read.
  if (value === null || quality === 'bad') return { text: '', unit };
  if (typeof value === 'boolean') return { text: value ? 'on' : 'off', unit };
  if (typeof value === 'string') return { text: value.slice(0, LONGEST_TEXT), unit };
  if (quantity === 'time') return { text: String(value), unit: '', moment: value };
  return unit === '%' ? { text: value.toFixed(PERCENT_DECIMALS), unit } : displayOf(value, unit, kind);
}

function valueOf(name: string, { sample, staleAt }: Pick<BoardSample, 'sample' | 'staleAt'>): WidgetValue {
  const known = METRICS.get(name);
  const { quality, reason = '', timestamp } = sample;
  return {
    metric: name,
    label: known?.label ?? name,
    ...textOf(sample, known),
    quality,
    reason,
    timestamp,
    staleAt,
  };
}

function gaugeOf(name: string, known: BoardSample): WidgetGauge {
  const { quantity = 'state', unit = known.sample.unit } = METRICS.get(name) ?? {};
  const value = shownNumber(known.sample);
  const hasNumbers = known.high >= known.low;
  const scale = hasNumbers ? gaugeScale(quantity, known.low, known.high) : { low: 0, high: 1 };
  const [low, high] = [scale.low, scale.high].map((end) => {
    const { text, unit: shown } = displayOf(end, unit, 'gauge');
    return hasNumbers ? `${Number(text)} ${shown}`.trim() : '';
  });
  return { ...valueOf(name, known), value, ...scale, lowText: low ?? '', highText: high ?? '' };
}

/** How a meter stands, as it was told. */
export function standingOf({ reference, readAt, staleAt }: BoardMeter): WidgetStanding {
  const tags = PLACE_TAGS.map((tag) => reference.tags[tag]).filter((tag) => tag !== undefined && tag !== '');
  return { name: reference.name, place: tags.join(' / '), lostSince: reference.lostSince ?? 0, readAt, staleAt };
}

function groupName(metric: string, groups: GroupsOfMetrics): string {
  const own = groups.get(metric);
  if (own !== undefined) return own;
  return METRICS.get(metric)?.statistic === 'period' ? 'period' : 'derived';
}

function groupsOf(
  meter: BoardMeter,
  groups: GroupsOfMetrics,
  order: readonly string[],
  since: number,
): readonly WidgetGroup[] {
  const found = new Map<string, WidgetValue[]>();
  const names = [...METRICS.keys()].filter((name) => meter.metrics.has(name));
  const others = [...meter.metrics.keys()].filter((name) => !METRICS.has(name));
  for (const name of [...names, ...others]) {
    const known = metricOf(meter, name);
    const group = groupName(name, groups);
    if (known === undefined || known.version <= since || !order.includes(group)) continue;
    const values = found.get(group) ?? [];
    values.push(valueOf(name, known));
    found.set(group, values);
  }
  return order.flatMap((name) => {
    const values = found.get(name);
    return values === undefined ? [] : [{ name, values }];
  });
}

function alarmOf({ id, message, severity, since, acknowledged, judged }: ActiveAlarm): WidgetAlarm {
  return { id, message, severity, since, acknowledged, judged };
}

/**
 * One meter, for a widget.
 * @param gauges names of the metrics that gauges show
 * @param shown names of the groups to show, in this order
 * @param since version of what the browser has: only values that were told later; 0 for all. Not earlier than `wholeSince`
 */
export function meterView(
  meter: BoardMeter,
  gauges: readonly string[],
  groups: GroupsOfMetrics,
  shown: readonly string[],
  since = 0,
): WidgetMeter {
  const gaugeFor = (name: string): readonly WidgetGauge[] => {
    const known = metricOf(meter, name);
    return known === undefined || known.version <= since ? [] : [gaugeOf(name, known)];
  };
  const [today] = gaugeFor(TODAY);
  const [yesterday] = gaugeFor(YESTERDAY);
  return {
    ...standingOf(meter),
    gauges: gauges.flatMap(gaugeFor),
    groups: groupsOf(meter, groups, shown, since),
    ...(today === undefined ? {} : { today }),
    ...(yesterday === undefined ? {} : { yesterday }),
    ...(meter.alarms === undefined || meter.alarmsVersion <= since ? {} : { alarms: meter.alarms.map(alarmOf) }),
  };
}

/** A meter as one row among many. */
export function fleetRow(meter: BoardMeter, nowMs: number): WidgetFleetRow {
  const { alarms = [] } = meter;
  const counts = { good: 0, uncertain: 0, bad: 0 };
  for (const { sample, staleAt } of meter.metrics.values()) {
    const isOld = sample.quality === 'good' && nowMs >= staleAt;
    counts[isOld ? 'uncertain' : sample.quality]++;
  }
  const values = FLEET_METRICS.flatMap((name) => {
    const known = metricOf(meter, name);
    return known === undefined ? [] : [valueOf(name, known)];
  });
  return {
    ...standingOf(meter),
    values: values.slice(0, FLEET_VALUES),
    ...counts,
    alarms: meter.alarms?.length ?? null,
    worstAlarm: SEVERITIES.find((severity) => alarms.some((alarm) => alarm.severity === severity)) ?? '',
  };
}

function shownPhasors(phasors: readonly MeterPhasor[], unit: 'V' | 'A', meter: BoardMeter): readonly ShownPhasor[] {
  const longest = Math.max(...phasors.map(({ value }) => value ?? 0));
  return phasors.map((phasor) => {
    const { value, angle, phase } = phasor;
    const metric = unit === 'V' ? `voltage_${phase}_n` : `current_${phase}`;
    const shown = value === null ? { text: '', unit } : displayOf(value, unit, 'gauge');
    const length = value === null || angle === undefined || longest <= 0 ? 0 : value / longest;
    return { ...phasor, ...shown, length, staleAt: metricOf(meter, metric)?.staleAt ?? 0 };
  });
}

/** Voltages and currents of a meter as arrows. */
export function phasorView(meter: BoardMeter, nowMs: number): WidgetPhasors {
  const { minimumVolts: volts, minimumAmperes: amperes } = DEFAULT_KPI_SETTINGS;
  const { voltages, currents, order, orderQuality, ...unbalances } = phasorDiagram(samplesNow(meter, nowMs), {
    volts,
    amperes,
  });
  const unbalanceOf = (name: 'voltage' | 'current'): WidgetValue | undefined => {
    const sample = unbalances[`${name}Unbalance`];
    const known =
      metricOf(meter, `${name}_unbalance`) ?? metricOf(meter, `${name}_l1${name === 'voltage' ? '_l2' : ''}`);
    if (sample === undefined) return undefined;
    return valueOf(`${name}_unbalance`, { sample, staleAt: known?.staleAt ?? 0 });
  };
  const [voltageUnbalance, currentUnbalance] = [unbalanceOf('voltage'), unbalanceOf('current')];
  return {
    ...standingOf(meter),
    voltages: shownPhasors(voltages, 'V', meter),
    currents: shownPhasors(currents, 'A', meter),
    order,
    orderQuality,
    ...(voltageUnbalance === undefined ? {} : { voltageUnbalance }),
    ...(currentUnbalance === undefined ? {} : { currentUnbalance }),
  };
}
