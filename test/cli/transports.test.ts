import { TELEMETRY } from '../../src/domain/messages/telemetry';
import assert from 'node:assert/strict';
import { ASSEMBLY_METRICS } from '../../testkit/meters/assembly-metrics';
import { oneMeter } from '../../testkit/simulator/one-meter';
import { registerPlans } from '../../src/domain/codec/register-plan';
import { dailyProfile } from '../../src/simulator/model/plain-profiles';
import { SimulatedSerialServer } from '../../src/simulator/modbus/serial-server';
import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import { silentLogger } from '../../src/support/logger';
import { runHere } from './run-command';
import { PM500 } from '../../src/meters/pm500';

describe('pm500 read over every transport', () => {
  let simulator: Simulator;
  let port: string;
  before(async () => {
    const meter = oneMeter({ load: dailyProfile(300_000, 1) });
    const owned = { ...meter, serialNumber: 940_000_002, plc: { rpiMs: 100 } };
    const modbus = { ...meter, serialNumber: 940_000_003, modbusPort: 0 };
    simulator = await startSimulator(PM500, { meters: [meter, owned, modbus] });
    port = String(simulator.meters[0]?.port);
  });
  after(() => simulator.close());

  const read = (...args: readonly string[]) => runHere('read', '127.0.0.1', '--port', port, ...args);

  for (const transport of ['ucmm', 'class3', 'input-only', 'auto']) {
    it(`${transport} brings every metric of every group`, async () => {
      const { code, stdout, stderr } = await read('--transport', transport, '--rpi', '100', '--json');
      assert.deepEqual([code, stderr], [0, '']);
      const { metrics } = TELEMETRY.parse(JSON.parse(stdout));
      assert.deepEqual(Object.keys(metrics).sort(), [...ASSEMBLY_METRICS].sort());
      assert.ok(Object.values(metrics).every(({ value, quality }) => value !== null && quality !== 'bad'));
    });
  }

  it('listen-only brings what a PLC has the meter send', async () => {
    const ownedPort = String(simulator.meters[1]?.port);
    const args = ['--transport', 'listen-only', '--rpi', '100', '--group', 'realtime', '--json'];
    const { code, stdout, stderr } = await runHere('read', '127.0.0.1', '--port', ownedPort, ...args);
    assert.deepEqual([code, stderr], [0, '']);
    const { metrics } = TELEMETRY.parse(JSON.parse(stdout));
    assert.equal(typeof metrics['voltage_l1_n']?.value, 'number');
  });

  it('modbus-tcp brings every metric that has a register, over one socket, in the same form', async () => {
    const { modbusPort = 0 } = simulator.meters[2] ?? {};
    const args = ['--transport', 'modbus-tcp', '--port', String(modbusPort)];
    const { code, stdout, stderr } = await runHere('read', '127.0.0.1', ...args, '--unit', '7', '--json');
    assert.deepEqual([code, stderr], [0, '']);
    const telemetry = TELEMETRY.parse(JSON.parse(stdout));
    const known = [...registerPlans(PM500).values()].flatMap(({ spans }) =>
      spans.flatMap((span) => Object.keys(span.provenance)),
    );
    assert.deepEqual(Object.keys(telemetry.metrics).sort(), known.sort());
    assert.ok(Object.values(telemetry.metrics).every(({ value, quality }) => value !== null && quality !== 'bad'));
    assert.equal(telemetry.metrics['active_energy_import_total']?.quality, 'good', 'its register is verified');
    const table = await runHere('read', '127.0.0.1', ...args, '--group', 'energy');
    assert.match(table.stdout, new RegExp(`^127\\.0\\.0\\.1:${modbusPort} unit 1, [^\\n]+\\nNAME`));
  });

  it('modbus-rtu-tcp brings the same by a serial server, and drops an echo where it is told to', async () => {
    const meter = simulator.meters[2]!;
    const servers = [meter.createRtuServer(7)];
    const serialServer = await SimulatedSerialServer.open('127.0.0.1', 0, servers, silentLogger);
    const echoing = await SimulatedSerialServer.open(
      '127.0.0.1',
      0,
      [
        {
          receive: (chunk, write) => {
            write(Buffer.from(chunk));
          },
        },
        ...servers,
      ],
      silentLogger,
    );
    const args = (chosen: number): readonly string[] => [
      ...['127.0.0.1', '--transport', 'modbus-rtu-tcp', '--port', String(chosen), '--unit', '7', '--json'],
    ];
    try {
      const { code, stdout, stderr } = await runHere('read', ...args(serialServer.port));
      assert.deepEqual([code, stderr], [0, '']);
      const { metrics } = TELEMETRY.parse(JSON.parse(stdout));
      assert.equal(metrics['active_energy_import_total']?.quality, 'good');
      const echoed = await runHere('read', ...args(echoing.port));
      assert.equal(echoed.code, 1);
      assert.match(echoed.stderr, /unit 7: the line sent the request itself back.*--drop-echo/);
      const dropped = await runHere('read', ...args(echoing.port), '--drop-echo');
      assert.deepEqual([dropped.code, dropped.stderr], [0, '']);
    } finally {
      await Promise.all([serialServer.close(), echoing.close()]);
    }
  });

  it('says which groups Modbus has, when it has none of those that are asked for', async () => {
    const { code, stderr } = await runHere('read', '127.0.0.1', '--transport', 'modbus-tcp', '--group', 'demand');
    assert.deepEqual(
      [code, stderr],
      [
        2,
        'Meter "127.0.0.1": its register table has nothing in demand; choose from realtime, energy, status, product.\n',
      ],
    );
  });

  it('refuses options that do not belong to the transport', async () => {
    const refusal = async (...args: readonly string[]): Promise<string> => (await runHere('read', ...args)).stderr;
    assert.match(await refusal('m', '--transport', 'modbus-tcp', '--assembly', '101'), /Modbus has no assemblies/);
    assert.match(await refusal('m', '--unit', '2'), /--unit is for Modbus/);
    assert.match(await refusal('m', '--drop-echo'), /--drop-echo is for modbus-rtu and modbus-rtu-tcp/);
    assert.match(await refusal('m', '--baud', '9600'), /--baud is for --transport modbus-rtu/);
    assert.match(await refusal('--transport', 'modbus-rtu'), /write --serial-port PATH/);
    assert.match(await refusal('m', '--transport', 'modbus-rtu', '--serial-port', 'x'), /"m" has no use/);
    const rtu = ['--transport', 'modbus-rtu', '--serial-port', '/dev/none'];
    assert.match(await refusal(...rtu, '--baud', '1200'), /--baud is "1200"; choose one of 9600, 19200/);
    assert.match(await refusal(...rtu, '--unit', '248'), /unit identifier 248 does not exist/);
    assert.match(await refusal(...rtu), /The serial port \/dev\/none could not be opened: there is no such port/);
  });

  it('listen-only says in one sentence that nobody owns the meter', async () => {
    const { code, stderr } = await read('--transport', 'listen-only', '--group', 'status');
    assert.equal(code, 1);
    assert.match(stderr, /^[^\n]+no other connection to listen to[^\n]+\n$/);
  });

  it('opens I/O connections as it is told, or says what there is to choose from', async () => {
    const { code, stderr } = await read('--transport', 'auto', '--group', 'status', '--configuration-instance', '128');
    assert.equal(code, 1);
    assert.match(stderr, /0x0129[^\n]+give the configuration instance that the device expects/);
    for (const delivery of ['auto', 'multicast', 'point-to-point']) {
      const told = await read(
        '--transport',
        'auto',
        '--group',
        'status',
        '--delivery',
        delivery,
        '--timeout-multiplier',
        '16',
      );
      assert.equal(told.code, 0, told.stderr);
    }
    assert.match((await read('--delivery', 'unicast')).stderr, /choose one of auto, point-to-point, multicast/);
    assert.match((await read('--timeout-multiplier', '5')).stderr, /choose one of 4, 8, 16/);
    assert.match((await read('--local-address', 'eth0')).stderr, /"eth0" is no IPv4 address of a network interface/);
  });

  it('refuses a transport that does not exist and an interval that the meter does not bear', async () => {
    assert.deepEqual(await read('--transport', 'owner'), {
      code: 2,
      stdout: '',
      stderr:
        'Option --transport is "owner"; choose one of ucmm, class3, input-only, listen-only, auto, modbus-tcp, modbus-rtu, modbus-rtu-tcp.\n',
    });
    assert.match(
      (await read('--transport', 'auto', '--rpi', '50')).stderr,
      /^Option --rpi is "50"; give a number from 100 to 60000\.\n$/,
    );
  });
});
