import type { RetryPolicy } from '../support/retry';
import type { BatchLimits } from './batch';

/** Which records go first once much has waited: the oldest, or those that come in now. */
export const DELIVERY_ORDERS = ['oldest', 'newest'] as const;
export type DeliveryOrder = (typeof DELIVERY_ORDERS)[number];

/** How an engine batches and repeats. */
export interface DeliverySettings {
  readonly batch: BatchLimits;
  readonly retry: RetryPolicy;
  /** Deliveries under way at the same time; 1 where absent. With more, records of different batches may arrive in any order. */
  readonly maximumInFlight?: number;
  /** How often a held engine looks whether the cause is gone, milliseconds. */
  readonly recheckMs: number;
  /** `oldest` where absent. */
  readonly order?: DeliveryOrder;
}

/** Batches of 5 MB stay below the limits that servers and proxies commonly have for one request (10 MB and more). */
export const DEFAULT_BATCH_BYTES = 5_000_000;
export const DEFAULT_RETRY: RetryPolicy = { initialMs: 500, maximumMs: 30_000, factor: 2, jitter: 0.3 };
export const DEFAULT_RECHECK_MS = 30_000;
