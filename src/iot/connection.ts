import type { AcknowledgedLink, OpenAcknowledgedLink } from '../mqtt/mqtt-link';
import type { BrokerSettings } from '../mqtt/mqtt-options';
import type { Clock } from '../support/clock';
import { hasCode, Pm500Error, toPm500Error } from '../support/errors';
import type { Random } from '../support/random';
import { retryDelays, type RetryPolicy } from '../support/retry';
import { explainEnds } from './explain';

/** A connection whose broker has accepted it. */
export interface Standing {
  readonly link: AcknowledgedLink;
  /** Bytes of a packet and unacknowledged messages that the broker takes, as its CONNACK says; Infinity where it does not. */
  readonly maximumBytes: number;
  readonly receiveMaximum: number;
  /** Why it ended; undefined while it stands. */
  readonly ended: Pm500Error | undefined;
  /** Calls `listener` when it ends, until the returned function is called. */
  onEnded(listener: (error: Pm500Error) => void): () => void;
}

export interface Unavailable {
  readonly error: Pm500Error;
  /** How long to leave the broker alone, milliseconds. */
  readonly retryAfterMs?: number;
}

/** A certificate that can be replaced at any moment, also by another program. None of these ever throws. */
export interface ReplaceableIdentity {
  /** Asked while a connection stands: whether what it was opened with is not used any more. */
  isOutdated(): boolean;
  /**
   * Asked as a connection ends: whether another certificate has come before that of the connection, so that it is the reason.
   * True once for each certificate.
   */
  isReplaced(): boolean;
  /** Asked when the broker did not let one in: whether there is another certificate, which was not tried yet. */
  hasAnother(): boolean;
  /** Another text after each change. */
  readonly version: string;
}

export interface ConnectionDependencies {
  readonly openLink: OpenAcknowledgedLink;
  readonly clock: Clock;
  readonly random: Random;
  /** What holds for the next connection: certificates are read anew for each. @throws Pm500Error */
  readonly settingsOf: () => BrokerSettings;
  /** Absent where what a connection is opened with stays the same. */
  readonly identity?: ReplaceableIdentity;
  /** A connection that failed in words for a person. */
  readonly explain: (error: Pm500Error) => Pm500Error;
  /** Milliseconds from one CONNECT to the next at least. */
  readonly connectEveryMs?: number;
}

/** A connection that ended sooner than this was no good one. */
const SHORT_MS = 10_000;
/** After connections that the broker ended soon, as it does where two clients have one ID: not at the pace of the data. */
const CALM_RETRY: RetryPolicy = { initialMs: 500, maximumMs: 30_000, factor: 2, jitter: 0.5 };

class LiveStanding implements Standing {
  ended: Pm500Error | undefined;
  private readonly listeners = new Set<(error: Pm500Error) => void>();

  constructor(
    readonly link: AcknowledgedLink,
    readonly sinceMs: number,
    readonly maximumBytes: number,
    readonly receiveMaximum: number,
  ) {}

  onEnded(listener: (error: Pm500Error) => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  end(error: Pm500Error): void {
    if (this.ended !== undefined) return;
    this.ended = error;
    for (const listener of [...this.listeners]) listener(error);
    this.listeners.clear();
  }
}

const closedHere = (): Pm500Error =>
  new Pm500Error('MQTT_CONNECTION_LOST', 'The connection to the MQTT broker was closed by this node.');

const renewedHere = (): Pm500Error =>
  new Pm500Error('MQTT_CONNECTION_LOST', 'The connection to the MQTT broker is opened anew with a new certificate.', {
    retryable: true,
  });

/** Whatever was on its way: the records are not the reason. */
const endedAsReplaced = (cause: Pm500Error): Pm500Error =>
  new Pm500Error(
    'MQTT_CONNECTION_LOST',
    'The MQTT broker ended the connection, whose certificate was replaced; it is opened anew with the new one.',
    { retryable: true, cause, details: { isReplaced: true } },
  );

/**
 * The one connection of a target, opened when there is something to send. The session is always a clean one: what the
 * broker has not acknowledged waits in the outbox and is sent again from there, whatever a broker remembers of a session.
 */
export class BrokerConnection {
  private standing: LiveStanding | undefined;
  private opening: Promise<Standing | Unavailable> | undefined;
  private link: AcknowledgedLink | undefined;
  private isClosed = false;
  private notBeforeMs = -Infinity;
  private lastEnd: Pm500Error | undefined;
  private calm: Iterator<number, never>;

