import { isRecord } from '../../support/expect';
import { readJudgement, type Judgement } from '../judgement';
import type { Standing } from './step';

/** What is remembered of one counter. */
export interface CounterState {
  readonly standing: Standing;
  readonly suspect?: Standing;
  /** How far the reading that is counted from can be trusted. */
  readonly judgement: Judgement;
  /** Of the meter that it belongs to, once known. */
  readonly serialNumber?: number;
}

export interface EnergyDeltasState {
  readonly format: 'pm500.counters/1';
  readonly counters: Readonly<Record<string, CounterState>>;
}

function readStanding(saved: unknown): Standing | undefined {
  if (!isRecord(saved)) return undefined;
  const { value, timestamp } = saved;
  const whole = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
  return whole && typeof timestamp === 'number' && Number.isFinite(timestamp) ? { value, timestamp } : undefined;
}

function readCounter(saved: unknown): CounterState | undefined {
  if (!isRecord(saved)) return undefined;
  const standing = readStanding(saved['standing']);
  const judgement = readJudgement(saved['judgement']);
  if (standing === undefined || judgement === undefined) return undefined;
  const suspect = readStanding(saved['suspect']);
  const serialNumber = saved['serialNumber'];
  return {
    standing,
    judgement,
    ...(suspect === undefined ? {} : { suspect }),
    ...(typeof serialNumber === 'number' ? { serialNumber } : {}),
  };
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
