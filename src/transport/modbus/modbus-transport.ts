import type { MeterModel } from '../../meters/meter-model';
import type { Timer } from '../../support/clock';
import { hasCode, toPm500Error, type Pm500Error } from '../../support/errors';
import { join, type SharedAttempt } from '../shared-attempt';
import { StateBroadcast } from '../state-broadcast';
import {
  blockUnsupported,
  type Block,
  type ProductIdentity,
  type RegisterBlock,
  type TransportState,
  type TransportStateChange,
} from '../transport';
import { checkRegisterBlock } from './address';
import { askLine, type RegisterRead } from './register-read';
import {
  closedOnRequest,
  droppedWith,
  isSilence,
  notOpen,
  notSent,
  replyTimedOut,
  stopped,
  unasked,
  withRetryAfter,
} from './failures';
import type { LineKind } from './line';
import { LineHolder } from './line-holder';
import type { ModbusDependencies, ModbusSettings, ModbusTransport } from './settings';
import { readProductIdentity } from './product-identity';

/** The share of its time that a unit which was never heard gets while somebody waits. */
const FIRST_CONTACT_SHARE = 0.5;
/** Who has had the line for so long gives it up between two requests when somebody waits for it. */
const LONGEST_TURN_MS = 1000;

/**
 * Reads registers over one line at a time, one request on it at a time. Whatever the library does, each request ends by
 * its reply, by its time, or by the end of its line; after anything but a Modbus exception the line is dropped.
 */
export class LineTransport implements ModbusTransport {
  private opening: SharedAttempt<void> | undefined;
  private current: RegisterRead | undefined;
  private waiting: RegisterRead[] = [];
  private timer: Timer | undefined;
  private idle: Timer | undefined;
  private readonly holder: LineHolder;
  private readonly broadcast: StateBroadcast;

  constructor(
    private readonly model: MeterModel,
    private readonly kind: LineKind,
    private readonly settings: ModbusSettings,
    private readonly dependencies: ModbusDependencies,
  ) {
    this.broadcast = new StateBroadcast(dependencies.logger);
    this.holder = new LineHolder(kind, dependencies.clock, {
      onBytes: (bytes) => {
        this.count(bytes);
      },
      onLost: (error) => {
        this.fail(error);
      },
      onWanted: () => {
        if (this.current === undefined) this.rest();
        else this.hurry(this.current);
      },
    });
  }

  get state(): TransportState {
    return this.broadcast.state;
  }

  get holdsLine(): boolean {
    return this.holder.line !== undefined;
  }

  onState(listener: (change: TransportStateChange) => void): () => void {
    return this.broadcast.onState(listener);
  }

  open(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(stopped(`Opening ${this.kind.where}`));
    if (this.state === 'open') return Promise.resolve();
    return join(this.opening ?? this.startOpening(), () => stopped(`Opening ${this.kind.where}`), signal);
  }

  read(block: Block, signal?: AbortSignal): Promise<Uint8Array> {
    if (block.kind !== 'registers') return Promise.reject(blockUnsupported(block, 'Modbus'));
    const what = `Reading register ${block.register} of ${this.kind.where}`;
    try {
      checkRegisterBlock(this.model, block);
    } catch (thrown) {
      return Promise.reject(toPm500Error(thrown));
    }
    if (this.state !== 'open') return Promise.reject(notOpen(this.kind.where));
    if (signal?.aborted === true) return Promise.reject(stopped(what));
    return this.submit(block, what, signal);
  }

  identify(signal?: AbortSignal): Promise<ProductIdentity> {
    return readProductIdentity(this.model, (block) => this.read(block, signal));
  }

  close(): Promise<void> {
    const closed = closedOnRequest(this.kind.where);
    this.opening?.giveUp(closed);
    const ending = this.opening?.done.catch(() => undefined) ?? Promise.resolve();
    this.end(closed, this.kind.pauseMs);
    return ending.then(() => this.holder.released);
  }

  private startOpening(): SharedAttempt<void> {
    const stop = new AbortController();
    const giveUp = (error: Pm500Error): void => {
      stop.abort(error);
    };
    this.opening = { done: this.settle(stop.signal), giveUp, waiters: 0 };
    this.broadcast.enter('opening');
    return this.opening;
  }

  private async settle(signal: AbortSignal): Promise<void> {
    try {
      await this.holder.open(signal);
    } catch (thrown) {
      const error = toPm500Error(thrown, 'MODBUS_CONNECT_FAILED');
      this.opening = undefined;
      this.broadcast.enter('closed', hasCode(error, 'METER_CLOSED', 'ABORTED') ? undefined : error);
      throw error;
    }
    this.opening = undefined;
    this.broadcast.enter('open');
    this.proceed();
  }

