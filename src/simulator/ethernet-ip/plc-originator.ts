import type { Socket } from 'node:dgram';
import type { MeterModel } from '../../meters/meter-model';
import type { Clock } from '../../support/clock';
import type { Logger } from '../../support/logger';
import type { Random } from '../../support/random';
import type { CyclicDelivery } from '../../transport/ethernet-ip/wire/connection-parameters';
import { DatagramRegistry } from '../../transport/ethernet-ip/implicit/datagram-registry';
import { openDatagramSocket } from '../../transport/ethernet-ip/implicit/datagram-socket';
import { createImplicitTransport } from '../../transport/ethernet-ip/implicit/implicit';
import { connectTcp, type SocketLike } from '../../transport/ethernet-ip/session/socket';
import type { AssemblyBlock } from '../../transport/transport';

export interface PlcSettings {
  readonly host: string;
  readonly port: number;
  /** The assemblies that it has the meter produce. */
  readonly blocks: readonly AssemblyBlock[];
  readonly rpiMs: number;
  readonly timeoutMultiplier?: number;
  readonly delivery?: CyclicDelivery;
  /** UDP port that it receives at; default: one that the system chooses. */
  readonly receivePort?: number;
}

export interface PlcDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
}

/** A PLC that reads a meter, for what happens beside one. */
export interface PlcOriginator {
  /** Closes its connections in order, as a PLC that is reconfigured. May be called twice. */
  close(): Promise<void>;
  /** Is gone without a word, as a PLC that loses power. */
  die(): Promise<void>;
  /** Resolves when it owns nothing any more, for whatever reason. */
  readonly ended: Promise<void>;
}

const TIMEOUT_MS = 5000;

/**
 * Starts a PLC that owns connections to a meter. It owns them as Input Only, on which Listen Only connections depend just
 * as on those of an Exclusive Owner; an Exclusive Owner, which could write, exists nowhere in this software.
 * @param signal ends an attempt that still waits for an answer
 * @throws Pm500Error what the meter or the network answers
 */
export async function startPlcOriginator(
  model: Pick<MeterModel, 'quirks'>,
  settings: PlcSettings,
  dependencies: PlcDependencies,
  signal?: AbortSignal,
): Promise<PlcOriginator> {
  const { blocks, receivePort = 0, ...rest } = settings;
  const sockets: SocketLike[] = [];
  const datagramSockets: Socket[] = [];
  const transport = createImplicitTransport(
    model,
    { ...rest, receivePort, mode: 'input-only', connectTimeoutMs: TIMEOUT_MS, replyTimeoutMs: TIMEOUT_MS },
    {
      ...dependencies,
      datagrams: new DatagramRegistry(),
      openDatagramSocket: (share) => {
        const socket = openDatagramSocket(share);
        datagramSockets.push(socket);
        return socket;
      },
      connect: (host, port, onBytes) => {
        const socket = connectTcp(host, port, onBytes);
        sockets.push(socket);
        return socket;
      },
    },
  );
  const giveUp = (): void => void transport.close();
  signal?.addEventListener('abort', giveUp);
  try {
    signal?.throwIfAborted();
    await transport.open();
    // Side by side: each waits for a first frame of its own.
    await Promise.all(blocks.map((block) => transport.read(block)));
  } catch (thrown) {
    await transport.close();
    throw thrown;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
  const ended = new Promise<void>((resolve) => {
    if (transport.state === 'closed') resolve();
    transport.onState(({ state }) => {
      if (state === 'closed') resolve();
    });
  });
  return {
    ended,
    close: () => transport.close(),
    die: () => {
      // Without UDP too: a PLC whose session is cut off goes on with what it owns.
      for (const socket of sockets) socket.destroy();
      for (const socket of datagramSockets.splice(0)) socket.emit('error', new Error('the PLC has no power'));
      return ended;
    },
  };
}
