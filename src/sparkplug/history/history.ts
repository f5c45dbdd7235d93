import { LossReport } from '../../delivery/loss-report';
import type { DeliveryCapacity } from '../../delivery/stats';
import type { Outbox, OutboxLimits } from '../../outbox/outbox';
import type { Clock } from '../../support/clock';
import { type Pm500Error, toPm500Error } from '../../support/errors';
import type { Logger } from '../../support/logger';
import { AbsentQueues } from './absent-queues';
import { AbsentReport } from './absent-report';
import type { DrainPort } from './drain-port';
import { HistoryDrain } from './history-drain';
import { type HistoryRecord, writeHistoryRecord } from './history-record';
import type { HistorySettings } from './history-settings';
import { historyStats, type HistoryStats } from './history-stats';
import type { LinkLoss } from '../../mqtt/mqtt-link';
import type { QueuePlace } from './queue-place';
import { BrokerAnswers } from './broker-answers';
import { SentWindow } from './sent-window';
import { StoreForecast } from './store-forecast';
import { TimerSet } from '../../support/timer-set';

/** Where history waits: `queues` for devices that are not there, kept as safely as the outbox. */
export interface HistoryStores {
  readonly outbox: Outbox;
  readonly queues: QueuePlace;
}

/**
 * Resolves when the broker has read everything that was published until now, and the outbox has everything else.
 * @throws Pm500Error of the outbox, when something handed in meanwhile could not be stored
 */
export type Acceptance = () => Promise<void>;

/** Whom losses are said about. */
const STORE = { name: 'the Sparkplug host', unit: 'stored reading' };
const LOOK_AGAIN_MS = 1000;
/** A broker that ends a connection may have read what it did not pass on any more. */
const ENDED_WINDOW_MS = 2000;
/** While live data has to wait, history looks again after this. */
const YIELD_MS = 20;
/** How often queues that nobody uses are looked at, and how long devices may be away before it is said. */
const SWEEP_MS = 600_000;

/**
 * Store and forward of one edge node: keeps values that could not be published as present ones in an outbox, and sends
 * them as historical when data flows again: in order, never faster than allowed, only while no live data waits, and
 * acknowledged only when the broker has answered a ping sent after them.
 */
export class History {
  private readonly settings: HistorySettings;
  private readonly outbox: Outbox;
  private readonly absent: AbsentQueues;
  private readonly drain: HistoryDrain;
  private readonly report: AbsentReport;
  private readonly losses: LossReport;
  private readonly forecast: StoreForecast;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly port: DrainPort;
  private readonly timers: TimerSet;
  private readonly sent: SentWindow;
  private readonly answers: BrokerAnswers;
  private appends: Promise<unknown> = Promise.resolve();
  /** Appends that failed, and why the last one did. */
  private failures = 0;
  private failure: Pm500Error | undefined;
  private running: Promise<void> | undefined;
  private isClosed = false;
  private isPausing = false;
  private isSweepDue = false;
  /** Readings that could not be stored. */
  private unstored = 0;
  /** Values that did not fit the datatype of today. */
  private unfit = 0;
  /** Stored readings of which it was said that nobody can read them. */
  private unreadableTold = 0;
  private isLaterTold = false;
  private complaint = '';
  /** Bytes that the outbox may take at the moment. */
  private allowed: number;

  constructor(settings: HistorySettings, stores: HistoryStores, port: DrainPort, clock: Clock, logger: Logger) {
    this.settings = settings;
    this.allowed = settings.store.maximumBytes;
    this.outbox = stores.outbox;
    this.absent = new AbsentQueues(stores.queues, shareOf(settings.store), clock);
    this.drain = new HistoryDrain(stores.outbox, this.absent, port, settings, clock);
    this.report = new AbsentReport(logger);
    this.losses = new LossReport(() => this.stats.losses, STORE, clock, logger);
    this.forecast = new StoreForecast(clock, logger);
    this.port = port;
    this.clock = clock;
    this.logger = logger;
    this.timers = new TimerSet(clock);
    this.sent = new SentWindow(settings.blindMs);
    this.answers = new BrokerAnswers(this.timers, port.linkOf);
  }

  get stats(): HistoryStats {
    const { counts } = this.drain;
    const losses = { unstored: this.unstored, unfit: this.unfit };
    return historyStats(this.outbox.stats(), this.absent, counts, losses);
  }

  /** How much the store may take, and how long that lasts. */
  get capacity(): DeliveryCapacity {
    return this.forecast.capacity(this.settings.store, { bytes: this.outbox.stats().bytes + this.absent.bytes });
  }

  /** Stored values do not fit the datatypes that their metrics have now; they are dropped. */
  noteUnfit(count: number): void {
    this.unfit += count;
    this.losses.look();
  }

  /** Keeps values that were not published. */
  keep(record: HistoryRecord): void {
    this.noteComing(record);
    this.append([record], this.clock.now());
  }

  /** Remembers values that are published as present ones, in case they do not arrive. */
  remember(record: HistoryRecord): void {
    // A birth may tell nothing new: a record without values could never be sent.
    if (record.samples.length === 0) return;
    this.noteComing(record);
    const number = this.answers.onPublish();
    const evicted = this.sent.add(record, this.clock.monotonic(), number, this.answers.confirmed);
    if (evicted.length > 0) this.append(evicted, this.clock.now());
  }

