import type { Quantity } from '../metrics/measurement';

/** The ends of a gauge, in the unit of its metric. */
export interface GaugeScale {
  readonly low: number;
  readonly high: number;
}

/** First digits of ends that people can read. */
const ROUND_STEPS = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];
/** Room above the largest value. */
const HEADROOM = 1.15;
const NOMINAL_FREQUENCIES = [50, 60];
/** Half of a frequency gauge, Hz: where generators are switched off. */
const FREQUENCY_BAND = 2.5;
/** A sweep of three quarters of a circle, open below; degrees clockwise from the top. */
export const SWEEP_FROM = -135;
const SWEEP = 270;

/** The smallest readable number that is not below. */
function roundUp(value: number): number {
  if (value <= 0) return 0;
  const exponent = Math.floor(Math.log10(value));
  const ends = ROUND_STEPS.map((step) => Number(`${step}e${exponent}`));
  return ends.find((end) => end >= value) ?? Number(`1e${exponent + 1}`);
}

function frequencyScale(lowest: number, highest: number): GaugeScale {
  const middle = (lowest + highest) / 2;
  const [first = 50, second = 60] = NOMINAL_FREQUENCIES;
  const nominal = Math.abs(middle - first) < Math.abs(middle - second) ? first : second;
  const band = Math.max(FREQUENCY_BAND, Math.ceil(Math.max(nominal - lowest, highest - nominal)));
  return { low: nominal - band, high: nominal + band };
}

/**
 * The ends of a gauge for what it has shown so far, so that they rarely change and every value is inside.
 * @param lowest the smallest value so far
 * @param highest the largest one
 */
export function gaugeScale(quantity: Quantity, lowest: number, highest: number): GaugeScale {
  if (quantity === 'frequency') return frequencyScale(lowest, highest);
  if (quantity === 'power_factor') return { low: lowest < 0 ? -1 : 0, high: 1 };
  const high = roundUp(highest * HEADROOM);
  const low = lowest < 0 ? -roundUp(-lowest * HEADROOM) : 0;
  // A gauge of nothing still has two ends.
  return high - low > 0 ? { low, high: Math.max(high, 0) } : { low: 0, high: 1 };
}

/** Where the hand of a gauge points, degrees clockwise from the top; outside its ends it stays at them. */
export function handAngle({ low, high }: GaugeScale, value: number): number {
  const share = (value - low) / (high - low);
  return SWEEP_FROM + SWEEP * Math.min(1, Math.max(0, share));
}

/** A point of the screen, y downward. */
export interface ScreenPoint {
  readonly x: number;
  readonly y: number;
}

/** @param angle degrees clockwise from the top */
export function onCircle(center: ScreenPoint, radius: number, angle: number): ScreenPoint {
  const radians = (angle * Math.PI) / 180;
  return { x: center.x + radius * Math.sin(radians), y: center.y - radius * Math.cos(radians) };
}

const written = (number: number): string => number.toFixed(2);

/** An arc as the path of an SVG, from one angle clockwise to another; degrees clockwise from the top. */
export function arcPath(center: ScreenPoint, radius: number, from: number, to: number): string {
  const [start, end] = [onCircle(center, radius, from), onCircle(center, radius, to)];
  const isLong = to - from > 180 ? 1 : 0;
  return `M ${written(start.x)} ${written(start.y)} A ${radius} ${radius} 0 ${isLong} 1 ${written(end.x)} ${written(end.y)}`;
}

/** The last angle of a gauge. */
export const SWEEP_TO = SWEEP_FROM + SWEEP;
