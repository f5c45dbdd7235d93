import { delay, type Clock } from '../support/clock';
import type { Pm500Error } from '../support/errors';
import { toPm500Error } from '../support/errors';
import type { Logger } from '../support/logger';
import type { Random } from '../support/random';
import { retryDelays } from '../support/retry';
import type { Outbox, OutboxBatch, OutboxRange, OutboxRecord, OutboxStats } from '../outbox/outbox';
import { splitBatch, waitForBatch } from './batch';
import type { Verdict } from './response-rules';
import type { Sender } from './sender';
import type { WriterSettings } from './writer-settings';

/**
 * - `idle`: nothing waits, or a batch is filling
 * - `sending`: a request is under way
 * - `retrying`: the last attempt failed, the next one comes by itself
 * - `held`: a person must change something; it is tried again slowly
 * - `closed`: for good
 */
export type WriterState = 'idle' | 'sending' | 'retrying' | 'held' | 'closed';

export interface WriterDependencies {
  readonly outbox: Outbox;
  readonly sender: Sender;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** A line that the database refuses for good, and its words. It has left the outbox; position is where it was. */
  readonly onRejected: (record: OutboxRecord, reason: Pm500Error, position: number) => void;
  /** Lines that were written; called in order, before the outbox forgets them. */
  readonly onWritten?: (range: OutboxRange) => void;
  /** After every change of state, and after every batch. */
  readonly onChange?: () => void;
}

export interface WriterStats {
  readonly state: WriterState;
  readonly outbox: OutboxStats;
  readonly linesWritten: number;
  readonly linesRejected: number;
  /** Attempts that failed and were repeated. */
  readonly retries: number;
  /** Why the last attempt failed; absent after a success. */
  readonly lastError?: Pm500Error;
}

/**
 * Carries lines from an outbox to a database: batch by batch, one request at a time, each batch acknowledged only when
 * the database has it. A resend is harmless, because every line carries its timestamp.
 */
export class InfluxWriter {
  private state: WriterState = 'idle';
  private linesWritten = 0;
  private linesRejected = 0;
  private retries = 0;
  private lastError: Pm500Error | undefined;
  /** Shrinks when the server finds a batch too large, so that not every batch has to be split. */
  private batchBytes: number;
  private readonly closing = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly settings: WriterSettings,
    private readonly dependencies: WriterDependencies,
  ) {
    this.batchBytes = settings.batch.bytes;
  }

  /** Begins to write. May be called twice. */
  start(): void {
    if (this.state === 'closed') return;
    this.running ??= this.run();
  }

  get stats(): WriterStats {
    return {
      state: this.state,
      outbox: this.dependencies.outbox.stats(),
      linesWritten: this.linesWritten,
      linesRejected: this.linesRejected,
      retries: this.retries,
      ...(this.lastError === undefined ? {} : { lastError: this.lastError }),
    };
  }

  /** Stops at once: a request under way is given up, its lines stay. Tells what the outbox still holds. */
  async close(): Promise<OutboxStats> {
    this.closing.abort();
    await this.running;
    this.enter('closed');
    this.dependencies.sender.close();
    return this.dependencies.outbox.stats();
  }

  private async run(): Promise<void> {
    const { signal } = this.closing;
    const { outbox, clock } = this.dependencies;
    while (!signal.aborted) {
      try {
        const limits = { ...this.settings.batch, bytes: this.batchBytes };
        await waitForBatch(outbox, limits, clock, signal, () => {
          this.enter('idle');
        });
        if (isAborted(signal)) return;
        const batch = await outbox.peek({ maximumRecords: limits.lines, maximumBytes: limits.bytes });
        await this.deliver(batch);
      } catch (thrown) {
        await this.recover(thrown);
      }
    }
  }

  /** An outbox that fails must not end delivery: it is tried again, and the failure shown. */
  private async recover(thrown: unknown): Promise<void> {
    this.fail('retrying', toPm500Error(thrown));
    await delay(this.dependencies.clock, this.settings.retry.maximumMs, this.closing.signal);
  }

  /** Sends a batch, halving what the database refuses until the lines that it refuses stand alone. */
  private async deliver(batch: OutboxBatch): Promise<void> {
    const parts = [batch];
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      const [first] = part.records;
      if (first === undefined) continue;
      const verdict = await this.attempt(part.records.map(({ payload }) => payload).join('\n'));
      if (verdict === undefined) return;
      if (verdict.kind === 'written') await this.settle(part, part.records.length);
      else if (part.records.length === 1) await this.park(part, first, verdict.error);
      else {
        if (verdict.tooLarge) this.batchBytes = Math.max(Math.floor(sizeOf(part) / 2), 1);
        parts.unshift(...splitBatch(part));
      }
    }
  }

  /** Sends until the database has decided, or the writer is closed (undefined). */
  private async attempt(lines: string): Promise<Extract<Verdict, { kind: 'written' | 'rejected' }> | undefined> {
    const { sender, clock, random } = this.dependencies;
    const { signal } = this.closing;
    const delays = retryDelays(this.settings.retry, random);
    while (!signal.aborted) {
      // After a failure the state stays until an attempt succeeds: a status must not blink.
      if (this.lastError === undefined) this.enter('sending');
      const verdict = await sender.send(lines, signal);
      if (verdict.kind === 'written' || verdict.kind === 'rejected') {
        this.lastError = undefined;
        return verdict;
      }
      if (isAborted(signal)) break;
      this.retries += 1;
      this.fail(verdict.kind === 'hold' ? 'held' : 'retrying', verdict.error);
      const delayMs = delays.next().value;
      const waitMs = verdict.kind === 'hold' ? this.settings.recheckMs : Math.max(delayMs, verdict.retryAfterMs ?? 0);
      await delay(clock, waitMs, signal);
    }
    return undefined;
  }

  private async settle(part: OutboxBatch, written: number): Promise<void> {
    this.linesWritten += written;
    if (written > 0) this.guard(() => this.dependencies.onWritten?.(part));
    await this.dependencies.outbox.acknowledge(part);
    this.enter('sending');
    this.notify();
  }

  private async park(part: OutboxBatch, record: OutboxRecord, reason: Pm500Error): Promise<void> {
    this.linesRejected += 1;
    this.guard(() => {
      this.dependencies.onRejected(record, reason, part.from);
    });
    await this.settle(part, 0);
  }

  private fail(state: 'retrying' | 'held', error: Pm500Error): void {
    if (this.lastError?.message !== error.message) this.dependencies.logger.warn(error.message);
    this.lastError = error;
    this.enter(state);
  }

  private enter(state: WriterState): void {
    if (this.state === state) return;
    this.state = state;
    this.notify();
  }

  private notify(): void {
    this.guard(() => this.dependencies.onChange?.());
  }

  /** A listener that throws must not stop delivery. */
  private guard(listener: () => void): void {
    try {
      listener();
    } catch (thrown) {
      this.dependencies.logger.error(`A listener of the InfluxDB writer failed: ${toPm500Error(thrown).message}`);
    }
  }
}

/** The compiler would take a second look at `signal.aborted` for the value of the first. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function sizeOf({ records }: OutboxBatch): number {
  return records.reduce((sum, { payload }) => sum + Buffer.byteLength(payload), 0);
}
