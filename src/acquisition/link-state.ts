import type { Pm500Error } from '../support/errors';

/** How the connection to a meter stands. */
export interface LinkState {
  readonly kind: 'idle' | 'connecting' | 'connected' | 'waiting' | 'closed';
  /** Why it waits. */
  readonly error?: Pm500Error;
  /** When this state began, epoch milliseconds UTC. */
  readonly since: number;
}
