import { LOAD_INTERVAL_MS, NO_ENERGY, type LoadTotals } from './load-profile';
import type { LoadCurve } from './load-curve';

/**
 * What can be wrong with the feeder of a meter: one phase is gone, two are swapped, or voltage or frequency are another
 * share of what they would be. `phase` is the one whose load is missing.
 */
export type Disturbance =
  | { readonly kind: 'lost'; readonly phase: 0 | 1 | 2 }
  | { readonly kind: 'reversed'; readonly phase?: undefined }
  | { readonly kind: 'voltage'; readonly phase?: undefined; readonly on: 0 | 1 | 2 | 'all'; readonly share: number }
  | { readonly kind: 'frequency'; readonly phase?: undefined; readonly share: number };

/** Shares of the load that each phase carries at simulated time `timeMs`. */
export type SharesAt = (timeMs: number) => {
  readonly active: readonly [number, number, number];
  readonly reactive: readonly [number, number, number];
};

interface Window {
  readonly disturbance: Disturbance;
  readonly fromMs: number;
  untilMs: number;
  /** What the lost phase would have carried from `fromMs` to `upToMs`. */
  missed: LoadTotals;
  upToMs: number;
}

/** Older windows are forgotten; what was missed in them stays counted. */
const MOST_WINDOWS = 200;
const KEYS = ['activeImportWh', 'activeExportWh', 'reactiveImportVarh', 'reactiveExportVarh'] as const;

/** `totals` plus what one phase carries between two moments of one interval of the load. */
function addPhase(
  totals: LoadTotals,
  { from, to }: { readonly from: LoadTotals; readonly to: LoadTotals },
  share: { readonly active: number; readonly reactive: number },
): LoadTotals {
  const sums = { ...totals };
  for (const key of KEYS) {
    sums[key] += (to[key] - from[key]) * (key.startsWith('active') ? share.active : share.reactive);
  }
  return sums;
}

/**
 * The disturbances of a feeder as windows of simulated time, so that power, energy and demand follow from time alone
 * and fit each other: what a lost phase did not carry is missing from the counters, to the last watt-hour.
 */
export class Disturbances {
  private windows: Window[] = [];
  private forgotten: LoadTotals = NO_ENERGY;

  constructor(
    private readonly curve: LoadCurve,
    private readonly sharesAt: SharesAt,
  ) {}

  begin(disturbance: Disturbance, timeMs: number): void {
    this.windows.push({ disturbance, fromMs: timeMs, untilMs: Infinity, missed: NO_ENERGY, upToMs: timeMs });
    const oldest = this.windows.length > MOST_WINDOWS ? this.windows.shift() : undefined;
    if (oldest === undefined) return;
    const missed = this.missedIn(oldest, Math.min(oldest.untilMs, timeMs));
    const sums = { ...this.forgotten };
    for (const key of KEYS) sums[key] += missed[key];
    this.forgotten = sums;
  }

  /** Ends every disturbance of this kind. */
  end(kind: Disturbance['kind'], timeMs: number): void {
    for (const window of this.windows) {
      // The clock of the meter may have been set back since: then the window is empty.
      if (window.disturbance.kind === kind && window.untilMs === Infinity) {
        window.untilMs = Math.max(window.fromMs, timeMs);
      }
    }
  }

  isLost(phase: number, timeMs: number): boolean {
    return this.isAt(timeMs, (disturbance) => disturbance.phase === phase);
  }

  isReversed(timeMs: number): boolean {
    return this.isAt(timeMs, ({ kind }) => kind === 'reversed');
  }

  /** The voltage of a phase as a share of what it would be. */
  voltageShare(phase: number, timeMs: number): number {
    return this.active(timeMs).reduce(
      (share, disturbance) =>
        disturbance.kind === 'voltage' && (disturbance.on === 'all' || disturbance.on === phase)
          ? share * disturbance.share
          : share,
      1,
    );
  }

  /** The frequency as a share of what it would be. */
  frequencyShare(timeMs: number): number {
    return this.active(timeMs).reduce(
      (share, disturbance) => (disturbance.kind === 'frequency' ? share * disturbance.share : share),
      1,
    );
  }

  /** What the lost phases did not carry up to simulated time `timeMs`. */
  missedUntil(timeMs: number): LoadTotals {
    const sums = { ...this.forgotten };
    for (const window of this.windows) {
      const missed = this.missedIn(window, Math.min(timeMs, window.untilMs));
      for (const key of KEYS) sums[key] += missed[key];
    }
    return sums;
  }

  /** What one phase did not carry between two moments; net, in Wh and varh. */
  missedOf(phase: number, fromMs: number, toMs: number): { readonly activeWh: number; readonly reactiveVarh: number } {
    let totals = NO_ENERGY;
    for (const { disturbance, fromMs: begin, untilMs } of this.windows) {
      if (disturbance.phase !== phase) continue;
      totals = this.integrate(totals, phase, Math.max(begin, fromMs), Math.min(untilMs, toMs));
    }
    return {
      activeWh: totals.activeImportWh - totals.activeExportWh,
      reactiveVarh: totals.reactiveImportVarh - totals.reactiveExportVarh,
    };
  }

  private isAt(timeMs: number, matches: (disturbance: Disturbance) => boolean): boolean {
    return this.active(timeMs).some(matches);
  }

  private active(timeMs: number): readonly Disturbance[] {
    return this.windows
      .filter(({ fromMs, untilMs }) => timeMs >= fromMs && timeMs < untilMs)
      .map(({ disturbance }) => disturbance);
  }

  private missedIn(window: Window, untilMs: number): LoadTotals {
    const { phase } = window.disturbance;
    if (phase === undefined || untilMs <= window.fromMs) return NO_ENERGY;
    const known = untilMs >= window.upToMs ? window : { missed: NO_ENERGY, upToMs: window.fromMs };
    window.missed = this.integrate(known.missed, phase, known.upToMs, untilMs);
    window.upToMs = untilMs;
    return window.missed;
  }

  /** The shares of the phases stay the same all through an interval of the load, so each interval is exact. */
  private integrate(totals: LoadTotals, phase: number, fromMs: number, toMs: number): LoadTotals {
    let sums = totals;
    for (let begin = fromMs; begin < toMs;) {
      const end = Math.min(toMs, (Math.floor(begin / LOAD_INTERVAL_MS) + 1) * LOAD_INTERVAL_MS);
      const shares = this.sharesAt(begin);
      sums = addPhase(
        sums,
        { from: this.curve.totalAt(begin), to: this.curve.totalAt(end) },
        { active: shares.active[phase] ?? 0, reactive: shares.reactive[phase] ?? 0 },
      );
      begin = end;
    }
    return sums;
  }
}
