import type { Clock } from '../../../support/clock';
import { Pm500Error, toPm500Error } from '../../../support/errors';
import type { Logger } from '../../../support/logger';
import { StateBroadcast } from '../../state-broadcast';
import {
  blockUnsupported,
  type AssemblyBlock,
  type Block,
  type Identity,
  type Transport,
  type TransportState,
  type TransportStateChange,
} from '../../transport';
import { stopped, type SessionSettings } from './session';
import { join, type SharedAttempt } from '../../shared-attempt';

/** What a transport reads through while it is open. */
export interface OpenSession {
  /** Why it is gone, when it is. */
  readonly lost: Pm500Error | undefined;
  read(block: AssemblyBlock, signal?: AbortSignal): Promise<Uint8Array>;
  identify(signal?: AbortSignal): Promise<Identity>;
  /** Ends it in order; pending reads are rejected with `error`. */
  leave(error: Pm500Error): Promise<void>;
}

/** A session being opened: its end, and a way to give it up. */
export interface OpenAttempt<Session extends OpenSession = OpenSession> {
  readonly result: Promise<Session>;
  giveUp(error: Pm500Error): void;
}

/**
 * Begins to open a session.
 * @param onLost called when the session is gone that was not left; pending reads are rejected after it returns
 */
export type BeginSession<Session extends OpenSession> = (onLost: (error: Pm500Error) => void) => OpenAttempt<Session>;

export interface SessionTransportDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Register Session, Forward Open, and the Forward Close and the end of the session when that came to nothing. */
const REPLIES_OF_OPENING = 4;

/** What all transports over an encapsulation session share: opening once for many callers, states, closing. */
export class SessionTransport<Session extends OpenSession = OpenSession> implements Transport {
  private session: Session | undefined;
  private opening: SharedAttempt<void> | undefined;
  private ending: Promise<void> = Promise.resolve();
  private readonly broadcast: StateBroadcast;
  /** Host and port, for sentences. */
  private readonly where: string;
  private readonly openTimeoutMs: number;

  constructor(
    { host, port, connectTimeoutMs, replyTimeoutMs }: SessionSettings,
    private readonly dependencies: SessionTransportDependencies,
    private readonly begin: BeginSession<Session>,
  ) {
    this.where = `${host}:${port}`;
    this.openTimeoutMs = connectTimeoutMs + REPLIES_OF_OPENING * replyTimeoutMs;
    this.broadcast = new StateBroadcast(dependencies.logger);
  }

  get state(): TransportState {
    return this.broadcast.state;
  }

  onState(listener: (change: TransportStateChange) => void): () => void {
    return this.broadcast.onState(listener);
  }

  open(signal?: AbortSignal): Promise<void> {
    const given = (): Pm500Error => stopped(`Opening ${this.where}`);
    if (signal?.aborted === true) return Promise.reject(given());
    if (this.session !== undefined) return Promise.resolve();
    return join(this.opening ?? this.startOpening(), given, signal);
  }

  read(block: Block, signal?: AbortSignal): Promise<Uint8Array> {
    return this.ask(block, (session, assembly) => session.read(assembly, signal), signal);
  }

  identify(signal?: AbortSignal): Promise<Identity> {
    const { session } = this;
    if (session === undefined) return Promise.reject(this.notOpen());
    if (signal?.aborted === true) return Promise.reject(stopped(`Reading the identity of ${this.where}`));
    return session.identify(signal);
  }

  close(): Promise<void> {
    const { opening, session } = this;
    const closed = new Pm500Error('METER_CLOSED', `The connection to ${this.where} was closed before the reply came.`);
    if (opening !== undefined) {
      opening.giveUp(closed);
      this.ending = opening.done.catch(() => undefined);
    } else if (session !== undefined) {
      this.session = undefined;
      this.ending = session.leave(closed);
      this.broadcast.enter('closed');
    }
    return this.ending;
  }

  /** Hands an assembly to the session; anything else is refused before it gets there. */
  protected ask<Answer>(
    block: Block,
    read: (session: Session, block: AssemblyBlock) => Promise<Answer>,
    signal?: AbortSignal,
  ): Promise<Answer> {
    const { session } = this;
    if (block.kind !== 'assembly') return Promise.reject(blockUnsupported(block, 'EtherNet/IP'));
    if (session === undefined) return Promise.reject(this.notOpen());
    if (signal?.aborted === true) return Promise.reject(stopped(`Reading assembly ${block.instance} of ${this.where}`));
    return read(session, block);
  }

  private startOpening(): SharedAttempt<void> {
    const attempt = this.begin((error) => {
      if (this.session?.lost === undefined) return;
      this.session = undefined;
      this.dependencies.logger.debug(error.message);
      this.broadcast.enter('closed', error);
    });
    const opening: SharedAttempt<void> = {
      done: this.settle(attempt),
      giveUp: (error) => {
        attempt.giveUp(error);
      },
      waiters: 0,
    };
    this.opening = opening;
    this.broadcast.enter('opening');
    return opening;
  }

  private async settle(attempt: OpenAttempt<Session>): Promise<void> {
    try {
      const session = await this.inTime(attempt);
      // It may have been lost between the reply and this line.
      if (session.lost !== undefined) throw session.lost;
      this.session = session;
    } catch (thrown) {
      const error = toPm500Error(thrown, 'ENIP_CONNECT_FAILED');
      this.opening = undefined;
      const onRequest = error.code === 'METER_CLOSED' || error.code === 'ABORTED';
      this.broadcast.enter('closed', onRequest ? undefined : error);
      throw error;
    }
    this.opening = undefined;
    this.broadcast.enter('open');
  }

  /**
   * A watchdog over all steps of opening, each of which has a time limit of its own: whatever goes wrong in there, whoever
   * waits hears of it. A session that comes too late is left again.
   */
  private inTime(attempt: OpenAttempt<Session>): Promise<Session> {
    return new Promise((resolve, reject) => {
      let isLate = false;
      const timer = this.dependencies.clock.after(this.openTimeoutMs, () => {
        isLate = true;
        const error = new Pm500Error(
          'ENIP_CONNECT_TIMEOUT',
          `${this.where} could not be opened within ${this.openTimeoutMs} ms; check the network and the load of the meter.`,
          { retryable: true },
        );
        attempt.giveUp(error);
        reject(error);
      });
      attempt.result.then(
        (session) => {
          timer.cancel();
          // Sessions are left without fail.
          if (isLate) void session.leave(this.notOpen());
          else resolve(session);
        },
        (thrown: unknown) => {
          timer.cancel();
          reject(toPm500Error(thrown, 'ENIP_CONNECT_FAILED'));
        },
      );
    });
  }

  private notOpen(): Pm500Error {
    return new Pm500Error('METER_CLOSED', `There is no connection to ${this.where}; open it before reading.`);
  }
}
