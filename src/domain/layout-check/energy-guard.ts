import type { MeterModel } from '../../meters/meter-model';
import { COUNTER_NAMES } from '../../metrics/catalog';
import { builtInLayout } from '../codec/built-in-layouts';
import type { Reading } from '../messages/reading';
import { compiledCandidates, type CompiledCandidate } from './candidate-counters';
import { decideCandidate } from './decide-candidate';
import { candidateInUse } from './energy-layout';
import { energyTraceOf, type EnergyTrace } from './energy-trace';
import { judgeCandidate } from './judge-candidate';
import { Moments } from './moments';
import { findPowerScale } from './power-scale';
import type { GuardFinding } from './guard-verdict';
import type { EnergyLayoutVerdict, Told, Word } from './verdict';

/** Reads of the energy counters before the first judgment; every further one comes after twice as many. */
const FIRST_MARKS = 8;
/** Moments that tell W from kW; the scale of a meter does not change. */
const ENOUGH_MOMENTS = 48;

/** One spike can make counters fall on both its ends; only where they fall all the time is it no disturbance. */
const LEAST_FALLS = 2;
const FALLING_SHARE = 0.25;

/** Every counter contradicted. */
const CONTRADICTED: ReadonlyMap<string, Word> = new Map(COUNTER_NAMES.map((name) => [name, 'contradicted']));
/** Nothing is held against any counter. */
const NOTHING: ReadonlyMap<string, Word> = new Map();

/** What a trace has shown that speaks against the layout in use. */
interface Suspicion {
  /** How many reads it took, and how many of them differed from the one before. */
  readonly marks: number;
  readonly changes: number;
  /** A second trace showed it again: only proof of the layout takes it back. */
  readonly isRepeated: boolean;
}

/**
 * Watches the energy counters of one meter whose layout a person has confirmed, until live data have proved it. A
 * confirmed layout may be the wrong one, and then its counters must not be good.
 *
 * It contradicts only where the bytes cannot be what the layout says whatever flows, or another named layout is proved and
 * this one excluded: power that is read seldom integrates badly, and counters that were set, swapped or lost are only
 * unlikely. What contradicted may also have been a spike or a jump of the clock: it must show again in reads that came
 * later, or the layout is believed again.
 */
export class EnergyGuard {
  private readonly inUse: CompiledCandidate | undefined;
  private trace: EnergyTrace;
  private readonly powers = new Moments();
  private marks = 0;
  private changes = 0;
  private lastRaw = '';
  private dueAt = FIRST_MARKS;
  private suspicion: Suspicion | undefined;
  private isDone: boolean;
  private from: number | undefined;
  /** Why counters are contradicted, or are no longer; absent until they were. */
  finding: GuardFinding | undefined;

  /** @param layout name that the readings of the meter give; nothing is watched where it is a site's own file */
  constructor(
    private readonly model: MeterModel,
    readonly layout: string,
  ) {
    this.trace = energyTraceOf(model);
    const known = builtInLayout(model, layout);
    const name = known === undefined ? undefined : candidateInUse(model, known);
    this.inUse = compiledCandidates(model).find(({ candidate }) => candidate.name === name);
    this.isDone = this.inUse === undefined;
  }

  /** @returns what is held against the counters from now on, empty when nothing is any more; undefined: as before */
  accept(reading: Reading): ReadonlyMap<string, Word> | undefined {
    const { inUse } = this;
    if (this.isDone || inUse === undefined || !reading.layout.confirmed) return undefined;
    this.from ??= reading.timestamp;
    this.trace.accept(reading);
    if (this.powers.count < ENOUGH_MOMENTS) this.powers.accept(reading);
    const raw = reading.blocks.find((block) => block.raw !== undefined)?.raw;
    if (raw === undefined) return undefined;
    if (raw !== this.lastRaw) this.changes++;
    this.lastRaw = raw;
    if (++this.marks < this.dueAt) return undefined;
    this.dueAt *= 2;
    return this.judge(inUse);
  }

  private judge(inUse: CompiledCandidate): ReadonlyMap<string, Word> | undefined {
    const { marks, mixed } = this.trace;
    const factor = mixed ? undefined : findPowerScale('', this.powers.all)?.factor;
    const powers = factor === undefined ? {} : { powerFactor: factor };
    const { name } = inUse.candidate;
    const decision = decideCandidate(this.model, { marks, ...powers, driftWh: 0 }, name);
    const { named } = decision;
    if (named === name) {
      this.isDone = true;
      if (this.suspicion === undefined) return undefined;
      this.find(decision);
      return NOTHING;
    }
    const mostFalls = Math.max(LEAST_FALLS, FALLING_SHARE * marks.length);
    const isImpossible = judgeCandidate(inUse, { marks, driftWh: 0, mostFalls }).objection !== undefined;
    if (isImpossible || named !== undefined) {
      this.find({ ...decision, verdict: 'contradicted' });
      return this.suspect();
    }
    const acquitted = this.acquit();
    // What spoke against it was a disturbance; nothing proves it yet.
    if (acquitted !== undefined) this.find({ ...decision, verdict: 'undecided' });
    return acquitted;
  }

  private find(energyLayout: Told<EnergyLayoutVerdict>): void {
    this.finding = { energyLayout, readings: this.marks, from: this.from ?? 0 };
  }

  /** What spoiled this judgment, a reset or a jump of the clock, shall not spoil the next. */
  private suspect(): ReadonlyMap<string, Word> {
    const { marks, changes, suspicion } = this;
    this.suspicion = { marks, changes, isRepeated: suspicion !== undefined };
    this.trace = energyTraceOf(this.model);
    this.marks = 0;
    this.changes = 0;
    this.dueAt = marks;
    return CONTRADICTED;
  }

  /** As many reads with as much movement show nothing of it any more. */
  private acquit(): ReadonlyMap<string, Word> | undefined {
    const { suspicion } = this;
    if (suspicion === undefined || suspicion.isRepeated || this.changes < suspicion.changes) return undefined;
    this.suspicion = undefined;
    return NOTHING;
  }
}
