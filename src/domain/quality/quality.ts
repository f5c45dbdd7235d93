/** How far a value can be trusted; the three OPC classes. */
export const QUALITIES = ['good', 'uncertain', 'bad'] as const;
export type Quality = (typeof QUALITIES)[number];

/** Why a value is not good. The quality class belongs to the reason, so the two cannot disagree. */
export type QualityReason =
  | 'read_failed'
  | 'size_mismatch'
  | 'not_a_number'
  | 'overload'
  | 'out_of_range'
  | 'not_in_wiring'
  | 'layout_contradicted'
  | 'clock_doubtful'
  | 'stale'
  | 'identity_mismatch'
  | 'identity_unknown'
  | 'layout_inferred'
  | 'layout_assumed'
  | DerivedReason;

/** What can happen to a counter between two readings. */
export type CounterReason =
  | 'counter_started'
  | 'counter_replaced'
  | 'counter_suspect'
  | 'counter_unconfirmed'
  | 'counter_reset'
  | 'counter_answered'
  | 'counter_corrected'
  | 'counter_rollover'
  | 'counter_gap';

/** Reasons of values that were worked out from readings. */
export type DerivedReason = CounterReason | 'period_incomplete' | 'undefined_result';

export interface ReasonRow {
  readonly quality: Exclude<Quality, 'good'>;
  /**
   * OPC quality byte: two bits of class, four of substatus, two of limit (OPC Data Access 2.05, 6.8). Where no substatus
   * says the same, the class alone.
   */
  readonly opcCode: number;
  /** What the OPC code is called there. */
  readonly opcName: string;
  readonly meaning: string;
  /**
   * What a person has to do about it, where that is not to look for a fault: `none` for what belongs to normal operation,
   * `confirm` for what ends when the layout is confirmed, `choose` for what ends when another layout is chosen.
   */
  readonly calls?: 'none' | 'confirm' | 'choose';
}

/**
 * Every reason, the one that counts first where several apply: what is bad before what is uncertain, and among these
 * what is wrong with this very reading before what is wrong with the meter's set-up.
 */
