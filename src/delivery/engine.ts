import type { OutboxBatch, OutboxRange, OutboxRecord, OutboxStats } from '../outbox/outbox';
import { delay } from '../support/clock';
import { Pm500Error, toPm500Error } from '../support/errors';
import { Acknowledging } from './acknowledging';
import { Attempts, isAborted, type NewestRecord, type Refused } from './attempts';
import { cutBatch, sizeOf, waitForBatch } from './batch';
import { BatchSize } from './batch-size';
import { Consignment, type RefusedRecord } from './consignment';
import { Doubts } from './doubts';
import type { DeliveryState, EngineCounts, EngineDependencies } from './engine-types';
import { FreshLane } from './fresh-lane';
import type { DeliverySettings } from './settings';
import { Troubles } from './troubles';

/** Records that come in go first, where that was chosen, when the oldest has waited this long: an outage, not a full batch. */
const LONG_MS = 60_000;

/**
 * Carries records from an outbox to a destination: batch by batch, each acknowledged only when the other side has it,
 * in the order of the outbox also where several deliveries are under way. It finds out by trying what a failure means:
 * whether the other side is away, does not take a batch of that size, refuses some records, or refuses everything.
 */
export class DeliveryEngine {
  private state: DeliveryState = 'idle';
  private written = 0;
  private refused = 0;
  private retries = 0;
  /** An error of the outbox. */
  private outboxError: Pm500Error | undefined;
  private readonly troubles = new Troubles();
  private lastWarning = '';
  private readonly batchSize: BatchSize;
  private readonly attempts: Attempts;
  private readonly doubts: Doubts;
  private readonly closing = new AbortController();
  private running: Promise<void> | undefined;
  private newest: NewestRecord | undefined;
  private readonly fresh = new FreshLane();
  private readonly acknowledging = new Acknowledging();

  constructor(
    private readonly settings: DeliverySettings,
    private readonly dependencies: EngineDependencies,
  ) {
    const { destination, clock, random, outbox } = dependencies;
    const { signal } = this.closing;
    this.batchSize = new BatchSize(settings.batch.bytes, destination.patienceMs);
    const newest = (): NewestRecord | undefined => {
      const isWaiting = this.newest !== undefined && this.newest.position >= outbox.stats().position;
      return isWaiting ? this.newest : undefined;
    };
    this.attempts = new Attempts({
      ...{ settings, destination, clock, random, signal, batchSize: this.batchSize, troubles: this.troubles, newest },
      position: () => outbox.stats().position,
      onWrittenEarly: (position) => {
        if (!this.fresh.isWritten(position)) this.fresh.noteWritten(position);
      },
      onState: () => {
        this.enter(this.troubles.state ?? 'sending');
      },
      onFailure: (error) => {
        this.warn(error);
      },
      onRetry: () => {
        this.retries += 1;
      },
    });
    this.doubts = new Doubts({ settings, destination, random, signal, attempts: this.attempts, newest });
  }

  /** Begins to deliver. May be called twice. */
  start(): void {
    if (this.state === 'closed') return;
    this.running ??= this.run();
  }

  get counts(): EngineCounts {
    const { state, written, refused, retries } = this;
    const { problem } = this.dependencies.outbox.stats();
    const lastError = problem ?? this.outboxError ?? this.troubles.lastError;
    return { state, written, refused, retries, ...(lastError === undefined ? {} : { lastError }) };
  }

  /** Records that were handed in: what is refused is compared with the last of them, and they may go first. */
  noteNewest(records: readonly OutboxRecord[], from: number): void {
    const record = records.at(-1);
    if (record === undefined) return;
    this.newest = { record, position: from + records.length - 1 };
    if (this.settings.order !== 'newest') return;
    const { oldestAgeMs = 0 } = this.dependencies.outbox.stats();
    if (oldestAgeMs >= LONG_MS) this.fresh.add(records, from);
  }

