import type { EnergyDelta } from '../counters/energy-deltas';

/** A part of a delta: whole Wh or varh, so that the parts of a delta add up to it. */
export interface Piece extends EnergyDelta {
  /** The delta that it was cut from; absent when it is the whole. How the energy lay in there is not known. */
  readonly whole?: { readonly fromMs: number; readonly toMs: number; readonly added: number };
}

/** For how long a piece was spread evenly, ms: 0 for a whole delta, of which everything is in one place. */
export function spreadMsOf({ whole }: Piece): number {
  return whole === undefined ? 0 : whole.toMs - whole.fromMs;
}

/** What of the same delta was put elsewhere, Wh or varh: it may as well lie here. */
export function elsewhereOf({ added, whole }: Piece): number {
  return whole === undefined ? 0 : whole.added - added;
}

/**
 * Takes a delta apart, from its beginning on. The meter says how much was added between two readings, not when: it is
 * spread evenly over that time, and rounded to whole Wh so that nothing is lost or counted twice. Energy of an unknown
 * time, a delta that begins where it ends, stays in one piece.
 */
export class DeltaCursor {
  private atMs: number;
  private taken = 0;
  private isOver = false;

  constructor(private readonly delta: Piece) {
    this.atMs = delta.fromMs;
  }

  /** What is left up to `untilMs`; undefined when there is nothing. */
  takeUntil(untilMs: number): Piece | undefined {
    const { fromMs, toMs, added, whole = { fromMs, toMs, added } } = this.delta;
    const endMs = Math.min(untilMs, toMs);
    if (this.isOver || endMs < this.atMs || (endMs === this.atMs && fromMs !== toMs)) return undefined;
    this.isOver = endMs === toMs;
    if (this.isOver && this.atMs === fromMs) {
      this.atMs = toMs;
      return this.delta;
    }
    const reached = this.isOver ? added : Math.round((added * (endMs - fromMs)) / (toMs - fromMs));
    const piece = { ...this.delta, added: reached - this.taken, fromMs: this.atMs, toMs: endMs, whole };
    this.atMs = endMs;
    this.taken = reached;
    return piece;
  }
}
