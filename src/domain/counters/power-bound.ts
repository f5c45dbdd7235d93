import { CATALOG } from '../../metrics/catalog';
import { isRecord } from '../../support/expect';
import type { Sample } from '../messages/telemetry';

/** What the same meter shows of its load, in W, var and VA. */
const SHOWN = ['active_power_total', 'reactive_power_total', 'apparent_power_total'] as const;
const POSSIBLE_POWER = CATALOG.find(({ name }) => name === 'active_power_total')?.range?.max ?? Number.MAX_VALUE;
/** A load may take so many times the power that it has shown so far. */
const OVER_SHOWN = 5;
/** The mean power of a delta hides more than a power that is shown. */
const OVER_COUNTED = 10;
/** Below this nothing is worth a suspicion, W. */
const LEAST_LEARNED = 50_000;
/** While nothing is known: what moves a counter faster waits for the next readings, W. */
const UNKNOWN = 1_000_000;
/** Deltas that must have been seen before their speed says anything. */
const ENOUGH_DELTAS = 3;

export interface PowerBoundState {
  readonly shown?: number;
  readonly counted?: number;
}

function positive(value: unknown): number {
  return typeof value === 'number' && value > 0 && value <= POSSIBLE_POWER ? value : 0;
}

/**
 * The most that the load behind one meter can take: what a person has given, else a multiple of what the meter itself
 * has shown, else of what its counters have counted. A single wrong value teaches nothing: of two in a row the lesser
 * counts.
 */
export class PowerBound {
  private shown: number;
  private counted: number;
  private lastShown = 0;
  private lastCounted = 0;
  private deltas = 0;
  /** W, var or VA. */
  watts: number;

  /**
   * @param given a rated power, W
   * @param saved what `state()` gave
   */
  constructor(
    private readonly given: number | undefined,
    saved?: unknown,
  ) {
    const state = isRecord(saved) ? saved : {};
    this.shown = positive(state['shown']);
    this.counted = positive(state['counted']);
    this.watts = this.bound();
  }

  get isGiven(): boolean {
    return this.given !== undefined;
  }

  /** Learns from the powers that a telemetry holds. */
  see(metrics: Readonly<Record<string, Sample>>): void {
    let highest = -1;
    for (const name of SHOWN) {
      const sample = metrics[name];
      if (sample === undefined || sample.quality === 'bad' || typeof sample.value !== 'number') continue;
      highest = Math.max(highest, Math.abs(sample.value));
    }
    if (highest < 0) return;
    const both = Math.min(highest, this.lastShown);
    this.lastShown = highest;
    if (both <= this.shown) return;
    this.shown = both;
    this.watts = this.bound();
  }

  /** Learns from the mean power of deltas that were believed, where the meter shows no power. */
  count(power: number): void {
    if (this.shown > 0 || power <= 0) return;
    this.deltas++;
    const both = Math.min(power, this.lastCounted);
    this.lastCounted = power;
    if (this.deltas >= ENOUGH_DELTAS) this.prove(both);
  }

  /** The counters have proved to run at this speed. */
  prove(power: number): void {
    if (power <= this.counted) return;
    this.counted = power;
    this.watts = this.bound();
  }

  /** Plain JSON to go on from. */
  state(): PowerBoundState {
    return {
      ...(this.shown > 0 ? { shown: this.shown } : {}),
      ...(this.counted > 0 ? { counted: this.counted } : {}),
    };
  }

  private bound(): number {
    if (this.given !== undefined) return this.given;
    if (this.shown === 0 && this.counted === 0) return UNKNOWN;
    const learned = Math.max(LEAST_LEARNED, OVER_SHOWN * this.shown, OVER_COUNTED * this.counted);
    return Math.min(POSSIBLE_POWER, learned);
  }
}
