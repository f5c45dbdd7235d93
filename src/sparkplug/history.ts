import type { Outbox, OutboxBatch, OutboxRecord, OutboxStats } from '../outbox/outbox';
import type { Clock } from '../support/clock';
import { Pm500Error, toPm500Error } from '../support/errors';
import type { Logger } from '../support/logger';
import { BatchSize } from './batch-size';
import { type HistoryRecord, readHistoryRecord, writeHistoryRecord } from './history-record';
import type { LinkLoss, MqttLink } from './mqtt-link';
import { Receipts } from './receipts';
import type { EdgeSessionDependencies, EdgeSessionSettings } from './session-settings';
import { SentWindow } from './sent-window';
import { TimerSet } from './timer-set';

/** What history needs of the session. */
export interface HistoryPort {
  readonly linkOf: () => Pick<MqttLink, 'confirm' | 'isBacklogged'> | undefined;
  /** True while data may be published. */
  readonly isFlowing: () => boolean;
  /**
   * Publishes values as historical.
   * @param isForced bear the device again where its last DBIRTH lacks a metric
   * @returns false when the device is not born, or a metric is missing in its birth; nothing was published then
   */
  readonly forward: (record: HistoryRecord, isForced: boolean) => boolean;
}

export interface HistorySettings {
  /** Historical values per second at most. */
  readonly valuesPerSecond: number;
  /** Older values are dropped. */
  readonly maximumAgeMs: number;
  /** How long a lost link or host may stay unnoticed. */
  readonly blindMs: number;
}

/**
 * Resolves when the broker has read everything that was published until now, and the outbox has everything else.
 * @throws Pm500Error of the outbox, when something handed in meanwhile could not be stored
 */
export type Acceptance = () => Promise<void>;

export interface HistoryStats extends OutboxStats {
  /** Values that the broker has acknowledged. */
  readonly forwarded: number;
  /** Values that could not be kept or read again, beside what the outbox dropped for age and size. */
  readonly lost: number;
}

const PEEK = { maximumRecords: 500, maximumBytes: 256 * 1024 };
/** A record whose device or metric is not born waits so long for it before others go first. */
const PATIENCE_MS = 60_000;
const LOOK_AGAIN_MS = 1000;
/** A broker that ends a connection may have read what it did not pass on any more. */
const ENDED_WINDOW_MS = 2000;
/** While live data has to wait, history looks again after this. */
const YIELD_MS = 20;

/**
 * Store and forward of one edge node: keeps values that could not be published as present ones in an outbox, and sends
 * them as historical when data flows again: in order, never faster than allowed, only while no live data waits, and
 * acknowledged only when the broker has answered a ping sent after them.
 */
export class History {
  readonly #settings: HistorySettings;
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #port: HistoryPort;
  readonly #timers: TimerSet;
  readonly #sent: SentWindow;
  readonly #receipts: Receipts;
  readonly #batch: BatchSize;
  #appends: Promise<unknown> = Promise.resolve();
  /** Appends that failed, and why the last one did. */
  #failures = 0;
  #failure: Pm500Error | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;
  #isPausing = false;
  #forwarded = 0;
  #lost = 0;
  /** Monotonic time since which the oldest record cannot be published. */
  #stuckSince: number | undefined;
  /** Records put behind the others since one was published. */
  #putBack = 0;
  #complaint = '';

  constructor(settings: HistorySettings, outbox: Outbox, port: HistoryPort, clock: Clock, logger: Logger) {
    this.#settings = settings;
    this.#outbox = outbox;
    this.#port = port;
    this.#clock = clock;
    this.#logger = logger;
    this.#timers = new TimerSet(clock);
    this.#sent = new SentWindow(settings.blindMs);
    this.#receipts = new Receipts(this.#timers, port.linkOf);
    this.#batch = new BatchSize(settings.valuesPerSecond);
  }

