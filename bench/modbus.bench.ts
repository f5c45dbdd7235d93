import ModbusRTU from 'modbus-serial';
import { registerPlans } from '../src/domain/codec/register-plan';
import { QUIRKS } from '../src/meters/pm500/quirks';
import { systemClock } from '../src/support/clock';
import { silentLogger } from '../src/support/logger';
import { wireAddress } from '../src/transport/modbus/address';
import { createModbusTcpTransport } from '../src/transport/modbus/tcp';
import { bestOf, measureReads, type ReadRate } from './read-rate';
import { formatCount, type BenchLine } from './report';
import { startSimulatorProcess } from './simulator-process';
import { PM500 } from '../src/meters/pm500';

const ADDRESS = '127.0.0.78';
const PORT = 15_502;
const ROUNDS = 3;

/**
 * Reads of the energy counters over Modbus TCP back to back, ours beside the library used directly: what the wrapper
 * costs that keeps to one socket, watches the time and checks every reply.
 */
export async function benchModbus(): Promise<BenchLine[]> {
  const [span] = registerPlans(PM500).get('energy')?.spans ?? [];
  if (span === undefined) return [];
  const simulator = await startSimulatorProcess(ADDRESS, QUIRKS.enipPort.value, ['--modbus-port', String(PORT)]);
  let ours: ReadRate | undefined;
  let peer: ReadRate | undefined;
  try {
    // In turn, because the meter has one socket.
    for (let round = 0; round < ROUNDS; round++) {
      const client = new ModbusRTU();
      await client.connectTCP(ADDRESS, { port: PORT });
      client.setTimeout(2000);
      peer = bestOf(
        peer,
        await measureReads(() => client.readInputRegisters(wireAddress(PM500, span.register), span.words)),
      );
      await new Promise<void>((resolve) => {
        client.close(() => {
          resolve();
        });
      });
      const transport = createModbusTcpTransport(
        PM500,
        {
          host: ADDRESS,
          port: PORT,
          unitId: QUIRKS.modbusUnitId.value,
          connectTimeoutMs: 2000,
          replyTimeoutMs: 2000,
          releaseAfterIdleMs: 1000,
        },
        { clock: systemClock, logger: silentLogger },
      );
      await transport.open();
      const block = { kind: 'registers', register: span.register, words: span.words } as const;
      ours = bestOf(ours, await measureReads(() => transport.read(block)));
      await transport.close();
    }
  } finally {
    await simulator.stop();
  }
  if (ours === undefined || peer === undefined) return [];
  const what = `Modbus TCP reads/s of ${span.words} registers`;
  const note = ({ cpuMicrosecondsPerRead }: ReadRate): string => `${cpuMicrosecondsPerRead.toFixed(0)} us CPU per read`;
  return [
    { what: `${what}, modbus-serial`, value: formatCount(peer.perSecond), note: note(peer) },
    {
      what: `${what}, ours`,
      value: formatCount(ours.perSecond),
      ratio: ours.perSecond / peer.perSecond,
      peer: 'modbus-serial',
      note: note(ours),
    },
  ];
}
