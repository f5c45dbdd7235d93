import type { Clock } from '../support/clock';
import { MemoryOutbox } from './memory';
import type { OutboxLimits } from './outbox';

/**
 * Where outboxes in memory outlive their owners: a flow that is deployed again finds what its predecessor left. Kept
 * per key (the id of the configuration node), so a name may change.
 */
export class OutboxShelf {
  private readonly outboxes = new Map<string, MemoryOutbox>();

  constructor(private readonly clock: Clock) {}

  /** The outbox that was put back under `key`, now with these limits, or a new one. It belongs to the caller. */
  take(key: string, limits: OutboxLimits): MemoryOutbox {
    const found = this.outboxes.get(key);
    if (found === undefined) return new MemoryOutbox(limits, this.clock);
    this.outboxes.delete(key);
    found.setLimits(limits);
    return found;
  }

  /** Keeps an outbox for the next owner; an empty one is not worth keeping. */
  putBack(key: string, outbox: MemoryOutbox): void {
    if (outbox.stats().depth > 0) this.outboxes.set(key, outbox);
  }
}