export const QUALITY_REASONS: Readonly<Record<QualityReason, ReasonRow>> = {
  read_failed: {
    quality: 'bad',
    opcCode: 24,
    opcName: 'communication failure',
    meaning: 'the meter did not answer, or its answer was refused',
  },
  size_mismatch: {
    quality: 'bad',
    opcCode: 4,
    opcName: 'configuration error',
    meaning: 'the assembly has another length than the layout says: another device, firmware or layout',
  },
  not_a_number: {
    quality: 'bad',
    opcCode: 8,
    opcName: 'not connected',
    meaning: 'the meter sent a NaN or an infinity: the value is not available',
  },
  overload: {
    quality: 'bad',
    opcCode: 18,
    opcName: 'sensor failure, limited high',
    meaning: 'the meter sent its overload pattern: the input is beyond what it measures',
  },
  out_of_range: {
    quality: 'bad',
    opcCode: 16,
    opcName: 'sensor failure',
    meaning: 'the value is physically impossible',
  },
  not_in_wiring: {
    quality: 'bad',
    opcCode: 28,
    opcName: 'out of service',
    meaning: 'the configured wiring does not measure this value (inferred from the wiring, not read in the manual)',
    calls: 'none',
  },
  layout_contradicted: {
    quality: 'bad',
    opcCode: 4,
    opcName: 'configuration error',
    meaning: 'the layout check has found that another value, or one of another scale, stands at this place',
    calls: 'choose',
  },
  counter_started: {
    quality: 'bad',
    opcCode: 32,
    opcName: 'waiting for initial data',
    meaning: 'the counter has no earlier reading to count from',
    calls: 'none',
  },
  counter_replaced: {
    quality: 'bad',
    opcCode: 32,
    opcName: 'waiting for initial data',
    meaning: 'another meter (by its serial number) took the place of the one before',
  },
  counter_suspect: {
    quality: 'bad',
    opcCode: 0,
    opcName: 'bad',
    meaning: 'the counter went back, or further ahead than any load could move it; the next reading decides',
  },
  counter_unconfirmed: {
    quality: 'bad',
    opcCode: 0,
    opcName: 'bad',
    meaning: 'the counter stands at a level that no load explains; a person is asked what happened to it',
  },
  undefined_result: {
    quality: 'bad',
    opcCode: 0,
    opcName: 'bad',
    meaning: 'the formula has no result for these inputs, such as a share of zero',
    calls: 'none',
  },
  clock_doubtful: {
    quality: 'uncertain',
    opcCode: 64,
    opcName: 'uncertain',
    meaning:
      'the time cannot be right: before 2024, before the reading before it, or in the future; or the clock was just set, or was set within this window or period; or the host has booted since the reading before',
  },
  stale: {
    quality: 'uncertain',
    opcCode: 68,
    opcName: 'last usable value',
    meaning: 'the value is older than the age that was allowed',
  },
  identity_mismatch: {
    quality: 'uncertain',
    opcCode: 64,
    opcName: 'uncertain',
    meaning: 'the device does not identify itself as a PowerMonitor 500, or not as the one configured',
  },
  identity_unknown: {
    quality: 'uncertain',
    opcCode: 64,
    opcName: 'uncertain',
    meaning: 'the device has never said what it is',
  },
  layout_inferred: {
    quality: 'uncertain',
    opcCode: 64,
    opcName: 'uncertain',
    meaning: 'the position of this value was inferred from a sister product and has not been confirmed on this meter',
    calls: 'confirm',
  },
  layout_assumed: {
    quality: 'uncertain',
    opcCode: 64,
    opcName: 'uncertain',
    meaning: 'the position or scale of this value is an assumption that has not been confirmed on this meter',
    calls: 'confirm',
  },
  counter_reset: {
    quality: 'uncertain',
    opcCode: 64,
    opcName: 'uncertain',
    meaning: 'the counter was reset or set; what it counted between the last reading and that moment is not known',
  },
  counter_answered: {
    quality: 'uncertain',
    opcCode: 64,
    opcName: 'uncertain',
    meaning: 'a person has said what happened to the counter, and the energy counts accordingly',
  },
  counter_corrected: {
    quality: 'uncertain',
    opcCode: 64,
    opcName: 'uncertain',
    meaning: 'a person has corrected the energy of this period',
  },
  counter_rollover: {
    quality: 'uncertain',
    opcCode: 64,
    opcName: 'uncertain',
    meaning: 'the counter passed its largest value; that it continues from zero was derived, not read in the manual',
  },
  counter_gap: {
    quality: 'uncertain',
    opcCode: 64,
    opcName: 'uncertain',
    meaning: 'the delta is right but covers a longer time than allowed; how it is spread over that time is not known',
  },
  period_incomplete: {
    quality: 'uncertain',
    opcCode: 88,
    opcName: 'sub-normal',
    meaning: 'a part of the window or period was not measured',
    calls: 'none',
  },
};

/** Their names. */
export const REASONS = Object.keys(QUALITY_REASONS) as readonly QualityReason[];

/** OPC quality codes of the classes: 192 good, 64 uncertain, 0 bad. */
export const OPC_QUALITY_CODES: Readonly<Record<Quality, number>> = { good: 192, uncertain: 64, bad: 0 };

/** The OPC quality byte of a value, with the substatus that its reason has. */
export function opcQualityCode(quality: Quality, reason?: QualityReason): number {
  const row = reason === undefined ? undefined : QUALITY_REASONS[reason];
  return row?.quality === quality ? row.opcCode : OPC_QUALITY_CODES[quality];
}

/** The worse of two qualities. */
export function worse(left: Quality, right: Quality): Quality {
  return QUALITIES.indexOf(left) >= QUALITIES.indexOf(right) ? left : right;
}
