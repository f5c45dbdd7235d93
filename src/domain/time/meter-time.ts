import { isRecord } from '../../support/expect';
import type { Reading, ReadingBlock } from '../messages/reading';
import { Breaks, numberOr, type BreaksState } from './breaks';
import type { ReadTimes, TimeLine } from './read-times';
import { TimeLines, type TimeLinesState } from './time-lines';

/** This software is younger: a host whose clock shows less has lost it, as a board without a battery does. */
export const EARLIEST_MS = Date.UTC(2024, 0, 1);
/** A reading may be this far ahead of the clock it is compared with, ms: two hosts are never quite together. */
export const FUTURE_TOLERANCE_MS = 5_000;
/** A time that lies before the last by less is out of order, not a clock that was set, ms. */
const BACK_TOLERANCE_MS = 2_000;
/** Nobody counts over more; more likely a clock was wrong, ms. */
const LONGEST_MS = 400 * 24 * 3_600_000;
/** Hosts that read one meter: one, or two that stand in for each other. */
const MOST_BOOTS = 4;
/** What has no uptime of its own and comes at once takes that of this process, where its host does not tell its boots apart. */
const OWN_BOOT = 'arrival';

/** The clocks of the host that normalizes. */
export interface Moment {
  /** Epoch milliseconds UTC. */
  readonly wallMs: number;
  /** Milliseconds since the host was booted; absent where readings are not taken as they come. */
  readonly uptimeMs?: number;
  /** Which boot of which host that is; absent: this process only. */
  readonly bootId?: string;
}

/** A moment of which no more may be known than the wall clock. */
export function momentOf(wallMs: number, uptimeMs: number | undefined, bootId: string | undefined): Moment {
  if (uptimeMs === undefined) return { wallMs };
  return bootId === undefined ? { wallMs, uptimeMs } : { wallMs, uptimeMs, bootId };
}

export interface MeterTimeState extends TimeLinesState, BreaksState {
  readonly format: typeof FORMAT;
  /** Where the last reading lies on the axis. */
  readonly lastMs: number;
  /** Where the boot of a host lies on the axis, by its id. */
  readonly boots: Readonly<Record<string, number>>;
}

const FORMAT = 'pm500.time/1';

/**
 * Places the readings of one meter on its axis (see `ReadTimes`). Within one boot of the host that reads, its uptime says
 * what elapsed. A reading without one that comes at once takes the uptime of this host. For others, and over a boot, only
 * the wall clock can say it; it is believed where it goes on from the last reading, and what elapsed over a boot is not
 * sure: the clock of a board without a battery goes on from its last shutdown.
 */
export class MeterTime {
  private readonly times: TimeLines;
  private readonly boots: Map<string, number>;
  private lastMs: number;
  private readonly breaks: Breaks;
  private lines: readonly TimeLine[];

  /** @param saved what `state()` gave; anything else is a start without a past */
  constructor(saved?: unknown) {
    const state: Readonly<Record<string, unknown>> = isRecord(saved) && saved['format'] === FORMAT ? saved : {};
    this.times = new TimeLines(state);
    this.lastMs = numberOr(state['lastMs'], Number.NEGATIVE_INFINITY);
    this.breaks = new Breaks(state);
    this.breaks.offsetMs = this.times.offsetMs;
    const boots = isRecord(state['boots']) ? Object.entries(state['boots']) : [];
    this.boots = new Map(boots.filter((entry): entry is [string, number] => Number.isFinite(entry[1])));
    this.boots.delete(OWN_BOOT);
    this.lines = this.times.list([]);
  }

  take(reading: Reading, now: Moment): ReadTimes {
    const places = new Map<number, number>();
    let [newestMs, newestWallMs]: [number | undefined, number] = [undefined, Number.NaN];
    for (const block of reading.blocks) {
      if (block.error !== undefined) continue;
      const wallMs = shownAt(block, now);
      const axisMs = this.place(block, wallMs, reading.bootId, now);
      if (axisMs === undefined) continue;
      places.set(block.timestamp, axisMs);
      if (newestMs === undefined || axisMs >= newestMs) [newestMs, newestWallMs] = [axisMs, wallMs];
    }
    const stepMs = newestMs === undefined ? undefined : this.advance(newestMs, newestWallMs);
    return {
      axisOf: (timestamp) => places.get(timestamp),
      spans: this.breaks,
      atMs: newestMs ?? this.lastMs,
      lines: this.lines,
      countsId: this.times.countsId,
      isWallClock: false,
      isDoubtful: newestMs !== undefined && !(isPossible(newestWallMs) && this.times.isBelieved),
      ...(stepMs === undefined ? {} : { stepMs }),
    };
  }

