import type { Clock, Timer } from '../support/clock';

/** Notices that something has not been used for a while. It does not keep the process alive. */
export class IdleWatch {
  private timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly afterMs: number,
    private readonly onIdle: () => void,
  ) {}

  /** It is in use until `restart`. */
  pause(): void {
    this.timer?.cancel();
  }

  /** It has been used just now. */
  restart(): void {
    this.timer?.cancel();
    this.timer = this.clock.after(this.afterMs, this.onIdle, true);
  }
}
