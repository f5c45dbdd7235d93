import { Pm500Error } from '../../support/errors';
import { seededRandom } from '../../support/random';
import { LOAD_INTERVAL_HOURS, type LoadEnergy, type LoadProfile } from './load-profile';
import { repeatingProfile } from './repeating-profile';

/** Monday morning with the plant at work: where a run begins that nobody gave a start. */
export const DEFAULT_START_MS = Date.UTC(2018, 0, 8, 9, 0, 0);

const INTERVALS_A_DAY = 96;
const CONSTANT_POWER_FACTOR = 0.9;
/** Largest power that the meter table holds as plausible, W. */
export const MAXIMUM_POWER_W = 1e10;

/** Energy of one interval of mean power `activeW` at `powerFactor`, lagging; negative power is exported. */
function energyAt(activeW: number, powerFactor: number): LoadEnergy {
  const activeWh = activeW * LOAD_INTERVAL_HOURS;
  return {
    activeImportWh: Math.max(0, activeWh),
    activeExportWh: Math.max(0, -activeWh),
    reactiveImportVarh: Math.abs(activeWh) * Math.tan(Math.acos(powerFactor)),
    reactiveExportVarh: 0,
  };
}

function checkPower(activeW: number): void {
  if (Math.abs(activeW) <= MAXIMUM_POWER_W) return;
  throw new Pm500Error(
    'PROFILE_INVALID',
    `Active power is ${activeW / 1000} kW; give a number from ${-MAXIMUM_POWER_W / 1000} to ${MAXIMUM_POWER_W / 1000} kW.`,
  );
}

/**
 * The same power always: what a test bench wants.
 * @param activeW W; negative is exported
 * @throws Pm500Error PROFILE_INVALID
 */
export function constantProfile(activeW: number): LoadProfile {
  checkPower(activeW);
  return repeatingProfile({
    description: `constant ${activeW / 1000} kW`,
    intervals: [energyAt(activeW, CONSTANT_POWER_FACTOR)],
    firstStartMs: 0,
    startMs: DEFAULT_START_MS,
    variation: 0,
  });
}

/** A day of a two-shift plant: time in hours, share of the peak, power factor; straight lines in between. */
const PLANT_DAY: readonly (readonly [hour: number, share: number, powerFactor: number])[] = [
  [0, 0.14, 0.72],
  [5, 0.14, 0.72],
  [6, 0.35, 0.82],
  [7.5, 0.82, 0.9],
  [9, 0.95, 0.92],
  [11.5, 1, 0.93],
  [12.25, 0.66, 0.88],
  [13, 0.93, 0.92],
  [15.5, 0.97, 0.93],
  [18, 0.7, 0.9],
  [21, 0.58, 0.88],
  [22.5, 0.22, 0.76],
  [24, 0.14, 0.72],
];

function onPlantDay(hour: number): { share: number; powerFactor: number } {
  const next = PLANT_DAY.findIndex(([start]) => start > hour);
  const [toHour, toShare, toFactor] = PLANT_DAY[next] ?? [24, 0, 1];
  const [fromHour, fromShare, fromFactor] = PLANT_DAY[next - 1] ?? [0, 0, 1];
  const part = (hour - fromHour) / (toHour - fromHour);
  return { share: fromShare + part * (toShare - fromShare), powerFactor: fromFactor + part * (toFactor - fromFactor) };
}

/**
 * A plausible plant weekday, day after day: idle at night, two shifts, a noon dip.
 * @param peakW mean power of the busiest quarter of an hour, about, in W
 * @param seed makes one plant differ a little from the next
 * @throws Pm500Error PROFILE_INVALID
 */
export function dailyProfile(peakW: number, seed: number): LoadProfile {
  checkPower(peakW);
  const random = seededRandom(seed);
  const intervals = Array.from({ length: INTERVALS_A_DAY }, (_, index) => {
    const { share, powerFactor } = onPlantDay((index + 0.5) * LOAD_INTERVAL_HOURS);
    return energyAt(peakW * share * (0.97 + 0.06 * random()), powerFactor);
  });
  return repeatingProfile({
    description: `plant weekday, peak ${peakW / 1000} kW`,
    intervals,
    firstStartMs: 0,
    startMs: DEFAULT_START_MS,
    variation: 0.05,
  });
}
