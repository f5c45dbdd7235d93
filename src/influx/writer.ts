import { delay, type Clock } from '../support/clock';
import type { Pm500Error } from '../support/errors';
import { toPm500Error } from '../support/errors';
import type { Logger } from '../support/logger';
import type { Random } from '../support/random';
import { retryDelays } from '../support/retry';
import type { Outbox, OutboxBatch, OutboxRange, OutboxRecord, OutboxStats } from '../outbox/outbox';
import { BatchSize, cutBatch, cutFront, splitBatch, waitForBatch } from './batch';
import type { Verdict } from './response-rules';
import type { Sender } from './sender';
import { Troubles } from './troubles';
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
  /** A line that the database refuses for good, and its words. It leaves the outbox when this has resolved. */
  readonly onRejected: (record: OutboxRecord, reason: Pm500Error, position: number) => Promise<void> | void;
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
  /** Why the outbox or the last attempt failed; absent after it was repeated with success. */
  readonly lastError?: Pm500Error;
}

/** What was sent at last, and what the database said to it. */
interface Decision {
  readonly sent: OutboxBatch;
  readonly verdict: Extract<Verdict, { kind: 'written' | 'rejected' }>;
}

/**
 * Carries lines from an outbox to a database: batch by batch, each acknowledged only when the database has it, in the
 * order of the outbox also where several requests are under way. A resend is harmless, because every line carries its
 * timestamp.
 */
