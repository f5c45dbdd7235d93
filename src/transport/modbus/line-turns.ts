import type { Clock, Timer } from '../../support/clock';
import type { Pm500Error } from '../../support/errors';
import { unitDemoted } from './failures';
import { LineSchedule, type Ticket } from './line-schedule';

/** Whoever wants a line. */
export interface TurnRequest {
  /** The same for everybody who means the same socket or port. */
  readonly key: string;
  /** The unit identifier: its own name among those who share the line. */
  readonly unit: number;
  /** The unit and its line, for sentences. */
  readonly where: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** The right to a line, until it is given back. */
export interface Turn {
  /** True while somebody else waits for the line. */
  readonly isWanted: boolean;
  /** True until the unit has answered for the first time, or has not. */
  readonly isFirstContact: boolean;
  /** By the monotonic clock. */
  readonly since: number;
  /** Called whenever somebody begins to wait; one listener, until the line is given back. */
  onWanted: (() => void) | undefined;
  /** The unit has answered. */
  answered(): void;
  /**
   * The unit has not answered.
   * @param costMs how long the line was, and still will be, of no use for others
   * @returns how long it may not be asked from then on
   */
  silent(error: Pm500Error, costMs: number): number;
  /** The line itself could not be opened: whoever waits hears the same. */
  failWaiting(error: Pm500Error): void;
  /** Gives the line back; nobody takes it again before `pauseMs` are over. May be called twice. */
  giveBack(pauseMs: number): void;
}

interface Waiter {
  readonly ticket: Ticket;
  readonly clock: Clock;
  readonly grant: () => void;
  readonly reject: (error: Pm500Error) => void;
}

/** One socket or port, and everybody in this process who wants it. */
class SharedLine {
  readonly schedule = new LineSchedule();
  readonly waiters = new Map<Ticket, Waiter>();
  /** What units failed with last. */
  readonly errors = new Map<number, Pm500Error>();
  holder: { onWanted: (() => void) | undefined } | undefined;
  /** When the pause after its last use is over. */
  readyAt = Number.NEGATIVE_INFINITY;
  private pause: Timer | undefined;

  /** Grants the line to whose turn it is, if it is free. */
  dispatch(): void {
    this.pause?.cancel();
    this.pause = undefined;
    const [first] = this.waiters.values();
    if (this.holder !== undefined || first === undefined) return;
    const { clock } = first;
    const pauseMs = this.readyAt - clock.monotonic();
    if (pauseMs > 0) {
      this.pause = clock.after(pauseMs, () => {
        this.dispatch();
      });
      return;
    }
    const ticket = this.schedule.next(clock.monotonic());
    if (ticket !== undefined) this.waiters.get(ticket)?.grant();
  }

  leave(ticket: Ticket): void {
    this.schedule.leave(ticket);
    this.waiters.delete(ticket);
    this.dispatch();
  }
}

/**
 * Who holds which line of this process. A meter serves one Modbus socket, and a serial port has one owner: whoever wants
 * a line that is held waits for its turn, however long the turns before take. `LineSchedule` says whose turn is next.
 */
export class LineTurns {
  private readonly lines = new Map<string, SharedLine>();

  /**
   * Takes a line when its turn has come.
   * @throws Pm500Error the reason of `signal`; what `failWaiting` was given; when the unit has not answered before and
   * must wait, the code of that failure with `retryAfterMs` in its details
   */
  take(request: TurnRequest): Promise<Turn> {
    const { key, unit, where, clock, signal } = request;
    if (signal.aborted) return Promise.reject(signal.reason as Pm500Error);
    const line = this.lines.get(key) ?? new SharedLine();
    this.lines.set(key, line);
    const now = clock.monotonic();
    const waitMs = line.schedule.waitMs(unit, now);
    if (waitMs > 0) return Promise.reject(unitDemoted(where, waitMs, line.errors.get(unit)));
    return new Promise((resolve, reject) => {
      const ticket = line.schedule.join(unit, now);
      const finish = (act: () => void): void => {
        signal.removeEventListener('abort', stop);
        line.waiters.delete(ticket);
        act();
      };
      const stop = (): void => {
        finish(() => {
          line.leave(ticket);
          reject(signal.reason as Pm500Error);
        });
      };
      signal.addEventListener('abort', stop, { once: true });
      line.waiters.set(ticket, {
        ticket,
        clock,
        grant: () => {
          finish(() => {
            resolve(this.begin(line, request));
          });
        },
        reject: (error) => {
          finish(() => {
            line.schedule.leave(ticket);
            reject(error);
          });
        },
      });
      line.dispatch();
      line.holder?.onWanted?.();
    });
  }

  private begin(line: SharedLine, { unit, clock }: TurnRequest): Turn {
    const turn: Turn = {
      get isWanted() {
        return line.schedule.isWanted;
      },
      get isFirstContact() {
        return line.schedule.isUntried(unit);
      },
      since: clock.monotonic(),
      onWanted: undefined,
      answered: () => {
        line.errors.delete(unit);
        line.schedule.answered(unit, clock.monotonic());
      },
      silent: (error, costMs) => {
        line.errors.set(unit, error);
        const now = clock.monotonic();
        line.schedule.silent(unit, costMs, now);
        return line.schedule.waitMs(unit, now);
      },
      failWaiting: (error) => {
        for (const waiter of [...line.waiters.values()]) waiter.reject(error);
      },
      giveBack: (pauseMs) => {
        if (line.holder !== turn) return;
        line.holder = undefined;
        line.readyAt = clock.monotonic() + pauseMs;
        line.dispatch();
      },
    };
    line.holder = turn;
    return turn;
  }
}

/** The lines of this process. */
export const processLines = new LineTurns();
