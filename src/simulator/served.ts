import type { Value } from '../domain/messages/reading';
import type { Clock } from '../support/clock';

/** Data that the meter has put into a reply or a class 1 frame, before a fault on the wire reaches it. */
export interface Served {
  /** Assembly instance; absent for registers. */
  readonly assembly?: number;
  /** Printed number of the first register; absent for an assembly. */
  readonly register?: number;
  /** Nobody changes them. */
  readonly bytes: Uint8Array;
  /** What the meter measured at that moment, by metric name, before it was rounded to what travels. */
  readonly values: Readonly<Record<string, Value>>;
  /** Simulated time that the values belong to, epoch milliseconds. */
  readonly simulatedTimeMs: number;
  /** When it was served, epoch milliseconds UTC. */
  readonly timestamp: number;
}

export type ServedListener = (served: Served) => void;

/** Tells listeners what a meter serves. Costs nothing while nobody listens. */
export class ServedData {
  private readonly listeners = new Set<ServedListener>();

  constructor(private readonly clock: Clock) {}

  /** Calls `listener` for all data that leaves until the returned function is called. It must not throw. */
  onServed(listener: ServedListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** @param describe called only when somebody listens */
  note(describe: () => Omit<Served, 'timestamp'>): void {
    if (this.listeners.size === 0) return;
    const served = { ...describe(), timestamp: this.clock.now() };
    for (const listener of this.listeners) listener(served);
  }
}
