import type { Clock, Timer } from '../../support/clock';
import { toPm500Error } from '../../support/errors';
import type { Logger } from '../../support/logger';

/** What can stop listening and begin again on the same port. */
export interface Listening {
  /** Listens no more; resolves when the port is free. */
  pause(): Promise<void>;
  /** @throws Pm500Error SIMULATOR_BIND_FAILED */
  resume(): Promise<void>;
}

/** Somebody else may have taken the port in between: it is asked for again. */
const RETRY_MS = 1000;

/** Closes and opens what listens, one step after the other, as often as it is asked; the last wish wins. */
export class Gate {
  private reasons = new Set<string>();
  private isOpen = true;
  private work: Promise<void> = Promise.resolve();
  private timer: Timer | undefined;
  private ended = false;

  constructor(
    private readonly listening: readonly Listening[],
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Keeps it closed for one more reason. */
  shut(reason: string): void {
    this.reasons.add(reason);
    this.step();
  }

  /** Takes a reason back; without one it opens. */
  release(reason: string): void {
    if (this.reasons.delete(reason)) this.step();
  }

  /** Changes nothing any more; resolves when a step that is under way has ended. */
  async end(): Promise<void> {
    this.ended = true;
    this.timer?.cancel();
    await this.work;
  }

  private step(): void {
    this.timer?.cancel();
    this.work = this.work.then(() => this.converge());
  }

  private async converge(): Promise<void> {
    const open = this.reasons.size === 0;
    if (this.ended || open === this.isOpen) return;
    try {
      for (const one of this.listening) await (open ? one.resume() : one.pause());
      this.isOpen = open;
    } catch (thrown) {
      this.logger.warn(toPm500Error(thrown).message);
      this.timer = this.clock.after(RETRY_MS, () => {
        this.step();
      });
    }
  }
}
