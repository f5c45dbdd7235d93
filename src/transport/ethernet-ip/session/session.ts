import type { Clock } from '../../../support/clock';
import { Pm500Error } from '../../../support/errors';
import type { AssemblyBlock, Identity } from '../../transport';
import { CheckedSizes } from './checked-sizes';
import { Connection } from './connection';
import { CheckAssemblySize, CloseConnection, type OpenedConnection } from './connection-exchange';
import { ConnectionOpener } from './connection-opener';
import {
  planAssembly,
  ReadAssembly,
  ReadIdentity,
  RegisterSession,
  type AssemblyPlan,
  type Exchange,
  type Settlement,
} from './exchange';
import type { ForwardClose } from '../wire/forward-close';
import type { ForwardOpen } from '../wire/forward-open';
import { RequestLine, type ContextCounter } from './request-line';
import { connectedRequests, unconnectedRequests, unRegisterSessionRequest, type ReadRequests } from '../wire/requests';
import type { Connect } from './socket';

export interface SessionSettings {
  readonly host: string;
  /** TCP. */
  readonly port: number;
  readonly connectTimeoutMs: number;
  /** How long the next attempt to connect may take, where that changes. */
  readonly connectTimeoutNowMs?: () => number;
  /** For each request, from the moment it is sent. */
  readonly replyTimeoutMs: number;
  /** Compare attribute 4 (Size) of an assembly with the layout before its first read from a device; default true. */
  readonly verifySize?: boolean;
}

export interface SessionDependencies {
  readonly clock: Clock;
  readonly connect: Connect;
  readonly counter: ContextCounter;
  /** Of the sessions before; default: nothing is known. */
  readonly sizes?: CheckedSizes;
  /** The session is gone and was not left with `leave`; pending reads are rejected after this returns. */
  readonly onLost: (error: Pm500Error) => void;
}

export function stopped(what: string): Pm500Error {
  return new Pm500Error('ABORTED', `${what} was stopped on request before it ended.`);
}

/** A session being opened: its end, and a way to give it up. */
export interface SessionAttempt {
  readonly result: Promise<Session>;
  giveUp(error: Pm500Error): void;
}

/** Connects and registers; `result` is rejected with a coded error, and then nothing is left open. */
export function openSession(settings: SessionSettings, dependencies: SessionDependencies): SessionAttempt {
  const { clock, counter, sizes = new CheckedSizes() } = dependencies;
  const connection: Connection = new Connection(settings, clock, {
    onFrame: (frame) => {
      line.receive(frame);
    },
    onLost: (error) => {
      dependencies.onLost(error);
      line.failAll(error);
    },
  });
  const line = new RequestLine(connection, clock, settings.replyTimeoutMs, counter);
  const where = `${settings.host}:${settings.port}`;
  const register = async (): Promise<Session> => {
    await connection.connect(dependencies.connect);
    const handle = await new Promise<number>((resolve, reject) => {
      line.submit(new RegisterSession(where, { resolve, reject }));
    });
    // A reply that comes twice costs the connection before anybody hears of the session.
    if (connection.lost !== undefined) throw connection.lost;
    line.setSession(handle);
    return new Session(handle, connection, line, where, settings.verifySize ?? true, sizes);
  };
  return {
    result: register(),
    giveUp: (error) => {
      connection.lose(error);
    },
  };
}

/** A registered encapsulation session (CIP Vol 2, 2-4.4) and what it knows of the assemblies. */
export class Session {
  private readonly plans = new Map<number, AssemblyPlan>();
  private readonly opener: ConnectionOpener;
  /** True once the device has told who it is: only then is it known whose sizes were checked. */
  private hasMet = false;

  constructor(
    private readonly handle: number,
    private readonly connection: Connection,
    private readonly line: RequestLine,
    private readonly where: string,
    private readonly verifySize: boolean,
    private readonly sizes: CheckedSizes,
    private readonly requests: ReadRequests = unconnectedRequests(handle),
  ) {
    this.opener = new ConnectionOpener({
      handle,
      line,
      closeConnection: (request) => this.closeConnection(request),
      lose: (error) => {
        this.lose(error);
      },
    });
  }

  /** Why it is gone, when it is. */
  get lost(): Pm500Error | undefined {
    return this.connection.lost;
  }

  /** Reads exactly the bytes of a block. */
  read(block: AssemblyBlock, signal?: AbortSignal): Promise<Uint8Array> {
    return this.run((outcome) => new ReadAssembly(this.where, this.planOf(block), block, outcome), signal);
  }

