import { totalLoss, type DeliveryCapacity, type DeliveryStats } from './stats';

/** How delivery of a sink goes, as a message payload. */
export interface DeliveryDiagnostics {
  readonly schema: typeof DELIVERY_SCHEMA;
  /** Epoch milliseconds UTC. */
  readonly timestamp: number;
  readonly state: DeliveryStats['state'];
  /** Records that wait in the outbox, and their bytes. */
  readonly depth: number;
  readonly bytes: number;
  /** How long the oldest has waited, seconds; 0 when nothing waits. */
  readonly oldestAgeSeconds: number;
  /** Written since the diagnostics before this one, records per second. */
  readonly recordsPerSecond: number;
  /** Since the sink started. */
  readonly written: number;
  /** Refused for good. */
  readonly rejected: number;
  /** Refused records that are kept on the disk. */
  readonly setAside: number;
  readonly retries: number;
  /** Lost for age or size of the outbox. */
  readonly dropped: number;
  /** Lost because what they were stored on was damaged. */
  readonly damaged: number;
  /** Everything that is lost, and by which cause. */
  readonly lost: number;
  readonly losses: DeliveryStats['losses'];
  /** How much may wait and how long that lasts, of a sink that measures it; null where it does not. */
  readonly capacity: DeliveryCapacity | null;
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
  constructor({ written }: Pick<DeliveryStats, 'written'>, monotonicMs: number) {
    this.writtenBefore = written;
    this.reportedAtMs = monotonicMs;
  }

  /**
   * @param now wall clock, epoch milliseconds UTC
   * @param monotonicMs the monotonic clock at the same time
   */
  report(stats: DeliveryStats, now: number, monotonicMs: number): DeliveryDiagnostics {
    const { waiting, written, losses, lastError } = stats;
    const seconds = (monotonicMs - this.reportedAtMs) / 1000;
    const recordsPerSecond = seconds > 0 ? Math.max(0, written - this.writtenBefore) / seconds : 0;
    this.writtenBefore = written;
    this.reportedAtMs = monotonicMs;
    return {
      schema: DELIVERY_SCHEMA,
      timestamp: now,
      state: stats.state,
      depth: waiting.records,
      bytes: waiting.bytes,
      oldestAgeSeconds: waiting.oldestAgeMs / 1000,
      recordsPerSecond,
      written,
      rejected: stats.refused,
      setAside: stats.setAside,
      retries: stats.retries,
      dropped: losses.age + losses.size + losses.absent,
      damaged: losses.damage,
      lost: totalLoss(stats),
      losses,
      capacity: stats.capacity ?? null,
      durable: stats.durable,
      lastError: lastError === undefined ? null : { code: lastError.code, message: lastError.message },
    };
  }
}
