import type { Outbox, OutboxRange, OutboxRecord, OutboxStats } from '../outbox/outbox';
import type { Clock } from '../support/clock';
import { Pm500Error, toPm500Error } from '../support/errors';
import type { Logger } from '../support/logger';
import type { Random } from '../support/random';
import { createThrottle, type Throttle } from '../support/throttle';
import { Users } from '../support/users';
import type { DeadLetters } from './dead-letters';
import type { Health } from './health';
import { Receipts, type Receipt } from './receipts';
import type { Sender } from './sender';
import { InfluxWriter, type WriterStats } from './writer';
import type { WriterSettings } from './writer-settings';

export interface TargetDependencies {
  /** Stays open when the target closes: it belongs to who made it. */
  readonly outbox: Outbox;
  readonly sender: Sender;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Where lines that the database refuses are kept; nowhere where absent. */
  readonly deadLetters?: DeadLetters;
}

/** A line that the database refused, and why. */
export interface RejectedLine {
  readonly line: string;
  readonly reason: Pm500Error;
}

/** Listeners hear of changes at most this often, milliseconds: a status is for people. */
const CHANGE_INTERVAL_MS = 500;
/** Lost lines are said at once, then at most this often, milliseconds: an outage may last for days. */
const DROP_REPORT_INTERVAL_MS = 60_000;

/** One InfluxDB that several nodes write to: their lines share an outbox and a writer. */
export class InfluxTarget {
  /** Who may still hand in lines: `close` waits for them. */
  readonly users: Users;
  private readonly writer: InfluxWriter;
  private readonly receipts = new Receipts();
  private readonly waiting = new Set<(reason: Pm500Error) => void>();
  private readonly changeListeners = new Set<() => void>();
  private readonly rejectionListeners = new Map<string, (rejected: RejectedLine) => void>();
  private readonly changes: Throttle;
  private readonly dropReports: Throttle;
  private droppedReported: number;
  private readonly stopHearing: () => void;
  private foundHealth: Health | undefined;

  constructor(
    settings: WriterSettings,
    private readonly dependencies: TargetDependencies,
  ) {
    this.users = new Users(dependencies.clock);
    this.changes = createThrottle(dependencies.clock, CHANGE_INTERVAL_MS, () => {
      for (const listener of [...this.changeListeners]) this.guard(listener);
    });
    this.droppedReported = dependencies.outbox.stats().dropped;
    this.dropReports = createThrottle(dependencies.clock, DROP_REPORT_INTERVAL_MS, () => {
      this.reportDropped();
    });
    this.writer = new InfluxWriter(settings, {
      ...dependencies,
      onRejected: (record, reason, position) => this.reject(record, reason, position),
      onWritten: (range) => {
        this.receipts.noteWritten(range);
      },
      onChange: () => {
        this.changed();
      },
    });
    this.stopHearing = dependencies.outbox.onProblem(() => {
      this.changed();
    });
    this.writer.start();
  }

  get stats(): WriterStats {
    return this.writer.stats;
  }

  /** What was found out about the database before it got its first point; absent until then. */
  get health(): Health | undefined {
    return this.foundHealth;
  }

  noteHealth(health: Health): void {
    this.foundHealth = health;
    const { logger } = this.dependencies;
    if (health.healthy) {
      logger.info(`Points go to ${health.server}.`);
      return;
    }
    // The writer may have met the same, or will soon.
    this.writer.warn(health.error);
    this.changes.request();
  }

  /**
   * Queues lines.
   * @param origin where a line is reported that the database refuses later
   * @throws Pm500Error OUTBOX_CLOSED
   */
  async submit(lines: readonly string[], origin: string): Promise<OutboxRange> {
    const acceptedAt = this.dependencies.clock.now();
    const records = lines.map((payload) => ({ payload, acceptedAt, origin }));
    const range = await this.users.during(() => this.dependencies.outbox.append(records));
    this.changed();
    return range;
  }

