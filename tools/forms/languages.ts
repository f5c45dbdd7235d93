/** Languages of the editor, each with a catalog and a help page for every type; the first one is complete by itself. */
export const LANGUAGES = ['en-US', 'de'] as const;

export type Language = (typeof LANGUAGES)[number];
