import type { Clock, Timer } from '../../../support/clock';
import { Pm500Error } from '../../../support/errors';
import { FrameReassembler } from '../wire/reassembler';
import type { RequestFrame } from '../wire/requests';
import { describeSocketError, type Connect, type SocketLike } from './socket';

/** How long a target may take to close its side after UnRegisterSession before the socket is destroyed. */
const CLOSE_WAIT_MS = 200;

export interface TcpConnectionSettings {
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
  /** How long the next attempt to connect may take, where that changes. */
  readonly connectTimeoutNowMs?: () => number;
}

export interface ConnectionEvents {
  /** A whole frame; it shares memory with what arrived. */
  readonly onFrame: (frame: Buffer) => void;
  /** The connection is gone and was not ended with `end`; called once at most. */
  readonly onLost: (error: Pm500Error) => void;
}

/**
 * One TCP connection that carries encapsulation frames. Its socket has handlers for every event from the first moment
 * until after it was destroyed: a late error can never become an uncaught one.
 */
export class Connection {
  private socket: SocketLike | undefined;
  private readonly reassembler: FrameReassembler;
  private lostWith: Pm500Error | undefined;
  private ended = false;
  private connected = false;
  private address: string | undefined;
  private settleConnect: ((error?: Pm500Error) => void) | undefined;
  private onClosed: (() => void) | undefined;

  constructor(
    private readonly settings: TcpConnectionSettings,
    private readonly clock: Clock,
    private readonly events: ConnectionEvents,
  ) {
    this.reassembler = new FrameReassembler({ onFrame: events.onFrame });
  }

  /** Why it is gone, when it is and was not ended. */
  get lost(): Pm500Error | undefined {
    return this.lostWith;
  }

  /** Why nothing can be sent any more, when that is so: it was lost, or ended on request. */
  get gone(): Pm500Error | undefined {
    if (this.lostWith !== undefined || !this.ended) return this.lostWith;
    return new Pm500Error('METER_CLOSED', `The connection to ${this.where()} has been closed; open it before reading.`);
  }

  /** IP address of the other end, since it was connected; a socket that is gone has forgotten it. */
  get remoteAddress(): string | undefined {
    return this.address;
  }

  /** IP address of this end, when the socket knows it. */
  get localAddress(): string | undefined {
    return this.socket?.localAddress;
  }

  /**
   * Once only.
   * @throws Pm500Error ENIP_CONNECT_FAILED, ENIP_CONNECT_TIMEOUT, or what `lose` was called with meanwhile
   */
  connect(connect: Connect): Promise<void> {
    return new Promise((resolve, reject) => {
      const connectTimeoutMs = this.settings.connectTimeoutNowMs?.() ?? this.settings.connectTimeoutMs;
      const timer: Timer = this.clock.after(connectTimeoutMs, () => {
        this.lose(
          new Pm500Error(
            'ENIP_CONNECT_TIMEOUT',
            `${this.where()} did not accept a connection within ${connectTimeoutMs} ms; check the address and that the meter is powered.`,
            { retryable: true },
          ),
        );
      });
      this.settleConnect = (error) => {
        this.settleConnect = undefined;
        timer.cancel();
        if (error === undefined) resolve();
        else reject(error);
      };
      try {
        const { host, port } = this.settings;
        this.attach(
          connect(host, port, (chunk) => {
            this.receive(chunk);
          }),
        );
      } catch (thrown) {
        this.lose(this.connectFailed(thrown));
      }
    });
  }

  send(frame: RequestFrame): void {
    if (this.lostWith === undefined && !this.ended) this.socket?.write(frame);
  }

  /** Destroys the connection because of `error`; `onLost` follows. Does nothing when it is gone already. */
  lose(error: Pm500Error): void {
    if (this.lostWith !== undefined || this.ended) return;
    this.lostWith = error;
    this.reassembler.stop();
    this.socket?.destroy();
    this.settleConnect?.(error);
    this.events.onLost(error);
  }

  /** Destroys the connection without telling anybody. */
  drop(): void {
    this.ended = true;
    this.reassembler.stop();
    this.socket?.destroy();
  }

  /** Sends a last frame, closes in order, and destroys the socket when the target does not close in time. */
  end(frame: RequestFrame): Promise<void> {
    const { socket } = this;
    if (socket === undefined || this.lostWith !== undefined || this.ended) return Promise.resolve();
    this.ended = true;
    this.reassembler.stop();
    return new Promise((resolve) => {
      const timer = this.clock.after(CLOSE_WAIT_MS, () => {
        this.onClosed?.();
      });
      this.onClosed = () => {
        this.onClosed = undefined;
        timer.cancel();
        socket.destroy();
        resolve();
      };
      socket.end(frame);
    });
  }

  private receive(chunk: Buffer): void {
    if (this.lostWith !== undefined || this.ended) return;
    const broken = this.reassembler.push(chunk);
    if (broken === undefined) return;
    const { code, message, details, retryable } = broken;
    this.lose(new Pm500Error(code, `${this.where()}: ${message}`, { cause: broken, details, retryable }));
  }

  private attach(socket: SocketLike): void {
    this.socket = socket;
    socket.on('error', (error) => {
      this.lose(this.connected ? this.connectionLost(describeSocketError(error), error) : this.connectFailed(error));
    });
    socket.on('connect', () => {
      this.connected = true;
      this.address = socket.remoteAddress;
      socket.setNoDelay(true);
      if (this.lostWith === undefined) this.settleConnect?.();
    });
    socket.on('end', () => {
      this.lose(this.connectionLost('the meter closed it; it is opened again.'));
    });
    socket.on('close', () => {
      this.lose(this.connectionLost('it was closed; it is opened again.'));
      this.onClosed?.();
    });
  }

  private connectFailed(cause: unknown): Pm500Error {
    return new Pm500Error('ENIP_CONNECT_FAILED', `No connection to ${this.where()}: ${describeSocketError(cause)}`, {
      cause,
      retryable: true,
    });
  }

  private connectionLost(reason: string, cause?: unknown): Pm500Error {
    return new Pm500Error('ENIP_CONNECTION_LOST', `The connection to ${this.where()} was lost: ${reason}`, {
      cause,
      retryable: true,
    });
  }

  private where(): string {
    return `${this.settings.host}:${this.settings.port}`;
  }
}
