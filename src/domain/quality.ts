/** How far a value can be trusted; the three OPC classes. */
export type Quality = 'good' | 'uncertain' | 'bad';
export const QUALITIES: readonly Quality[] = ['good', 'uncertain', 'bad'];

/** Why a value is not good. The quality class belongs to the reason, so the two cannot disagree. */
export type QualityReason =
  | 'read_failed'
  | 'not_a_number'
  | 'overload'
  | 'out_of_range'
  | 'layout_inferred'
  | 'layout_assumed'
  | 'identity_mismatch';

interface ReasonRow {
  readonly quality: Exclude<Quality, 'good'>;
  readonly meaning: string;
}

export const QUALITY_REASONS: Readonly<Record<QualityReason, ReasonRow>> = {
  read_failed: { quality: 'bad', meaning: 'the meter did not answer, or its answer was refused' },
  not_a_number: { quality: 'bad', meaning: 'the meter sent a NaN or an infinity: the value is not available' },
  overload: { quality: 'bad', meaning: 'the meter sent its overload pattern: the input is beyond what it measures' },
  out_of_range: { quality: 'bad', meaning: 'the value is physically impossible' },
  layout_inferred: {
    quality: 'uncertain',
    meaning: 'the position of this value was inferred from a sister product and has not been confirmed on this meter',
  },
  layout_assumed: {
    quality: 'uncertain',
    meaning: 'the position or scale of this value is an assumption that has not been confirmed on this meter',
  },
  identity_mismatch: { quality: 'uncertain', meaning: 'the device does not identify itself as a PowerMonitor 500' },
};

/** OPC quality codes: 192 good, 64 uncertain, 0 bad. */
export const OPC_QUALITY_CODES: Readonly<Record<Quality, number>> = { good: 192, uncertain: 64, bad: 0 };

/** The worse of two qualities. */
export function worse(left: Quality, right: Quality): Quality {
  return QUALITIES.indexOf(left) >= QUALITIES.indexOf(right) ? left : right;
}
