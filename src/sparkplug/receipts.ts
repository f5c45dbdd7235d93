import type { MqttLink } from './mqtt-link';
import type { TimerSet } from './timer-set';

interface Waiter {
  /** Number of the message that it waits for. */
  readonly upTo: number;
  readonly resolve: () => void;
}

/** The broker is asked at most this often whether it has read what was published. */
const ASK_EVERY_MS = 100;

/**
 * Tells when what was published has reached the broker. A message of QoS 0 has no receipt of its own; a PINGREQ sent
 * after it has one, and as many messages as were published before share it.
 */
export class Receipts {
  readonly #timers: TimerSet;
  readonly #linkOf: () => Pick<MqttLink, 'confirm'> | undefined;
  readonly #waiters: Waiter[] = [];
  #published = 0;
  #confirmed = 0;
  #isAsking = false;

  constructor(timers: TimerSet, linkOf: () => Pick<MqttLink, 'confirm'> | undefined) {
    this.#timers = timers;
    this.#linkOf = linkOf;
  }

  /** Messages with this number and below have reached the broker, or are kept elsewhere. */
  get confirmed(): number {
    return this.#confirmed;
  }

  /** A message is about to be published. @returns its number */
  onPublish(): number {
    this.#published++;
    this.#askLater();
    return this.#published;
  }

  /** Resolves when everything published so far has arrived or is kept elsewhere. */
  arrived(): Promise<void> {
    if (this.#confirmed >= this.#published) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters.push({ upTo: this.#published, resolve });
    });
  }

  /** Nothing is to be asked about what was published so far: it has arrived, or is kept elsewhere. */
  settleAll(): void {
    this.#settle(this.#published);
  }

  #askLater(): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#timers.set('receipt', ASK_EVERY_MS, () => void this.#ask());
  }

  /** Never rejects: who loses a link settles what was published on it. */
  async #ask(): Promise<void> {
    const upTo = this.#published;
    try {
      const link = this.#linkOf();
      await link?.confirm();
      if (link !== undefined) this.#settle(upTo);
    } catch {
      // The link is lost, which the session is told by the link itself.
    }
    this.#isAsking = false;
    if (this.#confirmed < this.#published && this.#linkOf() !== undefined) this.#askLater();
  }

  #settle(upTo: number): void {
    this.#confirmed = Math.max(this.#confirmed, upTo);
    // All at once: taking one after the other from the front of a long list costs seconds.
    const open = this.#waiters.findIndex(({ upTo: wanted }) => wanted > this.#confirmed);
    for (const { resolve } of this.#waiters.splice(0, open === -1 ? this.#waiters.length : open)) resolve();
  }
}
