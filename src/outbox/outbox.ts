import type { Pm500Error } from '../support/errors';

/**
 * Delivery without loss: what a sink accepted waits here until the other side has acknowledged it. A reader peeks a
 * batch, sends it, and acknowledges it; what was not acknowledged is peeked again, also after a restart where the
 * outbox is durable.
 */
export interface Outbox {
  /**
   * Takes records in order. When the promise resolves they are as safe as this outbox can make them.
   * Past the limits the oldest records are dropped, counted in `stats().dropped`.
   * @returns the positions the records were given
   * @throws Pm500Error OUTBOX_CLOSED; of a durable outbox also OUTBOX_WRITE_FAILED (none of the records was taken),
   * OUTBOX_IN_USE and OUTBOX_UNAVAILABLE
   */
  append(records: readonly OutboxRecord[]): Promise<OutboxRange>;
  /**
   * The oldest records that were not acknowledged, in order, without removing them; empty when nothing waits.
   * @param limits at most this many records and, but for a single larger record, this many bytes
   */
  peek(limits: PeekLimits): Promise<OutboxBatch>;
  /**
   * Removes a peeked batch, or a first part of one. Batches are acknowledged in order. Records dropped since the peek
   * are passed over; acknowledging twice does nothing.
   * @throws Pm500Error OUTBOX_CLOSED; INTERNAL when older records still wait
   */
  acknowledge(range: OutboxRange): Promise<void>;
  stats(): OutboxStats;
  /** Calls `listener` after records were appended, until the returned function is called. */
  onAppend(listener: () => void): () => void;
  /** Calls `listener` when `stats().problem` has come or gone, until the returned function is called. */
  onProblem(listener: () => void): () => void;
  /** Lets go of every resource. Records of a durable outbox stay. May be called twice. */
  close(): Promise<void>;
  /** Takes over new limits at once, for instance when a person has changed the configuration. */
  setLimits(limits: OutboxLimits): void;
}

/**
 * One record: opaque bytes or text that its writer understands, and when it was accepted. Never spread one: of a record
 * from the disk the payload is no member of its own and would be lost. `acceptedAgain` makes another one.
 */
export interface OutboxRecord {
  readonly payload: string;
  /** Epoch milliseconds UTC at which the sink accepted it. */
  readonly acceptedAt: number;
  /** Who handed it in, for instance the id of a node: a record that is refused later is reported there. */
  readonly origin?: string | undefined;
}

/** The same record, accepted at another time. */
export function acceptedAgain({ payload, origin }: OutboxRecord, acceptedAt: number): OutboxRecord {
  return origin === undefined ? { payload, acceptedAt } : { payload, acceptedAt, origin };
}

export interface PeekLimits {
  readonly maximumRecords: number;
  readonly maximumBytes: number;
}

/** Positions of consecutive records: of the first, and of the one after the last, counted since the outbox was made. */
export interface OutboxRange {
  readonly from: number;
  readonly to: number;
}

export interface OutboxBatch extends OutboxRange {
  readonly records: readonly OutboxRecord[];
}

/** How much an outbox holds at most; past either limit the oldest records go first. */
export interface OutboxLimits {
  /** Payload bytes (UTF-8). */
  readonly maximumBytes: number;
  /** No limit where absent. */
  readonly maximumAgeMs?: number;
}

export interface OutboxStats {
  /** Records that wait. */
  readonly depth: number;
  /** Their payload bytes (UTF-8). */
  readonly bytes: number;
  /** When the oldest was accepted, epoch milliseconds UTC; absent when nothing waits. */
  readonly oldestAcceptedAt?: number;
  /** How long the oldest has waited, milliseconds; absent when nothing waits. */
  readonly oldestAgeMs?: number;
  /** Records dropped for age or size since the outbox was opened. */
  readonly dropped: number;
  /** Those of them that had waited too long. */
  readonly droppedForAge: number;
  /** Records that could not be read back since the outbox was opened, because what they were stored on was damaged. */
  readonly damaged: number;
  /** Position of the oldest record that waits, or of the next one to come when nothing waits. */
  readonly position: number;
  /** True where records survive the process. */
  readonly durable: boolean;
  /** Files that hold records, where there are files. */
  readonly segments?: number;
  /**
   * Why the outbox takes nothing at the moment (OUTBOX_WRITE_FAILED: what is in it is given all the same) or neither takes
   * nor gives; it comes back by itself when that has been mended.
   */
  readonly problem?: Pm500Error;
}
