import { delay, type Clock } from '../../support/clock';
import { Pm500Error } from '../../support/errors';

/** Gives a line back. */
export type GiveBack = () => void;

/**
 * Who holds which line of this process. A meter serves one Modbus socket, and a serial port has one owner: whoever
 * wants a line that is held waits until it is given back, first come, first served.
 */
export class LineTurns {
  private readonly last = new Map<string, Promise<void>>();

  /**
   * Takes a line as soon as it is free.
   * @param key the same for everybody who means the same socket or port
   * @throws Pm500Error MODBUS_BUSY after `timeoutMs`, or the reason of `signal`
   */
  async take(key: string, timeoutMs: number, clock: Clock, signal: AbortSignal): Promise<GiveBack> {
    let giveBack: GiveBack = () => undefined;
    const before = this.last.get(key);
    const held = new Promise<void>((resolve) => {
      giveBack = resolve;
    });
    const turn = (before ?? Promise.resolve()).then(() => held);
    this.last.set(key, turn);
    void turn.then(() => {
      if (this.last.get(key) === turn) this.last.delete(key);
    });
    if (before === undefined) return giveBack;
    const waiting = new AbortController();
    const stop = AbortSignal.any([signal, waiting.signal]);
    const gotIt = await Promise.race([before.then(() => true), delay(clock, timeoutMs, stop).then(() => false)]);
    waiting.abort();
    if (gotIt) return giveBack;
    giveBack();
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
