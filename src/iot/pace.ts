import type { BrokerLimits } from './profiles';

/** Messages that may leave at once after a pause; the rest follows evenly. */
const BURST = 10;

/**
 * When the next message may leave, so that in no second more than `perSecond` and a small burst do, nor more than
 * `bytesPerSecond` and one message. Milliseconds.
 */
export class PublishPace {
  private readonly intervalMs: number;
  private readonly byteMs: number;
  private dueMs = -Infinity;
  private bytesDueMs = -Infinity;

  /** Without limits where they are absent. */
  constructor({ perSecond = Infinity, bytesPerSecond = Infinity }: Pick<BrokerLimits, 'perSecond' | 'bytesPerSecond'>) {
    this.intervalMs = 1000 / perSecond;
    this.byteMs = 1000 / bytesPerSecond;
  }

  /** How long to wait for the next message; 0: it may leave. */
  waitMs(nowMs: number): number {
    return Math.max(this.dueMs - BURST * this.intervalMs - nowMs, this.bytesDueMs - nowMs, 0);
  }

  /** A message of so many bytes leaves. */
  take(nowMs: number, bytes: number): void {
    this.bytesDueMs = Math.max(this.bytesDueMs, nowMs) + bytes * this.byteMs;
    this.dueMs = Math.max(this.dueMs, nowMs) + this.intervalMs;
  }
}
