import type { Clock } from '../../support/clock';
import { Pm500Error } from '../../support/errors';
import type { Logger } from '../../support/logger';
import { SizeLimit, publishBytes } from '../mqtt/message-size';
import type { ServerList } from '../../mqtt/server-list';
import type { TimerSet } from '../../support/timer-set';

const BYTES_PER_KILOBYTE = 1000;
const STABLE = 'stable';
/** A connection that lasts so long is worth a short pause when it ends. */
const STABLE_MS = 10_000;

/** What was published, for the watch. */
interface Published {
  readonly message: string;
  readonly topic: string;
  readonly payload: Uint8Array;
}

/**
 * Whether connections last: one that ends soon after it stood makes the next pause longer instead of the shortest, and
 * what was published last is named, and avoided where it ends one connection after the other.
 */
export class ConnectionWatch {
  private readonly limit: SizeLimit;
  private readonly timers: TimerSet;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly servers: ServerList;

  /** @param maximumBytes of a message, where a setting says so */
  constructor(servers: ServerList, timers: TimerSet, clock: Clock, logger: Logger, maximumBytes?: number) {
    this.limit = new SizeLimit(maximumBytes);
    this.timers = timers;
    this.clock = clock;
    this.logger = logger;
    this.servers = servers;
  }

  /** The broker has accepted a session. @returns bytes of a message at most */
  onConnected(announced: number | undefined): number {
    this.limit.begin(this.clock.monotonic(), announced);
    return this.limit.bytes;
  }

  /** Bytes of a message at most, as far as it is known now. */
  get maximumBytes(): number {
    return this.limit.bytesAt(this.clock.monotonic());
  }

  /** The session stands. When it still does after a while, pauses are short again. */
  onStanding(): void {
    this.timers.set(STABLE, STABLE_MS, () => {
      this.servers.onStanding();
    });
  }

  onPublish({ message, topic, payload }: Published): void {
    const bytes = publishBytes(topic, payload);
    const isNeeded = message === 'NBIRTH';
    // Nearly all messages are data no larger than those before.
    if (!isNeeded && !this.limit.isUnknown(bytes)) return;
    const what = `${message} of ${topic.slice(topic.lastIndexOf('/') + 1)}`;
    this.limit.onPublish(what, bytes, this.clock.monotonic(), isNeeded);
  }

  /** Births are what is large: asks the broker whether it has read them. @param confirm resolves when it has read all */
  onBirth(confirm: () => Promise<void>): void {
    const bytes = this.limit.unknownBytes;
    if (bytes === 0) return;
    confirm().then(
      () => {
        this.limit.onTaken(bytes);
      },
      () => undefined,
    );
  }

  /** The connection has ended. @param error why, unless it was asked for @returns the same, with what may be the cause */
  onEnd(error: Pm500Error | undefined): Pm500Error | undefined {
    this.timers.cancel(STABLE);
    if (error === undefined) return undefined;
    const lost = this.limit.onLost(this.clock.monotonic());
    if (lost === undefined) return error;
    const kilobytes = Math.ceil(lost.bytes / BYTES_PER_KILOBYTE);
    if (lost.verdict === 'ruled out') {
      this.logger.warn(
        `Sparkplug: the MQTT broker ${this.servers.label} ended the connection several times after ${lost.what} of ${kilobytes} kB, without which there is no session. Check what this user may publish, and whether the broker takes messages of that size.`,
      );
    }
    if (lost.verdict === 'learned') {
      // What ended the connections will not be sent again: no reason to wait longer.
      this.servers.onStanding();
      this.logger.warn(
        `Sparkplug: the MQTT broker ${this.servers.label} ended the connection several times after ${lost.what} of ${kilobytes} kB; messages of that size are avoided for an hour. Raise the limit of the broker for the size of packets, or set the limit in the edge node.`,
      );
    }
    const message = `${error.message} The largest message shortly before was ${lost.what}, ${kilobytes} kB: if this repeats, check how large a message the broker takes.`;
    return new Pm500Error(error.code, message, { cause: error, retryable: error.retryable, details: error.details });
  }
}
