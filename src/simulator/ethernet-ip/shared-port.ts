import { Pm500Error } from '../../support/errors';
import type { Logger } from '../../support/logger';
import { listenUdp, type BoundDatagramSocket } from '../bind';

/** Takes a datagram; `from` is where an answer goes. */
export type DatagramListener = (message: Buffer, from: { readonly address: string; readonly port: number }) => void;

/** A share in a UDP port. */
export interface PortShare {
  readonly socket: BoundDatagramSocket;
  /** Gives it back; the last one closes the socket. May be called twice. */
  release(): Promise<void>;
}

interface Shared {
  readonly socket: Promise<BoundDatagramSocket>;
  readonly listeners: Set<DatagramListener>;
}

export interface SharedPortSettings {
  /** An address of this machine, or the broadcast address of one of its networks. */
  readonly address: string;
  readonly port: number;
  /** Lets other programs listen there too, as broadcasts reach all of them. */
  readonly share: boolean;
}

/** UDP ports that several simulated meters of this process listen at together: whoever is meant finds out by himself. */
const ports = new Map<string, Shared>();

function open({ address, port, share }: SharedPortSettings, logger: Logger): Shared {
  const listeners = new Set<DatagramListener>();
  const onMessage = (message: Buffer, from: { readonly address: string; readonly port: number }): void => {
    for (const listener of listeners) listener(message, from);
  };
  return { socket: listenUdp({ address, port, share }, onMessage, logger), listeners };
}

/**
 * Listens at a port, beside other meters of this process that do.
 * @throws Pm500Error SIMULATOR_BIND_FAILED
 */
export async function shareUdp(
  settings: SharedPortSettings,
  listener: DatagramListener,
  logger: Logger,
): Promise<PortShare> {
  const key = `${settings.address}:${settings.port}`;
  const shared = ports.get(key) ?? open(settings, logger);
  ports.set(key, shared);
  shared.listeners.add(listener);
  let released = false;
  const release = async (): Promise<void> => {
    if (released) return;
    released = true;
    shared.listeners.delete(listener);
    if (shared.listeners.size > 0) return;
    if (ports.get(key) === shared) ports.delete(key);
    await shared.socket.then((socket) => socket.close()).catch(() => undefined);
  };
  try {
    return { socket: await shared.socket, release };
  } catch (thrown) {
    await release();
    throw thrown instanceof Pm500Error ? thrown : new Pm500Error('SIMULATOR_BIND_FAILED', String(thrown));
  }
}
