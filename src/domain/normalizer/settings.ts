import type { MeterModel, NominalValues, WiringMode } from '../../meters/meter-model';
import type { AlarmRule } from '../alarms/rule';
import type { EnergyDeltasSettings } from '../counters/energy-deltas';
import type { ReportSettings } from '../reporting/deadband';
import type { KpiSettings } from '../kpis/settings';

/** How the readings of a meter become telemetry. What is absent is off. */
export interface NormalizerSettings {
  /** Of the meters whose readings these are. */
  readonly model: MeterModel;
  /** The configured wiring. */
  readonly wiring?: WiringMode;
  /** Values read longer ago than this are stale, ms. */
  readonly staleAfterMs?: number;
  /** Energy deltas and KPIs. */
  readonly kpis?: KpiSettings;
  /** True: energy deltas are part of the telemetry, not only of the KPIs. */
  readonly energyDeltas: boolean;
  /** Which counters have deltas, and what bounds them. */
  readonly counters?: EnergyDeltasSettings;
  readonly alarmRules: readonly AlarmRule[];
  /** The supply that the default alarms are made for. */
  readonly nominal?: NominalValues;
  /** Report by exception. */
  readonly report?: ReportSettings;
}
