const WH_PER_KWH = 1000;

export const kilowattHours = (wattHours: number): number => wattHours / WH_PER_KWH;

/** The tangent of phi that belongs to a power factor: 0.9 gives 0.484. */
export function tanPhiOf(powerFactor: number): number {
  return Math.sqrt(1 - powerFactor * powerFactor) / powerFactor;
}

/** Power factor from energies; NaN without any. */
export function powerFactorOf(active: number, reactive: number): number {
  return active / Math.hypot(active, reactive);
}

/** Of a constant load the two differ by rounding alone. */
const ROUNDING = 1e-6;

/**
 * Mean by peak power, percent. NaN while the mean is above the peak: then the highest demand is in a window that has not
 * ended, or was not measured whole.
 */
export function loadFactorOf(meanPower: number, peakDemand: number): number {
  return meanPower <= peakDemand * (1 + ROUNDING) ? Math.min(100, (100 * meanPower) / peakDemand) : Number.NaN;
}
