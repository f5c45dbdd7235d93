import type { CounterStanding } from './line';

/** A level that readings agree on, but that no load explains from where the counter stood. */
export interface Level {
  readonly first: CounterStanding;
  readonly last: CounterStanding;
  /** How many readings in a row agree. */
  readonly sightings: number;
  /** True once a person is asked. */
  readonly isAsked?: boolean;
}

/** Readings that each went ahead too far, but all at about the same speed. */
export interface Climb {
  readonly count: number;
  /** The least and the highest mean power of a step, W or var. */
  readonly low: number;
  readonly high: number;
}

/** A level that was given up; the counter may come back to it. */
export interface Left {
  readonly standing: CounterStanding;
  /** What has been counted since. */
  readonly counted: number;
  readonly serialNumber?: number;
}

/** Energy that waited for an answer: the next delta has it. */
export interface Credit {
  readonly added: number;
  readonly from: CounterStanding;
}

/** What is remembered of one counter. Plain JSON. Whatever makes one lists all members: one shape of objects is read fast. */
export interface Track {
  /** The last reading that was believed: what the next one is counted from. */
  readonly standing: CounterStanding;
  /** The one believed before it. */
  readonly before: CounterStanding | undefined;
  /** When the value last changed, on the axis of the meter. */
  readonly movedAtMs: number;
  readonly level: Level | undefined;
  /** Another level, seen while one is asked about. */
  readonly rival: Level | undefined;
  readonly climb: Climb | undefined;
  readonly left: Left | undefined;
  /** What was counted although it never flowed: following deltas are less by it. */
  readonly owed: number;
  readonly credit: Credit | undefined;
}

/** A counter that stands here, and of which no more is known. */
export function newTrack(
  standing: CounterStanding,
  { before, movedAtMs, left, owed, credit }: Partial<Track> = {},
): Track {
  return {
    standing,
    before,
    movedAtMs: movedAtMs ?? standing.timestamp,
    level: undefined,
    rival: undefined,
    climb: undefined,
    left,
    owed: owed ?? 0,
    credit,
  };
}

/** What a person can say about a level that no load explains. */
export const COUNTER_ANSWERS = ['replaced', 'reset', 'true'] as const;
export type CounterAnswer = (typeof COUNTER_ANSWERS)[number];

/** When the counter was last read, on the axis. */
export function newestOf({ standing, level, rival }: Track): number {
  return Math.max(
    standing.timestamp,
    level?.last.timestamp ?? standing.timestamp,
    rival?.last.timestamp ?? standing.timestamp,
  );
}
