import type { Clock } from '../support/clock';
import type { Outbox, OutboxBatch } from '../outbox/outbox';

/** When a batch is sent: as soon as one of the limits is reached. */
export interface BatchLimits {
  readonly lines: number;
  readonly bytes: number;
  /** The longest a line waits for others, milliseconds. */
  readonly flushMs: number;
}

/**
 * Resolves when a batch is due: enough lines or bytes wait, or the oldest has waited long enough; also when `signal`
 * aborts. While the outbox is empty it calls `onEmpty` and waits for the first line.
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

/** The two halves of a batch of two or more, in order. */
export function splitBatch({ records, from, to }: OutboxBatch): readonly [OutboxBatch, OutboxBatch] {
  const half = Math.ceil(records.length / 2);
  const middle = from + half;
  return [
    { records: records.slice(0, half), from, to: middle },
    { records: records.slice(half), from: middle, to },
  ];
}

function isFull(outbox: Outbox, { lines, bytes }: BatchLimits): boolean {
  const stats = outbox.stats();
  return stats.depth >= lines || stats.bytes >= bytes;
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
