import type { Clock } from '../../support/clock';

/**
 * EtherNet/IP while Modbus is in use: each sign of life of Modbus suspends it for a time, after which it works again by
 * itself (attributed to Rockwell by a secondary source, see `modbusSuspendsEnip` of the meter model; how long is not known).
 */
export class Suspension {
  private until = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly clock: Clock,
    private readonly forMs: number,
  ) {}

  /** Modbus was used now. */
  extend(): void {
    this.until = this.clock.monotonic() + this.forMs;
  }

  get active(): boolean {
    return this.clock.monotonic() < this.until;
  }
}
