import type { Clock } from '../../support/clock';
import { Pm500Error } from '../../support/errors';
import { HistoryBatchSize } from './history-batch-size';
import type { DrainPort, Forwarded } from './drain-port';
import type { Traffic } from '../mqtt/message-size';
import type { MetricSample } from '../metrics/metrics';
import { fits, type Load, Pace, type PaceLimits, paceOf } from './pace';

const UNLIMITED: Traffic = { messages: Infinity, bytes: Infinity };

/** What became of records of one device. */
export interface SentRecords {
  readonly state: Forwarded['state'];
  /** How many of them are done with, from the first on. */
  readonly count: number;
}

/** Sends historical values in batches, each as large as the limits and the link allow. */
export class HistorySender {
  private readonly port: DrainPort;
  private readonly limits: PaceLimits;
  private readonly clock: Clock;
  private readonly batch: HistoryBatchSize;
  private readonly pace: Pace;
  private batchNow = { values: 0, messages: 0, bytes: 0, records: 0 };
  private beganAt = 0;
  /** What the values need that had to wait. */
  private held: Load | undefined;

  constructor(port: DrainPort, limits: PaceLimits, clock: Clock) {
    this.port = port;
    this.limits = limits;
    this.clock = clock;
    this.batch = new HistoryBatchSize(limits.valuesPerSecond);
    this.pace = new Pace(limits, clock);
  }

  /** A batch begins. */
  begin(): void {
    this.batchNow = { values: 0, messages: 0, bytes: 0, records: 0 };
    this.beganAt = this.clock.monotonic();
    this.held = undefined;
  }

  /** Values and messages that go into this batch at most. One record, and one message, may always be tried. */
  get most(): { readonly values: number; readonly messages: number } {
    const { values, messages } = this.pace.room;
    return { values: Math.max(1, Math.min(this.batch.values, values)), messages: Math.max(1, messages) };
  }

  /** What this batch has. */
  get sent(): { readonly values: number; readonly records: number } {
    return this.batchNow;
  }

  /** True when the limits let nothing more into this batch. */
  isHeld(): boolean {
    return this.held !== undefined;
  }

  /**
   * Sends as many of these records of one device as may go now.
   * @param records the values of each
   * @param isForced bear the device again where its last DBIRTH lacks a metric
   */
  send(deviceId: string, records: readonly (readonly MetricSample[])[], isForced = false): SentRecords {
    for (let count = records.length; ; count = Math.ceil(count / 2)) {
      const state = this.try(deviceId, records.slice(0, count), isForced);
      if (state === 'sent') return { state, count };
      // What is larger than a limit would wait forever, or go over it: half of it may not be.
      if (this.held === undefined || count === 1 || this.pace.allows(this.held)) return { state, count: 0 };
      this.batch.shrink();
      this.held = undefined;
    }
  }

  /**
   * The batch is complete: waits until the broker has read it.
   * @returns tells after how many milliseconds the next one may begin
   * @throws Pm500Error MQTT_CONNECTION_LOST
   */
  async end(): Promise<() => number> {
    const pace = paceOf(this.batchNow, this.limits);
    if (this.batchNow.messages > 0) {
      const askedAt = this.clock.monotonic();
      try {
        await this.confirm();
      } finally {
        this.pace.confirm();
      }
      this.batch.learn(this.clock.monotonic() - askedAt, pace);
    }
    // A whole millisecond, so that there is room by then whatever is lost in rounding.
    const heldMs = this.held === undefined ? 0 : Math.floor(this.pace.waitMs(this.held)) + 1;
    const dueAt = Math.max(this.beganAt + pace.dueMs, this.clock.monotonic() + heldMs);
    return () => Math.max(0, dueAt - this.clock.monotonic());
  }

  private try(deviceId: string, records: readonly (readonly MetricSample[])[], isForced: boolean): Forwarded['state'] {
    const samples = records.flat();
    if (samples.length === 0) return 'sent';
    if (this.held !== undefined) return 'later';
    const values = samples.length;
    const isAlone = records.length === 1 && this.pace.isIdle;
    const { room } = this.pace;
    if (!isAlone && !fits({ values, messages: 1, bytes: 0 }, room)) return this.hold({ values, messages: 1, bytes: 0 });
    const { state, messages, bytes, needs } = this.port.forward(
      { deviceId, samples },
      isForced,
      isAlone ? UNLIMITED : room,
    );
    const isSent = state === 'sent';
    if (messages > 0) this.pace.note({ values: isSent ? values : 0, messages, bytes });
    this.batchNow.messages += messages;
    this.batchNow.bytes += bytes;
    if (needs !== undefined) return this.hold({ values, ...needs });
    if (!isSent) return state;
    this.batchNow.values += values;
    this.batchNow.records += records.length;
    return state;
  }

  private hold(needs: Load): 'later' {
    this.held = needs;
    return 'later';
  }

  /** Waits until the broker has read everything published. @throws Pm500Error MQTT_CONNECTION_LOST */
  private async confirm(): Promise<void> {
    const link = this.port.linkOf();
    if (link === undefined) throw new Pm500Error('MQTT_CONNECTION_LOST', 'The connection was lost; it is made again.');
    await link.confirm();
  }
}
