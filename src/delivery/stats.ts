import type { OutboxStats } from '../outbox/outbox';
import type { Pm500Error } from '../support/errors';
import type { DeliveryState } from './engine-types';

/** Why records never reached the other side, each loss under one of them. */
export const LOSS_CAUSES = ['age', 'size', 'damage', 'overwritten'] as const;
/**
 * - `age`: waited longer than the outbox keeps records
 * - `size`: the outbox was full, and they were the oldest
 * - `damage`: could not be read back from the disk
 * - `overwritten`: were refused and set aside, and made room for later ones
 */
export type LossCause = (typeof LOSS_CAUSES)[number];

/** How delivery of one sink goes: what its status, its diagnostics and its metrics are made of. Counts begin with the process. */
export interface DeliveryStats {
  readonly state: DeliveryState;
  readonly waiting: {
    readonly records: number;
    /** Payload bytes. */
    readonly bytes: number;
    /** How long the oldest has waited, milliseconds; 0 when nothing waits. */
    readonly oldestAgeMs: number;
  };
  /** Records that the other side has taken. */
  readonly written: number;
  /** Records that it refused for good. */
  readonly refused: number;
  /** Of these, the ones that are kept on the disk for a person. */
  readonly setAside: number;
  readonly losses: Readonly<Record<LossCause, number>>;
  /** Attempts that failed and were repeated. */
  readonly retries: number;
  /** Whether what waits survives the process. */
  readonly durable: boolean;
  /** Why the outbox takes nothing at the moment. */
  readonly problem?: Pm500Error;
  /** Why the outbox or the last attempt failed; absent after it was repeated with success. */
  readonly lastError?: Pm500Error;
}

export function totalLoss({ losses }: Pick<DeliveryStats, 'losses'>): number {
  return LOSS_CAUSES.reduce((sum, cause) => sum + losses[cause], 0);
}

/** True while nothing keeps records from the other side. */
export function isWell({ state, problem }: Pick<DeliveryStats, 'state' | 'problem'>): boolean {
  return state !== 'retrying' && state !== 'held' && problem === undefined;
}

/** What an outbox tells of losses. */
export function outboxLosses({
  dropped,
  droppedForAge,
  damaged,
}: Pick<OutboxStats, 'dropped' | 'droppedForAge' | 'damaged'>): Omit<Record<LossCause, number>, 'overwritten'> {
  return { age: droppedForAge, size: dropped - droppedForAge, damage: damaged };
}
