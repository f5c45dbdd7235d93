import type { OutboxBatch, OutboxRecord } from '../../src/outbox/outbox';

/** What a record of any outbox says, for comparisons. */
export function plainRecord({ payload, acceptedAt, origin }: OutboxRecord): OutboxRecord {
  return origin === undefined ? { payload, acceptedAt } : { payload, acceptedAt, origin };
}

export function plainBatch({ records, ...range }: OutboxBatch): OutboxBatch {
  return { records: records.map(plainRecord), ...range };
}
