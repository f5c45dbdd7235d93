import type { Clock, Timer } from '../support/clock';
import type { LinkSettings } from './meter-settings';
import type { TransportKind } from './transport-kinds';

/**
 * A connection that nobody has used for so long is closed: Modbus makes room for EtherNet/IP, and an encapsulation session
 * that is idle is ended by its meter (after 120 s by default) or forgotten by a router, and fails in silence then. The other
 * ways keep their connections in use, or give them back after each cycle.
 */
const IDLE_MS: Partial<Record<TransportKind, number>> = { 'modbus-tcp': 10_000, ucmm: 45_000 };
/** A meter that ends a connection which nobody has used for so long has not failed. */
const QUIET_MS = 5000;

/** Notices that something has not been used for a while. It does not keep the process alive. */
export class IdleWatch {
  private timer: Timer | undefined;
  /** Uses under way. */
  private uses = 0;
  private usedAt: number;

  constructor(
    private readonly clock: Clock,
    private readonly afterMs: number,
    private readonly onIdle: () => void,
  ) {
    this.usedAt = clock.monotonic();
  }

  /** It is in use until `end`. */
  begin(): void {
    this.uses++;
  }

  /** One timer serves many uses: it is moved when it fires. */
  end(): void {
    this.uses--;
    this.usedAt = this.clock.monotonic();
    if (this.timer === undefined) this.watch(this.afterMs);
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  /** True when nobody has used it for some seconds. */
  get isQuiet(): boolean {
    return this.idleMs >= QUIET_MS;
  }

  private get idleMs(): number {
    return this.uses > 0 ? 0 : this.clock.monotonic() - this.usedAt;
  }

  private watch(delayMs: number): void {
    this.timer = this.clock.after(
      delayMs,
      () => {
        this.timer = undefined;
        const { idleMs } = this;
        if (idleMs >= this.afterMs) this.onIdle();
        else if (this.uses === 0) this.watch(this.afterMs - idleMs);
      },
      true,
    );
  }
}

/** That of a connection; undefined for one that is never idle. */
export function idleWatchFor({ transport }: LinkSettings, clock: Clock, onIdle: () => void): IdleWatch | undefined {
  const afterMs = IDLE_MS[transport?.kind ?? 'ucmm'];
  return afterMs === undefined ? undefined : new IdleWatch(clock, afterMs, onIdle);
}
