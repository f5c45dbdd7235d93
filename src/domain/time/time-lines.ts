import { isRecord } from '../../support/expect';
import type { TimeLine } from './read-times';

/** A clock that is off by less was slewed, or is another host's; one that is off by more was set, ms. */
const STEP_MS = 2000;
/** Two clocks of one host drift apart by less than this share of the time between two readings. */
const DRIFT = 1e-3;
/** The time of a line follows the wall clock no faster than this, so that windows keep their length. */
const SLEW = 5e-4;
/** A clock that was set is believed when it has stood for this time, ms: what is set back at once moves nothing. */
const BELIEVED_AFTER_MS = 60_000;
/** For so long a clock may go back to what it showed before and find all totals, ms. */
const KEPT_MS = 48 * 3_600_000;
const MOST_LINES = 3;

/** Plain JSON. */
interface Line {
  readonly id: number;
  readonly offsetMs: number;
  /** Since when the clock has shown this without a break, on the axis. */
  readonly sinceMs: number;
  /** When it last did. */
  readonly seenMs: number;
}

export interface TimeLinesState {
  readonly lines: readonly Line[];
  readonly countsId: number;
  readonly activeId: number;
}

const NOBODY = -1;

/** What the wall clock was seen to show, as lines of a constant offset to the axis of a meter; one of them counts. */
export class TimeLines {
  private lines: readonly Line[];
  private counts: number;
  /** The line that the last reading was on. */
  private active: number;

  constructor(saved?: unknown) {
    const { lines, countsId, activeId } = readLines(saved);
    this.lines = lines;
    this.counts = countsId;
    this.active = activeId;
  }

  get countsId(): number {
    return this.counts;
  }

  /** True when the clock shows what counts. */
  get isBelieved(): boolean {
    return this.active === this.counts;
  }

  /** The offset of the line that counts; undefined before the first. */
  get offsetMs(): number | undefined {
    return this.find(this.counts)?.offsetMs;
  }

  /** Offsets of all lines, the one of the last reading first, then the one that counts. */
  get offsets(): readonly number[] {
    const rank = ({ id }: Line): number => (id === this.active ? 0 : id === this.counts ? 1 : 2);
    return [...this.lines].sort((left, right) => rank(left) - rank(right)).map(({ offsetMs }) => offsetMs);
  }

  /**
   * Takes the difference between the wall clock and the axis of a reading.
   * @returns by how much the clock was set since the reading before, ms; undefined when it was not
   */
  take(axisMs: number, offsetMs: number): number | undefined {
    const before = this.find(this.active);
    const line = this.fitting(axisMs, offsetMs);
    if (line === undefined) this.begin(axisMs, offsetMs);
    else this.follow(line, axisMs, offsetMs);
    const now = this.find(this.active);
    if (now !== undefined && axisMs - now.sinceMs >= BELIEVED_AFTER_MS) this.believe(now);
    if (this.lines.length > 1) {
      this.lines = this.lines.filter(({ id, seenMs }) => this.isInUse(id) || axisMs - seenMs <= KEPT_MS);
    }
    return before === undefined || now === undefined || before.id === now.id ? undefined : offsetMs - before.offsetMs;
  }

  /**
   * The wall clock shows what cannot be: whatever comes next is no continuation.
   * @returns by how much it was set, ms; undefined when it has shown such before, or nothing
   */
  lose(offsetMs: number): number | undefined {
    const before = this.find(this.active);
    this.active = NOBODY;
    return before === undefined ? undefined : offsetMs - before.offsetMs;
  }

  /** True when the clock has shown this before. */
  knows(axisMs: number, offsetMs: number): boolean {
    return this.lines.some((line) => fits(line, axisMs, offsetMs));
  }

  /** As they are after a reading. @param before the same before it */
  list(before: readonly TimeLine[]): readonly TimeLine[] {
    // Mostly there is one line, and the clock was not slewed since: what was listed before says the same.
    const [line, listed] = [this.lines[0], before[0]];
    const isOne = this.lines.length === 1 && before.length === 1;
    if (isOne && isSame(line, listed)) return before;
    return this.lines.map(({ id, offsetMs }) => {
      const beforeMs = before.find((line) => line.id === id)?.offsetMs ?? offsetMs;
      return { id, beforeMs, offsetMs };
    });
  }

