import { isRecord } from '../../support/expect';
import { readJudgment, type Judgment } from '../quality/judgment';
import { REGISTER_TABLE, type MeterReference } from '../messages/reading';
import type { CounterStanding } from './line';
import type { PowerBoundState } from './power-bound';
import type { CounterRecord } from './records';
import type { Climb, Credit, Left, Level, Track } from './track';

/** What is remembered of one counter; it changes with each reading. */
export interface CounterState {
  track: Track;
  /** How far the reading that is counted from can be trusted. */
  judgment: Judgment;
  /** Of the meter that it belongs to, once known. */
  serialNumber: number | undefined;
  /** Name of the layout that its assembly was read with; with another one its values are others. */
  layout: string | undefined;
}

export interface EnergyDeltasState {
  readonly format: 'pm500.counters/1';
  readonly counters: Readonly<Record<string, Track & Omit<CounterState, 'track'>>>;
  readonly power: PowerBoundState;
  readonly book: readonly CounterRecord[];
}

function finite(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function readStanding(saved: unknown): CounterStanding | undefined {
  if (!isRecord(saved)) return undefined;
  const { value } = saved;
  const timestamp = finite(saved['timestamp']);
  if (timestamp === undefined || timestamp < 0) return undefined;
  const whole = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
  return whole ? { value, timestamp, readMs: finite(saved['readMs']) ?? timestamp } : undefined;
}

function readLevel(saved: unknown): Level | undefined {
  if (!isRecord(saved)) return undefined;
  const [first, last] = [readStanding(saved['first']), readStanding(saved['last'])];
  const sightings = finite(saved['sightings']);
  if (first === undefined || last === undefined || sightings === undefined) return undefined;
  return { first, last, sightings, ...(saved['isAsked'] === true ? { isAsked: true } : {}) };
}

function readClimb(saved: unknown): Climb | undefined {
  if (!isRecord(saved)) return undefined;
  const [count, low, high] = [finite(saved['count']), finite(saved['low']), finite(saved['high'])];
  return count === undefined || low === undefined || high === undefined ? undefined : { count, low, high };
}

function readLeft(saved: unknown): Left | undefined {
  if (!isRecord(saved)) return undefined;
  const [standing, counted] = [readStanding(saved['standing']), finite(saved['counted'])];
  if (standing === undefined || counted === undefined) return undefined;
  const serialNumber = finite(saved['serialNumber']);
  return { standing, counted, ...(serialNumber === undefined ? {} : { serialNumber }) };
}

function readCredit(saved: unknown): Credit | undefined {
  if (!isRecord(saved)) return undefined;
  const [added, from] = [finite(saved['added']), readStanding(saved['from'])];
  return added === undefined || added < 0 || from === undefined ? undefined : { added, from };
}

function readCounter(saved: unknown): CounterState | undefined {
  if (!isRecord(saved)) return undefined;
  const standing = readStanding(saved['standing']);
  const judgment = readJudgment(saved['judgment']);
  if (standing === undefined || judgment === undefined) return undefined;
  const track: Track = {
    standing,
    before: readStanding(saved['before']),
    movedAtMs: finite(saved['movedAtMs']) ?? standing.timestamp,
    level: readLevel(saved['level']),
    rival: readLevel(saved['rival']),
    climb: readClimb(saved['climb']),
    left: readLeft(saved['left']),
    owed: Math.max(0, finite(saved['owed']) ?? 0),
    credit: readCredit(saved['credit']),
  };
  const layout = typeof saved['layout'] === 'string' ? saved['layout'] : undefined;
  return { track, judgment, serialNumber: finite(saved['serialNumber']), layout };
}

/** Reads a saved state. What is not readable is left out: its counter starts anew, which never counts anything twice. */
export function restoreCounters(saved: unknown): Map<string, CounterState> {
  const counters = new Map<string, CounterState>();
  if (!isRecord(saved) || saved['format'] !== 'pm500.counters/1' || !isRecord(saved['counters'])) return counters;
  for (const [name, entry] of Object.entries(saved['counters'])) {
    const counter = readCounter(entry);
    if (counter !== undefined) counters.set(name, counter);
  }
  return counters;
}

/** Plain JSON of counters, for `restoreCounters`. */
export function savedCounters(counters: ReadonlyMap<string, CounterState>): EnergyDeltasState['counters'] {
  return Object.fromEntries([...counters].map(([name, { track, ...whose }]) => [name, { ...track, ...whose }]));
}

/** True when another meter, by its serial number, is at the place of the one that was there. */
export function isOther({ serialNumber }: CounterState, meter: MeterReference): boolean {
  return serialNumber !== undefined && meter.serialNumber !== undefined && meter.serialNumber !== serialNumber;
}

/** The layout of its assemblies; registers are the same counters whatever that is. */
export function layoutOf({ layout }: MeterReference): string | undefined {
  return layout?.name === REGISTER_TABLE ? undefined : layout?.name;
}
