/** Between two looks at the values of a meter, ms: as often as a display changes. */
export const LOOK_EVERY_MS = 1000;
/** Who has not asked for so long has gone, ms. */
export const LEASE_MS = 5 * LOOK_EVERY_MS;
export const MS_PER_S = 1000;
