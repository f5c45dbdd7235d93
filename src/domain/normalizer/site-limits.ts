import type { NominalValues } from '../../meters/meter-model';
import type { MetricFamily } from '../diagnostics/prometheus';
import { normalizeLabels, type NormalizeDiagnostics } from './diagnostics';

/** What a site says of the load behind its meters, and what alert rules compare measured values with. */
export interface SiteLimits {
  /** Absent where nobody gave nominal values. */
  readonly nominal?: NominalValues;
  /** Active demand that the contract allows, W. */
  readonly contractWatts?: number;
  /** Power factor from which on reactive energy is free. */
  readonly powerFactor: number;
}

type Row = readonly [name: string, help: string, valueOf: (limits: SiteLimits) => number | undefined];

const ROWS: readonly Row[] = [
  [
    'pm500_nominal_voltage_volts',
    'Nominal voltage between line and neutral, as it was set.',
    ({ nominal }) => nominal?.lineToNeutralVolts,
  ],
  ['pm500_nominal_frequency_hertz', 'Nominal frequency, as it was set.', ({ nominal }) => nominal?.frequencyHz],
  [
    'pm500_rated_current_amperes',
    'Rated current of the feeder, as it was set.',
    ({ nominal }) => nominal?.ratedAmperes,
  ],
  ['pm500_contract_demand_watts', 'Active demand that the contract allows.', ({ contractWatts }) => contractWatts],
  ['pm500_power_factor_limit', 'Power factor from which on reactive energy is free.', ({ powerFactor }) => powerFactor],
];

/** The limits of all meters of one node as metric families of Prometheus; a limit that nobody gave is not told. */
export function limitMetrics(
  all: readonly NormalizeDiagnostics[],
  node: string,
  limits: SiteLimits,
): readonly MetricFamily[] {
  return ROWS.flatMap(([name, help, valueOf]): readonly MetricFamily[] => {
    const value = valueOf(limits);
    if (value === undefined) return [];
    const samples = all.map((one) => ({ labels: normalizeLabels(one, node), value }));
    return [{ name, help, type: 'gauge', samples }];
  });
}