  /** Plain JSON to go on from. */
  state(): MeterTimeState {
    return {
      format: FORMAT,
      ...this.times.state(),
      lastMs: this.lastMs,
      ...this.breaks.state(),
      boots: Object.fromEntries(this.boots),
    };
  }

  /** The wall clock of a reading that is newer than all before says where the lines are. */
  private advance(axisMs: number, wallMs: number): number | undefined {
    const { lastMs } = this;
    if (axisMs < lastMs) return undefined;
    this.lastMs = axisMs;
    const offsetMs = wallMs - axisMs;
    const stepMs = isPossible(wallMs) ? this.times.take(axisMs, offsetMs) : this.times.lose(offsetMs);
    if (stepMs !== undefined) this.breaks.noteStep(lastMs, stepMs);
    this.breaks.offsetMs = this.times.offsetMs;
    this.lines = this.times.list(this.lines);
    return stepMs;
  }

  /** @returns where a block lies on the axis; undefined where nothing says so */
  private place(block: ReadingBlock, wallMs: number, bootId: string | undefined, now: Moment): number | undefined {
    const stamp = stampOf(block, wallMs, bootId, now);
    const known = stamp === undefined ? undefined : this.boots.get(stamp.bootId);
    if (stamp !== undefined && known !== undefined) {
      const axisMs = Math.round(stamp.uptimeMs + known);
      if (this.isCredible(axisMs, wallMs)) return axisMs;
    }
    if (!isPossible(wallMs)) return undefined;
    const { lastMs } = this;
    const axisMs = this.continueFrom(wallMs, Math.abs(now.wallMs - wallMs) <= FUTURE_TOLERANCE_MS);
    if (stamp !== undefined) {
      if (axisMs >= lastMs - BACK_TOLERANCE_MS) this.breaks.noteBoot(lastMs, wallMs - axisMs);
      this.remember(stamp.bootId, axisMs - stamp.uptimeMs);
    }
    return axisMs;
  }

  /** An uptime that leaps is none; one that goes back is one only of an old reading, whose wall clock is as old. */
  private isCredible(axisMs: number, wallMs: number): boolean {
    if (axisMs < this.lastMs - BACK_TOLERANCE_MS) return this.times.knows(axisMs, wallMs - axisMs);
    return axisMs - this.lastMs <= LONGEST_MS;
  }

  /** Where a reading lies of which only the wall clock is known. */
  private continueFrom(wallMs: number, isLive: boolean): number {
    const offset = this.times.offsetMs;
    if (offset === undefined || !Number.isFinite(this.lastMs)) return wallMs;
    for (const each of this.times.offsets) {
      if (wallMs - each >= this.lastMs - BACK_TOLERANCE_MS) return wallMs - each;
    }
    const onLine = wallMs - offset;
    // Something old that comes late has its place; what is read just now comes after all that was.
    if (!isLive && onLine <= this.lastMs) return onLine;
    this.breaks.noteBreak(this.lastMs + 1);
    return this.lastMs + 1;
  }

  private remember(bootId: string, base: number): void {
    if (!this.boots.has(bootId) && this.boots.size >= MOST_BOOTS) {
      const [oldest] = this.boots.keys();
      if (oldest !== undefined) this.boots.delete(oldest);
    }
    this.boots.set(bootId, base);
  }
}

/** What the wall clock showed, as far as that is possible: what is ahead of this host's clock was not read later than now. */
function shownAt({ timestamp }: ReadingBlock, { wallMs }: Moment): number {
  return timestamp > wallMs + FUTURE_TOLERANCE_MS ? wallMs : timestamp;
}

function isPossible(wallMs: number): boolean {
  return wallMs >= EARLIEST_MS;
}

/** The uptime of a block, where it has one or came at once. */
function stampOf(
  { uptimeMs }: ReadingBlock,
  wallMs: number,
  bootId: string | undefined,
  now: Moment,
): { readonly bootId: string; readonly uptimeMs: number } | undefined {
  if (uptimeMs !== undefined && bootId !== undefined) return { bootId, uptimeMs };
  const ageMs = now.wallMs - wallMs;
  if (now.uptimeMs === undefined || Math.abs(ageMs) > FUTURE_TOLERANCE_MS) return undefined;
  return { bootId: now.bootId ?? OWN_BOOT, uptimeMs: now.uptimeMs - ageMs };
}
