import type { Reading } from '../domain/reading';

/**
 * Tells a loss once. A block that fails is passed on with its error the first time, so that its values turn bad in every
 * sink; while it keeps failing nothing more is said of it, until it answers again.
 */
export class LossFilter {
  private readonly lost = new Set<number>();

  /** True while any assembly is lost. */
  get isLosing(): boolean {
    return this.lost.size > 0;
  }

  /** The reading without losses that were told before; undefined when nothing is left to tell. */
  pass(reading: Reading): Reading | undefined {
    const blocks = reading.blocks.filter(({ assembly, error }) => {
      if (error === undefined) {
        this.lost.delete(assembly);
        return true;
      }
      if (this.lost.has(assembly)) return false;
      this.lost.add(assembly);
      return true;
    });
    if (blocks.length === 0) return undefined;
    if (blocks.length === reading.blocks.length) return reading;
    return { ...reading, timestamp: blocks[0]?.timestamp ?? reading.timestamp, blocks };
  }
}
