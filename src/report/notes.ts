import { ENERGY_COUNTERS } from '../metrics/derived-metrics';
import type { CountedTwice } from './counted-twice';
import type { LoadFigures, ReportGap } from './figures';
import type { CsvFaults } from './csv-faults';
import { ENERGY_KEYS, type EnergyKey } from './load-profile';
import type { CounterMark, CounterStep, StoredFigures } from './stored-figures';
import type { TariffOverlap } from './tariff-costs';
import { HOUR_MS } from './period';

/** What a reader must know to take figures for what they are. The code is stable; the words are those of the language. */
export type ReportNote =
  | { readonly code: 'period_running'; readonly untilMs: number }
  | { readonly code: 'clock_change'; readonly dayMs: number; readonly hours: number }
  | ({ readonly code: 'tariff_overlap' } & TariffOverlap)
  | { readonly code: 'tariff_zone'; readonly tariffZone: string }
  | { readonly code: 'no_data' | 'csv_no_data' }
  | { readonly code: 'energy_partial'; readonly energy: EnergyKey; readonly percent: number }
  | { readonly code: 'power_factor_partial'; readonly percent: number }
  | { readonly code: 'power_factor_unknown' }
  | ({ readonly code: 'csv_rows' } & CsvFaults)
  | { readonly code: 'csv_partial'; readonly count: number }
  | { readonly code: 'csv_interval'; readonly minutes: number }
  | {
      readonly code: 'gap_missing' | 'gap_estimated' | 'csv_gap';
      readonly hours: number;
      readonly count: number;
      readonly importKwh: number;
    }
  | { readonly code: 'energy_uncertain'; readonly percent: number }
  | { readonly code: 'tariff_estimated'; readonly estimatedKwh: number }
  | ({ readonly code: 'counter_back' | 'counter_wrapped' } & CounterStep)
  | { readonly code: CounterMark['reason']; readonly firstMs: number; readonly lastMs: number }
  | ({ readonly code: 'counted_twice' } & CountedTwice)
  | { readonly code: 'no_demand_windows' }
  | { readonly code: 'peak_uncertain' };

const WHOLE_PERCENT = 100;
/** A counter that drops from its last tenth to its first has passed its largest value. */
const NEAR_END = 0.1;
const ROLLOVER_WH = ENERGY_COUNTERS.find(({ name }) => name === 'active_energy_import_total')?.rollover;

function isWrapped({ fromWh, toWh }: CounterStep): boolean {
  return ROLLOVER_WH !== undefined && fromWh > (1 - NEAR_END) * ROLLOVER_WH && toWh < NEAR_END * ROLLOVER_WH;
}

function gapNote(
  state: ReportGap['state'],
  gaps: readonly ReportGap[],
  missing: 'gap_missing' | 'csv_gap' = 'gap_missing',
): readonly ReportNote[] {
  const own = gaps.filter((gap) => gap.state === state);
  if (own.length === 0) return [];
  return [
    {
      code: state === 'missing' ? missing : 'gap_estimated',
      hours: own.reduce((sum, { fromMs, toMs }) => sum + (toMs - fromMs) / HOUR_MS, 0),
      count: own.length,
      importKwh: own.reduce((sum, { importKwh }) => sum + importKwh, 0),
    },
  ];
}

/** Energies that are known for a part of the time, and what that does to the power factor. */
function partialNotes({ shares, absent, powerFactorShare }: LoadFigures): readonly ReportNote[] {
  const partial = ENERGY_KEYS.flatMap((energy): readonly ReportNote[] => {
    const percent = shares[energy];
    return percent === undefined ? [] : [{ code: 'energy_partial', energy, percent }];
  });
  if (powerFactorShare >= WHOLE_PERCENT || absent.includes('activeImport') || absent.includes('reactiveImport'))
    return partial;
  return powerFactorShare > 0
    ? [...partial, { code: 'power_factor_partial', percent: powerFactorShare }]
    : [...partial, { code: 'power_factor_unknown' }];
}

/** What is to be said of the figures of a meter. @param figures absent where nothing is known of the period */
export function meterNotes(
  stored: StoredFigures,
  figures: LoadFigures | undefined,
  gaps: readonly ReportGap[],
  estimatedKwh: number,
  twice: CountedTwice | undefined,
): readonly ReportNote[] {
  const { file } = stored;
  const partial: readonly ReportNote[] =
    file === undefined || file.partial === 0 ? [] : [{ code: 'csv_partial', count: file.partial }];
  if (figures === undefined) return [{ code: file === undefined ? 'no_data' : 'csv_no_data' }, ...partial];
  const { uncertainImport, energies, peak, areWindowsMissing, coverage } = figures;
  const isPeakSure = peak === undefined || (peak.isGood && !areWindowsMissing && coverage >= WHOLE_PERCENT);
  const replaced = stored.counterMarks.some(({ reason }) => reason === 'counter_replaced');
  return [
    ...gapNote('missing', gaps, file === undefined ? 'gap_missing' : 'csv_gap'),
    ...gapNote('estimated', gaps),
    ...partial,
    ...partialNotes(figures),
    ...(uncertainImport > 0 && energies.activeImport > 0
      ? [{ code: 'energy_uncertain', percent: (WHOLE_PERCENT * uncertainImport) / energies.activeImport } as const]
      : []),
    ...(estimatedKwh > 0 ? [{ code: 'tariff_estimated', estimatedKwh } as const] : []),
    ...(twice === undefined ? [] : [{ code: 'counted_twice', ...twice } as const]),
    ...stored.counterMarks.map(({ reason, firstMs, lastMs }) => ({ code: reason, firstMs, lastMs })),
    // Of a replaced meter that is said already.
    ...(replaced ? [] : stored.counterSteps).map(
      (step) => ({ code: isWrapped(step) ? 'counter_wrapped' : 'counter_back', ...step }) as const,
    ),
    ...(peak?.of === 'quarters' && file === undefined ? [{ code: 'no_demand_windows' } as const] : []),
    ...(isPeakSure ? [] : [{ code: 'peak_uncertain' } as const]),
  ];
}
