import type { CatalogNumber, MeterModel } from '../../meters/meter-model';
import { Pm500Error } from '../../support/errors';
import { seededRandom } from '../../support/random';
import type { Disturbances } from './disturbances';
import type { LoadPower } from './load-curve';
import { LOAD_INTERVAL_MS } from './load-profile';
import { measurePhases, type PhaseLoad, type ThreePhases } from './three-phase';
import { drawWaves, sumWaves, type Wave, type WaveRow } from './waves';

/** Common line-to-neutral voltages in North America under the two ratings: 120/208 V and 277/480 V. */
const NOMINAL_VOLTS: ReadonlyMap<number, number> = new Map([
  [240, 120],
  [690, 277],
]);
const NOMINAL_FREQUENCY_HZ = 60;

/** Voltage drop of the transformer at full load, as shares of nominal: by active and by reactive power. */
const RESISTANCE_SHARE = 0.011;
const REACTANCE_SHARE = 0.042;
/** The transformer is chosen with this much more than the largest interval needs. */
const RESERVE = 1.25;
const SMALLEST_RATING_VA = 1000;

/** Share of nominal voltage, and milliseconds: the day, tap changes and neighbors, flicker. */
const COMMON_WAVES: readonly WaveRow[] = [
  [0.008, 86_400_000],
  [0.004, 5_400_000],
  [0.002, 240_000],
  [0.0006, 7_000],
];
const PHASE_WAVES: readonly WaveRow[] = [
  [0.002, 3_600_000],
  [0.0008, 90_000],
  [0.0002, 4_000],
];
/** Radians. */
const ANGLE_WAVES: readonly WaveRow[] = [
  [0.004, 2_700_000],
  [0.001, 60_000],
];
/** Hz. */
const FREQUENCY_WAVES: readonly WaveRow[] = [
  [0.012, 1_500_000],
  [0.008, 110_000],
  [0.004, 9_000],
];

/** What a voltmeter shows on a conductor whose fuse has blown: coupled in from its neighbors, as a share. */
const COUPLED_SHARE = 0.02;

/** Each phase carries a third of the load, give or take this share that stays, and this that changes by the interval. */
const LASTING_UNBALANCE = 0.035;
const CHANGING_UNBALANCE = 0.012;

/** @throws Pm500Error CONFIG_INVALID */
export function findCatalogNumber(
  { identity: { catalogNumbers } }: Pick<MeterModel, 'identity'>,
  catalogNumber: string,
): CatalogNumber {
  const row = catalogNumbers.find((candidate) => candidate.catalogNumber === catalogNumber);
  if (row !== undefined) return row;
  const known = catalogNumbers.map((candidate) => candidate.catalogNumber).join(', ');
  throw new Pm500Error('CONFIG_INVALID', `Catalog number "${catalogNumber}" is not known; choose one of ${known}.`);
}

/** Shares of the three phases; their sum is one, each is positive. */
function drawShares(unbalance: number, random: () => number): [number, number, number] {
  const first = unbalance * (2 * random() - 1);
  const second = unbalance * (2 * random() - 1);
  return [(1 + first) / 3, (1 + second) / 3, (1 - first - second) / 3];
}

/** The feeder of one meter: voltages that breathe and sag under load, and how the load spreads over the phases. */
export class Supply {
  /** Line-to-neutral voltage without load, V. */
  readonly nominalVolts: number;
  private readonly ratedVaPerPhase: number;
  private readonly common: readonly Wave[];
  private readonly ofPhase: readonly (readonly Wave[])[];
  private readonly angles: readonly (readonly Wave[])[];
  private readonly frequency: readonly Wave[];
  private readonly activeShares: ThreePhases<number>;
  private readonly reactiveShares: ThreePhases<number>;
  private shares: { index: number; active: ThreePhases<number>; reactive: ThreePhases<number> } | undefined;

  /**
   * @param peakVa largest apparent power of the load, VA
   */
  constructor(
    model: CatalogNumber,
    peakVa: number,
    private readonly seed: number,
  ) {
    const random = seededRandom(seed);
    this.nominalVolts = NOMINAL_VOLTS.get(model.ratedVoltage) ?? model.nominalLineToNeutral;
    this.ratedVaPerPhase = Math.max(SMALLEST_RATING_VA, RESERVE * peakVa) / 3;
    this.common = drawWaves(COMMON_WAVES, random);
    this.ofPhase = [0, 1, 2].map(() => drawWaves(PHASE_WAVES, random));
    this.angles = [0, 1, 2].map(() => drawWaves(ANGLE_WAVES, random));
    this.frequency = drawWaves(FREQUENCY_WAVES, random);
    this.activeShares = drawShares(LASTING_UNBALANCE, random);
    this.reactiveShares = drawShares(LASTING_UNBALANCE, random);
  }

  /** Rated current of a phase, A. */
  get ratedAmperes(): number {
    return this.ratedVaPerPhase / this.nominalVolts;
  }

  /** Every instantaneous value at simulated time `timeMs` under a load, by metric name. */
  measure(power: LoadPower, timeMs: number, disturbances?: Disturbances): Record<string, number> {
    const shares = this.sharesAt(timeMs);
    const reversed = disturbances?.isReversed(timeMs) === true;
    const phase = (index: 0 | 1 | 2): PhaseLoad => {
      const isLost = disturbances?.isLost(index, timeMs) === true;
      const [activeW, reactiveVar] = isLost
        ? [0, 0]
        : [power.activeW * shares.active[index], power.reactiveVar * shares.reactive[index]];
      const load = this.phase(index, activeW, reactiveVar, timeMs);
      const share = disturbances?.voltageShare(index, timeMs) ?? 1;
      const volts = load.volts * share * (isLost ? COUPLED_SHARE : 1);
      return { ...load, volts, angle: reversed ? -load.angle : load.angle };
    };
    const frequency = NOMINAL_FREQUENCY_HZ + sumWaves(this.frequency, timeMs);
    return measurePhases([phase(0), phase(1), phase(2)], frequency * (disturbances?.frequencyShare(timeMs) ?? 1));
  }

  /** How the load spreads over the phases; the same all through an interval of the load. */
  sharesAt(timeMs: number): { readonly active: ThreePhases<number>; readonly reactive: ThreePhases<number> } {
    const index = Math.floor(timeMs / LOAD_INTERVAL_MS);
    if (this.shares?.index === index) return this.shares;
    const random = seededRandom(Math.imul(index, 0x9e3779b1) ^ ~this.seed);
    const shift = (lasting: ThreePhases<number>): ThreePhases<number> => {
      const [first, second, third] = drawShares(CHANGING_UNBALANCE, random);
      return [lasting[0] + first - 1 / 3, lasting[1] + second - 1 / 3, lasting[2] + third - 1 / 3];
    };
    this.shares = { index, active: shift(this.activeShares), reactive: shift(this.reactiveShares) };
    return this.shares;
  }

  private phase(index: 0 | 1 | 2, activeW: number, reactiveVar: number, timeMs: number): PhaseLoad {
    const sag = (RESISTANCE_SHARE * activeW + REACTANCE_SHARE * reactiveVar) / this.ratedVaPerPhase;
    const share = 1 + sumWaves(this.common, timeMs) + sumWaves(this.ofPhase[index] ?? [], timeMs) - sag;
    return {
      volts: this.nominalVolts * share,
      angle: (-2 * Math.PI * index) / 3 + sumWaves(this.angles[index] ?? [], timeMs),
      activeW,
      reactiveVar,
    };
  }
}
