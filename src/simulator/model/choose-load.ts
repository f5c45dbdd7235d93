import { loadCsvProfile } from './csv-profile';
import type { LoadProfile } from './load-profile';
import { constantProfile, dailyProfile } from './plain-profiles';

/** The kinds of load that a person can choose. */
export const LOAD_KINDS = ['csv', 'daily', 'constant'] as const;
export type LoadKind = (typeof LOAD_KINDS)[number];

export interface LoadChoice {
  readonly kind: LoadKind;
  /** Recorded load; empty for the plant year that ships with the package. Counts for `csv`. */
  readonly csvFile: string;
  /** Power of a constant load, peak of a daily one, kW. Counts for those two. */
  readonly activePowerKw: number;
  readonly seed: number;
}

/** @throws Pm500Error PROFILE_INVALID */
function chooseLoad({ kind, csvFile, activePowerKw, seed }: LoadChoice): LoadProfile {
  const activePowerW = activePowerKw * 1000;
  switch (kind) {
    case 'constant':
      return constantProfile(activePowerW);
    case 'daily':
      return dailyProfile(activePowerW, seed);
    case 'csv':
      return loadCsvProfile(csvFile);
  }
}

/**
 * The load of each of several meters by its seed. A recorded load or a constant one is made once and shared.
 * @throws Pm500Error PROFILE_INVALID
 */
export function loadsOf(choice: Omit<LoadChoice, 'seed'>): (seed: number) => LoadProfile {
  if (choice.kind === 'daily') return (seed) => chooseLoad({ ...choice, seed });
  const shared = chooseLoad({ ...choice, seed: 0 });
  return () => shared;
}
