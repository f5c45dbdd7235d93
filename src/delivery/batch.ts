import type { Clock } from '../support/clock';
import type { Outbox, OutboxBatch, OutboxRecord } from '../outbox/outbox';
import { payloadBytes } from '../outbox/stored-record';

/** When a batch is sent: as soon as one of the limits is reached. */
export interface BatchLimits {
  readonly records: number;
  readonly bytes: number;
  /** The longest a record waits for others, milliseconds. */
  readonly flushMs: number;
}

/**
 * Resolves when a batch is due: enough records or bytes wait, or the oldest has waited long enough; also when `signal`
 * aborts. While the outbox is empty it calls `onEmpty` and waits for the first record.
 */
export async function waitForBatch(
  outbox: Outbox,
  limits: BatchLimits,
  clock: Clock,
  signal: AbortSignal,
  onEmpty: () => void,
): Promise<void> {
  if (outbox.stats().depth === 0) {
    onEmpty();
    await waitUntil(outbox, () => outbox.stats().depth > 0, clock, Infinity, signal);
  }
  if (isFull(outbox, limits) || signal.aborted) return;
  const { oldestAcceptedAt = clock.now() } = outbox.stats();
  // The wall clock may have been set: a wait is never longer than the configured one.
  const waitMs = Math.min(Math.max(oldestAcceptedAt + limits.flushMs - clock.now(), 0), limits.flushMs);
  await waitUntil(outbox, () => isFull(outbox, limits), clock, waitMs, signal);
}

/**
 * Cuts a batch into parts within the limits, in order, `count` at most; what is left over stays for the next time.
 * A record that is larger than the limit alone is a part of its own.
 */
export function cutBatch(batch: OutboxBatch, limits: BatchLimits, count: number): readonly OutboxBatch[] {
  if (count === 1) return [batch];
  const parts: OutboxBatch[] = [];
  let start = 0;
  let bytes = 0;
  const cut = (end: number): void => {
    if (end > start && parts.length < count)
      parts.push({ records: batch.records.slice(start, end), from: batch.from + start, to: batch.from + end });
    start = end;
    bytes = 0;
  };
  batch.records.forEach((record, index) => {
    const size = payloadBytes(record);
    if (index - start >= limits.records || bytes + size > limits.bytes) cut(index);
    bytes += size;
  });
  cut(batch.records.length);
  return parts;
}

/** Payload bytes of records. */
export function sizeOf(records: readonly OutboxRecord[]): number {
  return records.reduce((sum, record) => sum + payloadBytes(record), 0);
}

function isFull(outbox: Outbox, { records, bytes }: BatchLimits): boolean {
  const stats = outbox.stats();
  return stats.depth >= records || stats.bytes >= bytes;
}

/** Resolves when an append has made `isDone` true, after `waitMs`, or when `signal` aborts. */
function waitUntil(
  outbox: Outbox,
  isDone: () => boolean,
  clock: Clock,
  waitMs: number,
  signal: AbortSignal,
): Promise<void> {
  if (isDone() || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      timer?.cancel();
      stopListening();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = waitMs === Infinity ? undefined : clock.after(waitMs, finish);
    const stopListening = outbox.onAppend(() => {
      if (isDone()) finish();
    });
    signal.addEventListener('abort', finish, { once: true });
  });
}