  /** Begins to watch over what is handed in from now on, see `Acceptance`. */
  watch(): Acceptance {
    const failures = this.failures;
    return async () => {
      await this.answers.arrived();
      await this.appends;
      if (this.failures > failures && this.failure !== undefined) throw this.failure;
    };
  }

  /**
   * The link or the primary host is lost: what was published shortly before has perhaps reached nobody.
   * @param loss `ended` where the broker ended the connection itself, so that it was there until then
   */
  keepRecent(loss: LinkLoss): void {
    const windowMs = loss === 'ended' ? ENDED_WINDOW_MS : undefined;
    this.append(this.sent.take(this.clock.monotonic(), this.answers.confirmed, windowMs), this.clock.now());
    this.answers.settleAll();
    this.drain.onSessionEnd();
  }

  /** Everything published has arrived. */
  forgetRecent(): void {
    this.sent.clear();
    this.answers.settleAll();
    this.drain.onSessionEnd();
  }

  /** Goes on sending, if it does not already. To be called whenever that may have become possible. */
  wake(): void {
    if (this.isClosed || this.running !== undefined || this.isPausing || !this.port.isFlowing()) return;
    if (!this.timers.has('sweep')) this.sweepLater();
    if (this.port.linkOf()?.isBacklogged === true) this.pause(YIELD_MS);
    else this.running = this.run();
  }

  /** Resolves when everything handed in is in the outbox; nothing is sent any more. The outbox stays open. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.timers.cancelAll();
    await this.running;
    await this.appends;
    await this.absent.close();
    this.losses.close();
    this.answers.settleAll();
  }

  private append(records: readonly HistoryRecord[], acceptedAt: number): void {
    const values = records.reduce((sum, { samples }) => sum + samples.length, 0);
    if (values === 0) return;
    const rows = records.map((record) => ({ payload: writeHistoryRecord(record), acceptedAt }));
    const stored = this.outbox.append(rows).then(
      () => {
        this.losses.look();
        this.wake();
      },
      (thrown: unknown) => {
        this.unstored += rows.length;
        this.failures++;
        this.failure = toPm500Error(thrown);
        this.complain(`Sparkplug: values could not be stored: ${this.failure.message}`);
        this.losses.look();
      },
    );
    // Not `Promise.all`, whose results would hold those of all appends before.
    const before = this.appends;
    this.appends = stored.then(() => before);
  }

  private noteComing(record: HistoryRecord): void {
    this.forecast.note(record);
    this.forecast.look(this.settings.store);
  }

  private async run(): Promise<void> {
    let waitMs: number | undefined;
    try {
      waitMs = await this.step();
    } catch (thrown) {
      const error = toPm500Error(thrown);
      // A lost link says so itself, and wakes this again when it is back.
      if (error.code !== 'MQTT_CONNECTION_LOST') {
        this.complain(`Sparkplug: stored values could not be sent: ${error.message}`);
        waitMs = LOOK_AGAIN_MS;
      }
    }
    this.running = undefined;
    if (waitMs !== undefined) this.pause(waitMs);
  }

  private pause(waitMs: number): void {
    if (this.isClosed) return;
    this.isPausing = true;
    this.timers.set('next', waitMs, () => {
      this.isPausing = false;
      this.wake();
    });
  }

  private async step(): Promise<number | undefined> {
    if (this.isSweepDue) {
      this.isSweepDue = false;
      await this.absent.sweep();
      this.report.look(this.absent.devices.filter(({ deviceId }) => !this.port.isBorn(deviceId)));
    }
    const waitMs = await this.drain.step();
    this.losses.look();
    this.tellUnreadable();
    const { maximumBytes } = this.settings.store;
    // Together they take no more than was allowed.
    const left = Math.max(shareOf(this.settings.store).maximumBytes, maximumBytes - this.absent.bytes);
    if (left !== this.allowed) this.outbox.setLimits({ ...this.settings.store, maximumBytes: left });
    this.allowed = left;
    return waitMs;
  }

  private tellUnreadable(): void {
    const { unreadable } = this.drain.counts;
    if (unreadable > this.unreadableTold) {
      this.logger.error(
        `Sparkplug: ${unreadable - this.unreadableTold} stored readings cannot be understood and were dropped: the disk has changed them.`,
      );
    }
    this.unreadableTold = unreadable;
    const isLater = this.drain.waitsForLaterVersion || this.absent.waitsForLaterVersion;
    if (isLater && !this.isLaterTold) {
      this.logger.error(
        'Sparkplug: stored readings were written by a later version of this software; they are kept, and nothing behind them is sent. Install that version again.',
      );
    }
    this.isLaterTold ||= isLater;
  }

  private sweepLater(): void {
    this.timers.set('sweep', SWEEP_MS, () => {
      this.isSweepDue = true;
      this.sweepLater();
      this.wake();
    });
  }

  private complain(message: string): void {
    if (message !== this.complaint) this.logger.error(message);
    this.complaint = message;
  }
}

/** Half of the store: absent devices never take the room of the others. */
function shareOf(store: OutboxLimits): OutboxLimits {
  return { ...store, maximumBytes: Math.ceil(store.maximumBytes / 2) };
}
