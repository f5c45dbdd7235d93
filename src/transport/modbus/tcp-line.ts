import type { Clock } from '../../support/clock';
import { tcpConnectionLost } from './failures';
import { loadClient } from './library';
import type { LineEvents, ModbusLine } from './line';
import type { ReadOnlySocket } from './read-only-socket';
import { connectTcp, type TcpLineSettings } from './tcp-socket';

/** MBAP header (7), function and byte count around the registers; the exception has its code instead. */
const ENVELOPE_BYTES = 9;
const EXCEPTION_BYTES = 9;

/**
 * Opens one socket of its own, and only then gives it to a client of the library, which never connects by itself: its
 * own connecting can leave a socket behind that opens later, and the meter has only one.
 */
export async function openTcpLine(
  settings: TcpLineSettings,
  clock: Clock,
  createSocket: (where: string) => ReadOnlySocket,
  events: LineEvents,
  signal: AbortSignal,
): Promise<ModbusLine> {
  const Client = await loadClient();
  signal.throwIfAborted();
  const { socket, destroy } = await connectTcp(settings, clock, createSocket, events, signal);
  const client = new Client();
  client.on('error', () => undefined);
  client.setID(settings.unitId);
  try {
    await client.linkTCP(socket, { port: settings.port });
  } catch (thrown) {
    await destroy();
    throw tcpConnectionLost(`${settings.host}:${settings.port}`, thrown);
  }
  return {
    reader: client,
    lengths: { envelopeBytes: ENVELOPE_BYTES, exceptionBytes: EXCEPTION_BYTES },
    destroy,
  };
}
