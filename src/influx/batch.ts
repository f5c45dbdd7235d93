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

/**
 * Cuts a batch into requests within the limits, in order, `count` at most; what is left over stays for the next time.
 * A line that is larger than the limit alone is a request of its own.
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
  batch.records.forEach(({ payload }, index) => {
    const size = Buffer.byteLength(payload);
    if (index - start >= limits.lines || bytes + size > limits.bytes) cut(index);
    bytes += size;
  });
  cut(batch.records.length);
  return parts;
}

/** Payload bytes of a batch. */
export function sizeOf({ records }: OutboxBatch): number {
  return records.reduce((sum, { payload }) => sum + Buffer.byteLength(payload), 0);
}

/** Batches that a server must have taken before it is offered a larger one: one refusal in as many costs little. */
const RECOVER_AFTER_BATCHES = 100;

/** How large batches may be: halved when the server finds one too large, growing again slowly in case it was a proxy. */
export class BatchSize {
  private current: number;
  private taken = 0;

  constructor(private readonly configured: number) {
    this.current = configured;
  }

  /** Bytes of a batch at most. */
  get bytes(): number {
    return this.current;
  }

  noteTooLarge(batch: OutboxBatch): void {
    this.current = Math.max(Math.floor(sizeOf(batch) / 2), 1);
    this.taken = 0;
  }

  noteTaken(): void {
    if (this.current >= this.configured) return;
    this.taken += 1;
    if (this.taken < RECOVER_AFTER_BATCHES) return;
    this.taken = 0;
    this.current = Math.min(this.current * 2, this.configured);
  }
}

/** A batch without the records before a position. */
export function cutFront({ records, from, to }: OutboxBatch, position: number): OutboxBatch {
  const start = Math.min(Math.max(position, from), to);
  return { records: records.slice(start - from), from: start, to };
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
