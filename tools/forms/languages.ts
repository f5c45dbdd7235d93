/** Languages of the editor, each with a catalog and a help page for every type; the first one is complete by itself. */
export const LANGUAGES = ['en-US', 'de'] as const;

export type Language = (typeof LANGUAGES)[number];

/** Types that nobody has translated yet: the editor shows them in English. */
const ENGLISH_ONLY: ReadonlySet<string> = new Set(['ui-pm500-meter', 'ui-pm500-phasor']);

/** The languages that a type has texts in. */
export const languagesOf = (type: string): readonly Language[] => (ENGLISH_ONLY.has(type) ? ['en-US'] : LANGUAGES);
