import { outboxLosses, type DeliveryCapacity, type DeliveryStats, type Losses } from '../../delivery/stats';
import type { OutboxStats } from '../../outbox/outbox';
import type { ErrorCode } from '../../support/errors';
import type { AbsentDevice, AbsentQueues } from './absent-queues';
import type { EdgeState } from '../session/session-settings';

/** What was lost on the way through store and forward, beside what its outboxes count. */
export interface HistoryLosses {
  /** Readings that the outbox did not take. */
  readonly unstored: number;
  /** Values that do not fit the datatype of today. */
  readonly unfit: number;
}

/** How store and forward stands, for whoever looks. */
export interface HistoryStats extends OutboxStats {
  /** Values that the broker has acknowledged, and the records that they were stored in. */
  readonly forwarded: number;
  readonly forwardedRecords: number;
  /** Batches that were sent, not acknowledged, and are sent again. */
  readonly retries: number;
  /** Everything that is lost, each under one cause: stored readings, and single values where only these went. */
  readonly losses: Losses;
  /** What waits for devices that are not there; part of `depth` and `bytes`. */
  readonly absent: readonly AbsentDevice[];
}

/** How store and forward stands, the queues of absent devices included. */
export function historyStats(
  outbox: OutboxStats,
  absent: Pick<AbsentQueues, 'devices' | 'losses'>,
  counts: { readonly values: number; readonly records: number; readonly unreadable: number; readonly retries: number },
  { unstored, unfit }: HistoryLosses,
): HistoryStats {
  const { devices, losses } = absent;
  const oldestAgeMs = devices.reduce((oldest, device) => Math.max(oldest, device.oldestAgeMs), outbox.oldestAgeMs ?? 0);
  const depth = devices.reduce((sum, device) => sum + device.depth, outbox.depth);
  const damaged = outbox.damaged + losses.damage + counts.unreadable;
  return {
    ...outbox,
    depth,
    bytes: devices.reduce((sum, device) => sum + device.bytes, outbox.bytes),
    ...(depth === 0 ? {} : { oldestAgeMs }),
    dropped: outbox.dropped + losses.age + losses.size,
    droppedForAge: outbox.droppedForAge + losses.age,
    damaged,
    forwarded: counts.values,
    forwardedRecords: counts.records,
    retries: counts.retries,
    losses: {
      ...outboxLosses(outbox),
      absent: losses.age + losses.size,
      damage: damaged,
      notStored: unstored,
      unfit,
    },
    absent: devices,
  };
}

/** What only a person can change. */
const HOLDING: readonly (ErrorCode | undefined)[] = ['MQTT_REFUSED', 'MQTT_TLS_FAILED', 'SPARKPLUG_TOO_LARGE'];

/**
 * Store and forward as the delivery of a sink, in stored readings. What was published as present values is not in it.
 * @param leftOut values that the broker would not take
 */
export function deliveryOf(
  history: HistoryStats,
  { phase, error }: Pick<EdgeState, 'phase' | 'error'>,
  leftOut: number,
  capacity?: DeliveryCapacity,
): DeliveryStats {
  const { depth: records, bytes, oldestAgeMs = 0, forwardedRecords, durable, problem } = history;
  return {
    state: stateOf(phase, error, records),
    waiting: { records, bytes, oldestAgeMs },
    written: forwardedRecords,
    refused: 0,
    setAside: 0,
    losses: { ...history.losses, tooLarge: leftOut },
    retries: history.retries,
    durable,
    ...(capacity === undefined ? {} : { capacity }),
    ...(problem === undefined ? {} : { problem }),
    ...(error === undefined ? {} : { lastError: error }),
  };
}

/** Without a session nothing gets over, also while nothing waits yet. */
export function stateOf(phase: EdgeState['phase'], error: EdgeState['error'], records: number): DeliveryStats['state'] {
  if (phase === 'closed') return 'closed';
  if (error !== undefined) return HOLDING.includes(error.code) ? 'held' : 'retrying';
  if (records === 0) return 'idle';
  return phase === 'born' ? 'sending' : 'retrying';
}