  get stats(): HistoryStats {
    return { ...this.#outbox.stats(), forwarded: this.#forwarded, lost: this.#lost };
  }

  /** Keeps values that were not published. */
  keep(record: HistoryRecord): void {
    this.#append([record], this.#clock.now());
  }

  /** Remembers values that are published as present ones, in case they do not arrive. */
  remember(record: HistoryRecord): void {
    // A birth may tell nothing new: a record without values could never be sent.
    if (record.samples.length === 0) return;
    const number = this.#receipts.onPublish();
    const evicted = this.#sent.add(record, this.#clock.monotonic(), number, this.#receipts.confirmed);
    this.#append(evicted, this.#clock.now());
  }

  /** Begins to watch over what is handed in from now on, see `Acceptance`. */
  watch(): Acceptance {
    const failures = this.#failures;
    return async () => {
      await this.#receipts.arrived();
      await this.#appends;
      if (this.#failures > failures && this.#failure !== undefined) throw this.#failure;
    };
  }

  /**
   * The link or the primary host is lost: what was published shortly before has perhaps reached nobody.
   * @param loss `ended` where the broker ended the connection itself, so that it was there until then
   */
  keepRecent(loss: LinkLoss): void {
    const windowMs = loss === 'ended' ? ENDED_WINDOW_MS : undefined;
    this.#append(this.#sent.take(this.#clock.monotonic(), this.#receipts.confirmed, windowMs), this.#clock.now());
    this.#receipts.settleAll();
  }

  /** Everything published has arrived. */
  forgetRecent(): void {
    this.#sent.clear();
    this.#receipts.settleAll();
  }

  /** Goes on sending, if it does not already. To be called whenever that may have become possible. */
  wake(): void {
    if (this.#isClosed || this.#running !== undefined || this.#isPausing || !this.#port.isFlowing()) return;
    if (this.#port.linkOf()?.isBacklogged === true) this.#pause(YIELD_MS);
    else this.#running = this.#run();
  }

  /** Resolves when everything handed in is in the outbox; nothing is sent any more. The outbox stays open. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timers.cancelAll();
    await this.#running;
    await this.#appends;
    this.#receipts.settleAll();
  }

  #append(records: readonly HistoryRecord[], acceptedAt: number): void {
    const values = records.reduce((sum, { samples }) => sum + samples.length, 0);
    if (values === 0) return;
    const rows = records.map((record) => ({ payload: writeHistoryRecord(record), acceptedAt }));
    const stored = this.#outbox.append(rows).then(
      () => {
        this.wake();
      },
      (thrown: unknown) => {
        this.#lost += values;
        this.#failures++;
        this.#failure = toPm500Error(thrown);
        this.#complain(`Sparkplug: values could not be stored: ${this.#failure.message}`);
      },
    );
    // Not `Promise.all`, whose results would hold those of all appends before.
    const before = this.#appends;
    this.#appends = stored.then(() => before);
  }

  async #run(): Promise<void> {
    let waitMs: number | undefined;
    try {
      waitMs = await this.#step();
    } catch (thrown) {
      const error = toPm500Error(thrown);
      // A lost link says so itself, and wakes this again when it is back.
      if (error.code !== 'MQTT_CONNECTION_LOST') {
        this.#complain(`Sparkplug: stored values could not be sent: ${error.message}`);
        waitMs = LOOK_AGAIN_MS;
      }
    }
    this.#running = undefined;
    if (waitMs !== undefined) this.#pause(waitMs);
  }

  #pause(waitMs: number): void {
    if (this.#isClosed) return;
    this.#isPausing = true;
    this.#timers.set('next', waitMs, () => {
      this.#isPausing = false;
      this.wake();
    });
  }

  /** Sends one batch. @returns after how many milliseconds to go on; undefined when there is nothing to do */
  async #step(): Promise<number | undefined> {
    const batch = await this.#outbox.peek(PEEK);
    if (batch.records.length === 0) return undefined;
    const startedAt = this.#clock.monotonic();
    const { records, values } = this.#publish(batch);
    if (records === 0) return this.#port.isFlowing() ? this.#waitOrPutBack(batch) : undefined;
    this.#stuckSince = undefined;
    this.#putBack = 0;
    if (values > 0) {
      const askedAt = this.#clock.monotonic();
      await this.#confirm();
      this.#batch.learn(this.#clock.monotonic() - askedAt);
    }
    await this.#outbox.acknowledge({ from: batch.from, to: batch.from + records });
    this.#forwarded += values;
    const dueMs = (values * 1000) / this.#settings.valuesPerSecond;
    return Math.max(0, dueMs - (this.#clock.monotonic() - startedAt));
  }

  /** Publishes records from the front until the batch is full or one of them cannot be. */
  #publish({ records }: OutboxBatch): { readonly records: number; readonly values: number } {
    const oldestAllowed = this.#clock.now() - this.#settings.maximumAgeMs;
    let values = 0;
    for (const [index, row] of records.entries()) {
      if (values >= this.#batch.values || !this.#port.isFlowing()) return { records: index, values };
      const record = readHistoryRecord(row.payload);
      if (record === undefined || row.acceptedAt < oldestAllowed) this.#lost += record?.samples.length ?? 1;
      else if (record.samples.length === 0) continue;
      else if (this.#port.forward(record, false)) values += record.samples.length;
      else return { records: index, values };
    }
    return { records: records.length, values };
  }

  /**
   * The oldest record cannot be published: its device is not there, or has not yet brought that metric. After a while
   * it is forced into a birth; and where its device is not born at all, it goes behind the others, keeping its age.
   */
  async #waitOrPutBack({ records, from }: OutboxBatch): Promise<number | undefined> {
    const now = this.#clock.monotonic();
    this.#stuckSince ??= now;
    if (now - this.#stuckSince < PATIENCE_MS) return LOOK_AGAIN_MS;
    const first = readHistoryRecord(records[0]?.payload ?? '');
    if (first === undefined || this.#port.forward(first, true)) {
      await this.#confirm();
      await this.#outbox.acknowledge({ from, to: from + 1 });
      this.#forwarded += first?.samples.length ?? 0;
      this.#stuckSince = undefined;
      return 0;
    }
    if (this.#putBack >= this.#outbox.stats().depth) {
      this.#stuckSince = now;
      this.#putBack = 0;
      return LOOK_AGAIN_MS;
    }
    const stuck = takeWhile(records, ({ payload }) => readHistoryRecord(payload)?.deviceId === first.deviceId);
    await this.#outbox.append(stuck);
    await this.#outbox.acknowledge({ from, to: from + stuck.length });
    this.#putBack += stuck.length;
    return 0;
  }

  /** Waits until the broker has read everything published. @throws Pm500Error MQTT_CONNECTION_LOST */
  async #confirm(): Promise<void> {
    const link = this.#port.linkOf();
    if (link === undefined) throw new Pm500Error('MQTT_CONNECTION_LOST', 'The connection was lost; it is made again.');
    await link.confirm();
  }

  #complain(message: string): void {
    if (message !== this.#complaint) this.#logger.error(message);
    this.#complaint = message;
  }
}

function takeWhile(records: readonly OutboxRecord[], isWanted: (record: OutboxRecord) => boolean): OutboxRecord[] {
  const end = records.findIndex((record) => !isWanted(record));
  return records.slice(0, end === -1 ? records.length : end);
}

/** A dead link shows after one and a half keep-alives; a second more for the clocks. */
const BLIND_KEEP_ALIVES = 1.5;
const BLIND_MARGIN_MS = 1000;

/** The history of a session; undefined where it has no store and forward. */
export function createHistory(
  { history, broker }: Pick<EdgeSessionSettings, 'history' | 'broker'>,
  { outbox, clock, logger }: Pick<EdgeSessionDependencies, 'outbox' | 'clock' | 'logger'>,
  port: HistoryPort,
): History | undefined {
  if (history === undefined || outbox === undefined) return undefined;
  const blindMs = broker.keepAliveSeconds * 1000 * BLIND_KEEP_ALIVES + BLIND_MARGIN_MS;
  return new History({ ...history, blindMs }, outbox, port, clock, logger);
}
