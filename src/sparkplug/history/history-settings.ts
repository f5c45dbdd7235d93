import type { OutboxLimits } from '../../outbox/outbox';
import type { PaceLimits } from './pace';

/** How much may wait for a host, and how fast it is sent then. */
export interface HistorySettings extends PaceLimits {
  /** How long a lost link or host may stay unnoticed. */
  readonly blindMs: number;
  /** Of the outbox; the queues of absent devices have half of it at most. */
  readonly store: OutboxLimits;
}