  /**
   * Queues lines and waits until all of them have been written.
   * @throws Pm500Error INFLUX_REJECTED with the words of the database, OUTBOX_FULL when lines were dropped,
   * INFLUX_STILL_WAITING when the target closes first (what is queued stays queued)
   */
  async submitAndWait(lines: readonly string[], origin: string): Promise<void> {
    const range = await this.submit(lines, origin);
    const receipt = await new Promise<Receipt>((resolve, reject) => {
      this.waiting.add(reject);
      this.receipts.await(range, (settled) => {
        this.waiting.delete(reject);
        resolve(settled);
      });
      this.receipts.settleBefore(this.dependencies.outbox.stats().position);
    });
    const [reason] = receipt.rejected;
    if (reason !== undefined) throw reason;
    if (receipt.dropped > 0) throw droppedError(receipt.dropped);
  }

  /** Calls `listener` for refused lines of this origin, also of lines from before a restart. */
  onRejected(origin: string, listener: (rejected: RejectedLine) => void): () => void {
    this.rejectionListeners.set(origin, listener);
    return () => {
      if (this.rejectionListeners.get(origin) === listener) this.rejectionListeners.delete(origin);
    };
  }

  /** Calls `listener` when `stats` have changed, but not more often than people can read. */
  onChange(listener: () => void): () => void {
    this.changeListeners.add(listener);
    return () => {
      this.changeListeners.delete(listener);
    };
  }

  /**
   * Takes lines until all users have left, then stops writing and tells what still waits in the outbox. Who waits for an
   * acknowledgement gets an error.
   */
  async close(): Promise<OutboxStats> {
    await this.users.gone();
    const left = await this.writer.close();
    this.stopHearing();
    this.changes.cancel();
    this.dropReports.cancel();
    this.reportDropped();
    for (const reject of this.waiting) reject(stillWaitingError());
    this.waiting.clear();
    return left;
  }

  private changed(): void {
    const { position, dropped } = this.dependencies.outbox.stats();
    this.receipts.settleBefore(position);
    if (dropped > this.droppedReported) this.dropReports.request();
    this.changes.request();
  }

  private reportDropped(): void {
    const { dropped } = this.dependencies.outbox.stats();
    const lines = dropped - this.droppedReported;
    if (lines === 0) return;
    this.droppedReported = dropped;
    this.dependencies.logger.warn(droppedError(lines).message);
  }

  private async reject({ payload, origin = '' }: OutboxRecord, reason: Pm500Error, position: number): Promise<void> {
    const isKept = await this.keep(payload, reason);
    if (this.receipts.noteRejected(position, reason)) return;
    const listener = this.rejectionListeners.get(origin);
    if (listener !== undefined) listener({ line: payload, reason });
    else this.dependencies.logger.error(isKept ? reason.message : `${reason.message} The line was: ${payload}`);
  }

  /** A refused line that cannot be kept must not stop the others: then the log has it. */
  private async keep(line: string, reason: Pm500Error): Promise<boolean> {
    const { deadLetters, logger } = this.dependencies;
    if (deadLetters === undefined) return false;
    try {
      await deadLetters.add(line, reason);
      return true;
    } catch (thrown) {
      const why = toPm500Error(thrown).message;
      logger.error(`A refused line cannot be kept in ${deadLetters.path} (${why}). The line was: ${line}`);
      return false;
    }
  }

  private guard(listener: () => void): void {
    try {
      listener();
    } catch (thrown) {
      this.dependencies.logger.error(`A listener of the InfluxDB target failed: ${toPm500Error(thrown).message}`);
    }
  }
}

function droppedError(lines: number): Pm500Error {
  const message = `The oldest ${lines} lines were dropped before InfluxDB took them: the outbox is full, raise its limit or bring the database back.`;
  return new Pm500Error('OUTBOX_FULL', message);
}

function stillWaitingError(): Pm500Error {
  const message = 'The InfluxDB target was closed before the lines were written: they still wait in its outbox.';
  return new Pm500Error('INFLUX_STILL_WAITING', message);
}
