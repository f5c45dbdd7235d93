import type { MqttLink } from '../../mqtt/mqtt-link';
import type { TimerSet } from '../../support/timer-set';

/** Those who wait for the same answer of the broker. */
interface Waiters {
  /** Highest number of the messages that they wait for. */
  upTo: number;
  readonly arrived: Promise<void>;
  readonly resolve: () => void;
}

/** The broker is asked about this often whether it has read what was published. */
const ASK_EVERY_MS = 100;
/** So many messages are asked about without waiting for that time: who waits for them holds memory. */
const MANY = 1000;

/**
 * Tells when what was published has reached the broker. A message of QoS 0 has no receipt of its own; a PINGREQ sent
 * after it has one, and as many messages as were published before share it.
 */
export class BrokerAnswers {
  private readonly timers: TimerSet;
  private readonly linkOf: () => Pick<MqttLink, 'confirm'> | undefined;
  /** Oldest first. */
  private readonly waiters: Waiters[] = [];
  private published = 0;
  /** The broker has been asked about messages with this number and below. */
  private asked = 0;
  private confirmedUpTo = 0;
  private isAsking = false;

  constructor(timers: TimerSet, linkOf: () => Pick<MqttLink, 'confirm'> | undefined) {
    this.timers = timers;
    this.linkOf = linkOf;
  }

  /** Messages with this number and below have reached the broker, or are kept elsewhere. */
  get confirmed(): number {
    return this.confirmedUpTo;
  }

  /** A message is about to be published. @returns its number */
  onPublish(): number {
    this.published++;
    if (!this.isAsking) this.askLater();
    else if (this.published - this.asked === MANY && this.timers.has('receipt')) this.askLater();
    return this.published;
  }

  /** Resolves when everything published so far has arrived or is kept elsewhere. */
  arrived(): Promise<void> {
    if (this.confirmedUpTo >= this.published) return Promise.resolve();
    const last = this.waiters.at(-1);
    // Whoever comes before the broker is asked the next time gets the answer of then.
    if (last !== undefined && (last.upTo > this.asked || last.upTo === this.published)) {
      last.upTo = this.published;
      return last.arrived;
    }
    return this.waitFor(this.published);
  }

  private waitFor(upTo: number): Promise<void> {
    let resolve = (): void => undefined;
    const arrived = new Promise<void>((settle) => {
      resolve = settle;
    });
    this.waiters.push({ upTo, arrived, resolve });
    return arrived;
  }

  /** Nothing is to be asked about what was published so far: it has arrived, or is kept elsewhere. */
  settleAll(): void {
    this.asked = this.published;
    this.settle(this.published);
  }

  private askLater(): void {
    this.isAsking = true;
    const waitMs = this.published - this.asked < MANY ? ASK_EVERY_MS : 0;
    this.timers.set('receipt', waitMs, () => void this.ask());
  }

  /** Never rejects: who loses a link settles what was published on it. */
  private async ask(): Promise<void> {
    const upTo = this.published;
    this.asked = upTo;
    try {
      const link = this.linkOf();
      await link?.confirm();
      if (link !== undefined) this.settle(upTo);
    } catch {
      // The link is lost, which the session is told by the link itself.
    }
    this.isAsking = false;
    if (this.confirmedUpTo < this.published && this.linkOf() !== undefined) this.askLater();
  }

  private settle(upTo: number): void {
    this.confirmedUpTo = Math.max(this.confirmedUpTo, upTo);
    const open = this.waiters.findIndex(({ upTo: wanted }) => wanted > this.confirmedUpTo);
    for (const { resolve } of this.waiters.splice(0, open === -1 ? this.waiters.length : open)) resolve();
  }
}
