import type { DeliveryCapacity } from '../../delivery/stats';
import type { OutboxLimits, OutboxStats } from '../../outbox/outbox';
import type { Clock } from '../../support/clock';
import type { Logger } from '../../support/logger';
import { type HistoryRecord, writeHistoryRecord } from './history-record';

/** What comes is averaged over about this time, milliseconds: a shift changes it, a single birth does not. */
const MEMORY_MS = 600_000;
/** A record is written out for its size at most this often, milliseconds. */
const SAMPLE_MS = 1000;
/** Nothing is said before so much has been seen, milliseconds. */
const RIPE_MS = 300_000;
/** It is looked at again after this, milliseconds. */
const LOOK_MS = 3_600_000;
/** It is said again when the time that fits has changed by so much. */
const NEWS_FACTOR = 2;
const MS_PER_HOUR = 3_600_000;

/**
 * How long the store lasts: what comes in is measured while it flows, so that it is known before an outage. Whether a
 * value is published or stored, it would take the same room.
 */
export class StoreForecast {
  private readonly clock: Clock;
  private readonly logger: Logger;
  /** Values of the last while, older ones weighing less. */
  private values = 0;
  /** Bytes and values of the records that were written out. */
  private sampledBytes = 0;
  private sampledValues = 0;
  private since: number | undefined;
  private notedAt = 0;
  private sampledAt = -Infinity;
  private lookedAt = 0;
  /** Hours that were told last. */
  private told: number | undefined;

  constructor(clock: Clock, logger: Logger) {
    this.clock = clock;
    this.logger = logger;
  }

  /** Values came, published or not. */
  note(record: HistoryRecord): void {
    const now = this.clock.monotonic();
    this.since ??= now;
    const elapsed = now - this.notedAt;
    if (elapsed > 0) this.values *= Math.exp(-elapsed / MEMORY_MS);
    this.notedAt = now;
    this.values += record.samples.length;
    if (now - this.sampledAt < SAMPLE_MS) return;
    this.sampledAt = now;
    this.sampledBytes += Buffer.byteLength(writeHistoryRecord(record));
    this.sampledValues += record.samples.length;
  }

  /** Undefined until enough was seen. */
  get bytesPerHour(): number | undefined {
    const now = this.clock.monotonic();
    const seen = now - (this.since ?? now);
    if (seen < RIPE_MS || this.sampledValues === 0) return undefined;
    const values = this.values * Math.exp(-(now - this.notedAt) / MEMORY_MS);
    const span = MEMORY_MS * (1 - Math.exp(-seen / MEMORY_MS));
    return ((values * this.sampledBytes) / this.sampledValues / span) * MS_PER_HOUR;
  }

  capacity(limits: OutboxLimits, { bytes }: Pick<OutboxStats, 'bytes'>): DeliveryCapacity {
    const { maximumBytes, maximumAgeMs = Infinity } = limits;
    const { bytesPerHour } = this;
    if (bytesPerHour === undefined || bytesPerHour === 0) return { maximumBytes };
    return {
      maximumBytes,
      bytesPerHour: Math.round(bytesPerHour),
      hours: Math.min(maximumBytes / bytesPerHour, maximumAgeMs / MS_PER_HOUR),
      fullInHours: Math.max(0, maximumBytes - bytes) / bytesPerHour,
    };
  }

  /** Says what the store will hold: when it is known, and when that has become something else. */
  look(limits: OutboxLimits): void {
    const now = this.clock.monotonic();
    if (this.since === undefined || now - this.since < RIPE_MS) return;
    if (this.told !== undefined && now - this.lookedAt < LOOK_MS) return;
    this.lookedAt = now;
    const { hours } = this.capacity(limits, { bytes: 0 });
    if (hours === undefined) return;
    const isNews = this.told === undefined || hours > this.told * NEWS_FACTOR || hours * NEWS_FACTOR < this.told;
    if (!isNews) return;
    this.told = hours;
    const { maximumBytes, maximumAgeMs } = limits;
    const size = `${Math.round(maximumBytes / 1e6)} MB`;
    const sentence = `Sparkplug: the store of at most ${size} holds about ${hoursText(hours)} of what is published now.`;
    const wanted = maximumAgeMs === undefined ? 0 : maximumAgeMs / MS_PER_HOUR;
    if (hours >= wanted) this.logger.info(sentence);
    else {
      this.logger.warn(
        `${sentence} That is less than the ${hoursText(wanted)} that values may wait: make room on the disk, raise the limit, or publish less (deadbands, longer intervals).`,
      );
    }
  }
}

/** Hours for people: two digits are all that a forecast has. */
export function hoursText(hours: number): string {
  if (hours < 1) return `${Math.max(1, Math.round(hours * 60))} min`;
  return hours < 10 ? `${hours.toFixed(1)} h` : `${Math.round(hours)} h`;
}
