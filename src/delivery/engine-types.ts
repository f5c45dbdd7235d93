import type { Outbox, OutboxRange } from '../outbox/outbox';
import type { Clock } from '../support/clock';
import type { Pm500Error } from '../support/errors';
import type { Logger } from '../support/logger';
import type { Random } from '../support/random';
import type { RefusedRecord } from './consignment';
import type { Destination } from './destination';

/**
 * - `idle`: nothing waits, or a batch is filling
 * - `sending`: a delivery is under way
 * - `retrying`: the last attempt failed, the next one comes by itself
 * - `held`: a person must change something; it is tried again slowly
 * - `closed`: for good
 */
export const DELIVERY_STATES = ['idle', 'sending', 'retrying', 'held', 'closed'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

export interface EngineDependencies {
  readonly outbox: Outbox;
  readonly destination: Destination;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Records that are refused for good. They leave the outbox when this has resolved. */
  readonly onRefused: (refused: readonly RefusedRecord[]) => Promise<void> | void;
  /** Records that were written; called in order, before the outbox forgets them. */
  readonly onWritten?: (range: OutboxRange) => void;
  /** After every change of state, and after every batch. */
  readonly onChange?: () => void;
}

/** What an engine has done since it was made. */
export interface EngineCounts {
  readonly state: DeliveryState;
  readonly written: number;
  readonly refused: number;
  /** Attempts that failed and were repeated. */
  readonly retries: number;
  /** Why the outbox or the last attempt failed; absent after it was repeated with success. */
  readonly lastError?: Pm500Error;
}
