/** Plain JSON. Places are on the axis of the meter, ms. */
export interface BreaksState {
  /** What elapsed over this place is not known at all. */
  readonly breakMs?: number;
  /** Over this place, the last before another boot, only the wall clock tells what elapsed. */
  readonly bootMs?: number;
  /** Wall clock minus axis when the readings of that boot began, ms. */
  readonly bootOffsetMs?: number;
  /** Over this place the wall clock was set ahead, or time has passed that no uptime counts: a machine that was halted. */
  readonly aheadMs?: number;
  readonly aheadByMs?: number;
}

const NEVER = Number.NEGATIVE_INFINITY;

export function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise;
}

/** Where the axis of a meter is not as sure as an uptime; of each kind the last one. */
export class Breaks {
  private breakMs: number;
  private bootMs: number;
  private bootOffsetMs: number;
  private aheadMs: number;
  private aheadByMs: number;
  /** Wall clock minus axis by what is believed now, ms. */
  offsetMs: number | undefined;

  constructor(saved: Readonly<Record<string, unknown>>) {
    this.breakMs = numberOr(saved['breakMs'], NEVER);
    this.bootMs = numberOr(saved['bootMs'], NEVER);
    this.bootOffsetMs = numberOr(saved['bootOffsetMs'], 0);
    this.aheadMs = numberOr(saved['aheadMs'], NEVER);
    this.aheadByMs = numberOr(saved['aheadByMs'], 0);
  }

  /** From this place on. */
  noteBreak(atMs: number): void {
    this.breakMs = atMs;
  }

  /** @param lastMs the last place before it */
  noteBoot(lastMs: number, offsetMs: number): void {
    this.bootMs = lastMs;
    this.bootOffsetMs = offsetMs;
  }

  /** @param lastMs the last place before it */
  noteStep(lastMs: number, byMs: number): void {
    this.aheadMs = byMs > 0 ? lastMs : NEVER;
    this.aheadByMs = Math.max(0, byMs);
  }

  /** What elapsed, as far as it is known, ms; undefined when nobody knows. */
  elapsedMs(fromMs: number, toMs: number): number | undefined {
    if (fromMs < this.breakMs && toMs >= this.breakMs) return undefined;
    if (!this.isOverBoot(fromMs, toMs)) return toMs - fromMs;
    // What the clock of that boot was found to be off by was missing, or too much, when it began.
    const wrongByMs = this.offsetMs === undefined ? 0 : this.offsetMs - this.bootOffsetMs;
    return Math.max(0, toMs - fromMs + wrongByMs);
  }

  /** The most that may have elapsed, ms; undefined when nobody knows. */
  mostMs(fromMs: number, toMs: number): number | undefined {
    const elapsedMs = this.elapsedMs(fromMs, toMs);
    const isOverStep = fromMs <= this.aheadMs && toMs > this.aheadMs && !this.isOverBoot(fromMs, toMs);
    return elapsedMs !== undefined && isOverStep ? elapsedMs + this.aheadByMs : elapsedMs;
  }

  /** True where one uptime tells what elapsed. */
  isSure(fromMs: number, toMs: number): boolean {
    return !this.isOverBoot(fromMs, toMs) && !(fromMs < this.breakMs && toMs >= this.breakMs);
  }

  state(): BreaksState {
    return {
      ...(this.breakMs === NEVER ? {} : { breakMs: this.breakMs }),
      ...(this.bootMs === NEVER ? {} : { bootMs: this.bootMs, bootOffsetMs: this.bootOffsetMs }),
      ...(this.aheadMs === NEVER ? {} : { aheadMs: this.aheadMs, aheadByMs: this.aheadByMs }),
    };
  }

  private isOverBoot(fromMs: number, toMs: number): boolean {
    return fromMs <= this.bootMs && toMs > this.bootMs;
  }
}
