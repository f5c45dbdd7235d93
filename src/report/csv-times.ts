import type { Zone } from '../domain/tariff/zone';
import { DAY_MS } from './period';

/** `2026-10-01T00:15`, also with a blank, seconds of zero, Z or an offset; `01.10.2026 00:15`. Not `10/1/2026`, which two countries read differently. */
const ISO = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::00(?:\.0+)?)?(Z|[+-]\d\d:?\d\d)?$/;
const GERMAN = /^(\d\d)\.(\d\d)\.(\d{4}) (\d\d):(\d\d)(?::00)?$/;
const MINUTE_MS = 60_000;
const MOST_HOUR = 24;

interface Label {
  /** The clock, as the milliseconds that UTC would have when its clocks showed the same. */
  readonly localMs: number;
  /** Minus UTC, where the label says so. */
  readonly offsetMs?: number;
}

function offsetOf(text: string): number {
  if (text === 'Z') return 0;
  const digits = text.replace(':', '');
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5));
  return (text.startsWith('-') ? -1 : 1) * minutes * MINUTE_MS;
}

function labelOf(text: string): Label | undefined {
  const iso = ISO.exec(text);
  const [, day, month, year, ...clock] =
    iso === null ? (GERMAN.exec(text) ?? []) : [iso[0], iso[3], iso[2], iso[1], iso[4], iso[5]];
  const [hour = Number.NaN, minute = Number.NaN] = clock.map(Number);
  const dayMs = Date.UTC(Number(year), Number(month) - 1, Number(day));
  // The 31st of April would be the 1st of May; 24:00 is the end of a day.
  if (!(hour < MOST_HOUR || (hour === MOST_HOUR && minute === 0)) || !(minute < 60)) return undefined;
  if (new Date(dayMs).getUTCDate() !== Number(day) || new Date(dayMs).getUTCMonth() !== Number(month) - 1)
    return undefined;
  const localMs = dayMs + (hour * 60 + minute) * MINUTE_MS;
  const offset = iso?.[6];
  return offset === undefined ? { localMs } : { localMs, offsetMs: offsetOf(offset) };
}

/**
 * Times of a table as moments. Where clocks go back, the same label means two moments, and where they go ahead some labels
 * mean none; all of them are given, the earliest first.
 */
export class CsvTimes {
  private label = '';
  private moments: readonly number[] | undefined;
  private dayMs = Number.NaN;
  /** Offset of the cached day; undefined where it changes within two days around. */
  private offset: number | undefined;

  /**
   * @param isEnd whether labels are of the ends of intervals
   * @param stepMs length of an interval
   */
  constructor(
    private readonly zone: Zone,
    private readonly isEnd: boolean,
    private readonly stepMs: number,
  ) {}

  /** Possible beginnings of the interval, epoch milliseconds UTC; undefined where the label is no time. */
  startsOf(label: string): readonly number[] | undefined {
    // Rows of many meters have the same time, one after the other.
    if (label !== this.label || this.moments === undefined) {
      this.label = label;
      this.moments = this.read(label);
    }
    return this.moments;
  }

  private read(text: string): readonly number[] | undefined {
    const label = labelOf(text);
    if (label === undefined) return undefined;
    const { localMs, offsetMs } = label;
    const behind = this.isEnd ? this.stepMs : 0;
    if (offsetMs !== undefined) return [localMs - offsetMs - behind];
    const direct = this.momentsOf(localMs).map((moment) => moment - behind);
    if (!this.isEnd) return direct;
    // Some write the end of the last interval before a change by the old clock, others by the new one.
    return [...new Set([...direct, ...this.momentsOf(localMs - behind)])].sort((left, right) => left - right);
  }

  private momentsOf(localMs: number): readonly number[] {
    const dayMs = Math.floor(localMs / DAY_MS) * DAY_MS;
    if (dayMs !== this.dayMs) {
      this.dayMs = dayMs;
      const [before, after] = [this.zone.offsetAt(dayMs - DAY_MS), this.zone.offsetAt(dayMs + 2 * DAY_MS)];
      this.offset = before === after ? before : undefined;
    }
    if (this.offset !== undefined) return [localMs - this.offset];
    const offsets = [this.zone.offsetAt(localMs - DAY_MS), this.zone.offsetAt(localMs + DAY_MS)];
    return [...new Set(offsets.map((offset) => localMs - offset))]
      .filter((moment) => this.zone.localOf(moment) === localMs)
      .sort((left, right) => left - right);
  }
}
