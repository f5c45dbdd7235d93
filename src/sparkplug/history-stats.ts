import type { OutboxStats } from '../outbox/outbox';
import type { AbsentQueues } from './absent-queues';
import type { HistoryStats } from './history';

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
