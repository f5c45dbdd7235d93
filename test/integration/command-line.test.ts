import { TELEMETRY } from '../../src/domain/messages/telemetry';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isRecord } from '../../src/support/expect';
import { ROOT } from '../../testkit/root';
import { freePort } from '../../testkit/servers/ports';
import { startProcess, type RunningProcess } from '../../testkit/servers/processes';

const COMMAND = join(ROOT, 'dist/src/cli/main.js');
const run = promisify(execFile);

/** A `pm500 sim` as a process of its own; its first line tells where it listens. */
async function startSim(...options: readonly string[]): Promise<RunningProcess> {
  return startProcess({
    name: 'pm500 sim',
    command: process.execPath,
    args: [COMMAND, 'sim', '--json', '--no-input', ...options],
    ready: (output) => output.includes('\n'),
  });
}

async function pm500(...args: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [COMMAND, ...args]);
  return stdout;
}

describe('the pm500 command, every process of its own', () => {
  let owned: RunningProcess;
  let alone: RunningProcess;
  let enipPort: number;
  let ownedPort: number;
  let modbusPort: number;

  before(async () => {
    [enipPort, ownedPort, modbusPort] = [await freePort(), await freePort(), await freePort()];
    alone = await startSim('--enip-port', String(enipPort), '--modbus-port', String(modbusPort));
    owned = await startSim('--enip-port', String(ownedPort), '--plc', '--plc-rpi', '100');
  });

  after(async () => {
    await Promise.all([alone.stop(), owned.stop()]);
  });

  /** Reads once and answers the names of the metrics, all of which have a value. */
  const read = async (port: number, transport: string): Promise<readonly string[]> => {
    const where = ['--port', String(port), '--transport', transport, '--rpi', '100'];
    const args = transport.startsWith('modbus') ? where.slice(0, 4) : where;
    const telemetry = TELEMETRY.parse(
      JSON.parse(await pm500('read', '127.0.0.1', ...args, '--group', 'energy', '--json')),
    );
    for (const [name, { value }] of Object.entries(telemetry.metrics)) assert.equal(typeof value, 'number', name);
    return Object.keys(telemetry.metrics).sort();
  };

  it('scan finds a meter', async () => {
    const found: unknown = JSON.parse(
      await pm500('scan', '127.0.0.1', '--timeout', '4000', '--port', String(enipPort), '--json'),
    );
    assert.ok(isRecord(found));
    assert.equal(found['catalogNumber'], '1420-V2-ENT');
  });

  it('read brings the same metrics over every transport', async () => {
    const names = await read(enipPort, 'ucmm');
    assert.ok(names.includes('active_energy_import_total'));
    for (const transport of ['class3', 'input-only', 'auto']) {
      assert.deepEqual(await read(enipPort, transport), names, transport);
    }
    assert.deepEqual(await read(ownedPort, 'listen-only'), names);
    assert.deepEqual(await read(modbusPort, 'modbus-tcp'), names);
  });
});
