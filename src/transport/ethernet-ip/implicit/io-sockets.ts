import { isIPv4 } from 'node:net';
import { hasCode, type Pm500Error } from '../../../support/errors';
import type { Logger } from '../../../support/logger';
import type { DatagramRegistry } from './datagram-registry';
import type { OpenDatagramSocket } from './datagram-socket';
import type { Datagrams, DatagramSettings, LostListener } from './datagrams';
import type { SocketAddress } from '../wire/socket-address';
import { PROTOCOL_FACTS } from '../../../meters/protocol-facts';

export interface IoSocketSettings {
  /** UDP port for point-to-point data; absent: that of the specification, or a free one where another program has it. */
  readonly receivePort: number | undefined;
  /** Address of the network interface; absent: the operating system's choice. */
  readonly localAddress: string | undefined;
}

export interface IoSocketDependencies {
  readonly registry: DatagramRegistry;
  readonly openSocket: OpenDatagramSocket;
  readonly logger: Logger;
}

/** The address of an interface as a socket takes it; undefined for what is no IPv4 address. */
export function interfaceAddress(address: string | undefined): string | undefined {
  return address !== undefined && isIPv4(address) ? address : undefined;
}

/** The UDP sockets that the I/O connections of one session use: taken when they are needed, given back together. */
export class IoSockets {
  private readonly releases: (() => Promise<void>)[] = [];
  private readonly listeners: LostListener[] = [];
  private direct: Promise<Datagrams> | undefined;
  private readonly groups = new Map<string, Promise<Datagrams>>();
  private released = false;

  constructor(
    private readonly settings: IoSocketSettings,
    private readonly dependencies: IoSocketDependencies,
  ) {}

  /**
   * The socket for point-to-point data.
   * @throws Pm500Error ENIP_PORT_IN_USE, ENIP_CONNECT_FAILED
   */
  pointToPoint(): Promise<Datagrams> {
    this.direct ??= this.openDirect().catch((thrown: unknown) => {
      this.direct = undefined;
      throw thrown;
    });
    return this.direct;
  }

  /**
   * A socket that has joined a group, through the interface by which the meter is reached.
   * @throws Pm500Error ENIP_PORT_IN_USE, ENIP_CONNECT_FAILED
   */
  multicast({ address, port }: SocketAddress): Promise<Datagrams> {
    const key = `${address}:${port}`;
    const known = this.groups.get(key);
    if (known !== undefined) return known;
    const { localAddress } = this.settings;
    const opening = this.acquire({ port, group: address, localAddress }).catch((thrown: unknown) => {
      this.groups.delete(key);
      throw thrown;
    });
    this.groups.set(key, opening);
    return opening;
  }

  /** Calls `listener` when one of the sockets is gone without having been given back. */
  onLost(listener: (error: Pm500Error) => void): void {
    this.listeners.push(listener);
  }

  /** Gives all back; may be called twice, never fails. */
  async release(): Promise<void> {
    this.released = true;
    this.listeners.length = 0;
    await Promise.all(this.releases.splice(0).map((release) => release()));
  }

  private async openDirect(): Promise<Datagrams> {
    const { receivePort, localAddress } = this.settings;
    const port = receivePort ?? PROTOCOL_FACTS.implicitPort.value;
    try {
      return await this.acquire({ port, localAddress });
    } catch (thrown) {
      if (receivePort !== undefined || !hasCode(thrown, 'ENIP_PORT_IN_USE')) throw thrown;
      const datagrams = await this.acquire({ port: 0, localAddress });
      this.dependencies.logger.info(
        `UDP port ${port} is taken by another program of this machine; the meter is told to send its data to port ${datagrams.port}.`,
      );
      return datagrams;
    }
  }

  private async acquire(settings: DatagramSettings): Promise<Datagrams> {
    const { registry, openSocket, logger } = this.dependencies;
    const lease = await registry.acquire(settings, openSocket, logger);
    const stopListening = lease.datagrams.onLost((error) => {
      for (const listener of [...this.listeners]) listener(error);
    });
    const release = (): Promise<void> => {
      stopListening();
      return lease.release();
    };
    // Whoever gave all back while this one was being opened does not come back for it.
    if (this.released) await release();
    else this.releases.push(release);
    return lease.datagrams;
  }
}
