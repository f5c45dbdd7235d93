import type { Clock } from '../support/clock';
import { decodeCyclicFrame } from '../transport/ethernet-ip/cyclic-frame';
import type { Logger } from '../support/logger';
import { listenUdp, type BoundDatagramSocket } from './bind';
import type { AssemblySource, IntervalBounds } from './connection-admission';
import { ConnectionObject } from './connection-object';
import { ConnectionTable } from './connection-table';
import type { WireFaults } from './wire-faults';

export interface ImplicitPortOptions {
  /** IPv4 address to listen on. */
  readonly bind: string;
  /** UDP; 0 lets the system choose, and originators are told. */
  readonly port: number;
  readonly source: AssemblySource;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maximumConnections: number;
  readonly bounds: IntervalBounds;
  /** Multicast group and port that shared productions go to. */
  readonly group: { readonly address: string; readonly port: number };
  /** True while nothing is sent and nothing that arrives is heard. Default: never. */
  readonly isSuspended?: (() => boolean) | undefined;
  /** Faults on demand between the meter and the network. */
  readonly faults?: WireFaults | undefined;
}

/** The connections of one meter and the UDP port that their datagrams use. */
export class ImplicitPort {
  readonly table: ConnectionTable;
  readonly object: ConnectionObject;
  private socket: BoundDatagramSocket | undefined;

  constructor(private readonly options: ImplicitPortOptions) {
    const { clock, source, maximumConnections, bounds, group } = options;
    this.table = new ConnectionTable({
      clock,
      source,
      maximumConnections,
      bounds,
      group,
      send: (frame, { address, port }, connectionId) => {
        if (this.suspended) return;
        const send = (bytes: Buffer): void => this.socket?.send(bytes, port, address);
        if (options.faults === undefined) send(frame);
        else options.faults.frame(frame, `${address}:${port}/${connectionId}`, send);
      },
    });
    this.object = new ConnectionObject(this.table, () => this.port);
  }

  /** Where heartbeats arrive. */
  get port(): number {
    return this.socket?.port ?? this.options.port;
  }

  /** @throws Pm500Error SIMULATOR_BIND_FAILED */
  async open(): Promise<void> {
    const { bind, port, logger } = this.options;
    const onMessage = (message: Buffer, _sendBack: unknown, senderAddress: string): void => {
      this.receive(message, senderAddress);
    };
    this.socket = await listenUdp(bind, port, onMessage, logger);
  }

  /** Ends all connections; resolves when the socket is closed. May be called twice. */
  async close(): Promise<void> {
    this.table.clear();
    await this.socket?.close();
  }

  private get suspended(): boolean {
    return this.options.isSuspended?.() === true;
  }

  private receive(message: Buffer, address: string): void {
    if (this.suspended) return;
    try {
      this.table.receive(decodeCyclicFrame(message), address);
    } catch {
      // A stray datagram.
    }
  }
}
