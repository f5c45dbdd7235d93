import type { Logger } from '../../../support/logger';
import type { OpenDatagramSocket } from './datagram-socket';
import { Datagrams, type DatagramSettings } from './datagrams';

/** A share in a socket. */
export interface DatagramLease {
  readonly datagrams: Datagrams;
  /** Gives it back; the last one to do so closes the socket. May be called twice. */
  release(): Promise<void>;
}

interface Shared {
  readonly opening: Promise<Datagrams>;
  users: number;
}

/** The UDP sockets of one process: whoever receives at the same port, or the same group, shares one. */
export class DatagramRegistry {
  private readonly sockets = new Map<string, Shared>();

  /** @throws Pm500Error ENIP_PORT_IN_USE or ENIP_CONNECT_FAILED */
  async acquire(settings: DatagramSettings, openSocket: OpenDatagramSocket, logger: Logger): Promise<DatagramLease> {
    const key = `${settings.localAddress ?? ''}:${settings.port}/${settings.group ?? ''}`;
    const shared = this.sockets.get(key) ?? { opening: Datagrams.open(settings, openSocket, logger), users: 0 };
    this.sockets.set(key, shared);
    shared.users++;
    const forget = (): void => {
      if (this.sockets.get(key) === shared) this.sockets.delete(key);
    };
    let datagrams: Datagrams;
    try {
      datagrams = await shared.opening;
    } catch (thrown) {
      forget();
      throw thrown;
    }
    const stopListening = datagrams.onLost(forget);
    let released = false;
    return {
      datagrams,
      release: async () => {
        if (released) return;
        released = true;
        stopListening();
        shared.users--;
        if (shared.users > 0) return;
        forget();
        await datagrams.close();
      },
    };
  }
}

/** The registry that every transport of the process uses unless it is given another one. */
export const processDatagrams = new DatagramRegistry();
