import type { Clock, Timer } from '../support/clock';
import { Pm500Error } from '../support/errors';
import { MeterNames, MeterNotes } from './meter-names';

/** The two ways into one meter, which do not run at the same time (quirks.ts, `modbusSuspendsEnip`). */
export type Protocol = 'ethernet-ip' | 'modbus';

/** The right to talk to a meter by one protocol. */
export interface Claim {
  /** Gives the right back; may be called twice. */
  release(): void;
}

export interface ClaimRequest {
  readonly protocol: Protocol;
  /** What tells this connection from another one by the same protocol: the address as it is configured. */
  readonly link: string;
  /** True: a PLC owns the meter over EtherNet/IP, so Modbus is only for a maintenance window. */
  readonly isSharedWithPlc: boolean;
  /** Called when the right is taken back: the connection must be closed; may return when it is, as a promise. */
  readonly onRevoked: (reason: Pm500Error) => unknown;
}

interface Held extends ClaimRequest {
  readonly meter: string;
}

const LONGEST_WINDOW_MS = 3_600_000;

/**
 * Decides per physical meter which protocol may be used now. EtherNet/IP and Modbus are never granted together. Whoever
 * came first keeps its right, but for a maintenance window: while it is open, Modbus has the meter and EtherNet/IP of
 * this software keeps away.
 */
export class ProtocolArbiter {
  private readonly names = new MeterNames();
  private readonly held = new MeterNotes<Held>(this.names);
  private readonly windows = new Map<string, { readonly until: number; readonly timer: Timer }>();
  /** Meters that somebody marked as shared with a PLC, once for each who did. */
  private readonly shared = new MeterNotes<object>(this.names);
  /** Connections whose right was taken back and that are not closed yet, by meter. */
  private readonly leaving = new Map<string, Promise<unknown>>();

  constructor(private readonly clock: Clock) {}

  /** Two names turned out to mean one meter: from now on they do. */
  unite(name: string, meter: string): void {
    if (!this.names.unite(name, meter)) return;
    const window = this.windows.get(name);
    if (window === undefined) return;
    window.timer.cancel();
    this.windows.delete(name);
    const leftMs = window.until - this.clock.monotonic();
    if (leftMs > this.windowLeftMs(meter)) this.openWindow(meter, leftMs);
  }

  /**
   * Marks a meter as owned by a PLC, for whoever wants to read it over Modbus.
   * @returns takes the mark back
   */
  markShared(meter: string): () => void {
    const mark = {};
    this.shared.add(meter, mark);
    return () => {
      this.shared.delete(meter, mark);
    };
  }

  /** Resolves when no connection to a meter is left whose right was taken back. */
  async whenLeft(meter: string): Promise<void> {
    await this.leaving.get(this.names.nameOf(meter));
  }

  /**
   * @param meter whatever is the same for all ways into one meter: its host, in lower case
   * @throws Pm500Error METER_PROTOCOL_BUSY, retryable, or METER_SHARED_WITH_PLC
   */
  claim(meter: string, request: ClaimRequest): Claim {
    this.refuse(meter, request);
    const held: Held = { ...request, meter };
    this.held.add(meter, held);
    return {
      release: () => {
        this.held.delete(meter, held);
      },
    };
  }

  /** Milliseconds that the maintenance window of a meter stays open; 0 when none is. */
  windowLeftMs(meter: string): number {
    const window = this.windows.get(this.names.nameOf(meter));
    return window === undefined ? 0 : Math.max(0, window.until - this.clock.monotonic());
  }

  /**
   * Opens a maintenance window, or sets how long an open one stays: EtherNet/IP connections of this software are closed,
   * Modbus is granted until the time is up.
   * @throws Pm500Error CONFIG_INVALID for a time that is not above 0 and at most an hour
   */
  openWindow(name: string, durationMs: number): void {
    const meter = this.names.nameOf(name);
    if (!(durationMs > 0 && durationMs <= LONGEST_WINDOW_MS)) {
      const message = `A maintenance window of ${durationMs} ms cannot be opened; give a time from 1 ms to ${LONGEST_WINDOW_MS} ms.`;
      throw new Pm500Error('CONFIG_INVALID', message);
    }
    this.windows.get(meter)?.timer.cancel();
    const timer = this.clock.after(
      durationMs,
      () => {
        this.closeWindow(meter);
      },
      true,
    );
    this.windows.set(meter, { until: this.clock.monotonic() + durationMs, timer });
    this.revoke(
      meter,
      'ethernet-ip',
      `A maintenance window for Modbus is open on ${meter}; EtherNet/IP goes on when it ends.`,
    );
  }

  /** Ends a maintenance window before its time; does nothing when none is open. */
  closeWindow(name: string): void {
    const meter = this.names.nameOf(name);
    const window = this.windows.get(meter);
    if (window === undefined) return;
    window.timer.cancel();
    this.windows.delete(meter);
    this.revoke(meter, 'modbus', `The maintenance window of ${meter} has ended; open it again to go on over Modbus.`);
  }

  private refuse(meter: string, { protocol, link, isSharedWithPlc }: ClaimRequest): void {
    const leftMs = this.windowLeftMs(meter);
    if (protocol === 'ethernet-ip' && leftMs > 0) {
      const message = `A maintenance window for Modbus is open on ${meter} for ${Math.ceil(leftMs / 1000)} s more; EtherNet/IP goes on when it ends.`;
      throw new Pm500Error('METER_PROTOCOL_BUSY', message, { retryable: true });
    }
    const isShared = isSharedWithPlc || this.shared.of(meter).length > 0;
    if (protocol === 'modbus' && isShared && leftMs === 0) {
      const message = `The meter ${meter} is shared with a PLC, which Modbus would cut off; open a maintenance window by message first.`;
      throw new Pm500Error('METER_SHARED_WITH_PLC', message);
    }
    const held = this.held.of(meter);
    this.refuseSecond(held, protocol, link);
    if (held.some((each) => each.protocol !== protocol)) {
      const [mine, theirs] = protocol === 'modbus' ? ['Modbus', 'EtherNet/IP'] : ['EtherNet/IP', 'Modbus'];
      const message = `The meter ${meter} is in use over ${theirs}, and ${mine} must not run beside it; use one transport for it.`;
      throw new Pm500Error('METER_PROTOCOL_BUSY', message, { retryable: true });
    }
  }

  /** One meter has one connection and one read limit, also when it is configured by its name and by its address. */
  private refuseSecond(held: readonly Held[], protocol: Protocol, link: string): void {
    if (protocol === 'modbus') return;
    const first = held.find((each) => each.protocol === protocol && each.link !== link);
    if (first === undefined) return;
    const message = `${link} and ${first.link} are one meter, which is read as ${first.link} already; write its address in one way in all configurations.`;
    throw new Pm500Error('METER_PROTOCOL_BUSY', message, { retryable: true });
  }

  private revoke(meter: string, protocol: Protocol, sentence: string): void {
    const endings: Promise<unknown>[] = [];
    for (const held of this.held.of(meter)) {
      if (held.protocol !== protocol) continue;
      this.held.delete(held.meter, held);
      endings.push(
        Promise.resolve(held.onRevoked(new Pm500Error('METER_PROTOCOL_BUSY', sentence, { retryable: true }))),
      );
    }
    if (endings.length === 0) return;
    const key = this.names.nameOf(meter);
    const left = Promise.allSettled([this.leaving.get(key), ...endings]).then(() => {
      if (this.leaving.get(key) === left) this.leaving.delete(key);
    });
    this.leaving.set(key, left);
  }
}
