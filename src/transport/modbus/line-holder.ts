import type { Clock } from '../../support/clock';
import { toPm500Error, type Pm500Error } from '../../support/errors';
import type { LineEvents, LineKind, ModbusLine } from './line';
import type { Turn } from './line-turns';

/** An open line and the right to it. */
interface Held {
  readonly line: ModbusLine;
  readonly turn: Turn;
  /** Why it is gone, when it went by itself. */
  lost: Pm500Error | undefined;
}

export interface HolderEvents extends LineEvents {
  /** Somebody else waits for the line. */
  readonly onWanted: () => void;
}

/**
 * Holds one line at most. The next one is opened when the one before has closed, its pause is over, and nobody else in
 * the process holds the same socket or port.
 */
export class LineHolder {
  private held: Held | undefined;
  private attempt: AbortController | undefined;
  private closing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly kind: LineKind,
    private readonly clock: Clock,
    private readonly events: HolderEvents,
  ) {}

  get line(): ModbusLine | undefined {
    return this.held?.line;
  }

  /** The right to the line that is held. */
  get turn(): Turn | undefined {
    return this.held?.turn;
  }

  /** Resolves when what was released last is closed. */
  get released(): Promise<void> {
    return this.closing.then(() => undefined);
  }

  /**
   * Opens a line; to be called when there is none.
   * @throws Pm500Error coded, or the reason of `signal`, or what `release` was given meanwhile
   */
  async open(signal?: AbortSignal): Promise<ModbusLine> {
    const attempt = new AbortController();
    const stop = signal === undefined ? attempt.signal : AbortSignal.any([signal, attempt.signal]);
    const opening = this.openWhenFree(stop);
    this.attempt = attempt;
    // Whoever waits for the line to be closed waits for an attempt that is being given up, too.
    this.closing = opening.catch(() => undefined);
    const held = await opening;
    this.attempt = undefined;
    const unwanted = stop.aborted ? (stop.reason as Pm500Error) : held.lost;
    if (unwanted !== undefined) {
      await this.dispose(held, this.kind.pauseMs);
      throw unwanted;
    }
    this.held = held;
    return held.line;
  }

  /**
   * Gives the line back, or ends the attempt to open one.
   * @param pauseMs nobody in the process opens it again before
   * @param reason what an attempt under way is rejected with
   */
  release(pauseMs: number, reason?: Pm500Error): void {
    const { held, attempt } = this;
    this.held = undefined;
    this.attempt = undefined;
    attempt?.abort(reason);
    if (held !== undefined) this.closing = this.dispose(held, pauseMs);
  }

  private async dispose({ line, turn }: Held, pauseMs: number): Promise<void> {
    await line.destroy();
    turn.giveBack(pauseMs);
  }

  private async openWhenFree(stop: AbortSignal): Promise<Held> {
    await this.closing;
    stop.throwIfAborted();
    const { lines, key, unit, where } = this.kind;
    const turn = await lines.take({ key, unit, where, clock: this.clock, signal: stop });
    let held: Held | undefined;
    let lost: Pm500Error | undefined;
    try {
      const line = await this.kind.openLine(
        {
          onBytes: (bytes) => {
            if (this.held !== undefined && this.held === held) this.events.onBytes(bytes);
          },
          onLost: (error) => {
            lost = error;
            if (held === undefined) return;
            held.lost = error;
            if (this.held === held) this.events.onLost(error);
          },
        },
        stop,
      );
      held = { line, turn, lost };
      turn.onWanted = this.events.onWanted;
      return held;
    } catch (thrown) {
      // What keeps the line from being opened is no fault of a unit: whoever waits would find the same.
      if (!stop.aborted) turn.failWaiting(toPm500Error(thrown, 'MODBUS_CONNECT_FAILED'));
      turn.giveBack(this.kind.pauseMs);
      throw thrown;
    }
  }
}
