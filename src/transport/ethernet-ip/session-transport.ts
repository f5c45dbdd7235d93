import { Pm500Error, toPm500Error } from '../../support/errors';
import type { Logger } from '../../support/logger';
import { StateBroadcast } from '../state-broadcast';
import {
  blockUnsupported,
  type AssemblyBlock,
  type Block,
  type Identity,
  type Transport,
  type TransportState,
  type TransportStateChange,
} from '../transport';
import { stopped } from './session';
import { join, type SharedAttempt } from './shared-attempt';

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

/** What all transports over an encapsulation session share: opening once for many callers, states, closing. */
export class SessionTransport<Session extends OpenSession = OpenSession> implements Transport {
  private session: Session | undefined;
  private opening: SharedAttempt<void> | undefined;
  private ending: Promise<void> = Promise.resolve();
  private readonly broadcast: StateBroadcast;

  /** @param where host and port, for sentences */
  constructor(
    private readonly where: string,
    private readonly logger: Logger,
    private readonly begin: BeginSession<Session>,
  ) {
    this.broadcast = new StateBroadcast(logger);
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
      this.logger.debug(error.message);
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
      const session = await attempt.result;
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

  private notOpen(): Pm500Error {
    return new Pm500Error('METER_CLOSED', `There is no connection to ${this.where}; open it before reading.`);
  }
}
