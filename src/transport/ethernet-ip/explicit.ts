import type { Clock } from '../../support/clock';
import { Pm500Error, toPm500Error } from '../../support/errors';
import type { Logger } from '../../support/logger';
import { StateBroadcast } from '../state-broadcast';
import {
  blockUnsupported,
  type Block,
  type Identity,
  type Transport,
  type TransportState,
  type TransportStateChange,
} from '../transport';
import type { ContextCounter } from './request-line';
import { openSession, stopped, type Session, type SessionAttempt, type SessionSettings } from './session';
import { connectTcp, type Connect } from './socket';

export type ExplicitSettings = SessionSettings;

export interface ExplicitDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default: a TCP socket of the operating system. */
  readonly connect?: Connect;
}

/**
 * Explicit messages over UCMM (CIP Vol 2, 2-4.7): one TCP connection, one encapsulation session, one request on the wire.
 * Reads of several callers are taken in turn.
 */
export function createExplicitTransport(settings: ExplicitSettings, dependencies: ExplicitDependencies): Transport {
  return new ExplicitTransport(settings, dependencies);
}

/** An `open` under way, shared by everybody who waits for it. */
interface Opening {
  readonly attempt: SessionAttempt;
  /** Settles after the state has changed. */
  readonly done: Promise<void>;
  waiters: number;
}

class ExplicitTransport implements Transport {
  private session: Session | undefined;
  private opening: Opening | undefined;
  private ending: Promise<void> = Promise.resolve();
  private readonly counter: ContextCounter = { low: 0, high: 0 };
  private readonly broadcast: StateBroadcast;
  private readonly where: string;

  constructor(
    private readonly settings: ExplicitSettings,
    private readonly dependencies: ExplicitDependencies,
  ) {
    this.where = `${settings.host}:${settings.port}`;
    this.broadcast = new StateBroadcast(dependencies.logger);
  }

  get state(): TransportState {
    return this.broadcast.state;
  }

  onState(listener: (change: TransportStateChange) => void): () => void {
    return this.broadcast.onState(listener);
  }

  open(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(stopped(`Opening ${this.where}`));
    if (this.session !== undefined) return Promise.resolve();
    const opening = this.opening ?? this.startOpening();
    opening.waiters++;
    if (signal === undefined) return opening.done;
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        opening.waiters--;
        const error = stopped(`Opening ${this.where}`);
        // The last one to give up takes the attempt along, and hears of it when nothing is left open.
        if (opening.waiters === 0) opening.attempt.giveUp(error);
        else reject(error);
      };
      const ignore = (): void => {
        signal.removeEventListener('abort', stop);
      };
      signal.addEventListener('abort', stop, { once: true });
      opening.done.then(ignore, ignore);
      opening.done.then(resolve, reject);
    });
  }

  read(block: Block, signal?: AbortSignal): Promise<Uint8Array> {
    const { session } = this;
    if (block.kind !== 'assembly') return Promise.reject(blockUnsupported(block, 'EtherNet/IP'));
    if (session === undefined) return Promise.reject(this.notOpen());
    if (signal?.aborted === true) return Promise.reject(stopped(`Reading assembly ${block.instance} of ${this.where}`));
    return session.read(block, signal);
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
      opening.attempt.giveUp(closed);
      this.ending = opening.done.catch(() => undefined);
    } else if (session !== undefined) {
      this.session = undefined;
      this.ending = session.leave(closed);
      this.broadcast.enter('closed');
    }
    return this.ending;
  }

  private startOpening(): Opening {
    const { clock, connect = connectTcp } = this.dependencies;
    const onLost = (error: Pm500Error): void => {
      if (this.session?.lost === undefined) return;
      this.session = undefined;
      this.dependencies.logger.debug(error.message);
      this.broadcast.enter('closed', error);
    };
    const attempt = openSession(this.settings, { clock, connect, counter: this.counter, onLost });
    const opening: Opening = { attempt, done: this.settle(attempt), waiters: 0 };
    this.opening = opening;
    this.broadcast.enter('opening');
    return opening;
  }

  private async settle(attempt: SessionAttempt): Promise<void> {
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
