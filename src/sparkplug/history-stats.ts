import { outboxLosses, type DeliveryStats } from '../delivery/stats';
import type { OutboxStats } from '../outbox/outbox';
import type { AbsentQueues } from './absent-queues';
import type { HistoryStats } from './history';
import type { EdgeState } from './session-settings';

/** How store and forward stands, the queues of absent devices included. */
export function historyStats(
  outbox: OutboxStats,
  absent: Pick<AbsentQueues, 'devices' | 'losses'>,
  counts: { readonly values: number; readonly records: number; readonly unreadable: number },
  unstored: number,
): HistoryStats {
  const { devices, losses } = absent;
  const oldestAgeMs = devices.reduce((oldest, device) => Math.max(oldest, device.oldestAgeMs), outbox.oldestAgeMs ?? 0);
  const depth = devices.reduce((sum, device) => sum + device.depth, outbox.depth);
  return {
    ...outbox,
    depth,
    bytes: devices.reduce((sum, device) => sum + device.bytes, outbox.bytes),
    ...(depth === 0 ? {} : { oldestAgeMs }),
    dropped: outbox.dropped + losses.age + losses.size,
    droppedForAge: outbox.droppedForAge + losses.age,
    damaged: outbox.damaged + losses.damage + counts.unreadable,
    forwarded: counts.values,
    forwardedRecords: counts.records,
    lost: unstored + counts.unreadable,
    absent: devices,
  };
}

/**
 * Store and forward as the delivery of a sink, in stored readings. What was published as present values is not in it.
 * @param leftOut values that the broker would not take
 */
export function deliveryOf(
  history: HistoryStats,
  { phase, error }: Pick<EdgeState, 'phase' | 'error'>,
  leftOut: number,
): DeliveryStats {
  const { depth: records, bytes, oldestAgeMs = 0, forwardedRecords, durable, problem } = history;
  const waits = phase === 'born' ? 'sending' : 'retrying';
  return {
    state: phase === 'closed' ? 'closed' : records === 0 ? 'idle' : waits,
    waiting: { records, bytes, oldestAgeMs },
    written: forwardedRecords,
    refused: leftOut,
    setAside: 0,
    losses: { ...outboxLosses(history), overwritten: 0 },
    retries: 0,
    durable,
    ...(problem === undefined ? {} : { problem }),
    ...(error === undefined ? {} : { lastError: error }),
  };
}
