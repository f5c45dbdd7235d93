import type { Pm500Error } from '../support/errors';
import type { Logger } from '../support/logger';
import type { TransportState, TransportStateChange } from './transport';

/** The state of a transport and those who want to hear of it. A listener that throws harms nobody else. */
export class StateBroadcast {
  private current: TransportState = 'closed';
  private readonly listeners = new Set<(change: TransportStateChange) => void>();

  constructor(private readonly logger: Logger) {}

  get state(): TransportState {
    return this.current;
  }

  /** Calls `listener` on every change until the returned function is called. */
  onState(listener: (change: TransportStateChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** @param error why it closed, when it did not close on request */
  enter(state: TransportState, error?: Pm500Error): void {
    if (state === this.current) return;
    this.current = state;
    const change: TransportStateChange = error === undefined ? { state } : { state, error };
    for (const listener of [...this.listeners]) {
      try {
        listener(change);
      } catch (thrown) {
        this.logger.error(`A listener for the state of a connection failed: ${String(thrown)}`);
      }
    }
  }
}