  private submit(block: RegisterBlock, what: string, signal?: AbortSignal): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.abandon(exchange, stopped(what));
      };
      const exchange: RegisterRead = {
        what,
        block,
        sentAt: undefined,
        receivedBytes: 0,
        resolve: (bytes) => {
          signal?.removeEventListener('abort', stop);
          resolve(bytes);
        },
        reject: (error) => {
          signal?.removeEventListener('abort', stop);
          reject(error);
        },
      };
      signal?.addEventListener('abort', stop, { once: true });
      this.waiting.push(exchange);
      this.proceed();
    });
  }

  /** Takes the next exchange, or sees to it that the line is given back. */
  private proceed(): void {
    if (this.current !== undefined) return;
    this.idle?.cancel();
    this.idle = undefined;
    const { turn } = this.holder;
    const heldMs = turn === undefined ? 0 : this.dependencies.clock.monotonic() - turn.since;
    if (turn?.isWanted === true && heldMs >= LONGEST_TURN_MS) this.holder.release(this.kind.pauseMs);
    this.current = this.waiting.shift();
    if (this.current !== undefined) {
      const exchange = this.current;
      this.serve(exchange).catch((thrown: unknown) => {
        this.conclude(exchange, toPm500Error(thrown));
      });
    } else this.rest();
  }

  /** Nothing is to be read now: the line is kept for a while, and for no longer than this cycle when others want it. */
  private rest(): void {
    const { turn } = this.holder;
    if (turn === undefined) return;
    this.idle?.cancel();
    this.idle = this.dependencies.clock.after(turn.isWanted ? 0 : this.settings.releaseAfterIdleMs, () => {
      this.holder.release(this.kind.pauseMs);
    });
  }

  private async serve(exchange: RegisterRead): Promise<void> {
    const line = this.holder.line ?? (await this.holder.open());
    if (this.current !== exchange) return;
    exchange.sentAt = this.dependencies.clock.monotonic();
    this.watch(exchange, this.settings.replyTimeoutMs);
    if (this.holder.turn?.isWanted === true) this.hurry(exchange);
    const bytes = await askLine(this.model, line, exchange, this.settings.readFunction ?? 4);
    if (this.current !== exchange) return;
    this.holder.turn?.answered();
    this.finish();
    exchange.resolve(bytes);
    this.proceed();
  }

  private conclude(exchange: RegisterRead, error: Pm500Error): void {
    if (this.current !== exchange) return;
    if (error.code === 'MODBUS_EXCEPTION') {
      this.holder.turn?.answered();
      this.finish();
      exchange.reject(error);
      this.proceed();
    } else this.fail(error);
  }

  private finish(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.current = undefined;
  }

  /** When time is up, what has arrived while the process was busy is still heard: a slow host is no silent meter. */
  private watch(exchange: RegisterRead, limitMs: number, delayMs = limitMs, lastChance = false): void {
    this.timer?.cancel();
    this.timer = this.dependencies.clock.after(delayMs, () => {
      if (lastChance) this.fail(replyTimedOut(exchange.what, limitMs, exchange.receivedBytes));
      else this.watch(exchange, limitMs, 0, true);
    });
  }

  /** Somebody waits: a unit that was never heard has less time. */
  private hurry(exchange: RegisterRead): void {
    if (exchange.sentAt === undefined || this.holder.turn?.isFirstContact !== true) return;
    const limitMs = FIRST_CONTACT_SHARE * this.settings.replyTimeoutMs;
    this.watch(exchange, limitMs, Math.max(0, exchange.sentAt + limitMs - this.dependencies.clock.monotonic()));
  }

  private count(bytes: Uint8Array): void {
    if (this.current?.sentAt !== undefined) this.current.receivedBytes += bytes.length;
    else if (this.kind.ignores?.(bytes) !== true) this.fail(unasked(this.kind.where));
  }

  /** Gives one exchange up. One that has begun costs the line, since its reply would come late. */
  private abandon(exchange: RegisterRead, error: Pm500Error): void {
    if (this.current === exchange) {
      this.finish();
      exchange.reject(error);
      this.fail(droppedWith(exchange.what, error));
      return;
    }
    const place = this.waiting.indexOf(exchange);
    if (place >= 0) this.waiting.splice(place, 1)[0]?.reject(error);
  }

  private fail(cause: Pm500Error): void {
    if (this.state !== 'open') return;
    // A gateway that speaks for the unit has nothing of it that could come late.
    const pauseMs = cause.code === 'MODBUS_UNIT_ABSENT' ? this.kind.pauseMs : this.kind.pauseAfterFailureMs;
    const error = this.charge(cause, pauseMs);
    this.dependencies.logger.debug(error.message);
    this.end(error, pauseMs, error);
  }

  /** A unit that did not answer is held back, so that it does not cost the others on its line more than its share. */
  private charge(error: Pm500Error, pauseMs: number): Pm500Error {
    const { turn } = this.holder;
    const sentAt = this.current?.sentAt;
    if (turn === undefined || sentAt === undefined || !isSilence(error)) return error;
    return withRetryAfter(error, turn.silent(error, this.dependencies.clock.monotonic() - sentAt + pauseMs));
  }

  /** Drops the line and tells everybody who waits; the one whose turn it was hears `error` itself. */
  private end(error: Pm500Error, pauseMs: number, reason?: Pm500Error): void {
    const { current, waiting } = this;
    this.finish();
    this.waiting = [];
    this.idle?.cancel();
    this.idle = undefined;
    this.holder.release(pauseMs, error);
    if (this.opening === undefined) this.broadcast.enter('closed', reason);
    current?.reject(error);
    for (const exchange of waiting) exchange.reject(notSent(exchange.what, error));
  }
}
