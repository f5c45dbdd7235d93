import type { Outbox, OutboxRange, OutboxStats } from '../outbox/outbox';
import type { Clock } from '../support/clock';
import { Pm500Error, toPm500Error } from '../support/errors';
import type { Logger } from '../support/logger';
import type { Random } from '../support/random';
import { createThrottle, type Throttle } from '../support/throttle';
import { Users } from '../support/users';
import type { RefusedRecord } from './consignment';
import type { DeadLetters } from './dead-letters';
import type { Destination, Health } from './destination';
import { DeliveryEngine } from './engine';
import { LossReport } from './loss-report';
import { Receipts, type Receipt } from './receipts';
import { Refusals, type Refusal } from './refusals';
import type { DeliverySettings } from './settings';
import { outboxLosses, type DeliveryStats } from './stats';

export interface DeliveryDependencies {
  /** Stays open when the delivery closes: it belongs to who made it. */
  readonly outbox: Outbox;
  /** Payload bytes that it holds at most, for whoever watches how full it is. */
  readonly maximumBytes?: number;
  readonly destination: Destination;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Where records that are refused are kept; nowhere where absent. */
  readonly deadLetters?: DeadLetters;
}

/** Listeners hear of changes at most this often, milliseconds: a status is for people. */
const CHANGE_INTERVAL_MS = 500;

/** One sink that several nodes hand records to: these share an outbox and an engine. */
export class Delivery {
  /** Who may still hand in records: `close` waits for them. */
  readonly users: Users;
  private readonly engine: DeliveryEngine;
  private readonly receipts: Receipts;
  private readonly refusals: Refusals;
  private readonly losses: LossReport;
  private readonly waiting = new Set<(reason: Pm500Error) => void>();
  private readonly changeListeners = new Set<() => void>();
  private readonly changes: Throttle;
  private readonly stopHearing: () => void;
  private foundHealth: Health | undefined;
  /** Records lost, of all causes, when somebody looked last. */
  private lostBefore = 0;

  constructor(
    settings: DeliverySettings,
    private readonly dependencies: DeliveryDependencies,
  ) {
    const { outbox, clock, logger, destination, deadLetters } = dependencies;
    this.users = new Users(clock);
    this.receipts = new Receipts(outboxLosses(outbox.stats()));
    this.changes = createThrottle(clock, CHANGE_INTERVAL_MS, () => {
      for (const listener of [...this.changeListeners]) this.guard(listener);
    });
    this.refusals = new Refusals(this.receipts, destination, logger, deadLetters);
    this.losses = new LossReport(() => this.lostOf(outbox.stats()), destination, clock, logger);
    this.engine = new DeliveryEngine(settings, {
      ...dependencies,
      onRefused: (refused: readonly RefusedRecord[]) => this.refusals.note(refused),
      onWritten: (range) => {
        this.receipts.noteWritten(range);
      },
      onChange: () => {
        this.changed();
      },
    });
    const onChange = (): void => {
      this.changed();
    };
    // Many messages may share one append.
    const stops = [outbox.onProblem(onChange), outbox.onAppend(onChange)];
    this.stopHearing = () => {
      for (const stop of stops) stop();
    };
    this.engine.start();
  }

  get stats(): DeliveryStats {
    const { state, written, refused, retries, lastError } = this.engine.counts;
    const outbox = this.dependencies.outbox.stats();
    const { depth, bytes, oldestAgeMs = 0, durable, problem } = outbox;
    const { maximumBytes } = this.dependencies;
    return {
      state,
      waiting: { records: depth, bytes, oldestAgeMs },
      written,
      refused,
      setAside: this.refusals.setAside,
      losses: this.lostOf(outbox),
      retries,
      durable,
      ...(maximumBytes === undefined ? {} : { capacity: { maximumBytes } }),
      ...(problem === undefined ? {} : { problem }),
      ...(lastError === undefined ? {} : { lastError }),
    };
  }

  /** What was found out about the other side before it got its first record; absent until then. */
  get health(): Health | undefined {
    return this.foundHealth;
  }

