import { rmdir } from 'node:fs/promises';
import type { Node, NodeAPI } from 'node-red';
import { diskQueues, memoryQueues, type QueuePlace } from '../../src/sparkplug/history/queue-place';
import type { OutboxLimits } from '../../src/outbox/outbox';
import { systemClock } from '../../src/support/clock';
import { toPm500Error } from '../../src/support/errors';
import type { Logger } from '../../src/support/logger';
import { nodeLogger } from '../shared/logger';
import type { OutboxKind } from '../shared/outbox-kinds';
import { folderNameOf, ownPath } from '../shared/user-dir';

/** The queues of an edge node, until it gives them back when it closes. */
export interface TakenQueues {
  readonly queues: QueuePlace;
  /** @param removed true when the node is gone for good, false when it is only started anew */
  readonly giveBack: (removed: boolean) => Promise<void>;
}

/** Whoever uses a queue afterward has limits of its own. */
const UNLIMITED: OutboxLimits = { maximumBytes: Infinity };

/** Queues in memory stay here while a flow is deployed again. */
const kept = new Map<string, QueuePlace>();

/** Where stored values of devices that are not there wait, beside the outbox of the same node and as safely. */
export function takeQueues(RED: NodeAPI, node: Node, kind: OutboxKind): TakenQueues {
  const folder = ownPath(RED, 'pm500', 'outbox-absent', folderNameOf(node.id));
  if (kind === 'memory' || folder === undefined) return takeFromMemory(node, folder);
  const logger = nodeLogger(node);
  const disk = diskQueues(folder, systemClock, logger);
  const moved = bringFromMemory(disk, node.id, logger);
  const queues: QueuePlace = {
    ...disk,
    // Who opens queues asks for their names first.
    names: async () => {
      await moved;
      return disk.names();
    },
  };
  return {
    queues,
    giveBack: async (removed) => {
      await moved;
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

function takeFromMemory(node: Node, folder: string | undefined): TakenQueues {
  const queues = kept.get(node.id) ?? memoryQueues(systemClock);
  kept.set(node.id, queues);
  const told = folder === undefined ? Promise.resolve() : tellOfDisk(folder, nodeLogger(node));
  return {
    queues,
    giveBack: async (removed) => {
      await told;
      const left = await queues.names();
      if (removed || left.length === 0) kept.delete(node.id);
      if (!removed || left.length === 0) return;
      nodeLogger(node).warn(`Stored values of ${left.length} devices that were not there went with the removed node.`);
    },
  };
}

/** What waits on the disk when a person has chosen memory stays there, where a restart does not take it. */
async function tellOfDisk(folder: string, logger: Logger): Promise<void> {
  const left = await diskQueues(folder, systemClock, logger)
    .names()
    .catch(() => []);
  if (left.length === 0) return;
  logger.warn(
    `Stored values of ${left.length} devices that were not there wait on the disk in ${folder} and stay there while values are kept in memory: choose the disk again to send them, or delete the folder.`,
  );
}

/** What waited in memory before a person chose the disk. Never rejects. */
async function bringFromMemory(disk: QueuePlace, nodeId: string, logger: Logger): Promise<void> {
  const memory = kept.get(nodeId);
  if (memory === undefined) return;
  try {
    for (const deviceId of await memory.names()) await moveQueue(memory, disk, deviceId);
    kept.delete(nodeId);
  } catch (thrown) {
    logger.warn(
      `What waited in memory for devices that are not there cannot be moved to the disk yet: ${toPm500Error(thrown).message}`,
    );
  }
}

/** In memory a queue has the name of its device. */
async function moveQueue(memory: QueuePlace, disk: QueuePlace, deviceId: string): Promise<void> {
  const before = memory.take(deviceId, UNLIMITED);
  const name = disk.nameOf(deviceId);
  const after = disk.take(name, UNLIMITED);
  try {
    const { records, from, to } = await before.peek({ maximumRecords: Infinity, maximumBytes: Infinity });
    await after.append(records);
    await before.acknowledge({ from, to });
  } finally {
    await disk.giveBack(name, after);
    await memory.giveBack(deviceId, before);
  }
}
