import { TELEMETRY } from '../../src/domain/messages/telemetry';
import assert from 'node:assert/strict';
import { decodeRegisters } from '../../src/domain/codec/register-decode';
import { registerPlans } from '../../src/domain/codec/register-plan';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { ModbusRtuServer } from '../../src/simulator/modbus/modbus-rtu-server';
import { createModbusRtuTransport } from '../../src/transport/modbus/rtu';
import { firstLineOf, resultOf, runCommand, runHere, spawnCommand } from '../cli/run-command';
import { ModbusBench } from '../../testkit/simulator/modbus-bench';
import { openPseudoTerminal } from '../../testkit/meters/pseudo-terminal';
import { openPseudoTerminalPair } from '../../testkit/meters/pseudo-terminal-pair';
import { PM500 } from '../../src/meters/pm500';

describe('Modbus RTU over a pseudo-terminal', () => {
  it('reads a simulated meter through a serial port of the operating system', async () => {
    const { path, line, close } = await openPseudoTerminal();
    const bench = new ModbusBench();
    const server = new ModbusRtuServer(bench.target, 3);
    line.stdout.on('data', (chunk: Buffer) => {
      for (const reply of server.push(chunk)) line.stdin.write(reply);
    });
    const transport = createModbusRtuTransport(
      PM500,
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
      const [span] = registerPlans(PM500).get('energy')!.spans;
      const bytes = await transport.read({ kind: 'registers', register: span!.register, words: span!.words });
      const { values } = decodeRegisters(span!, bytes);
      const real = bench.meter.values()['active_energy_import_total'];
      assert.equal(values['active_energy_import_total'], Math.floor(real as number));
    } finally {
      await transport.close();
      await close();
    }
  });

  it('is read by pm500 read like any other transport', async () => {
    const { path, line, close } = await openPseudoTerminal();
    const bench = new ModbusBench();
    const server = new ModbusRtuServer(bench.target, 3);
    line.stdout.on('data', (chunk: Buffer) => {
      for (const reply of server.push(chunk)) line.stdin.write(reply);
    });
    const serial = ['--transport', 'modbus-rtu', '--serial-port', path, '--baud', '115200', '--parity', 'none'];
    try {
      const { code, stdout, stderr } = await runHere('read', ...serial, '--unit', '3', '--json');
      assert.deepEqual([code, stderr], [0, '']);
      const { meter, metrics } = TELEMETRY.parse(JSON.parse(stdout));
      assert.equal(meter.host, path);
      assert.equal(metrics['active_energy_import_total']?.quality, 'good');
      assert.equal(metrics['identification_letters']?.value, 'SIM0940000001');
      const table = await runHere('read', ...serial, '--unit', '3', '--group', 'status');
      assert.match(table.stdout, /^\/dev\/\S+ unit 3, [^\n]+\nNAME/);
    } finally {
      await close();
    }
  });

  it('names an adapter that echoes, and reads through it where the echo is dropped', async () => {
    const { path, line, close } = await openPseudoTerminal();
    const server = new ModbusRtuServer(new ModbusBench().target, 3);
    line.stdout.on('data', (chunk: Buffer) => {
      line.stdin.write(chunk);
      for (const reply of server.push(chunk)) line.stdin.write(reply);
    });
    const serial = ['--transport', 'modbus-rtu', '--serial-port', path, '--baud', '115200', '--unit', '3', '--json'];
    try {
      const echoed = await runHere('read', ...serial);
      assert.equal(echoed.code, 1);
      assert.ok(echoed.stderr.includes(`${path} unit 3: the line sent the request itself back`), echoed.stderr);
      const { code, stdout, stderr } = await runHere('read', ...serial, '--drop-echo');
      assert.deepEqual([code, stderr], [0, '']);
      assert.equal(TELEMETRY.parse(JSON.parse(stdout)).metrics['active_energy_import_total']?.quality, 'good');
    } finally {
      await close();
    }
  });

  it('pm500 sim serves several units over TCP, as a serial server does', async () => {
    const sim = spawnCommand(
      'sim',
      ...['--enip-port', '0', '--count', '2', '--load', 'constant', '--no-input', '--json'],
      ...['--rtu-tcp-port', '0', '--unit', '7'],
    );
    const ended = resultOf(sim);
    try {
      const { rtuTcpPort } = JSON.parse(await firstLineOf(sim)) as { rtuTcpPort: number };
      for (const [unit, letters] of [
        ['7', 'SIM0940000001'],
        ['8', 'SIM0940000002'],
      ] as const) {
        const args = ['--transport', 'modbus-rtu-tcp', '--port', String(rtuTcpPort), '--unit', unit, '--json'];
        const { code, stdout, stderr } = await runCommand('read', '127.0.0.1', ...args);
        assert.deepEqual([code, stderr], [0, ''], `unit ${unit}`);
        assert.equal(TELEMETRY.parse(JSON.parse(stdout)).metrics['identification_letters']?.value, letters);
      }
    } finally {
      sim.kill('SIGTERM');
      const { code } = await ended;
      assert.equal(code, 0, 'pm500 sim ends in order');
    }
  });

  it('pm500 sim serves several units on a line that pm500 read reads, each a process of its own', async () => {
    const { paths, close } = await openPseudoTerminalPair();
    const [simulated, read] = paths;
    const line = ['--baud', '19200', '--parity', 'none'];
    const sim = spawnCommand(
      'sim',
      ...['--enip-port', '0', '--count', '2', '--load', 'constant', '--no-input', '--json'],
      ...['--modbus-rtu', simulated, '--unit', '7', ...line],
    );
    const ended = resultOf(sim);
    try {
      const ready = JSON.parse(await firstLineOf(sim)) as { serialPath: string };
      assert.equal(ready.serialPath, simulated);
      const serial = ['--transport', 'modbus-rtu', '--serial-port', read, ...line];
      for (const [unit, letters] of [
        ['7', 'SIM0940000001'],
        ['8', 'SIM0940000002'],
      ] as const) {
        const { code, stdout, stderr } = await runCommand('read', ...serial, '--unit', unit, '--json');
        assert.deepEqual([code, stderr], [0, ''], `unit ${unit}`);
        const { metrics } = TELEMETRY.parse(JSON.parse(stdout));
        assert.equal(metrics['identification_letters']?.value, letters);
        assert.equal(metrics['active_energy_import_total']?.quality, 'good');
      }
      const { code, stderr } = await runHere('read', ...serial, '--unit', '9', '--group', 'energy');
      assert.equal(code, 1);
      assert.match(stderr, /unit 9/);
    } finally {
      sim.kill('SIGTERM');
      const { code } = await ended;
      await close();
      assert.equal(code, 0, 'pm500 sim ends in order');
    }
  });
});