  /** Stops at once: a delivery under way is given up, its records stay. Tells what the outbox still holds. */
  async close(): Promise<OutboxStats> {
    this.closing.abort();
    await this.running;
    this.enter('closed');
    await this.dependencies.destination.close();
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
        if (outbox.stats().depth === 0) await this.acknowledging.over();
        await waitForBatch(outbox, this.limits, clock, signal, () => {
          this.enter('idle');
        });
        if (isAborted(signal)) break;
        const { limits } = this;
        await this.deliverFresh(limits);
        const batch = await outbox.peek({
          maximumRecords: limits.records * maximumInFlight,
          maximumBytes: limits.bytes * maximumInFlight,
        });
        // Else what was not acknowledged would be sent again before anybody waits.
        if (this.acknowledging.hasFailed) await this.acknowledging.over();
        await this.deliverTogether(cutBatch(batch, limits, maximumInFlight));
        this.outboxError = undefined;
      } catch (thrown) {
        // Nothing that ends, or fails, only now says anything about what is tried next.
        await this.acknowledging.over().catch(() => undefined);
        await this.recover(thrown);
      }
    }
    await this.acknowledging.over().catch((thrown: unknown) => this.recover(thrown));
  }

  /** Sends what came in last before what waits; what is not taken at once goes in its turn. */
  private async deliverFresh(limits: DeliverySettings['batch']): Promise<void> {
    const { outbox, destination } = this.dependencies;
    this.fresh.forget(outbox.stats().position);
    if (this.fresh.isEmpty) return;
    this.enter('sending');
    const taken = this.fresh.take(limits);
    const verdict = await destination.deliver(
      taken.map(({ record }) => record),
      this.closing.signal,
    );
    if (verdict.kind !== 'written') this.fresh.clear();
    else for (const { position } of taken) this.fresh.noteWritten(position);
  }

  private get limits(): DeliverySettings['batch'] {
    return { ...this.settings.batch, bytes: this.batchSize.bytes };
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
   * Sends a batch, in parts where it is not taken as a whole, until every record of it is written or refused.
   * @param turn resolves when everything before this batch has left the outbox: true, or false where it never will
   * @returns true when all of the batch has left the outbox, false when the engine was closed before
   */
  private async deliver(batch: OutboxBatch, turn: Promise<boolean>): Promise<boolean> {
    if (batch.records.length === 0) return turn;
    const { destination } = this.dependencies;
    const leave = { may: false };
    const waiting = turn.then((isTurn) => {
      leave.may = isTurn;
    });
    const done = this.fresh.writtenIn(batch.from, batch.to);
    const consignment = new Consignment(batch, destination.suspects?.(batch.records) ?? [], done);
    const takenBefore = this.attempts.taken;
    const learned = this.batchSize.learned;
    for (let group = consignment.next(); group !== undefined; group = consignment.next()) {
      const decision = await this.attempts.send(group, consignment);
      if (decision === undefined) return false;
      const { sent } = decision;
      if (decision.kind === 'written') consignment.settle(sent, 'written');
      else if (decision.kind === 'rejected') {
        if (!(await this.sort(consignment, decision, takenBefore))) return false;
      } else if (sent.records.length > 1) {
        this.batchSize.noteFailed(sizeOf(sent.records), decision.elapsedMs);
        consignment.push(...consignment.cut(sent, this.batchSize.bytes));
      } else {
        consignment.settle(sent, this.unfit(decision.error));
        this.batchSize.restore(learned);
      }
      if (leave.may) await this.release(consignment);
    }
    await waiting;
    if (!leave.may) return false;
    await this.release(consignment);
    return true;
  }

  /** Lets the outbox forget what is decided at the front of a consignment. */
  private async release(consignment: Consignment): Promise<void> {
    const stretch = consignment.takeStretch(this.dependencies.outbox.stats().position);
    if (stretch === undefined) return;
    await this.refuse(stretch.refused);
    await this.settle(stretch, stretch.written);
  }

  /** What follows from a refusal of a group: parts to try, or that its records are refused. False when closed meanwhile. */
  private async sort(consignment: Consignment, refusal: Refused, takenBefore: number): Promise<boolean> {
    const { sent: group } = refusal;
    const { length } = group.records;
    const { named = [], count, error, tooLarge } = refusal.verdict;
    if (length > 1 && tooLarge) {
      this.batchSize.noteFailed(sizeOf(group.records), 0);
      consignment.push(...consignment.halve(group));
    } else if (length > 1 && count !== length && named.length > 0 && named.length < length) {
      consignment.push(...consignment.divide(group, named));
    } else if (length > 1 && count !== length && named.length < length) {
      consignment.push(...consignment.halve(group));
    } else {
      const outcome = await this.doubts.judge(consignment, refusal, takenBefore);
      if (outcome === undefined) return false;
      if (outcome === 'refused') consignment.settle(group, error);
      else consignment.push(...(length > 1 ? consignment.halve(group) : [group]));
    }
    return true;
  }

  private unfit(cause: Pm500Error): Pm500Error {
    const { name, unit } = this.dependencies.destination;
    const message = `${name} fails with this ${unit} and takes others, so it is set aside. ${cause.message}`;
    return new Pm500Error('DELIVERY_UNFIT', message, { cause, details: cause.details });
  }

  private async settle(range: OutboxRange, written: readonly OutboxRange[]): Promise<void> {
    for (const part of written) {
      this.written += part.to - part.from;
      this.guard(() => this.dependencies.onWritten?.(part));
    }
    // They leave the outbox a little later.
    this.fresh.forget(range.to);
    await this.acknowledging.begin(() => this.acknowledge(range));
  }

  private async acknowledge(range: OutboxRange): Promise<void> {
    await this.dependencies.outbox.acknowledge(range);
    // What an outbox says that fails after every write has not ended with the write.
    if (this.troubles.state === undefined && this.outboxError === undefined) this.lastWarning = '';
    this.enter(this.troubles.state ?? 'sending');
    this.notify();
  }

  private async refuse(refused: readonly RefusedRecord[]): Promise<void> {
    if (refused.length === 0) return;
    this.refused += refused.length;
    try {
      await this.dependencies.onRefused(refused);
    } catch (thrown) {
      this.reportListener(thrown);
    }
  }

  private enter(state: DeliveryState): void {
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
    const { name } = this.dependencies.destination;
    this.dependencies.logger.error(`A listener of delivery to ${name} failed: ${toPm500Error(thrown).message}`);
  }
}
