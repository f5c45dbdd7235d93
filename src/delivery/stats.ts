import type { OutboxStats } from '../outbox/outbox';
import type { Pm500Error } from '../support/errors';
import type { DeliveryState } from './engine-types';

/** Why records never reached the other side, each loss under one of them. */
export const LOSS_CAUSES = [
  'age',
  'size',
  'absent',
  'damage',
  'overwritten',
  'notStored',
  'unfit',
  'tooLarge',
  'notKept',
] as const;
/**
 * - `age`: waited longer than the outbox keeps records
 * - `size`: the outbox was full, and they were the oldest
 * - `absent`: waited, apart from the others, for a device that did not come back in time
 * - `damage`: could not be read back from the disk
 * - `overwritten`: were refused and set aside, and made room for later ones
 * - `notStored`: the outbox did not take them, and nobody could be told
 * - `unfit`: do not fit the datatype that their metric has now
 * - `tooLarge`: alone larger than the other side takes
 * - `notKept`: came while nothing could be sent, of a sink that was told to store nothing
 */
export type LossCause = (typeof LOSS_CAUSES)[number];
export type Losses = Readonly<Record<LossCause, number>>;

export const NO_LOSSES: Losses = Object.freeze({
  age: 0,
  size: 0,
  absent: 0,
  damage: 0,
  overwritten: 0,
  notStored: 0,
  unfit: 0,
  tooLarge: 0,
  notKept: 0,
});

/** How much may wait, and how long that lasts at the pace of now. */
export interface DeliveryCapacity {
  /** Payload bytes at most. */
  readonly maximumBytes: number;
  /** What comes in an hour, measured; absent until it is known. */
  readonly bytesPerHour?: number;
  /** How many hours fit, the age at which records are let go included; absent until it is known. */
  readonly hours?: number;
  /** In how many hours it is full if nothing is delivered; absent until it is known. */
  readonly fullInHours?: number;
}

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
  readonly losses: Losses;
  /** Attempts that failed and were repeated. */
  readonly retries: number;
  /** Whether what waits survives the process. */
  readonly durable: boolean;
  /** Of a sink that knows it. */
  readonly capacity?: DeliveryCapacity;
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
export function outboxLosses(
  { dropped, droppedForAge, damaged }: Pick<OutboxStats, 'dropped' | 'droppedForAge' | 'damaged'>,
  overwritten = 0,
): Losses {
  return { ...NO_LOSSES, age: droppedForAge, size: dropped - droppedForAge, damage: damaged, overwritten };
}
