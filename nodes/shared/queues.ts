import { rmdir } from 'node:fs/promises';
import type { Node, NodeAPI } from 'node-red';
import { diskQueues, memoryQueues, type QueuePlace } from '../../src/sparkplug/queue-place';
import { systemClock } from '../../src/support/clock';
import { nodeLogger } from './logger';
import type { OutboxKind } from './outboxes';
import { folderNameOf, ownPath } from './user-dir';

/** The queues of an edge node, until it gives them back when it closes. */
export interface TakenQueues {
  readonly queues: QueuePlace;
  /** @param removed true when the node is gone for good, false when it is only started anew */
  readonly giveBack: (removed: boolean) => Promise<void>;
}

/** Queues in memory stay here while a flow is deployed again. */
const kept = new Map<string, QueuePlace>();

/** Where stored values of devices that are not there wait, beside the outbox of the same node and as safely. */
export function takeQueues(RED: NodeAPI, node: Node, kind: OutboxKind): TakenQueues {
  const folder = ownPath(RED, 'pm500', 'outbox-absent', folderNameOf(node.id));
  if (kind === 'memory' || folder === undefined) return takeFromMemory(node);
  const logger = nodeLogger(node);
  const queues = diskQueues(folder, systemClock, logger);
  return {
    queues,
    giveBack: async (removed) => {
      if (!removed) return;
      // The folder goes with its last queue; one that holds something stays.
      await rmdir(folder).catch(() => undefined);
      const left = await queues.names().catch(() => []);
      if (left.length === 0) return;
      logger.warn(
        `Stored values of ${left.length} devices still wait in ${folder}: bring the removed node back to deliver them, or delete the folder.`,
      );
    },
  };
}

function takeFromMemory(node: Node): TakenQueues {
  const queues = kept.get(node.id) ?? memoryQueues(systemClock);
  kept.set(node.id, queues);
  return {
    queues,
    giveBack: async (removed) => {
      const left = await queues.names();
      if (removed || left.length === 0) kept.delete(node.id);
      if (!removed || left.length === 0) return;
      nodeLogger(node).warn(`Stored values of ${left.length} devices that were not there went with the removed node.`);
    },
  };
}
