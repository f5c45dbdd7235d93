/** Where records wait: they survive a restart on disk, and a deployment in memory. */
export const OUTBOX_KINDS = ['disk', 'memory'] as const;
export type OutboxKind = (typeof OUTBOX_KINDS)[number];
