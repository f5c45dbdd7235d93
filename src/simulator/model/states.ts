import type { CatalogNumber } from '../../meters/meter-model';

/** What the virtual alarms look at. */
export interface AlarmInputs {
  readonly instant: Readonly<Record<string, number>>;
  readonly demand: Readonly<Record<string, number>>;
  /** Demand of active power at which a site would shed load, W. */
  readonly demandLimitW: number;
  /** Rated current of a phase, A. */
  readonly ratedAmperes: number;
  readonly nominalVolts: number;
}

/** Below this share of the rated current a poor power factor alarms nobody. */
const LIGHT_LOAD_SHARE = 0.05;

/**
 * States of assembly 108 by metric name. The set points are those a site might choose; the outputs of units that have
 * digital ones follow the first two alarms.
 */
export function deriveStates(inputs: AlarmInputs, model: CatalogNumber): Record<string, boolean> {
  const { instant, demand, demandLimitW, ratedAmperes, nominalVolts } = inputs;
  const of = (values: Readonly<Record<string, number>>, name: string): number => values[name] ?? 0;
  const current = Math.max(of(instant, 'current_l1'), of(instant, 'current_l2'), of(instant, 'current_l3'));
  const meanCurrent = (of(demand, 'current_l1') + of(demand, 'current_l2') + of(demand, 'current_l3')) / 3;
  const loaded = meanCurrent > LIGHT_LOAD_SHARE * ratedAmperes;
  const demandAlarm = of(demand, 'active_power_total') > demandLimitW;
  const currentAlarm = current > 0.7 * ratedAmperes;
  const hasOutputs = model.inputsOutputs === 'digital';
  return {
    alarm_1: demandAlarm,
    alarm_2: currentAlarm,
    alarm_3: loaded && Math.abs(of(demand, 'power_factor_total')) < 0.85,
    alarm_4: Math.abs(of(instant, 'voltage_ln_avg') / nominalVolts - 1) > 0.05,
    output_1: hasOutputs && demandAlarm,
    output_2: hasOutputs && currentAlarm,
  };
}
