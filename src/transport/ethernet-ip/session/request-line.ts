import type { Clock, Timer } from '../../../support/clock';
import { Pm500Error, toPm500Error } from '../../../support/errors';
import type { Connection } from './connection';
import { COMMAND, HEADER_OFFSET } from '../wire/encapsulation';
import type { Exchange } from './exchange';
import { checkReplyHeader, describeCommand, isNop, type AwaitedReply } from '../wire/reply';
import { patchContext, patchSequence, type RequestFrame } from '../wire/requests';

/** Marks requests of all connections of one transport apart, so that a reply of another one never fits. */
export interface ContextCounter {
  low: number;
  high: number;
}

/**
 * The requests of one session, one on the wire at a time (UCMM has no other way to tell replies apart for sure). The
 * reply must come within `replyTimeoutMs` of its request; after a timeout or a doubtful reply the connection is lost.
 */
export class RequestLine {
  private current: Exchange | undefined;
  private waiting: Exchange[] = [];
  private timer: Timer | undefined;
  private deadline = 0;
  private readonly awaited: AwaitedReply = {
    command: 0,
    session: 0,
    contextLow: 0,
    contextHigh: 0,
    connectionId: 0,
  };

  constructor(
    private readonly connection: Connection,
    private readonly clock: Clock,
    private readonly replyTimeoutMs: number,
    private readonly counter: ContextCounter,
  ) {}

  /** From now on replies must carry this session handle. */
  setSession(session: number): void {
    this.awaited.session = session;
  }

  /** Replies by SendUnitData must carry this connection id, T->O. */
  setConnection(connectionId: number): void {
    this.awaited.connectionId = connectionId;
  }

  /** True while a request is on the wire. */
  get busy(): boolean {
    return this.current !== undefined;
  }

  /** Sends the request, or keeps it until its turn. On a connection that is gone it fails at once. */
  submit(exchange: Exchange): void {
    const { gone } = this.connection;
    if (gone !== undefined) exchange.fail(this.notSent(exchange, gone));
    else if (this.current === undefined) this.start(exchange);
    else this.waiting.push(exchange);
  }

  /** Takes a frame of the connection. */
  receive(frame: Buffer): void {
    const { current } = this;
    if (current === undefined || isNop(frame)) {
      if (!isNop(frame)) this.connection.lose(this.unexpected(frame));
      return;
    }
    let next: RequestFrame | undefined;
    try {
      checkReplyHeader(frame, this.awaited, () => current.what());
      next = current.accept(frame);
    } catch (thrown) {
      this.connection.lose(toPm500Error(thrown));
      return;
    }
    if (next !== undefined) {
      this.transmit(next);
      return;
    }
    this.current = undefined;
    const following = this.waiting.shift();
    if (following !== undefined) this.start(following);
  }

  /** Gives one exchange up. One that is on the wire costs the connection, since its reply would come late. */
  abandon(exchange: Exchange, error: Pm500Error): void {
    if (this.current === exchange) {
      this.current = undefined;
      exchange.fail(error);
      this.connection.lose(
        new Pm500Error('ENIP_CONNECTION_LOST', `${exchange.what()} was stopped, and its connection dropped with it.`, {
          cause: error,
          retryable: true,
        }),
      );
      return;
    }
    this.withdraw(exchange, error);
  }

  /**
   * Takes back an exchange that was not sent yet.
   * @returns false when it is on the wire, or was settled before
   */
  withdraw(exchange: Exchange, error: Pm500Error): boolean {
    const place = this.waiting.indexOf(exchange);
    if (place < 0) return false;
    this.waiting.splice(place, 1);
    exchange.fail(error);
    return true;
  }

  /** Tells everybody who waits; the one on the wire hears `error` itself. */
  failAll(error: Pm500Error): void {
    this.timer?.cancel();
    this.timer = undefined;
    const { current, waiting } = this;
    this.current = undefined;
    this.waiting = [];
    current?.fail(error);
    for (const exchange of waiting) exchange.fail(this.notSent(exchange, error));
  }

  private start(exchange: Exchange): void {
    this.current = exchange;
    this.transmit(exchange.begin());
  }

  private transmit(frame: RequestFrame): void {
    const { counter, awaited } = this;
    counter.low = (counter.low + 1) >>> 0;
    if (counter.low === 0) counter.high = (counter.high + 1) >>> 0;
    patchContext(frame, counter.low, counter.high);
    awaited.contextLow = counter.low;
    awaited.contextHigh = counter.high;
    awaited.command = frame.readUInt16LE(HEADER_OFFSET.command);
    if (awaited.command === COMMAND.sendUnitData) patchSequence(frame, counter.low & 0xffff);
    this.deadline = this.clock.monotonic() + this.replyTimeoutMs;
    if (this.timer === undefined) this.watch(this.replyTimeoutMs);
    this.connection.send(frame);
  }

  /**
   * One timer serves many requests: it is moved when it fires, not with every request. When time is up, what has arrived
   * while the process was busy elsewhere is still heard (`lastChance`): a slow host is not a silent meter.
   */
  private watch(delayMs: number, lastChance = false): void {
    this.timer = this.clock.after(delayMs, () => {
      this.timer = undefined;
      if (this.current === undefined) return;
      const remainingMs = this.deadline - this.clock.monotonic();
      if (remainingMs > 0) this.watch(Math.ceil(remainingMs));
      else if (!lastChance) this.watch(0, true);
      else this.connection.lose(this.timedOut(this.current));
    });
  }

  private timedOut(exchange: Exchange): Pm500Error {
    return new Pm500Error(
      'ENIP_REPLY_TIMEOUT',
      `${exchange.what()}: no reply within ${this.replyTimeoutMs} ms; check the network and the load of the meter, the connection is opened again.`,
      { retryable: true },
    );
  }

  private unexpected(frame: Buffer): Pm500Error {
    return new Pm500Error(
      'ENIP_REPLY_MISMATCH',
      `A reply (${describeCommand(frame)}) arrived that nothing had asked for; the connection is opened again.`,
      { retryable: true },
    );
  }

  private notSent(exchange: Exchange, cause: Pm500Error): Pm500Error {
    if (cause.code === 'METER_CLOSED') return cause;
    return new Pm500Error(
      'ENIP_CONNECTION_LOST',
      `${exchange.what()} was not sent, because the connection was lost: ${cause.message}`,
      { cause, retryable: true },
    );
  }
}
