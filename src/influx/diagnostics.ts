import type { WriterStats } from './writer';

/** How delivery to a database goes, as a message payload. */
export interface DeliveryDiagnostics {
  readonly schema: typeof DELIVERY_SCHEMA;
  /** Epoch milliseconds UTC. */
  readonly timestamp: number;
  readonly state: WriterStats['state'];
  /** Points that wait in the outbox, and their bytes. */
  readonly depth: number;
  readonly bytes: number;
  /** How long the oldest has waited, seconds; 0 when nothing waits. */
  readonly oldestAgeSeconds: number;
  /** Written since the diagnostics before this one, points per second. */
  readonly pointsPerSecond: number;
  /** Since the target started. */
  readonly written: number;
  readonly rejected: number;
  readonly retries: number;
  /** Lost for age or size of the outbox. */
  readonly dropped: number;
  /** Lost because what they were stored on was damaged. */
  readonly damaged: number;
  /** Whether what waits survives a restart. */
  readonly durable: boolean;
  /** Why the outbox or the last attempt failed; null after it was repeated with success. */
  readonly lastError: { readonly code: string; readonly message: string } | null;
}

export const DELIVERY_SCHEMA = 'pm500.delivery/1';

/** Describes delivery again and again; rates are those since the last time. */
export class DiagnosticsReporter {
  private writtenBefore: number;
  private reportedAtMs: number;

  /** @param monotonicMs of now */
  constructor(stats: WriterStats, monotonicMs: number) {
    this.writtenBefore = stats.linesWritten;
    this.reportedAtMs = monotonicMs;
  }

  /**
   * @param now wall clock, epoch milliseconds UTC
   * @param monotonicMs the monotonic clock at the same time
   */
  report(stats: WriterStats, now: number, monotonicMs: number): DeliveryDiagnostics {
    const { outbox, linesWritten, lastError } = stats;
    const seconds = (monotonicMs - this.reportedAtMs) / 1000;
    const pointsPerSecond = seconds > 0 ? Math.max(0, linesWritten - this.writtenBefore) / seconds : 0;
    this.writtenBefore = linesWritten;
    this.reportedAtMs = monotonicMs;
    return {
      schema: DELIVERY_SCHEMA,
      timestamp: now,
      state: stats.state,
      depth: outbox.depth,
      bytes: outbox.bytes,
      oldestAgeSeconds: Math.max(0, now - (outbox.oldestAcceptedAt ?? now)) / 1000,
      pointsPerSecond,
      written: linesWritten,
      rejected: stats.linesRejected,
      retries: stats.retries,
      dropped: outbox.dropped,
      damaged: outbox.damaged,
      durable: outbox.durable,
      lastError: lastError === undefined ? null : { code: lastError.code, message: lastError.message },
    };
  }
}
