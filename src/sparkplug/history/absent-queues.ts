import type { Outbox, OutboxBatch, OutboxLimits, OutboxRange, OutboxRecord, PeekLimits } from '../../outbox/outbox';
import type { Clock } from '../../support/clock';
import { isOfLaterVersion, readHistoryRecord } from './history-record';
import type { QueuePlace } from './queue-place';

/** What waits for one device that is not there. */
export interface AbsentDevice {
  readonly deviceId: string;
  readonly depth: number;
  readonly bytes: number;
  readonly oldestAgeMs: number;
}

interface Queue {
  readonly deviceId: string;
  readonly name: string;
  /** Undefined while it is closed. */
  outbox: Outbox | undefined;
  depth: number;
  bytes: number;
  oldestAgeMs: number;
  /** Monotonic time of what is known of it. */
  lookedAt: number;
  /** What was counted of this opening already. */
  counted: { dropped: number; droppedForAge: number; damaged: number };
}

/** So many are open at most: each takes files and a lock. */
const MOST_OPEN = 64;
const NOTHING_COUNTED = { dropped: 0, droppedForAge: 0, damaged: 0 };
const LOOK: PeekLimits = { maximumRecords: 500, maximumBytes: 256 * 1024 };

/**
 * Stored values of devices that are not there, a queue for each, so that nobody waits for anybody else: they are moved
 * here once and sent when their device is born. To be used by one caller, one call after the other.
 */
export class AbsentQueues {
  private readonly place: QueuePlace;
  private readonly clock: Clock;
  /** In the order in which they were used last. */
  private readonly queues = new Map<string, Queue>();
  private readonly lost = { age: 0, size: 0, damage: 0 };
  private limits: OutboxLimits;
  private isLoaded = false;
  /** Whether a queue was found whose device only a later version of this software can tell: it is left as it is. */
  private hasLaterVersion = false;

  /** @param limits of all together */
  constructor(place: QueuePlace, limits: OutboxLimits, clock: Clock) {
    this.place = place;
    this.limits = limits;
    this.clock = clock;
  }

  /** Records lost here since the program began. */
  get losses(): Readonly<{ age: number; size: number; damage: number }> {
    return this.lost;
  }

  get waitsForLaterVersion(): boolean {
    return this.hasLaterVersion;
  }

  get devices(): readonly AbsentDevice[] {
    return [...this.queues.values()].filter(({ depth }) => depth > 0).map((queue) => this.describe(queue));
  }

  get bytes(): number {
    let bytes = 0;
    for (const queue of this.queues.values()) bytes += queue.bytes;
    return bytes;
  }

  /** True while something waits for that device. */
  has(deviceId: string): boolean {
    return (this.queues.get(deviceId)?.depth ?? 0) > 0;
  }

  /** The device, of those that are wanted, whose queue was not used for the longest time. */
  next(isWanted: (deviceId: string) => boolean): string | undefined {
    for (const { deviceId, depth } of this.queues.values()) if (depth > 0 && isWanted(deviceId)) return deviceId;
    return undefined;
  }

  setLimits(limits: OutboxLimits): void {
    this.limits = limits;
  }

  /** Finds what an earlier process left. @throws Pm500Error of the outbox */
  async load(): Promise<void> {
    if (this.isLoaded) return;
    for (const name of await this.place.names()) {
      if ([...this.queues.values()].some((queue) => queue.name === name)) continue;
      const outbox = this.place.take(name, this.limits);
      try {
        const deviceId = await this.deviceOf(outbox);
        if (deviceId === undefined) await this.place.giveBack(name, outbox);
        else this.look(this.remember(deviceId, name, outbox));
      } catch (thrown) {
        await this.place.giveBack(name, outbox);
        throw thrown;
      }
      await this.closeSome();
    }
    this.isLoaded = true;
  }

  async append(deviceId: string, records: readonly OutboxRecord[]): Promise<void> {
    const queue = this.queues.get(deviceId) ?? this.remember(deviceId, this.place.nameOf(deviceId), undefined);
    await this.use(queue, (outbox) => outbox.append(records));
    await this.makeRoom();
  }

  async peek(deviceId: string, limits: PeekLimits): Promise<OutboxBatch> {
    const queue = this.queues.get(deviceId);
    if (queue === undefined) return { records: [], from: 0, to: 0 };
    return this.use(queue, (outbox) => outbox.peek(limits));
  }

  async acknowledge(deviceId: string, range: OutboxRange): Promise<void> {
    const queue = this.queues.get(deviceId);
    if (queue === undefined) return;
    await this.use(queue, (outbox) => outbox.acknowledge(range));
    if (queue.depth === 0) await this.closeQueue(queue);
  }

