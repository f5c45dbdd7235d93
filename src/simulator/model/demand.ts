import type { Disturbances } from './disturbances';
import type { LoadCurve } from './load-curve';
import { LOAD_INTERVAL_HOURS, LOAD_INTERVAL_MS } from './load-profile';
import { powerFactor } from './three-phase';
import type { Supply } from './supply';

/**
 * Demand interval of the simulated meter: 15 minutes, one of those of register 304108 (1420-UM001E p.57 Table 26), and
 * the interval of the recorded loads.
 */
const DEMAND_INTERVAL_MS = LOAD_INTERVAL_MS;
const SAMPLES = 60;

/** What a meter measures. */
export interface Feeder {
  readonly curve: LoadCurve;
  readonly supply: Supply;
  readonly disturbances: Disturbances;
}

/** Begin of the last whole demand interval before `timeMs`. */
export function demandIntervalBefore(timeMs: number): number {
  return (Math.floor(timeMs / DEMAND_INTERVAL_MS) - 1) * DEMAND_INTERVAL_MS;
}

function averageSamples({ curve, supply, disturbances }: Feeder, startMs: number): Record<string, number> {
  const sums: Record<string, number> = {};
  for (let sample = 0; sample < SAMPLES; sample++) {
    const timeMs = startMs + ((sample + 0.5) / SAMPLES) * DEMAND_INTERVAL_MS;
    const values = supply.measure(curve.powerAt(timeMs), timeMs, disturbances);
    for (const name in values) sums[name] = (sums[name] ?? 0) + (values[name] ?? 0) / SAMPLES;
  }
  return sums;
}

/**
 * Averages over one demand interval by the names of the instantaneous values: powers from the difference of the energy
 * counters, apparent power and power factor from those, voltages, currents and frequency as means of samples.
 */
export function averageDemand(feeder: Feeder, startMs: number): Record<string, number> {
  const { curve, supply, disturbances } = feeder;
  const before = curve.totalAt(startMs);
  const after = curve.totalAt(startMs + DEMAND_INTERVAL_MS);
  const net = (
    importKey: 'activeImportWh' | 'reactiveImportVarh',
    exportKey: 'activeExportWh' | 'reactiveExportVarh',
  ) => (after[importKey] - before[importKey] - (after[exportKey] - before[exportKey])) / LOAD_INTERVAL_HOURS;
  const activeW = net('activeImportWh', 'activeExportWh');
  const reactiveVar = net('reactiveImportVarh', 'reactiveExportVarh');
  const shares = supply.sharesAt(startMs);
  const phases = ([0, 1, 2] as const).map((index) => {
    const missed = disturbances.missedOf(index, startMs, startMs + DEMAND_INTERVAL_MS);
    return {
      suffix: `l${index + 1}`,
      phaseW: activeW * shares.active[index] - missed.activeWh / LOAD_INTERVAL_HOURS,
      phaseVar: reactiveVar * shares.reactive[index] - missed.reactiveVarh / LOAD_INTERVAL_HOURS,
    };
  });
  const total = {
    suffix: 'total',
    phaseW: phases.reduce((sum, { phaseW }) => sum + phaseW, 0),
    phaseVar: phases.reduce((sum, { phaseVar }) => sum + phaseVar, 0),
  };
  const averages = averageSamples(feeder, startMs);
  for (const { suffix, phaseW, phaseVar } of [...phases, total]) {
    const apparentVa = Math.hypot(phaseW, phaseVar);
    averages[`active_power_${suffix}`] = phaseW;
    averages[`reactive_power_${suffix}`] = phaseVar;
    averages[`apparent_power_${suffix}`] = apparentVa;
    averages[`power_factor_${suffix}`] = powerFactor(phaseW, apparentVa);
  }
  return averages;
}
