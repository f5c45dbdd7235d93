import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Node, NodeAPI } from 'node-red';
import { openOutbox } from '../../src/outbox/disk';
import type { Outbox, OutboxLimits } from '../../src/outbox/outbox';
import { OutboxShelf } from '../../src/outbox/shelf';
import { systemClock } from '../../src/support/clock';
import { hasCode, toPm500Error } from '../../src/support/errors';
import type { Logger } from '../../src/support/logger';
import { nodeLogger } from './logger';
import type { OutboxKind } from './outbox-kinds';
import { folderNameOf, ownPath } from './user-dir';

const BYTES_PER_MEGABYTE = 1_000_000;
const MS_PER_HOUR = 3_600_000;

/** An outbox that a node has, until it gives it back when it closes. */
export interface TakenOutbox {
  readonly outbox: Outbox;
  /** @param removed true when the node is gone for good, false when it is only started anew */
  readonly giveBack: (removed: boolean) => Promise<void>;
}

/** @param hours 0 for no limit */
export function outboxLimits(megabytes: number, hours: number): OutboxLimits {
  const maximumBytes = megabytes * BYTES_PER_MEGABYTE;
  return hours === 0 ? { maximumBytes } : { maximumBytes, maximumAgeMs: hours * MS_PER_HOUR };
}

/** Records in memory stay here while a flow is deployed again. */
const shelf = new OutboxShelf(systemClock);

/**
 * The outbox of a configuration node: in a folder of the Node-RED user directory that bears the id of the node, so it
 * stays the same when the node is renamed or points elsewhere. Without a user directory there is only memory.
 */
export function takeOutbox(RED: NodeAPI, node: Node, kind: OutboxKind, limits: OutboxLimits): TakenOutbox {
  const logger = nodeLogger(node);
  const folder = ownPath(RED, 'pm500', 'outbox', folderNameOf(node.id));
  return kind === 'memory' || folder === undefined
    ? takeFromMemory(folder, node.id, limits, logger)
    : takeFromDisk(folder, node.id, limits, logger);
}

function takeFromMemory(folder: string | undefined, id: string, limits: OutboxLimits, logger: Logger): TakenOutbox {
  const outbox = shelf.take(id, limits);
  const told = folder === undefined ? Promise.resolve() : tellOfDisk(folder, logger);
  return {
    outbox,
    giveBack: async (removed) => {
      await told;
      if (!removed) {
        shelf.putBack(id, outbox);
        return;
      }
      const { depth } = outbox.stats();
      await outbox.close();
      if (depth > 0) logger.warn(`${depth} records that still waited in the outbox went with the removed node.`);
    },
  };
}

function takeFromDisk(folder: string, id: string, limits: OutboxLimits, logger: Logger): TakenOutbox {
  const outbox = openOutbox({ folder, limits, clock: systemClock, logger });
  void bringFromMemory(outbox, id, limits, logger);
  return {
    outbox,
    giveBack: async (removed) => {
      await outbox.close();
      const { depth, problem } = outbox.stats();
      // Of an outbox that could not be opened nobody knows what it holds.
      if (!removed || (problem !== undefined && !hasCode(problem, 'OUTBOX_WRITE_FAILED'))) return;
      if (depth === 0) await rm(folder, { recursive: true, force: true });
      else {
        logger.warn(
          `${depth} records still wait in ${folder}: bring the removed node back to deliver them, or delete the folder.`,
        );
      }
    },
  };
}

/** What waits on the disk when a person has chosen memory stays there, where a restart does not take it. */
async function tellOfDisk(folder: string, logger: Logger): Promise<void> {
  if (!existsSync(folder)) return;
  const left = openOutbox({ folder, limits: { maximumBytes: Infinity }, clock: systemClock, logger });
  try {
    await left.ready();
  } catch {
    // Why it cannot be opened is in the log already.
  }
  const { depth } = left.stats();
  await left.close();
  if (depth === 0) return;
  const records = `${depth} records wait on the disk in ${folder} and stay there while the outbox is in memory`;
  logger.warn(`${records}: choose the disk again to deliver them, or delete the folder.`);
}

/** What waited in memory before a person chose the disk. */
async function bringFromMemory(outbox: Outbox, id: string, limits: OutboxLimits, logger: Logger): Promise<void> {
  const left = shelf.take(id, limits);
  if (left.stats().depth === 0) return;
  try {
    const { records } = await left.peek({ maximumRecords: Infinity, maximumBytes: Infinity });
    await outbox.append(records);
  } catch (thrown) {
    shelf.putBack(id, left);
    logger.warn(`What waited in memory cannot be moved to the disk yet: ${toPm500Error(thrown).message}`);
  }
}
