import type { Period } from '../../metrics/derived-metrics';

const QUARTER_MS = 15 * 60_000;
const DAY_MS = 24 * 60 * 60_000;

/**
 * Local time of one place, with its daylight saving, from the time zone data of Node.js. A local time is written as the
 * milliseconds that UTC would have when its clocks showed the same.
 */
export class Zone {
  private readonly format: Intl.DateTimeFormat;
  private cachedQuarter = Number.NaN;
  private cachedOffset = 0;

  /**
   * @param name of the IANA data, for instance Europe/Berlin
   * @throws RangeError when there is no such zone
   */
  constructor(readonly name: string) {
    this.format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** Local time minus UTC, milliseconds. Offsets change at full quarters of an hour only. */
  offsetAt(timeMs: number): number {
    const quarter = Math.floor(timeMs / QUARTER_MS);
    if (quarter !== this.cachedQuarter) {
      this.cachedOffset = this.readOffset(quarter * QUARTER_MS);
      this.cachedQuarter = quarter;
    }
    return this.cachedOffset;
  }

  /** The first moment after `fromMs` at which the offset is another, or `toMs` when that comes before. */
  sameOffsetUntil(fromMs: number, toMs: number): number {
    const offset = this.offsetAt(fromMs);
    return this.offsetAt(toMs - 1) === offset ? toMs : this.firstWith(fromMs, toMs - 1, (other) => other !== offset);
  }

  /** The moment since which the offset is that of `toMs`, or `fromMs` when that comes after. */
  sameOffsetSince(fromMs: number, toMs: number): number {
    const offset = this.offsetAt(toMs);
    return this.offsetAt(fromMs) === offset ? fromMs : this.firstWith(fromMs, toMs, (other) => other === offset);
  }

  localOf(timeMs: number): number {
    return timeMs + this.offsetAt(timeMs);
  }

  /** The first moment at which clocks show this; where they skip it, the moment as far behind the skip. */
  timeOf(localMs: number): number {
    const before = this.offsetAt(localMs - DAY_MS);
    const after = this.offsetAt(localMs + DAY_MS);
    const early = localMs - Math.max(before, after);
    const late = localMs - Math.min(before, after);
    if (this.localOf(early) === localMs) return early;
    return this.localOf(late) === localMs ? late : localMs - before;
  }

  /** The first moment of the calendar period that holds this time, and the first one after it. */
  periodAt(period: Period, timeMs: number): { startMs: number; endMs: number } {
    const local = new Date(this.localOf(timeMs));
    const year = local.getUTCFullYear();
    const month = period === 'year' ? 0 : local.getUTCMonth();
    const day = period === 'day' ? local.getUTCDate() : 1;
    const end = { day: [year, month, day + 1], month: [year, month + 1, 1], year: [year + 1, 0, 1] } as const;
    const [endYear, endMonth, endDay] = end[period];
    return {
      startMs: this.timeOf(Date.UTC(year, month, day)),
      endMs: this.timeOf(Date.UTC(endYear, endMonth, endDay)),
    };
  }

  /** Between a moment that does not fit and a later one that does, where there is one change in between. */
  private firstWith(earlyMs: number, lateMs: number, fits: (offset: number) => boolean): number {
    let [early, late] = [earlyMs, lateMs];
    while (late - early > 1) {
      const middle = Math.floor((early + late) / 2);
      if (fits(this.offsetAt(middle))) late = middle;
      else early = middle;
    }
    return late;
  }

  private readOffset(timeMs: number): number {
    const fields: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
    for (const { type, value } of this.format.formatToParts(timeMs)) fields[type] = Number(value);
    const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = fields;
    return Date.UTC(year, month - 1, day, hour, minute, second) - timeMs;
  }
}
