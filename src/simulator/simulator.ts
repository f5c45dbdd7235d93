import type { MeterModel } from '../meters/meter-model';
import { Pm500Error } from '../support/errors';
import { startMeter, type RunningMeter, type StartedMeter } from './running-meter';
import type { CommonSettings, SimulatedMeterSettings } from './simulator-settings';

export type { SimulatedMeterSettings } from './simulator-settings';
export type { RunningMeter } from './running-meter';

export interface SimulatorSettings extends CommonSettings {
  readonly meters: readonly SimulatedMeterSettings[];
  /** Ends the start before all stand; the simulator then has closed what had begun. */
  readonly signal?: AbortSignal;
}

/** PLCs that open their connections at the same time: more of them run into each other's time-outs on small machines. */
const PLCS_AT_ONCE = 8;

/** Has every PLC make its first attempt. */
async function startPlcs(started: readonly StartedMeter[], signal: AbortSignal | undefined): Promise<void> {
  const waiting = [...started];
  const work = async (): Promise<void> => {
    for (let meter = waiting.shift(); meter !== undefined && signal?.aborted !== true; meter = waiting.shift()) {
      await meter.startPlc();
    }
  };
  await Promise.all(Array.from({ length: PLCS_AT_ONCE }, work));
}

export interface Simulator {
  readonly meters: readonly RunningMeter[];
  /** Resolves when every socket is closed; may be called twice, never throws. */
  close(): Promise<void>;
}

/**
 * Starts simulated meters of one model, all or none.
 * @throws Pm500Error CONFIG_INVALID, SIMULATOR_BIND_FAILED, ABORTED
 */
export async function startSimulator(model: MeterModel, settings: SimulatorSettings): Promise<Simulator> {
  const { signal } = settings;
  const started: StartedMeter[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(started.map((meter) => meter.close()));
  };
  const stopPlcs = (): void => {
    // One that waits for an answer need not have it.
    void close();
  };
  try {
    for (const meter of settings.meters) {
      signal?.throwIfAborted();
      started.push(await startMeter(model, meter, settings));
    }
    for (const meter of started) await meter.openImplicit();
    signal?.addEventListener('abort', stopPlcs);
    await startPlcs(started, signal);
    signal?.throwIfAborted();
  } catch (thrown) {
    await close();
    throw signal?.aborted === true
      ? new Pm500Error('ABORTED', 'The simulated meters were ended while they started.')
      : thrown;
  } finally {
    signal?.removeEventListener('abort', stopPlcs);
  }
  return { meters: started.map(({ running }) => running), close };
}
