import type { Clock } from '../../support/clock';
import { CYCLIC_OFFSET, decodeCyclicFrame } from '../../transport/ethernet-ip/wire/cyclic-frame';
import type { Logger } from '../../support/logger';
import type { MeterModel } from '../../meters/meter-model';
import { PROTOCOL_FACTS } from '../../meters/protocol-facts';
import { toPm500Error } from '../../support/errors';
import { listenUdp } from '../bind';
import type { AssemblySource, DeviceTraits, IntervalBounds } from './connection-admission';
import { ConnectionObject } from './connection-object';
import { ConnectionTable } from './connection-table';
import { shareUdp, type DatagramListener, type PortShare } from './shared-port';
import type { WireFaults } from '../faults/wire-faults';

export interface ImplicitPortOptions {
  readonly model: Pick<MeterModel, 'quirks'>;
  /** IPv4 address to listen on. */
  readonly bind: string;
  /**
   * UDP; 0 lets the system choose, and originators are told. Absent: that of the specification, which all meters of one
   * address share, or one that the system chooses where another program has it.
   */
  readonly port: number | undefined;
  readonly source: AssemblySource;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maximumConnections: number;
  readonly bounds: IntervalBounds;
  /** Multicast group and port that shared productions go to. */
  readonly group: { readonly address: string; readonly port: number };
  /** What is looked at when a connection is opened. */
  readonly device?: DeviceTraits | undefined;
  /** True while nothing is sent and nothing that arrives is heard. Default: never. */
  readonly isSuspended?: (() => boolean) | undefined;
  /** Faults on demand between the meter and the network. */
  readonly faults?: WireFaults | undefined;
}

/** Behind the first half of a connection id in a datagram; little-endian, so that half stands last. */
const PREFIX_END = CYCLIC_OFFSET.connectionId + 4;

let prefixes = 0;

/** Meters that share a port find their own heartbeats by the first half of a connection id. */
function nextPrefix(): number {
  return (prefixes = (prefixes % 0xffff) + 1);
}

/** The connections of one meter and the UDP port that their datagrams use. */
export class ImplicitPort {
  readonly table: ConnectionTable;
  readonly object: ConnectionObject;
  private share: PortShare | undefined;
  private readonly prefix = nextPrefix();

  constructor(private readonly options: ImplicitPortOptions) {
    const { model, clock, source, maximumConnections, bounds, group, device } = options;
    this.table = new ConnectionTable({
      model,
      clock,
      source,
      maximumConnections,
      bounds,
      group,
      device,
      idPrefix: this.prefix,
      send: (frame, { address, port }, connectionId) => {
        if (this.suspended) return;
        const send = (bytes: Buffer): void => this.share?.socket.send(bytes, port, address);
        if (options.faults === undefined) send(frame);
        else options.faults.frame(frame, `${address}:${port}/${connectionId}`, send);
      },
    });
    this.object = new ConnectionObject(this.table, () => this.port);
  }

  /** Where heartbeats arrive. */
  get port(): number {
    return this.share?.socket.port ?? this.options.port ?? PROTOCOL_FACTS.implicitPort.value;
  }

  /** @throws Pm500Error SIMULATOR_BIND_FAILED */
  async open(): Promise<void> {
    const { port } = this.options;
    try {
      this.share = await this.listen(port ?? PROTOCOL_FACTS.implicitPort.value);
    } catch (thrown) {
      if (port !== undefined || !toPm500Error(thrown).retryable) throw thrown;
      this.share = await this.listen(0);
      this.options.logger.info(
        `UDP port ${PROTOCOL_FACTS.implicitPort.value} of ${this.options.bind} is taken: originators are told to send heartbeats to port ${this.port}.`,
      );
    }
  }

  /** A port that the system chooses is nobody else's. */
  private async listen(port: number): Promise<PortShare> {
    const { bind, logger } = this.options;
    const onMessage: DatagramListener = (message, { address }) => {
      this.receive(message, address);
    };
    if (port !== 0) return shareUdp({ address: bind, port, share: false }, onMessage, logger);
    const socket = await listenUdp({ address: bind, port }, onMessage, logger);
    return { socket, release: () => socket.close() };
  }

  /** Ends all connections; resolves when the socket is closed. May be called twice. */
  async close(): Promise<void> {
    this.table.clear();
    await this.share?.release();
  }

  private get suspended(): boolean {
    return this.options.isSuspended?.() === true;
  }

  private receive(message: Buffer, address: string): void {
    // At a port that hundreds of meters share, what is for another one must cost next to nothing.
    if (message.length < PREFIX_END || message.readUInt16LE(PREFIX_END - 2) !== this.prefix) return;
    if (this.suspended) return;
    try {
      this.table.receive(decodeCyclicFrame(message), address);
    } catch {
      // A stray datagram.
    }
  }
}