  async identify(signal?: AbortSignal): Promise<Identity> {
    const identity = await this.run<Identity>(
      (outcome) => new ReadIdentity(this.where, this.requests, outcome),
      signal,
    );
    this.sizes.meet(identity);
    this.hasMet = true;
    return identity;
  }

  /** Where the other end is, once connected: an IP address even when the settings name a host. */
  get remoteAddress(): string | undefined {
    return this.connection.remoteAddress;
  }

  /** IP address of this end, once connected. */
  get localAddress(): string | undefined {
    return this.connection.localAddress;
  }

  /** True while a request is on the wire. */
  get busy(): boolean {
    return this.line.busy;
  }

  /** Ends the session because of `error`; `onLost` follows. */
  lose(error: Pm500Error): void {
    this.connection.lose(error);
  }

  /** Compares attribute 4 (Size) with the layout, unless that was done or the settings say not to. */
  async checkSize(block: AssemblyBlock, signal?: AbortSignal): Promise<void> {
    if (this.isSizeKnown(block)) return;
    await this.run<undefined>((outcome) => new CheckAssemblySize(this.where, this.requests, block, outcome), signal);
    this.noteSize(block);
  }

  /** True while a Forward Open has no outcome. */
  get opens(): boolean {
    return this.opener.isBusy;
  }

  /** No connection is opened any more; whoever waits for one is rejected with `error`, and what is granted still is closed. */
  stopOpening(error: Pm500Error): void {
    this.opener.stop(error);
  }

  /** Resolves when no Forward Open is on the wire, and what was granted to nobody is closed. Never rejects. */
  whenOpened(): Promise<void> {
    return this.opener.settled();
  }

  /**
   * Forward Open. A connection that was granted too late, or by a reply that cannot be read, is closed again.
   * @param purpose the task as the subject of a sentence
   * @param receivePort UDP port for T->O datagrams, when the target shall be told
   */
  openConnection(
    purpose: string,
    request: ForwardOpen,
    receivePort?: number,
    signal?: AbortSignal,
  ): Promise<OpenedConnection> {
    return this.opener.open(purpose, request, receivePort, () => stopped(purpose), signal);
  }

  /** Forward Close. @returns whether the target still knew the connection */
  closeConnection(request: ForwardClose): Promise<boolean> {
    const purpose = `Closing a connection to ${this.where}`;
    return this.run((outcome) => new CloseConnection(purpose, this.handle, request, outcome));
  }

  /** The same session, reading over a class 3 connection from now on. */
  over(connection: OpenedConnection): Session {
    this.line.setConnection(connection.targetToOriginatorId);
    const requests = connectedRequests(this.handle, connection.originatorToTargetId);
    return new Session(this.handle, this.connection, this.line, this.where, this.verifySize, this.sizes, requests);
  }

  /** Unregisters and closes; pending reads are rejected with `error`. */
  leave(error: Pm500Error): Promise<void> {
    const ended = this.connection.end(unRegisterSessionRequest(this.handle));
    this.line.failAll(error);
    return ended;
  }

  private run<Result>(create: (outcome: Settlement<Result>) => Exchange, signal?: AbortSignal): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (signal === undefined) {
        this.line.submit(create({ resolve, reject }));
        return;
      }
      if (signal.aborted) {
        reject(stopped(create({ resolve, reject }).what()));
        return;
      }
      const ignore = (): void => {
        signal.removeEventListener('abort', stop);
      };
      const exchange = create({
        resolve: (result) => {
          ignore();
          resolve(result);
        },
        reject: (error) => {
          ignore();
          reject(error);
        },
      });
      const stop = (): void => {
        this.line.abandon(exchange, stopped(exchange.what()));
      };
      signal.addEventListener('abort', stop, { once: true });
      this.line.submit(exchange);
    });
  }

  private isSizeKnown(block: AssemblyBlock): boolean {
    return !this.verifySize || (this.hasMet && this.sizes.fits(block));
  }

  private noteSize(block: AssemblyBlock): void {
    if (this.hasMet) this.sizes.note(block);
  }

  private planOf(block: AssemblyBlock): AssemblyPlan {
    const { instance } = block;
    let plan = this.plans.get(instance);
    if (plan === undefined) {
      plan = planAssembly(this.requests, instance, this.isSizeKnown(block), () => {
        this.noteSize(block);
      });
      this.plans.set(instance, plan);
    }
    return plan;
  }
}
