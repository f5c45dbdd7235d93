import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { decodeRegisters } from '../../src/domain/register-decode';
import { REGISTER_PLANS } from '../../src/domain/register-plan';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { ModbusRtuServer } from '../../src/simulator/modbus-rtu-server';
import { createModbusRtuTransport } from '../../src/transport/modbus/rtu';
import { ModbusBench } from '../simulator/modbus-bench';

/** A pseudo-terminal of the command `script`: its far end is this process, its near end has a path. */
async function openPseudoTerminal(): Promise<{
  readonly path: string;
  readonly line: ChildProcessByStdio<Writable, Readable, null>;
}> {
  const command = 'stty raw -echo; tty; exec sleep 60';
  const line = spawn('script', ['-qfc', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const [path] = (await once(line.stdout, 'data')) as [Buffer];
  return { path: path.toString().trim(), line };
}

describe('Modbus RTU over a pseudo-terminal', () => {
  it('reads a simulated meter through a serial port of the operating system', async () => {
    const { path, line } = await openPseudoTerminal();
    const bench = new ModbusBench();
    const server = new ModbusRtuServer(bench.target, 3);
    line.stdout.on('data', (chunk: Buffer) => {
      for (const reply of server.push(chunk)) line.stdin.write(reply);
    });
    const transport = createModbusRtuTransport(
      {
        path,
        baudRate: 115_200,
        parity: 'none',
        unitId: 3,
        connectTimeoutMs: 4000,
        replyTimeoutMs: 4000,
        releaseAfterIdleMs: 0,
      },
      { clock: systemClock, logger: silentLogger },
    );
    try {
      await transport.open();
      assert.equal((await transport.identify()).letters, 'SIM0940000001');
      const [span] = REGISTER_PLANS.get('energy')!.spans;
      const bytes = await transport.read({ kind: 'registers', register: span!.register, words: span!.words });
      const { values } = decodeRegisters(span!, bytes);
      const real = bench.meter.values()['active_energy_import_total'];
      assert.equal(values['active_energy_import_total'], Math.floor(real as number));
    } finally {
      await transport.close();
      const ended = once(line, 'exit');
      line.kill();
      await ended;
    }
  });
});
