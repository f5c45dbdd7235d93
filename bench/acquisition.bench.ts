import { connect, type Socket } from 'node:net';
import { Controller } from 'st-ethernet-ip';
import { ASSEMBLIES } from '../src/meters/pm500/assemblies';
import { QUIRKS } from '../src/meters/pm500/quirks';
import { systemClock } from '../src/support/clock';
import { silentLogger } from '../src/support/logger';
import {
  COMMAND,
  encodeFrame,
  encodeRegisterSession,
  HEADER_OFFSET,
} from '../src/transport/ethernet-ip/wire/encapsulation';
import { createExplicitTransport } from '../src/transport/ethernet-ip/explicit/explicit';
import { unconnectedRequests } from '../src/transport/ethernet-ip/wire/requests';
import { bestOf, measureReads, type ReadRate } from './read-rate';
import { formatCount, type BenchLine } from './report';
import { startSimulatorProcess } from './simulator-process';

/** The peer's port is fixed, so the simulator gets an address of its own on the loopback network. */
const ADDRESS = '127.0.0.77';
const PORT = QUIRKS.enipPort.value;
const ROUNDS = 3;
const ASSEMBLY = 102;
const CLASS_ASSEMBLY = 4;
const ATTRIBUTE_DATA = 3;

/** What the machine bears at all: one prepared request, no checks but the length of the reply. */
async function openBareLoop(): Promise<{ read: () => Promise<void>; close: () => void }> {
  const socket: Socket = connect({ host: ADDRESS, port: PORT, noDelay: true });
  let received = 0;
  let expected = 28;
  let resolveReply: (() => void) | undefined;
  let session = 0;
  socket.on('data', (chunk: Buffer) => {
    if (session === 0) session = chunk.readUInt32LE(HEADER_OFFSET.session);
    received += chunk.length;
    if (received < expected) return;
    received = 0;
    resolveReply?.();
  });
  const exchange = (frame: Buffer): Promise<void> =>
    new Promise((resolve) => {
      resolveReply = resolve;
      socket.write(frame);
    });
  await exchange(encodeFrame({ command: COMMAND.registerSession, data: encodeRegisterSession() }));
  const request = unconnectedRequests(session).readAssembly(ASSEMBLY, ATTRIBUTE_DATA);
  const size = ASSEMBLIES.find(({ instance }) => instance === ASSEMBLY)?.sizeBytes ?? 0;
  expected = 24 + 16 + 4 + size;
  return {
    read: () => exchange(request),
    close: () => {
      socket.destroy();
    },
  };
}

/** Explicit reads of one assembly back to back on one connection, without the limits that a session would set. */
export async function benchAcquisition(): Promise<BenchLine[]> {
  const simulator = await startSimulatorProcess(ADDRESS, PORT);
  const sizeBytes = ASSEMBLIES.find(({ instance }) => instance === ASSEMBLY)?.sizeBytes ?? 0;
  const transport = createExplicitTransport(
    { host: ADDRESS, port: PORT, connectTimeoutMs: 2000, replyTimeoutMs: 2000 },
    { clock: systemClock, logger: silentLogger },
  );
  const bare = await openBareLoop();
  const controller = new Controller(false);
  let bareRate: ReadRate | undefined;
  let ourRate: ReadRate | undefined;
  let peerRate: ReadRate | undefined;
  try {
    await transport.open();
    await controller.connect(ADDRESS, 0, false);
    const block = { kind: 'assembly', instance: ASSEMBLY, sizeBytes } as const;
    for (let round = 0; round < ROUNDS; round++) {
      bareRate = bestOf(bareRate, await measureReads(bare.read));
      ourRate = bestOf(ourRate, await measureReads(() => transport.read(block)));
      peerRate = bestOf(
        peerRate,
        await measureReads(() => controller.getAttributeSingle(CLASS_ASSEMBLY, ASSEMBLY, ATTRIBUTE_DATA)),
      );
    }
  } finally {
    bare.close();
    await transport.close();
    await controller.disconnect().catch(() => undefined);
    await simulator.stop();
  }
  if (bareRate === undefined || ourRate === undefined || peerRate === undefined) return [];
  const describe = ({ cpuMicrosecondsPerRead, p50Microseconds, p99Microseconds }: ReadRate): string =>
    `p50 ${p50Microseconds.toFixed(0)} us, p99 ${p99Microseconds.toFixed(0)} us, ${cpuMicrosecondsPerRead.toFixed(0)} us CPU per read`;
  const reads = `explicit reads/s of assembly ${ASSEMBLY}`;
  return [
    {
      what: `${reads}, bare socket loop`,
      value: formatCount(bareRate.perSecond),
      note: describe(bareRate),
    },
    {
      what: `${reads}, st-ethernet-ip`,
      value: formatCount(peerRate.perSecond),
      ratio: peerRate.perSecond / bareRate.perSecond,
      peer: 'bare socket loop',
      note: describe(peerRate),
    },
    {
      what: `${reads}, ours`,
      value: formatCount(ourRate.perSecond),
      ratio: ourRate.perSecond / bareRate.perSecond,
      peer: 'bare socket loop',
      note: describe(ourRate),
    },
    {
      what: `${reads}, ours`,
      value: formatCount(ourRate.perSecond),
      ratio: ourRate.perSecond / peerRate.perSecond,
      peer: 'st-ethernet-ip',
    },
  ];
}