  state(): TimeLinesState {
    return { lines: this.lines, countsId: this.counts, activeId: this.active };
  }

  /** The line that the last reading was on where it fits, then the one that counts, then the oldest. */
  private fitting(axisMs: number, offsetMs: number): Line | undefined {
    let best: Line | undefined;
    for (const line of this.lines) {
      if (!fits(line, axisMs, offsetMs)) continue;
      if (line.id === this.active) return line;
      if (best === undefined || (line.id === this.counts && best.id !== this.counts)) best = line;
    }
    return best;
  }

  private begin(axisMs: number, offsetMs: number): void {
    const id = Math.max(NOBODY, ...this.lines.map((line) => line.id)) + 1;
    const kept = this.lines.length < MOST_LINES ? this.lines : this.lines.filter((line) => line !== this.leastUsed());
    this.lines = [...kept, { id, offsetMs, sinceMs: axisMs, seenMs: axisMs }];
    this.active = id;
    if (this.find(this.counts) === undefined) this.counts = id;
  }

  private follow(line: Line, axisMs: number, offsetMs: number): void {
    const most = SLEW * Math.max(0, axisMs - line.seenMs);
    const slewed = line.offsetMs + Math.max(-most, Math.min(most, offsetMs - line.offsetMs));
    const sinceMs = line.id === this.active ? line.sinceMs : axisMs;
    const next = { id: line.id, offsetMs: slewed, sinceMs, seenMs: Math.max(axisMs, line.seenMs) };
    this.lines = this.lines.map((each) => (each === line ? next : each));
    this.active = line.id;
  }

  /** A clock that went back to what it showed before has proven wrong what it showed in between. */
  private believe({ id }: Line): void {
    if (id < this.counts) this.lines = this.lines.filter((line) => line.id <= id);
    this.counts = id;
  }

  private leastUsed(): Line | undefined {
    return this.lines
      .filter(({ id }) => !this.isInUse(id))
      .reduce<Line | undefined>(
        (least, line) => (least === undefined || line.seenMs < least.seenMs ? line : least),
        undefined,
      );
  }

  private isInUse(id: number): boolean {
    return id === this.counts || id === this.active;
  }

  private find(id: number): Line | undefined {
    return this.lines.find((line) => line.id === id);
  }
}

function isSame(line: Line | undefined, listed: TimeLine | undefined): boolean {
  if (line === undefined || listed?.id !== line.id) return false;
  return listed.offsetMs === line.offsetMs && listed.beforeMs === line.offsetMs;
}

function fits(line: Line, axisMs: number, offsetMs: number): boolean {
  return Math.abs(offsetMs - line.offsetMs) <= STEP_MS + DRIFT * Math.abs(axisMs - line.seenMs);
}

function readLine(saved: unknown): Line | undefined {
  if (!isRecord(saved)) return undefined;
  const { id, offsetMs, sinceMs, seenMs } = saved;
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || !isFiniteNumber(offsetMs)) return undefined;
  return isFiniteNumber(sinceMs) && isFiniteNumber(seenMs) ? { id, offsetMs, sinceMs, seenMs } : undefined;
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** Lines of a saved state; none when it cannot be read. */
function readLines(saved: unknown): TimeLinesState {
  const nothing = { lines: [], countsId: NOBODY, activeId: NOBODY };
  if (!isRecord(saved) || !Array.isArray(saved['lines'])) return nothing;
  const lines = (saved['lines'] as readonly unknown[]).slice(0, MOST_LINES).flatMap((line) => readLine(line) ?? []);
  const { countsId, activeId } = saved;
  if (!lines.some(({ id }) => id === countsId)) return nothing;
  return { lines, countsId: countsId as number, activeId: typeof activeId === 'number' ? activeId : NOBODY };
}
