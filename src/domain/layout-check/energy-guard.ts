import { COUNTER_NAMES } from '../../meter/catalogue';
import { builtInLayout } from '../built-in-layouts';
import type { Reading } from '../reading';
import { decideCandidate } from './decide-candidate';
import { candidateInUse } from './energy-layout';
import { EnergyTrace } from './energy-trace';
import { Moments } from './moments';
import { findPowerScale } from './power-scale';
import type { Word } from './verdict';

/** Reads of assembly 107 before the first judgement; every further one comes after twice as many. */
const FIRST_MARKS = 8;
/** Moments that tell W from kW; the scale of a meter does not change. */
const ENOUGH_MOMENTS = 48;

/** Every counter contradicted. */
const CONTRADICTED: ReadonlyMap<string, Word> = new Map(COUNTER_NAMES.map((name) => [name, 'contradicted']));

/**
 * Watches the energy counters of one meter whose layout a person has confirmed, until live data have proved it. A
 * confirmed layout may be the wrong one, and then its counters must not be good.
 *
 * It contradicts only where the bytes cannot be what the layout says whatever flows, or another named layout is proved and
 * this one excluded: power that is read seldom integrates badly, and that must not cost right values.
 */
export class EnergyGuard {
  private readonly inUse: string | undefined;
  private trace = new EnergyTrace();
  private readonly powers = new Moments();
  private marks = 0;
  private dueAt = FIRST_MARKS;
  private isDone: boolean;

  /** @param layout name that the readings of the meter give; nothing is watched where it is a site's own file */
  constructor(readonly layout: string) {
    const known = builtInLayout(layout);
    this.inUse = known === undefined ? undefined : candidateInUse(known);
    this.isDone = this.inUse === undefined;
  }

  /** @returns once, what is contradicted; else undefined */
  accept(reading: Reading): ReadonlyMap<string, Word> | undefined {
    if (this.isDone || !reading.layout.confirmed) return undefined;
    this.trace.accept(reading);
    if (this.powers.count < ENOUGH_MOMENTS) this.powers.accept(reading);
    if (!reading.blocks.some(({ raw }) => raw !== undefined)) return undefined;
    if (++this.marks < this.dueAt) return undefined;
    this.dueAt *= 2;
    return this.judge();
  }

  private judge(): ReadonlyMap<string, Word> | undefined {
    const { inUse } = this;
    const { marks, mixed } = this.trace;
    const factor = mixed ? undefined : findPowerScale('', this.powers.all)?.factor;
    const powers = factor === undefined ? {} : { powerFactor: factor };
    const { named, verdict } = decideCandidate({ marks, ...powers, driftWh: 0 }, inUse);
    const isProved = named === inUse && named !== undefined;
    const isImpossible =
      decideCandidate({ marks, driftWh: 0 }, inUse).verdict === 'contradicted' || (named !== undefined && !isProved);
    // What spoiled one judgement, a reset or a jump of the clock, shall not spoil the next.
    if (verdict === 'contradicted') this.trace = new EnergyTrace();
    this.isDone = isProved || isImpossible;
    return isImpossible ? CONTRADICTED : undefined;
  }
}
