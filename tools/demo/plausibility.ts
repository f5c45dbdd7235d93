import type { Telemetry } from '../../src/domain/messages/telemetry';

/** What the recorded plant can be: 157 kWh in its busiest quarter of an hour, on a low-voltage feeder at 50 or 60 Hz. */
const BANDS: Readonly<Record<string, readonly [min: number, max: number]>> = {
  voltage_ln_avg: [100, 450],
  voltage_ll_avg: [170, 780],
  current_l1: [0, 5000],
  active_power_total: [0, 1_000_000],
  power_factor_total: [-1, 1],
  frequency: [49, 61],
};

/** Apparent power is never below active power; single precision leaves a little. */
const POWER_TOLERANCE = 1.001;

/** What no plant of this kind would measure, in words. */
export function findImplausible(telemetries: readonly Telemetry[]): readonly string[] {
  const faults: string[] = [];
  for (const { metrics } of telemetries) {
    for (const [name, [min, max]] of Object.entries(BANDS)) {
      const value = metrics[name]?.value;
      if (typeof value === 'number' && (value < min || value > max)) {
        faults.push(`${name} is ${value}, expected ${min} to ${max}`);
      }
    }
    const active = metrics['active_power_total']?.value;
    const apparent = metrics['apparent_power_total']?.value;
    if (typeof active === 'number' && typeof apparent === 'number' && active > apparent * POWER_TOLERANCE) {
      faults.push(`active power ${active} W is above apparent power ${apparent} VA`);
    }
  }
  return faults;
}
