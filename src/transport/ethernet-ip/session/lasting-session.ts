import type { Clock, Timer } from '../../../support/clock';
import { hasCode, type Pm500Error } from '../../../support/errors';
import type { Random } from '../../../support/random';
import { retryDelays } from '../../../support/retry';
import type { AssemblyBlock, Identity } from '../../transport';
import type { OpenedConnection } from './connection-exchange';
import type { ForwardClose } from '../wire/forward-close';
import type { ForwardOpen } from '../wire/forward-open';
import type { Session, SessionAttempt } from './session';

/** What I/O connections need of the session through which they were opened. */
export type ConnectionSession = Pick<
  Session,
  | 'lost'
  | 'busy'
  | 'opens'
  | 'remoteAddress'
  | 'stopOpening'
  | 'whenOpened'
  | 'identify'
  | 'checkSize'
  | 'openConnection'
  | 'closeConnection'
>;

/** Opens a session of its own; `onLost` is called when it is gone and was not left. */
export type OpenAnother = (onLost: (error: Pm500Error) => void) => SessionAttempt;

export interface LastingSessionEvents {
  /** The session is gone. Another one is opened when this returns true, as often as it takes. */
  readonly onLost: (error: Pm500Error) => boolean;
  /** There is another one. */
  readonly onRenewed: () => void;
}

/** While I/O connections go on nobody waits for the new session; a meter in trouble is spared. */
const POLICY = { initialMs: 500, maximumMs: 5000, factor: 2, jitter: 0.2 };
/**
 * The longest from one attempt to the next while nothing at all answers, which costs the meter nothing: it may have been
 * switched off, and then it has forgotten its I/O connections. The new session shows that it is back.
 */
const UNREACHED_MS = 900;
/** The shortest between the end of such an attempt and the next one. */
const PAUSE_MS = 100;

/**
 * The encapsulation session behind I/O connections, which do not end with it (CIP Vol 2, 2-4.4 ends only what runs over
 * TCP): a session that is lost is opened again beside them. While there is none, every request fails at once.
 */
export class LastingSession implements ConnectionSession {
  private attempt: SessionAttempt | undefined;
  private timer: Timer | undefined;
  private delays: Iterator<number, never> | undefined;
  private isOver = false;

  constructor(
    private session: Session,
    private readonly openAnother: OpenAnother,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly events: LastingSessionEvents,
  ) {}

  get lost(): Pm500Error | undefined {
    return this.session.lost;
  }

  get busy(): boolean {
    return this.session.busy;
  }

  get opens(): boolean {
    return this.session.opens;
  }

  get remoteAddress(): string | undefined {
    return this.session.remoteAddress;
  }

  stopOpening(error: Pm500Error): void {
    this.session.stopOpening(error);
  }

  whenOpened(): Promise<void> {
    return this.session.whenOpened();
  }

  identify(signal?: AbortSignal): Promise<Identity> {
    return this.session.identify(signal);
  }

  checkSize(block: AssemblyBlock, signal?: AbortSignal): Promise<void> {
    return this.session.checkSize(block, signal);
  }

  openConnection(
    purpose: string,
    request: ForwardOpen,
    receivePort?: number,
    signal?: AbortSignal,
  ): Promise<OpenedConnection> {
    return this.session.openConnection(purpose, request, receivePort, signal);
  }

  closeConnection(request: ForwardClose): Promise<boolean> {
    return this.session.closeConnection(request);
  }

  /** The session that is current was lost. */
  noteLost(error: Pm500Error): void {
    if (this.events.onLost(error) && !this.isOver) this.renewLater(this.nextDelayMs());
  }

  /** Ends it for good because of `error`; `onLost` is not called any more. */
  lose(error: Pm500Error): void {
    this.stop(error);
    this.session.lose(error);
  }

  /** Unregisters and closes; pending requests are rejected with `error`. */
  leave(error: Pm500Error): Promise<void> {
    this.stop(error);
    return this.session.leave(error);
  }

  private stop(error: Pm500Error): void {
    this.isOver = true;
    this.timer?.cancel();
    this.attempt?.giveUp(error);
  }

  private nextDelayMs(): number {
    this.delays ??= retryDelays(POLICY, this.random);
    return this.delays.next().value;
  }

  private renewLater(delayMs: number): void {
    this.timer = this.clock.after(delayMs, () => {
      void this.renew();
    });
  }

  /** Never rejects. */
  private async renew(): Promise<void> {
    const startedAt = this.clock.monotonic();
    let isCurrent = false;
    this.attempt = this.openAnother((error) => {
      if (isCurrent) this.noteLost(error);
    });
    let session: Session;
    try {
      session = await this.attempt.result;
    } catch (thrown) {
      // What keeps it away shows when the data ends, too.
      this.attempt = undefined;
      if (this.isOver) return;
      const delayMs = this.nextDelayMs();
      const tookMs = this.clock.monotonic() - startedAt;
      const isUnreached = hasCode(thrown, 'ENIP_CONNECT_FAILED', 'ENIP_CONNECT_TIMEOUT');
      this.renewLater(isUnreached ? Math.max(PAUSE_MS, Math.min(delayMs, UNREACHED_MS) - tookMs) : delayMs);
      return;
    }
    this.attempt = undefined;
    // Whoever stopped it has given the attempt up, and its session with it.
    if (this.isOver) return;
    if (session.lost !== undefined) {
      this.renewLater(this.nextDelayMs());
      return;
    }
    isCurrent = true;
    this.session = session;
    this.delays = undefined;
    this.events.onRenewed();
  }
}
