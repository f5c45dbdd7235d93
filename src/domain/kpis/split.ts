import type { EnergyDelta } from '../counters/energy-deltas';

/** A part of a delta: whole Wh or varh, so that the parts of a delta add up to it. */
export type Piece = EnergyDelta;

/**
 * Takes a delta apart, from its beginning on. The meter says how much was added between two readings, not when: it is
 * spread evenly over that time, and rounded to whole Wh so that nothing is lost or counted twice.
 */
export class DeltaCursor {
  private atMs: number;
  private taken = 0;

  constructor(private readonly delta: EnergyDelta) {
    this.atMs = delta.fromMs;
  }

  /** What is left up to `untilMs`; undefined when there is nothing. */
  takeUntil(untilMs: number): Piece | undefined {
    const { fromMs, toMs, added } = this.delta;
    const endMs = Math.min(untilMs, toMs);
    if (endMs <= this.atMs) return undefined;
    if (endMs === toMs && this.atMs === fromMs) {
      this.atMs = toMs;
      return this.delta;
    }
    const reached = endMs === toMs ? added : Math.round((added * (endMs - fromMs)) / (toMs - fromMs));
    const piece = { ...this.delta, added: reached - this.taken, fromMs: this.atMs, toMs: endMs };
    this.atMs = endMs;
    this.taken = reached;
    return piece;
  }
}
