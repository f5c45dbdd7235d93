/** Simulated meters of this process that are about to listen. */
const starting = new Set<Promise<unknown>>();

/** Notes that simulated meters begin to listen; `started` settles when they do, or cannot. */
export function noteSimulatorStart(started: Promise<unknown>): void {
  starting.add(started);
  const forget = (): void => {
    starting.delete(started);
  };
  started.then(forget, forget);
}

/**
 * Settles when no simulated meter of this process is about to listen. Node-RED starts all nodes of a flow at once; without
 * this a meter that is simulated in the same flow would be reported as lost just because it is read first.
 */
export async function simulatorsStarted(): Promise<void> {
  await Promise.allSettled(starting);
}
