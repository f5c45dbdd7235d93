import { number } from '../../src/support/setting';

/** How often a node sends its diagnostics; 0: never, or for changes only. */
export const DIAGNOSTICS_SECONDS = number(60, { min: 0, max: 86_400, unit: 's' });

/** How much an outbox may hold. */
export const OUTBOX_MEGABYTES = { min: 1, max: 1_000_000, unit: 'MB' } as const;

/** How long records may wait; 0: without limit. */
export const OUTBOX_HOURS = { min: 0, max: 87_600, unit: 'h' } as const;
