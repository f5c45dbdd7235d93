import type { MeterModel } from '../../meters/meter-model';
import type { Numbers } from './relation';
import { LAYOUT_SENTENCES } from './sentences';
import type { RatingEvidence, Told } from './verdict';
import { formatNumber, metricValue } from './words';

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
): Told<RatingEvidence> | undefined {
  const row = identity.catalogNumbers.find((each) => each.catalogNumber === catalogNumber);
  const last = moments.findLast((values) => VOLTAGES.some((name) => (values[name] ?? 0) > 0));
  if (row === undefined || last === undefined) return undefined;
  const name = (last['voltage_ln_avg'] ?? 0) > 0 ? 'voltage_ln_avg' : 'voltage_ll_avg';
  const limit = name === 'voltage_ln_avg' ? row.nominalLineToNeutral : row.ratedVoltage;
  const volts = last[name] ?? 0;
  const isDirect = volts <= HIGHEST_SHARE * limit;
  const { catalogNumber: number } = row;
  const about = { ...metricValue(name, volts), catalogNumber: number, limit: formatNumber(limit, 'V') };
  const ratio = formatNumber(volts / (HIGHEST_SHARE * limit));
  const evidence = isDirect
    ? LAYOUT_SENTENCES.say('voltage', about)
    : LAYOUT_SENTENCES.say('voltageHigh', { ...about, ratio });
  return { catalogNumber: number, isDirect, evidence };
}
