import type { Pm500Error } from '../../../support/errors';
import { OpenConnection, type OpenedConnection } from './connection-exchange';
import type { ForwardClose } from '../wire/forward-close';
import type { ForwardOpen } from '../wire/forward-open';
import type { RequestLine } from './request-line';

/** What a Forward Open needs of its session. */
export interface OpenerSession {
  readonly handle: number;
  readonly line: RequestLine;
  /** Forward Close. */
  closeConnection(request: ForwardClose): Promise<unknown>;
  lose(error: Pm500Error): void;
}

/**
 * Forward Opens of one session. A connection that the target granted and that nobody can use is closed again: one that
 * was given up before the reply came, and one whose reply cannot be read.
 */
export class ConnectionOpener {
  /** Forward Opens without an outcome, and how to give them up. */
  private readonly pending = new Map<Promise<unknown>, (error: Pm500Error) => void>();
  private stoppedWith: Pm500Error | undefined;

  constructor(private readonly session: OpenerSession) {}

  /** Resolves when every Forward Open that is on the wire is answered, and what nobody wants is closed. Never rejects. */
  async settled(): Promise<void> {
    while (this.pending.size > 0) await Promise.allSettled(this.pending.keys());
  }

  /** True while a Forward Open has no outcome. */
  get isBusy(): boolean {
    return this.pending.size > 0;
  }

  /** Opens nothing any more; whoever waits is rejected with `error`. */
  stop(error: Pm500Error): void {
    this.stoppedWith ??= error;
    for (const giveUp of [...this.pending.values()]) giveUp(error);
  }

  /**
   * @param purpose the task as the subject of a sentence
   * @param receivePort UDP port for T->O datagrams, when the target shall be told
   * @param stopped what is told when `signal` aborts
   */
  open(
    purpose: string,
    request: ForwardOpen,
    receivePort: number | undefined,
    stopped: () => Pm500Error,
    signal?: AbortSignal,
  ): Promise<OpenedConnection> {
    if (this.stoppedWith !== undefined) return Promise.reject(this.stoppedWith);
    if (signal?.aborted === true) return Promise.reject(stopped());
    const { handle, line } = this.session;
    return new Promise((resolve, reject) => {
      let isWanted = true;
      let settle: () => void = () => undefined;
      const note = new Promise<void>((done) => {
        settle = done;
      });
      const finish = (): void => {
        signal?.removeEventListener('abort', abort);
        this.pending.delete(note);
        settle();
      };
      const close = (): Promise<unknown> => this.session.closeConnection(request).catch(() => undefined);
      const exchange = new OpenConnection(purpose, handle, request, receivePort, {
        resolve: (opened) => {
          if (!isWanted) {
            void close().then(finish);
            return;
          }
          finish();
          resolve(opened);
        },
        reject: (error) => {
          finish();
          reject(error);
        },
        unusable: (error) => {
          void close().then(() => {
            this.session.lose(error);
            finish();
            reject(error);
          });
        },
      });
      const giveUp = (error: Pm500Error): void => {
        if (line.withdraw(exchange, error)) return;
        isWanted = false;
        reject(error);
      };
      const abort = (): void => {
        giveUp(stopped());
      };
      this.pending.set(note, giveUp);
      signal?.addEventListener('abort', abort, { once: true });
      line.submit(exchange);
    });
  }
}
