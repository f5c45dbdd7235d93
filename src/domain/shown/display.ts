import type { MetricKind, Unit } from '../../metrics/measurement';

/** A value and its unit as people compare them with a display. */
export interface DisplayText {
  readonly text: string;
  readonly unit: string;
}

const KILO = 1000;
/** Digits that say something of a single-precision number and fit a display. */
const DIGITS = 5;
/** Decimal places of a counter in kilo units: displays of meters show it so. */
const COUNTER_DECIMALS = 1;
/** Units of which a kilo unit is shown, and from where on; counters always. */
const KILO_FROM: Readonly<Partial<Record<Unit, number>>> = {
  V: 10 * KILO,
  A: 10 * KILO,
  W: KILO,
  VA: KILO,
  var: KILO,
  Wh: 0,
  varh: 0,
};
/** Digits that are all before the point. */
const WHOLE = 10 ** DIGITS;

function round(value: number): string {
  if (Math.abs(value) >= WHOLE) return value.toFixed(0);
  const text = value.toPrecision(DIGITS);
  // Very small numbers would come with an exponent.
  return text.includes('e') ? value.toFixed(DIGITS) : text;
}

/** A number as a display shows it: kW rather than W, 4 to 6 digits, counters with one decimal place. */
export function displayOf(value: number, unit: Unit, kind: MetricKind): DisplayText {
  if (value === 0) return { text: '0', unit: (KILO_FROM[unit] ?? 1) === 0 ? `k${unit}` : unit };
  const from = KILO_FROM[unit];
  const isKilo = from !== undefined && Math.abs(value) >= from;
  const scaled = isKilo ? value / KILO : value;
  const isCounter = kind === 'counter' && from === 0;
  return { text: isCounter ? scaled.toFixed(COUNTER_DECIMALS) : round(scaled), unit: isKilo ? `k${unit}` : unit };
}
