import type { MeterModel } from '../meters/meter-model';

/** Groups of assemblies that are read together. */
export interface PollSchedule {
  readonly intervalMs: number;
  /** Names of groups of the meter model. */
  readonly groups: readonly string[];
}

/**
 * One schedule per interval, the fastest first.
 * @param groups name to interval in milliseconds
 */
export function schedulesOf(
  model: Pick<MeterModel, 'groups'>,
  groups: ReadonlyMap<string, number>,
): readonly PollSchedule[] {
  const intervals = [...new Set(groups.values())].sort((left, right) => left - right);
  return intervals.map((intervalMs) => ({
    intervalMs,
    groups: model.groups.map(({ name }) => name).filter((name) => groups.get(name) === intervalMs),
  }));
}

/** Meters of a list begin within this time at least, each at its own place in it. */
const SHORTEST_START_MS = 2000;
/** To open a meter costs a core 3 ms, 6 ms with I/O connections; what runs already must not wait for it. */
const START_EVERY_MS = 20;

/**
 * Within which time so many meters begin: opened all at once, they would hold up those that run already.
 * @param meters how many begin
 */
export function startSpreadMs(meters: number): number {
  return Math.max(SHORTEST_START_MS, meters * START_EVERY_MS);
}

/** Long enough that its remainders spread over every interval in use. */
const PHASE_RANGE_MS = 86_400_000;

/** FNV-1a with the last mixing steps of MurmurHash3, so that neighboring addresses end far apart. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  }
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}

/**
 * When in its interval a meter is read, 0 to `intervalMs`. Meters are spread, so that they do not fire together; one
 * meter has one place in time whoever reads it, so that equal intervals, and those that divide each other, coincide.
 * @param meter whatever is the same for all who read it: its address
 */
export function phaseOf(meter: string, intervalMs: number): number {
  return (hash(meter) % PHASE_RANGE_MS) % intervalMs;
}
