import type { Pm500Error } from '../../support/errors';
import type { Logger } from '../../support/logger';
import type { EdgeState } from './session-settings';

/** What an edge node shows of itself, and who wants to know of changes. */
export class StateBoard {
  private readonly logger: Logger;
  private readonly look: () => Omit<EdgeState, 'error'>;
  private readonly listeners = new Set<(state: EdgeState) => void>();
  private shown: EdgeState = { phase: 'offline', devices: [] };

  /** @param look gives the present state but for the error */
  constructor(logger: Logger, look: () => Omit<EdgeState, 'error'>) {
    this.logger = logger;
    this.look = look;
  }

  get state(): EdgeState {
    return this.shown;
  }

  /** Calls `listener` on every announcement, until the returned function is called. */
  onState(listener: (state: EdgeState) => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** Something has changed, but not why there is no session. */
  announce(): void {
    this.show(this.shown.error);
  }

  /** The session stands: what went wrong before is over. */
  announceWell(): void {
    this.show(undefined);
  }

  /** Shows an error, and logs it unless it is what was logged last. */
  fail(error: Pm500Error): void {
    if (error.message !== this.shown.error?.message) this.logger.warn(error.message);
    this.show(error);
  }

  private show(error: Pm500Error | undefined): void {
    this.shown = { ...this.look(), ...(error === undefined ? {} : { error }) };
    for (const listener of this.listeners) listener(this.shown);
  }
}