  /** Lets go of what is too old, also in queues that nobody uses. */
  async sweep(): Promise<void> {
    for (const queue of [...this.queues.values()]) {
      const { maximumAgeMs = Infinity } = this.limits;
      if (this.describe(queue).oldestAgeMs <= maximumAgeMs) continue;
      await this.use(queue, (outbox) => outbox.peek({ maximumRecords: 1, maximumBytes: 1 }));
      if (queue.depth === 0) await this.closeQueue(queue);
    }
  }

  async close(): Promise<void> {
    for (const queue of [...this.queues.values()]) await this.closeQueue(queue);
  }

  private describe({ deviceId, depth, bytes, oldestAgeMs, lookedAt }: Queue): AbsentDevice {
    const oldest = depth === 0 ? 0 : oldestAgeMs + this.clock.monotonic() - lookedAt;
    return { deviceId, depth, bytes, oldestAgeMs: oldest };
  }

  private remember(deviceId: string, name: string, outbox: Outbox | undefined): Queue {
    const state = { depth: 0, bytes: 0, oldestAgeMs: 0, lookedAt: 0, counted: NOTHING_COUNTED };
    const queue: Queue = { deviceId, name, outbox, ...state };
    this.queues.set(deviceId, queue);
    return queue;
  }

  /** The device that a queue belongs to; what nobody can read is let go, and what a later version can read is kept. */
  private async deviceOf(outbox: Outbox): Promise<string | undefined> {
    for (;;) {
      const { records, from, to } = await outbox.peek(LOOK);
      if (records.length === 0) return undefined;
      for (const { payload } of records) {
        const record = readHistoryRecord(payload);
        if (record !== undefined) return record.deviceId;
      }
      if (records.some(({ payload }) => isOfLaterVersion(payload))) {
        this.hasLaterVersion = true;
        return undefined;
      }
      await outbox.acknowledge({ from, to });
      this.lost.damage += records.length;
    }
  }

  private async use<Result>(queue: Queue, action: (outbox: Outbox) => Promise<Result>): Promise<Result> {
    this.queues.delete(queue.deviceId);
    this.queues.set(queue.deviceId, queue);
    if (queue.outbox === undefined) {
      queue.outbox = this.place.take(queue.name, this.limits);
      queue.counted = NOTHING_COUNTED;
    }
    try {
      return await action(queue.outbox);
    } finally {
      this.look(queue);
      await this.closeSome();
    }
  }

  private look(queue: Queue): void {
    const stats = queue.outbox?.stats();
    // Of one that could not be opened nobody knows what it holds.
    if (stats === undefined || (stats.problem !== undefined && stats.depth === 0)) return;
    const { depth, bytes, oldestAgeMs = 0, dropped, droppedForAge, damaged } = stats;
    const { counted } = queue;
    this.lost.age += droppedForAge - counted.droppedForAge;
    this.lost.size += dropped - droppedForAge - (counted.dropped - counted.droppedForAge);
    this.lost.damage += damaged - counted.damaged;
    Object.assign(queue, { depth, bytes, oldestAgeMs, lookedAt: this.clock.monotonic() });
    queue.counted = { dropped, droppedForAge, damaged };
  }

  /** The oldest go first, of whichever device. */
  private async makeRoom(): Promise<void> {
    for (;;) {
      const excess = this.bytes - this.limits.maximumBytes;
      if (excess <= 0) return;
      const oldest = this.devices.toSorted((left, right) => right.oldestAgeMs - left.oldestAgeMs)[0];
      const queue = oldest === undefined ? undefined : this.queues.get(oldest.deviceId);
      if (queue === undefined) return;
      const before = queue.bytes;
      await this.use(queue, async (outbox) => {
        await outbox.peek({ maximumRecords: 1, maximumBytes: 1 });
        outbox.setLimits({ ...this.limits, maximumBytes: Math.max(0, before - excess) });
        outbox.setLimits(this.limits);
      });
      if (queue.depth === 0) await this.closeQueue(queue);
      else if (queue.bytes >= before) return;
    }
  }

  private async closeSome(): Promise<void> {
    let open = 0;
    for (const { outbox } of this.queues.values()) if (outbox !== undefined) open++;
    for (const queue of [...this.queues.values()]) {
      if (open <= MOST_OPEN) return;
      if (queue.outbox === undefined) continue;
      await this.closeQueue(queue);
      open--;
    }
  }

  /** An empty one is forgotten. */
  private async closeQueue(queue: Queue): Promise<void> {
    const { outbox, name, depth, deviceId } = queue;
    queue.outbox = undefined;
    if (depth === 0) this.queues.delete(deviceId);
    if (outbox !== undefined) await this.place.giveBack(name, outbox);
  }
}
