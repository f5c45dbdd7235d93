import { LOSS_CAUSES, type DeliveryStats, type LossCause } from '../delivery/stats';
import type { SinkFacts } from './facts';
import { byName } from './order';
import type { QueueRow } from './rows';

const MS_PER_S = 1000;

function lostOf({ losses }: DeliveryStats): QueueRow['lost'] {
  const lost: Partial<Record<LossCause, number>> = {};
  for (const cause of LOSS_CAUSES) if (losses[cause] > 0) lost[cause] = losses[cause];
  return lost;
}

/** A row for every sink, in the order of their names. */
export function queueRows(sinks: readonly SinkFacts[], nowMs: number): QueueRow[] {
  const rows = sinks.map(({ node, name, type, stats }): QueueRow => {
    const { state, waiting, refused, setAside, durable } = stats;
    // To the second: an age that is worked out anew each time is no change.
    const oldestAt = waiting.records === 0 ? 0 : Math.round((nowMs - waiting.oldestAgeMs) / MS_PER_S) * MS_PER_S;
    return {
      key: node,
      node,
      name,
      type,
      state,
      waiting: waiting.records,
      oldestAt,
      lost: lostOf(stats),
      refused,
      setAside,
      durable,
    };
  });
  return rows.sort(byName);
}
