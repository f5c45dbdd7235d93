import { startMeter, type RunningMeter, type StartedMeter } from './running-meter';
import type { CommonSettings, SimulatedMeterSettings } from './simulator-settings';

export type { SimulatedMeterSettings } from './simulator-settings';
export type { RunningMeter } from './running-meter';

export interface SimulatorSettings extends CommonSettings {
  readonly meters: readonly SimulatedMeterSettings[];
}

export interface Simulator {
  readonly meters: readonly RunningMeter[];
  /** Resolves when every socket is closed; may be called twice, never throws. */
  close(): Promise<void>;
}

/**
 * Starts simulated meters, all or none.
 * @throws Pm500Error CONFIG_INVALID, SIMULATOR_BIND_FAILED
 */
export async function startSimulator(settings: SimulatorSettings): Promise<Simulator> {
  const started: StartedMeter[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(started.map((meter) => meter.close()));
  };
  try {
    for (const meter of settings.meters) started.push(await startMeter(meter, settings));
    for (const meter of started) await meter.openImplicit();
    for (const meter of started) await meter.startPlc();
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return { meters: started.map(({ running }) => running), close };
}
