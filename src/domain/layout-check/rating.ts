import type { MeterModel } from '../../meters/meter-model';
import type { Numbers } from './relation';
import type { RatingEvidence } from './verdict';
import { formatMetric, formatNumber } from './words';

/** A supply may lie so far above its nominal voltage. */
const HIGHEST_SHARE = 1.2;

const VOLTAGES = ['voltage_ln_avg', 'voltage_ll_avg'] as const;

/**
 * Voltages beside what the device measures directly by its catalog number. Evidence, never a verdict: a voltage
 * transformer ratio that is set in the meter makes any higher voltage right.
 * @returns undefined where the catalog number or the voltages are not known
 */
export function rateVoltages(
  { identity }: Pick<MeterModel, 'identity'>,
  catalogNumber: string | undefined,
  moments: readonly Readonly<Numbers>[],
): RatingEvidence | undefined {
  const row = identity.catalogNumbers.find((each) => each.catalogNumber === catalogNumber);
  const last = moments.findLast((values) => VOLTAGES.some((name) => (values[name] ?? 0) > 0));
  if (row === undefined || last === undefined) return undefined;
  const name = (last['voltage_ln_avg'] ?? 0) > 0 ? 'voltage_ln_avg' : 'voltage_ll_avg';
  const limit = name === 'voltage_ln_avg' ? row.nominalLineToNeutral : row.ratedVoltage;
  const volts = last[name] ?? 0;
  const words = `${formatMetric(name, volts)}; a ${row.catalogNumber} measures up to ${formatNumber(limit, 'V')} directly`;
  const isDirect = volts <= HIGHEST_SHARE * limit;
  const evidence = isDirect
    ? `${words}.`
    : `${words}. That is right only with a voltage transformer whose ratio is set in the meter, at least ${formatNumber(volts / (HIGHEST_SHARE * limit))}; without one, a voltage stands at another place or in another scale.`;
  return { catalogNumber: row.catalogNumber, isDirect, evidence };
}
