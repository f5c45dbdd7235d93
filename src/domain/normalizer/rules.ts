import type { MeterModel, NominalValues, WiringMode } from '../../meters/meter-model';
import { DERIVED_METRICS, periodMetricOf } from '../../metrics/derived-metrics';
import { parseAlarmRules, type KnownMetrics, type ParsedRules } from '../alarms/parse-rules';
import type { AlarmRule } from '../alarms/rule';
import { KPI_ROWS, type KpiKey } from '../kpis/kpi-rows';
import type { KpiSettings } from '../kpis/settings';
import { absentMetrics } from '../quality/wiring';

/** What the alarms of a meter are made of. */
export interface RuleSources {
  readonly model: MeterModel;
  /** A site's own rules, as JSON gave them; undefined where it has none. */
  readonly own: unknown;
  /** With these the default alarms are on. */
  readonly nominal?: NominalValues;
  readonly wiring?: WiringMode;
  readonly kpis?: KpiSettings;
  /** True: energy deltas are worked out. */
  readonly energyDeltas: boolean;
  readonly metrics: KnownMetrics;
}

/** Every wiring has it: what tells that a meter gives nothing. */
const ALWAYS_THERE = 'frequency';
/** What the default alarms need beside measured values. */
export const KPIS_OF_DEFAULTS: readonly KpiKey[] = ['voltage_unbalance'];

/** A rule for a value that this wiring does not have would be silent, or in alarm forever. */
function fitToWiring(
  model: MeterModel,
  rules: readonly AlarmRule[],
  wiring: WiringMode | undefined,
): readonly AlarmRule[] {
  const absent = wiring === undefined ? new Set<string>() : absentMetrics(model, wiring);
  return rules.flatMap((rule) => {
    if (!absent.has(rule.metric)) return [rule];
    return rule.condition === 'missing' ? [{ ...rule, metric: ALWAYS_THERE }] : [];
  });
}

const DERIVED_NAMES: ReadonlySet<string> = new Set(DERIVED_METRICS.map(({ name }) => name));

/** Names of the KPIs that are worked out with these settings. */
function namesOf({ kpis, periods }: KpiSettings): ReadonlySet<string> {
  const bases = KPI_ROWS.filter(({ key }) => kpis.includes(key)).flatMap(({ metrics }): readonly string[] => metrics);
  const ofPeriods = bases.flatMap((base) =>
    periods.flatMap((period) => [false, true].map((ended) => periodMetricOf(base, period, ended))),
  );
  return new Set([...bases, ...ofPeriods]);
}

/** A sentence for each rule that watches a KPI which is switched off: it would stay silent without a word. */
function silentRules(rules: readonly AlarmRule[], { kpis, energyDeltas }: RuleSources): string[] {
  const available = kpis === undefined ? new Set<string>() : namesOf(kpis);
  return rules
    .filter(({ metric }) => DERIVED_NAMES.has(metric) && !available.has(metric))
    .filter(({ metric }) => !(energyDeltas && metric.startsWith('energy_delta_')))
    .map(
      ({ id, metric }) =>
        `Alarm "${id}" watches ${metric}, which is switched off; switch that KPI on, or the alarm stays silent.`,
    );
}

/**
 * The rules of a meter: a site's own, and the defaults where they are wanted. An own rule takes the place of the default
 * with its id.
 */
export function rulesOf(sources: RuleSources): ParsedRules {
  const { model, own, nominal, wiring, metrics } = sources;
  const parsed = own === undefined ? { rules: [], problems: [] } : parseAlarmRules(own, metrics);
  const ownIds = new Set(parsed.rules.map(({ id }) => id));
  const defaults = nominal === undefined ? [] : parseAlarmRules(model.defaultAlarms(nominal), metrics).rules;
  return {
    rules: [
      ...parsed.rules,
      ...fitToWiring(model, defaults, wiring)
        .filter(({ id }) => !ownIds.has(id))
        .map((rule) => ({ ...rule, isDefault: true })),
    ],
    problems: [...parsed.problems, ...silentRules(parsed.rules, sources)],
  };
}