  constructor(
    private readonly dependencies: ConnectionDependencies,
    private readonly policy: RetryPolicy = CALM_RETRY,
  ) {
    this.calm = retryDelays(policy, dependencies.random);
  }

  /** A connection that stands, or why there is none. Never rejects. */
  stand(): Promise<Standing | Unavailable> {
    if (this.isClosed) return Promise.resolve({ error: closedHere() });
    if (this.standing !== undefined && this.dependencies.identity?.isOutdated() === true) this.replace();
    if (this.standing !== undefined) return Promise.resolve(this.standing);
    if (this.opening !== undefined) return this.opening;
    const waitMs = this.notBeforeMs - this.dependencies.clock.monotonic();
    if (waitMs > 0 && this.lastEnd !== undefined)
      return Promise.resolve({ error: this.lastEnd, retryAfterMs: Math.ceil(waitMs) });
    this.opening = this.open().then((found) => {
      this.opening = undefined;
      if ('error' in found) this.lastEnd = found.error;
      return found;
    });
    return this.opening;
  }

  /** Nobody knows what has become of what was sent over it: the next message gets another connection. */
  drop(error: Pm500Error): void {
    this.over(error);
    void this.link?.end();
    this.link = undefined;
  }

  /** Sends DISCONNECT where it can. */
  async close(): Promise<void> {
    this.isClosed = true;
    const { link } = this;
    this.over(closedHere());
    await link?.end();
  }

  /** Sends DISCONNECT: nothing is wrong with it, so the next one is not held up longer than the broker asks for. */
  private replace(): void {
    const { standing, link } = this;
    this.standing = undefined;
    this.link = undefined;
    this.lastEnd = renewedHere();
    standing?.end(this.lastEnd);
    void link?.end();
  }

  private open(): Promise<Standing | Unavailable> {
    const { openLink, clock, settingsOf, explain, connectEveryMs = 0 } = this.dependencies;
    return new Promise((resolve) => {
      let settings: BrokerSettings;
      try {
        settings = settingsOf();
      } catch (thrown) {
        resolve({ error: toPm500Error(thrown, 'MQTT_CREDENTIALS_INVALID') });
        return;
      }
      this.leaveAlone(connectEveryMs);
      const link = openLink(settings, undefined, {
        onConnecting: () => undefined,
        onMessage: () => undefined,
        onDrained: () => undefined,
        onConnected: (maximumBytes = Infinity, receiveMaximum = Infinity) => {
          if (this.link !== link || this.isClosed) return;
          // From here on, too: a handshake that took long brought this CONNECT there late, and the next one may be quick.
          this.leaveAlone(connectEveryMs);
          this.standing = new LiveStanding(link, clock.monotonic(), maximumBytes, receiveMaximum);
          resolve(this.standing);
        },
        onClosed: (error = closedHere()) => {
          // Before the CONNACK the caller waits; after it this does nothing.
          resolve({ error: explain(error) });
          if (this.link !== link) return;
          if (this.standing === undefined) this.leaveAlone(connectEveryMs);
          this.link = undefined;
          this.over(error);
        },
      });
      this.link = link;
    });
  }

  private leaveAlone(forMs: number): void {
    this.notBeforeMs = Math.max(this.notBeforeMs, this.dependencies.clock.monotonic() + forMs);
  }

  private over(error: Pm500Error): void {
    const { standing } = this;
    if (standing === undefined) return;
    this.standing = undefined;
    const now = this.dependencies.clock.monotonic();
    // Nor is a certificate that was replaced a reason to be calm: the next connection is made with another one.
    const isReplaced = !this.isClosed && this.dependencies.identity?.isReplaced() === true;
    const isSoon = now - standing.sinceMs < SHORT_MS;
    if (isReplaced || !isSoon) this.calm = retryDelays(this.policy, this.dependencies.random);
    else this.leaveAlone(this.calm.next().value);
    const isUnsaid = hasCode(error, 'MQTT_CONNECTION_LOST') && error.details['reasonCode'] === undefined;
    const told = isSoon && isUnsaid && !this.isClosed ? explainEnds(error) : error;
    this.lastEnd = isReplaced ? endedAsReplaced(error) : told;
    standing.end(this.lastEnd);
  }
}
