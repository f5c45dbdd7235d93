import type { Reading, ReadingBlock } from '../messages/reading';
import type { Numbers } from './relation';

/** Assemblies that were read further apart than this, ms, do not show one moment. */
const MOST_APART_MS = 2_000;
/** So many moments are kept at most, spread over the whole run. */
const MOST_MOMENTS = 48;

/** A block as numbers: what a meter has not is 0, what it cannot measure now is unknown. */
function numbersOf({ values, problems }: ReadingBlock): Numbers {
  const numbers: Numbers = {};
  for (const name in values) {
    const value = values[name];
    if (typeof value === 'number') numbers[name] = value;
    else if (value === null && problems?.[name] !== 'overload') numbers[name] = 0;
  }
  return numbers;
}

interface LatestBlock {
  readonly timestamp: number;
  readonly numbers: Numbers;
}

/** Moments of one meter: all values that were read together. Bounded, however long it goes on. */
export class Moments {
  private kept: Numbers[] = [];
  private readonly latest = new Map<string, LatestBlock>();
  private seen = 0;
  private stride = 1;

  get all(): readonly Numbers[] {
    return this.kept;
  }

  /** Readings that held anything. */
  get count(): number {
    return this.seen;
  }

  accept(reading: Reading): void {
    let newest = Number.NEGATIVE_INFINITY;
    for (const block of reading.blocks) {
      if (block.error !== undefined) continue;
      this.latest.set(`${block.group} ${String(block.assembly)}`, {
        timestamp: block.timestamp,
        numbers: numbersOf(block),
      });
      newest = Math.max(newest, block.timestamp);
    }
    if (newest === Number.NEGATIVE_INFINITY) return;
    if (this.seen++ % this.stride !== 0) return;
    const moment: Numbers = {};
    for (const { timestamp, numbers } of this.latest.values()) {
      if (Math.abs(newest - timestamp) <= MOST_APART_MS) Object.assign(moment, numbers);
    }
    this.kept.push(moment);
    if (this.kept.length <= MOST_MOMENTS) return;
    this.kept = this.kept.filter((_, index) => index % 2 === 0);
    this.stride *= 2;
  }
}
