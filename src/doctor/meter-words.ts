import { doublesIn } from './doubles';
import type { SavedMeter } from './flows/saved-meters';
import type { SavedSite } from './flows/saved-site';
import { lookFurther, type Looked } from './looked';

/** What meters are called in a summary. */
export const METERS = ['meter', 'meters'] as const;

export const metersOf = (site: Looked<SavedSite>): Looked<readonly SavedMeter[]> =>
  lookFurther(site, ({ meters }) => meters);

/** Meters of this computer are simulated ones: nobody owns them, and nobody can confirm them. */
export function isOfPractice({ host }: Pick<SavedMeter, 'host'>): boolean {
  return /^127(\.\d+){3}$/.test(host);
}

/** A meter in a sentence. */
export const nameOf = ({ choice, address }: SavedMeter): string => `"${choice.name}" (${address})`;

/** Meters that have something in common, group by group. */
export function sharing(
  meters: readonly SavedMeter[],
  keyOf: (meter: SavedMeter) => string,
): readonly (readonly SavedMeter[])[] {
  return doublesIn(meters, keyOf).map(([, same]) => same);
}

export const listed = (meters: readonly SavedMeter[]): string =>
  meters.map(({ choice }) => `"${choice.name}"`).join(', ');
