import { delay, type Clock } from '../../support/clock';
import type { LineEvents, ModbusLine } from './line';
import type { ReadOnlySocket } from './read-only-socket';
import { RtuReader } from './rtu-reader';
import { connectTcp, type TcpLineSettings } from './tcp-socket';

export interface RtuTcpLineSettings extends TcpLineSettings {
  /** The adapter behind the serial server sends back what is sent: that is taken off. */
  readonly dropEcho?: boolean;
}

/** A serial server may hand over what arrived while nobody was connected: that belongs to nobody. */
const DRAIN_MS = 50;

/** Opens a TCP connection to a transparent serial server and reads by RTU frames over it. */
export async function openRtuTcpLine(
  settings: RtuTcpLineSettings,
  clock: Clock,
  createSocket: (where: string) => ReadOnlySocket,
  events: LineEvents,
  signal: AbortSignal,
): Promise<ModbusLine> {
  const { socket, destroy } = await connectTcp(settings, clock, createSocket, events, signal);
  const reader = new RtuReader(settings.unitId, settings.dropEcho ?? false, (frame) => {
    socket.write(frame);
  });
  socket.on('data', (chunk) => {
    reader.push(chunk);
  });
  await delay(clock, DRAIN_MS, signal);
  if (signal.aborted) {
    await destroy();
    signal.throwIfAborted();
  }
  return { reader, destroy };
}
