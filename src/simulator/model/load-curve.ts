import { seededRandom } from '../../support/random';
import { drawIntervalShape, type IntervalShape } from './interval-shape';
import {
  addTotals,
  isRunning,
  LOAD_INTERVAL_HOURS,
  LOAD_INTERVAL_MS,
  type LoadEnergy,
  type LoadProfile,
  type LoadTotals,
} from './load-profile';

/** Net power of all three phases at one moment. */
export interface LoadPower {
  /** W; positive is imported. */
  readonly activeW: number;
  /** var; positive is lagging. */
  readonly reactiveVar: number;
}

/** Both directions of one kind of energy at one moment of an interval. */
interface EnergyFlow {
  /** Net power, W or var. */
  readonly power: number;
  /** Energy since the interval began, Wh or varh. */
  readonly imported: number;
  readonly exported: number;
}

interface IntervalPlan {
  readonly index: number;
  readonly energy: LoadEnergy;
  readonly before: LoadTotals;
  readonly active: IntervalShape;
  readonly reactive: IntervalShape;
}

/** Large odd number (Knuth's multiplicative hash), so that neighboring intervals draw unrelated shapes. */
const HASH_FACTOR = 2_654_435_761;

/**
 * Where both directions flow in one interval they follow each other, first import and then export, each for a time in
 * proportion to its energy; so the size of the power stays the same and both totals come out exactly.
 */
function flowAt(imported: number, exported: number, shape: IntervalShape, part: number): EnergyFlow {
  const sum = imported + exported;
  if (sum === 0) return { power: 0, imported: 0, exported: 0 };
  const importPart = imported / sum;
  const meanPower = sum / LOAD_INTERVAL_HOURS;
  if (part < importPart) {
    const within = part / importPart;
    return { power: meanPower * shape.density(within), imported: imported * shape.integral(within), exported: 0 };
  }
  const within = (part - importPart) / (1 - importPart);
  return { power: -meanPower * shape.density(within), imported, exported: exported * shape.integral(within) };
}

/** A load profile as continuous power, and energy as the exact integral of that power. */
export class LoadCurve {
  private plan: IntervalPlan | undefined;

  constructor(
    readonly profile: LoadProfile,
    private readonly seed: number,
  ) {}

  /** Net power at simulated time `timeMs`. */
  powerAt(timeMs: number): LoadPower {
    const { active, reactive } = this.flowsAt(timeMs);
    return { activeW: active.power, reactiveVar: reactive.power };
  }

  /** Energy from the profile's fixed moment up to simulated time `timeMs`. */
  totalAt(timeMs: number): LoadTotals {
    const { plan, active, reactive } = this.flowsAt(timeMs);
    return addTotals(plan.before, {
      activeImportWh: active.imported,
      activeExportWh: active.exported,
      reactiveImportVarh: reactive.imported,
      reactiveExportVarh: reactive.exported,
      runningMs: isRunning(plan.energy) ? timeMs - plan.index * LOAD_INTERVAL_MS : 0,
    });
  }

  private flowsAt(timeMs: number): { plan: IntervalPlan; active: EnergyFlow; reactive: EnergyFlow } {
    const plan = this.planAt(Math.floor(timeMs / LOAD_INTERVAL_MS));
    const part = timeMs / LOAD_INTERVAL_MS - plan.index;
    const { energy } = plan;
    return {
      plan,
      active: flowAt(energy.activeImportWh, energy.activeExportWh, plan.active, part),
      reactive: flowAt(energy.reactiveImportVarh, energy.reactiveExportVarh, plan.reactive, part),
    };
  }

  private planAt(index: number): IntervalPlan {
    if (this.plan?.index === index) return this.plan;
    const random = seededRandom(Math.imul(index, HASH_FACTOR) ^ this.seed);
    this.plan = {
      index,
      energy: this.profile.energyOf(index),
      before: this.profile.totalBefore(index),
      active: drawIntervalShape(this.profile.variation, random),
      // Reactive power follows the machines less closely than active power does.
      reactive: drawIntervalShape(0.6 * this.profile.variation, random),
    };
    return this.plan;
  }
}
