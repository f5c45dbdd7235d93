import type { OutboxRecord } from '../outbox/outbox';
import type { Pm500Error } from '../support/errors';

/**
 * What an attempt to deliver records means for them:
 * - `written`: the other side has them
 * - `retry`: nobody knows; the same records may be sent again soon
 * - `hold`: it will go on failing until a person changes something; the records wait
 * - `rejected`: the other side refuses at least one of the records as it is
 */
export type Verdict = Written | Retry | Hold | Rejected;

export interface Written {
  readonly kind: 'written';
}

export interface Retry {
  readonly kind: 'retry';
  readonly error: Pm500Error;
  /** How long the other side asks to be left alone, milliseconds. */
  readonly retryAfterMs?: number;
  /** True where the failure is known to say nothing about these records: nobody listens, or all have to wait. */
  readonly isGeneral?: boolean;
}

export interface Hold {
  readonly kind: 'hold';
  /** Milliseconds after which to look again, where that asks nobody and is worth it sooner than usual. */
  readonly recheckMs?: number;
  readonly error: Pm500Error;
}

export interface Rejected {
  readonly kind: 'rejected';
  readonly error: Pm500Error;
  /** True where fewer records at a time may be taken. */
  readonly tooLarge: boolean;
  /** Records that the words of the other side point at: their places among those that were sent, ascending. */
  readonly named?: readonly number[];
  /** How many of the records it says that it refused, where it says so. */
  readonly count?: number;
}

/**
 * The other side of a sink: it serializes, sends and judges. Everything else (queuing, batches, repeating, holding,
 * setting aside, receipts, counting, reporting) is the engine's.
 */
export interface Destination {
  /** For sentences: the name of the product. */
  readonly name: string;
  /** What one record is called in sentences, for instance line. */
  readonly unit: string;
  /** How long one delivery may take before it counts as failed, milliseconds. */
  readonly patienceMs: number;
  /** One attempt. Never rejects; when `signal` aborts, the verdict is a retry. */
  deliver(records: readonly OutboxRecord[], signal: AbortSignal): Promise<Verdict>;
  /**
   * Places of records that will probably be refused, ascending, by what earlier refusals have taught. They are sent
   * apart, so that they do not cost the others a second attempt.
   */
  suspects?(records: readonly OutboxRecord[]): readonly number[];
  /** Whether it would take records, found out without sending one. Never rejects. */
  health?(signal: AbortSignal): Promise<Health>;
  close(): void | Promise<void>;
}

/** Whether the other side would take records. */
export type Health =
  | { readonly healthy: true; readonly server: string }
  | { readonly healthy: false; readonly problem: HealthProblem; readonly error: Pm500Error };

/** - `unreachable`: no connection (name, address, TLS, proxy); `refused`: it answers and would not take records */
export type HealthProblem = 'unreachable' | 'refused';
