import type { Clock, Timer } from '../../support/clock';
import { encodeCyclicFrame } from '../../transport/ethernet-ip/wire/cyclic-frame';

/** Where T->O datagrams go. */
export interface FrameDestination {
  readonly address: string;
  readonly port: number;
}

export interface ProducerOptions {
  /** T->O. */
  readonly connectionId: number;
  readonly intervalMs: number;
  readonly destination: FrameDestination;
  readonly clock: Clock;
  /** Data of the assembly now. */
  readonly read: () => Uint8Array;
  readonly send: (frame: Buffer, destination: FrameDestination, connectionId: number) => void;
}

/** Sends one assembly again and again, from the moment it exists until it is stopped. */
export class Producer {
  private sequence = 0;
  private due: number;
  private timer: Timer | undefined;

  constructor(readonly options: ProducerOptions) {
    this.due = options.clock.monotonic();
    this.produceAfter(0);
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  /** Due times are counted from the first, so that late timers do not add up; missed ones are left out. */
  private produceAfter(delayMs: number): void {
    const { clock, connectionId, destination, intervalMs, read, send } = this.options;
    this.timer = clock.after(delayMs, () => {
      this.sequence = (this.sequence + 1) >>> 0;
      const { sequence } = this;
      send(
        encodeCyclicFrame({ connectionId, sequence, count: sequence & 0xffff, data: read() }),
        destination,
        connectionId,
      );
      const now = clock.monotonic();
      this.due = Math.max(this.due + intervalMs, now + intervalMs / 2);
      this.produceAfter(this.due - now);
    });
  }
}
