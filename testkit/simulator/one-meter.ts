import { PM500 } from '../../src/meters/pm500';
import { constantProfile } from '../../src/simulator/model/plain-profiles';
import { startSimulator, type SimulatedMeterSettings, type Simulator } from '../../src/simulator/simulator';
import type { CommonSettings } from '../../src/simulator/simulator-settings';

/** A simulated meter on the loopback interface, at ports that the system chooses; a test says what it is about. */
export function oneMeter(change: Partial<SimulatedMeterSettings> = {}): SimulatedMeterSettings {
  const here = { bind: '127.0.0.1', enipPort: 0 };
  const load = constantProfile(1000);
  return { ...here, catalogNumber: '1420-V2-ENT', serialNumber: 940_000_001, seed: 1, load, ...change };
}

/** Starts a simulator of that one meter. */
export function startOneMeter(
  change: Partial<SimulatedMeterSettings> = {},
  common: CommonSettings = {},
): Promise<Simulator> {
  return startSimulator(PM500, { ...common, meters: [oneMeter(change)] });
}
