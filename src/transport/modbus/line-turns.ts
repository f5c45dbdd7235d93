import { delay, type Clock } from '../../support/clock';
import { Pm500Error } from '../../support/errors';

/** Gives a line back; nobody takes it again before `pauseMs` are over. */
export type GiveBack = (pauseMs: number) => void;

/**
 * Who holds which line of this process. A meter serves one Modbus socket, and a serial port has one owner: whoever
 * wants a line that is held waits until it is given back, first come, first served.
 */
export class LineTurns {
  private readonly last = new Map<string, Promise<void>>();
  /** When the pause after a line's last use is over, by the monotonic clock. */
  private readonly readyAt = new Map<string, number>();

  /**
   * Takes a line as soon as it is free.
   * @param key the same for everybody who means the same socket or port
   * @throws Pm500Error MODBUS_BUSY after `timeoutMs`, or the reason of `signal`
   */
  async take(key: string, timeoutMs: number, clock: Clock, signal: AbortSignal): Promise<GiveBack> {
    let end = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      end = resolve;
    });
    const before = this.last.get(key) ?? Promise.resolve();
    const turn = before.then(() => held);
    this.last.set(key, turn);
    void turn.then(() => {
      if (this.last.get(key) === turn) this.last.delete(key);
    });
    const giveUp = new AbortController();
    const stop = AbortSignal.any([signal, giveUp.signal]);
    const tooLate = delay(clock, timeoutMs, stop).then(() => false);
    const gotIt = await Promise.race([before.then(() => true), tooLate]);
    giveUp.abort();
    if (gotIt) {
      const pauseMs = (this.readyAt.get(key) ?? 0) - clock.monotonic();
      if (pauseMs > 0) await delay(clock, pauseMs, signal);
      if (!signal.aborted) {
        return (ms) => {
          this.readyAt.set(key, clock.monotonic() + ms);
          end();
        };
      }
    }
    end();
    signal.throwIfAborted();
    throw new Pm500Error(
      'MODBUS_BUSY',
      `${key} is in use by another connection of this process for more than ${timeoutMs} ms; read the meter through one meter configuration.`,
      { retryable: true },
    );
  }
}

/** The lines of this process. */
export const processLines = new LineTurns();
