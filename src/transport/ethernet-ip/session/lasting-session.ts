import type { Clock, Timer } from '../../../support/clock';
import type { Pm500Error } from '../../../support/errors';
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

/** I/O connections go on meanwhile, so nobody waits for the new session; a meter in trouble is spared. */
const POLICY = { initialMs: 500, maximumMs: 5000, factor: 2, jitter: 0.2 };

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

  checkSize(block: AssemblyBlock, signal?: AbortSignal): Promise<undefined> {
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

  closeConnection(request: ForwardClose): Promise<undefined> {
    return this.session.closeConnection(request);
  }

  /** The session that is current was lost. */
  noteLost(error: Pm500Error): void {
    if (this.events.onLost(error) && !this.isOver) this.renewLater();
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

  private renewLater(): void {
    this.delays ??= retryDelays(POLICY, this.random);
    this.timer = this.clock.after(this.delays.next().value, () => {
      void this.renew();
    });
  }

  /** Never rejects. */
  private async renew(): Promise<void> {
    let isCurrent = false;
    this.attempt = this.openAnother((error) => {
      if (isCurrent) this.noteLost(error);
    });
    let session: Session;
    try {
      session = await this.attempt.result;
    } catch {
      // What keeps it away shows when the data ends, too.
      this.attempt = undefined;
      if (!this.isOver) this.renewLater();
      return;
    }
    this.attempt = undefined;
    // Whoever stopped it has given the attempt up, and its session with it.
    if (this.isOver) return;
    if (session.lost !== undefined) {
      this.renewLater();
      return;
    }
    isCurrent = true;
    this.session = session;
    this.delays = undefined;
    this.events.onRenewed();
  }
}