export class InfluxWriter {
  private state: WriterState = 'idle';
  private linesWritten = 0;
  private linesRejected = 0;
  private retries = 0;
  /** An error of the outbox. */
  private outboxError: Pm500Error | undefined;
  private readonly troubles = new Troubles();
  private lastWarning = '';
  private readonly batchSize: BatchSize;
  private readonly closing = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly settings: WriterSettings,
    private readonly dependencies: WriterDependencies,
  ) {
    this.batchSize = new BatchSize(settings.batch.bytes);
  }

  /** Begins to write. May be called twice. */
  start(): void {
    if (this.state === 'closed') return;
    this.running ??= this.run();
  }

  get stats(): WriterStats {
    const outbox = this.dependencies.outbox.stats();
    const lastError = outbox.problem ?? this.outboxError ?? this.troubles.lastError;
    return {
      state: this.state,
      outbox,
      linesWritten: this.linesWritten,
      linesRejected: this.linesRejected,
      retries: this.retries,
      ...(lastError === undefined ? {} : { lastError }),
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

  /** Logs why nothing is delivered: the same reason once, until it changes or delivery goes on. */
  warn(error: Pm500Error): void {
    if (this.lastWarning === error.message) return;
    this.lastWarning = error.message;
    this.dependencies.logger.warn(error.message);
  }

  private async run(): Promise<void> {
    const { signal } = this.closing;
    const { outbox, clock } = this.dependencies;
    const { maximumInFlight = 1 } = this.settings;
    while (!signal.aborted) {
      try {
        const limits = { ...this.settings.batch, bytes: this.batchSize.bytes };
        await waitForBatch(outbox, limits, clock, signal, () => {
          this.enter('idle');
        });
        if (isAborted(signal)) return;
        const batch = await outbox.peek({
          maximumRecords: limits.lines * maximumInFlight,
          maximumBytes: limits.bytes * maximumInFlight,
        });
        await this.deliverTogether(cutBatch(batch, limits, maximumInFlight));
        this.outboxError = undefined;
      } catch (thrown) {
        await this.recover(thrown);
      }
    }
  }

  /** An outbox that fails must not end delivery: it is tried again, and the failure shown. */
  private async recover(thrown: unknown): Promise<void> {
    this.outboxError = toPm500Error(thrown);
    this.warn(this.outboxError);
    this.enter('retrying');
    await delay(this.dependencies.clock, this.settings.retry.maximumMs, this.closing.signal);
  }

  /** Sends parts at the same time; each is acknowledged after the one before it. */
  private async deliverTogether(parts: readonly OutboxBatch[]): Promise<void> {
    let before = Promise.resolve(true);
    const all = parts.map((part) => (before = this.deliver(part, before)));
    const failed = (await Promise.allSettled(all)).find((settled) => settled.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /**
   * Sends a batch, halving what the database refuses until the lines that it refuses stand alone.
   * @param turn resolves when everything before this batch has left the outbox: true, or false where it never will
   * @returns true when all of the batch has left the outbox, false when the writer was closed before
   */
  private async deliver(batch: OutboxBatch, turn: Promise<boolean>): Promise<boolean> {
    const parts = [batch];
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      if (part.records.length === 0) continue;
      const decision = await this.attempt(part);
      if (decision === undefined) return false;
      const { sent, verdict } = decision;
      const [first] = sent.records;
      if (verdict.kind === 'rejected' && sent.records.length > 1) {
        if (verdict.tooLarge) this.batchSize.noteTooLarge(sent);
        parts.unshift(...splitBatch(sent));
        continue;
      }
      if (!(await turn)) return false;
      if (verdict.kind === 'written' || first === undefined) await this.settle(sent, sent.records.length);
      else await this.park(sent, first, verdict.error);
    }
    return turn;
  }

  /** Sends until the database has decided, or the writer is closed (undefined). */
  private async attempt(part: OutboxBatch): Promise<Decision | undefined> {
    const { outbox, sender, clock, random } = this.dependencies;
    const { signal } = this.closing;
    const delays = retryDelays(this.settings.retry, random);
    let sent = part;
    let lines = joinLines(part);
    while (!signal.aborted) {
      const { position } = outbox.stats();
      if (position > sent.from) {
        // What the outbox has dropped meanwhile counts as lost: it must not come to the database all the same.
        sent = cutFront(sent, position);
        if (sent.records.length === 0) break;
        lines = joinLines(sent);
      }
      // After a failure the state stays until an attempt succeeds: a status must not blink.
      this.enter(this.troubles.state ?? 'sending');
      const verdict = await sender.send(lines, signal);
      if (verdict.kind === 'written' || verdict.kind === 'rejected') {
        this.troubles.clear(part);
        // What an outbox says that fails after every write has not ended with the write.
        if (this.troubles.state === undefined && this.outboxError === undefined) this.lastWarning = '';
        return { sent, verdict };
      }
      if (isAborted(signal)) break;
      this.retries += 1;
      this.troubles.set(part, { state: verdict.kind === 'hold' ? 'held' : 'retrying', error: verdict.error });
      this.warn(verdict.error);
      this.enter(this.troubles.state ?? 'retrying');
      const delayMs = delays.next().value;
      const waitMs = verdict.kind === 'hold' ? this.settings.recheckMs : Math.max(delayMs, verdict.retryAfterMs ?? 0);
      await delay(clock, waitMs, signal);
    }
    this.troubles.clear(part);
    return signal.aborted ? undefined : { sent, verdict: { kind: 'written' } };
  }

  private async settle(part: OutboxBatch, written: number): Promise<void> {
    this.linesWritten += written;
    if (written > 0) this.guard(() => this.dependencies.onWritten?.(part));
    await this.dependencies.outbox.acknowledge(part);
    if (written > 0) this.batchSize.noteTaken();
    this.enter(this.troubles.state ?? 'sending');
    this.notify();
  }

  private async park(part: OutboxBatch, record: OutboxRecord, reason: Pm500Error): Promise<void> {
    this.linesRejected += 1;
    try {
      await this.dependencies.onRejected(record, reason, part.from);
    } catch (thrown) {
      this.reportListener(thrown);
    }
    await this.settle(part, 0);
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
      this.reportListener(thrown);
    }
  }

  private reportListener(thrown: unknown): void {
    this.dependencies.logger.error(`A listener of the InfluxDB writer failed: ${toPm500Error(thrown).message}`);
  }
}

function joinLines({ records }: OutboxBatch): string {
  return records.map(({ payload }) => payload).join('\n');
}

/** The compiler would take a second look at `signal.aborted` for the value of the first. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
