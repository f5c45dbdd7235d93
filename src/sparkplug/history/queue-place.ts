import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openOutbox } from '../../outbox/disk';
import { MemoryOutbox } from '../../outbox/memory';
import type { Outbox, OutboxLimits } from '../../outbox/outbox';
import type { Clock } from '../../support/clock';
import type { Logger } from '../../support/logger';

/** Where queues are kept, each under a name of its own. */
export interface QueuePlace {
  /** The name of a device's queue. */
  nameOf(deviceId: string): string;
  /** Names of queues that were left. @throws an error of the file system */
  names(): Promise<readonly string[]>;
  /** Opens a queue, made where there is none. It belongs to the caller until it is given back. */
  take(name: string, limits: OutboxLimits): Outbox;
  /** Closes a queue and keeps what is in it; an empty one goes. Never rejects. */
  giveBack(name: string, outbox: Outbox): Promise<void>;
}

/** Device IDs are of any length and may differ in case alone, which not every file system tells apart. */
function hashedName(deviceId: string): string {
  return createHash('sha256').update(deviceId).digest('hex').slice(0, 32);
}

/** Queues in folders below one folder, which is made with the first of them. */
export function diskQueues(folder: string, clock: Clock, logger: Logger): QueuePlace {
  return {
    nameOf: hashedName,
    names: async () => {
      try {
        return (await readdir(folder, { withFileTypes: true }))
          .filter((entry) => entry.isDirectory())
          .map(({ name }) => name);
      } catch (thrown) {
        if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return [];
        throw thrown;
      }
    },
    take: (name, limits) => openOutbox({ folder: join(folder, name), limits, clock, logger }),
    giveBack: async (name, outbox) => {
      const { depth, problem } = outbox.stats();
      await outbox.close();
      if (depth > 0 || problem !== undefined) return;
      try {
        await rm(join(folder, name), { recursive: true, force: true });
      } catch {
        // An empty queue that stays is found, and tried again, when the program starts.
      }
    },
  };
}

/** Queues that last as long as the object. */
export function memoryQueues(clock: Clock): QueuePlace {
  const kept = new Map<string, MemoryOutbox>();
  return {
    nameOf: (deviceId) => deviceId,
    names: () => Promise.resolve([...kept.keys()]),
    take: (name, limits) => {
      const outbox = kept.get(name) ?? new MemoryOutbox(limits, clock);
      kept.set(name, outbox);
      outbox.setLimits(limits);
      return outbox;
    },
    giveBack: (name, outbox) => {
      if (outbox.stats().depth === 0) kept.delete(name);
      return Promise.resolve();
    },
  };
}
