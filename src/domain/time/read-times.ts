/** What lies between two places on the axis of a meter. */
export interface Spans {
  /**
   * What elapsed, as far as it is known, ms; undefined when nobody knows, as after a restart with a state that is ahead of
   * the clock. Then the two places still have their order.
   */
  elapsedMs(fromAxisMs: number, toAxisMs: number): number | undefined;
  /** The most that may have elapsed, ms, as when a clock that was set ahead was right to be; undefined when nobody knows. */
  mostMs(fromAxisMs: number, toAxisMs: number): number | undefined;
  /** False where only wall clocks say what elapsed, as over a boot of the host: that amount belongs to no window. */
  isSure(fromAxisMs: number, toAxisMs: number): boolean;
}

/**
 * The time of readings, apart from the wall clock. Every meter has an axis of its own, in milliseconds, on which its
 * readings lie: what elapsed between two of them is the difference of their places, whatever was done to the wall clock
 * in between. Counters, deltas and delays count on the axis; only what belongs to windows, days and tariffs asks for the
 * wall clock, by a time line.
 */
export interface ReadTimes {
  /**
   * Place on the axis of what was read at this time of the wall clock (the `timestamp` of a block or sample of this
   * reading); undefined while the wall clock was never set and no place is known.
   */
  readonly axisOf: (timestamp: number) => number | undefined;
  readonly spans: Spans;
  /** The newest place of this reading. */
  readonly atMs: number;
  /** What the wall clock may show, the oldest belief first; one of them counts. */
  readonly lines: readonly TimeLine[];
  /** The line that counts. */
  readonly countsId: number;
  /** By how much the wall clock was set between the reading before and this one, ms; absent when it was not. */
  readonly stepMs?: number;
  /** True where the wall clock is all that is known: what was read at a doubtful time of it has no place. */
  readonly isWallClock: boolean;
  /** True while the wall clock shows what is not believed (yet): its time marks values, and moves no period. */
  readonly isDoubtful: boolean;
}

/**
 * One belief about the wall clock: its time is the place on the axis plus an offset. When the clock is set, a second line
 * begins and both go on, so that one that is set back a little later has cost nothing.
 */
export interface TimeLine {
  readonly id: number;
  /** Wall time minus axis, ms, of the readings before this one; it differs from `offsetMs` by what the clock was slewed. */
  readonly beforeMs: number;
  /** Wall time minus axis, ms, of this reading. */
  readonly offsetMs: number;
}

const PLAIN_SPANS: Spans = {
  elapsedMs: (fromAxisMs, toAxisMs) => toAxisMs - fromAxisMs,
  mostMs: (fromAxisMs, toAxisMs) => toAxisMs - fromAxisMs,
  isSure: () => true,
};

/** Readings whose wall clock is all that is known, and right: its time is the axis. */
export const WALL_TIMES: ReadTimes = {
  axisOf: (timestamp) => timestamp,
  spans: PLAIN_SPANS,
  atMs: 0,
  lines: [{ id: 0, beforeMs: 0, offsetMs: 0 }],
  countsId: 0,
  isWallClock: true,
  isDoubtful: false,
};