  /** Asks the other side whether it would take records. Never rejects. */
  async examine(signal: AbortSignal): Promise<void> {
    const health = await this.dependencies.destination.health?.(signal);
    if (health !== undefined && !signal.aborted) this.noteHealth(health);
  }

  noteHealth(health: Health): void {
    this.foundHealth = health;
    const { logger } = this.dependencies;
    if (health.healthy) {
      logger.info(`Delivery goes to ${health.server}.`);
      return;
    }
    // The engine may have met the same, or will soon.
    this.engine.warn(health.error);
    this.changes.request();
  }

  /**
   * Queues records.
   * @param origin where a record is reported that is refused later
   * @throws Pm500Error OUTBOX_CLOSED
   */
  async submit(payloads: readonly string[], origin: string): Promise<OutboxRange> {
    const acceptedAt = this.dependencies.clock.now();
    const records = payloads.map((payload) => ({ payload, acceptedAt, origin }));
    const leave = this.users.enter();
    try {
      const range = await this.dependencies.outbox.append(records);
      this.engine.noteNewest(records, range.from);
      return range;
    } finally {
      leave();
    }
  }

  /**
   * Queues records and waits until all of them have been written.
   * @throws Pm500Error the reason of a refusal, OUTBOX_FULL when records were lost, DELIVERY_STILL_WAITING when the
   * delivery closes first (what is queued stays queued)
   */
  async submitAndWait(payloads: readonly string[], origin: string): Promise<void> {
    const range = await this.submit(payloads, origin);
    const receipt = await new Promise<Receipt>((resolve, reject) => {
      this.waiting.add(reject);
      this.receipts.await(range, (settled) => {
        this.waiting.delete(reject);
        resolve(settled);
      });
      this.settleReceipts(this.dependencies.outbox.stats());
    });
    const [reason] = receipt.rejected;
    if (reason !== undefined) throw reason;
    const { age, size, damage } = receipt.lost;
    if (age + size + damage > 0) throw this.losses.error(receipt.lost);
  }

  /** Calls `listener` for what of this origin is refused, also of records from before a restart. */
  onRefused(origin: string, listener: (refusal: Refusal) => void): () => void {
    return this.refusals.listen(origin, listener);
  }

  /** Calls `listener` when `stats` have changed, but not more often than people can read. */
  onChange(listener: () => void): () => void {
    this.changeListeners.add(listener);
    return () => {
      this.changeListeners.delete(listener);
    };
  }

  /**
   * Takes records until all users have left, then stops delivering and tells what still waits in the outbox. Who waits
   * for an acknowledgment gets an error.
   */
  async close(): Promise<OutboxStats> {
    await this.users.gone();
    const left = await this.engine.close();
    this.stopHearing();
    this.changes.cancel();
    this.losses.close();
    for (const reject of this.waiting) reject(this.stillWaiting());
    this.waiting.clear();
    return left;
  }

  private lostOf(outbox: OutboxStats): DeliveryStats['losses'] {
    return outboxLosses(outbox, this.refusals.overwritten);
  }

  private changed(): void {
    const stats = this.dependencies.outbox.stats();
    const { dropped, damaged } = stats;
    this.settleReceipts(stats);
    // This is called with every append, and losses are rare.
    const lost = dropped + damaged + this.refusals.overwritten;
    if (lost !== this.lostBefore) this.losses.look();
    this.lostBefore = lost;
    this.changes.request();
  }

  private settleReceipts(outbox: OutboxStats): void {
    this.receipts.settleBefore(outbox.position, outboxLosses(outbox));
  }

  private stillWaiting(): Pm500Error {
    const { name, unit } = this.dependencies.destination;
    const message = `Delivery to ${name} was closed before the ${unit}s were written: they still wait in its outbox.`;
    return new Pm500Error('DELIVERY_STILL_WAITING', message);
  }

  private guard(listener: () => void): void {
    try {
      listener();
    } catch (thrown) {
      const { logger, destination } = this.dependencies;
      logger.error(`A listener of delivery to ${destination.name} failed: ${toPm500Error(thrown).message}`);
    }
  }
}
