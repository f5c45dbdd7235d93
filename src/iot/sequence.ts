import type { Random } from '../support/random';

/** A site has some hundreds of meters; names come from messages, and one that makes them up must not fill the memory. */
const MOST_METERS = 10_000;
/** So many that two starts hardly begin at the same number, and far from where numbers stop being whole. */
const STARTS = 2 ** 40;

/** Numbers the records of each meter. Where a count begins is random, so that a restart never repeats a number. */
export class Sequences {
  private readonly next = new Map<string, number>();

  constructor(private readonly random: Random) {}

  of(meter: string): number {
    const number = this.next.get(meter) ?? Math.floor(this.random() * STARTS);
    if (!this.next.has(meter) && this.next.size >= MOST_METERS) this.next.clear();
    this.next.set(meter, number + 1);
    return number;
  }
}
