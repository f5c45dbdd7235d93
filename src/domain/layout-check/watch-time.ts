/** How long a layout check watches a meter, seconds. */
export const WATCH_SECONDS = { min: 1, max: 600, usual: 20 } as const;
