import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { systemClock } from '../../../src/support/clock';
import { hasCode } from '../../../src/support/errors';
import { silentLogger } from '../../../src/support/logger';
import type { RunningMeter, Simulator } from '../../../src/simulator/simulator';
import { createExplicitTransport } from '../../../src/transport/ethernet-ip/explicit/explicit';
import type { AssemblyBlock, Transport } from '../../../src/transport/transport';
import { FakeClock } from '../../../testkit/fake-clock';
import { modbusFrame } from '../../../testkit/meters/modbus-peer';
import { startOneMeter } from '../../../testkit/simulator/one-meter';

const STATES: AssemblyBlock = { kind: 'assembly', instance: 108, sizeBytes: 4 };
const SUSPENSION_MS = 3000;

describe('simulated meter with Modbus and EtherNet/IP', () => {
  let clock: FakeClock;
  let simulator: Simulator;
  let meter: RunningMeter;
  const explicit = (replyTimeoutMs: number): Transport =>
    createExplicitTransport(
      { host: '127.0.0.1', port: meter.port, connectTimeoutMs: 4000, replyTimeoutMs },
      { clock: systemClock, logger: silentLogger },
    );
  const askModbus = async (): Promise<Buffer> => {
    const socket = connect(meter.modbusPort!, '127.0.0.1');
    socket.write(modbusFrame(1, 1, Uint8Array.of(4, 0, 0, 0, 1)));
    const [reply] = (await once(socket, 'data')) as [Buffer];
    socket.end();
    await once(socket, 'close');
    return reply;
  };

  beforeEach(async () => {
    clock = new FakeClock();
    simulator = await startOneMeter({ modbusPort: 0 }, { modbusSuspendsEnipMs: SUSPENSION_MS, clock });
    meter = simulator.meters[0]!;
  });
  afterEach(() => simulator.close());

  it('suspends EtherNet/IP while Modbus is used, and recovers by itself', async () => {
    const held = explicit(300);
    await held.open();
    await held.read(STATES);
    assert.equal((await askModbus()).length, 11);

    const silent = await held.read(STATES).catch((thrown: unknown) => thrown);
    assert.ok(hasCode(silent, 'ENIP_REPLY_TIMEOUT'), 'a session that was open gets no answer');
    const refused = await explicit(2000)
      .open()
      .catch((thrown: unknown) => thrown);
    assert.ok(hasCode(refused, 'ENIP_CONNECTION_LOST', 'ENIP_CONNECT_FAILED'), 'a connection is closed at once');

    await clock.advance(SUSPENSION_MS);
    await held.open();
    assert.equal((await held.read(STATES)).length, 4);
    await held.close();
    assert.deepEqual(meter.modbusStats?.functions, { 4: 1 });
  });

  it('has no Modbus unless it is told to', async () => {
    const plain = await startOneMeter({ serialNumber: 940_000_002 });
    assert.equal(plain.meters[0]?.modbusPort, undefined);
    assert.equal(plain.meters[0]?.modbusStats, undefined);
    await plain.close();
  });

  it('closes everything again when the Modbus port is taken', async () => {
    await assert.rejects(startOneMeter({ modbusPort: meter.modbusPort!, serialNumber: 940_000_003 }), {
      code: 'SIMULATOR_BIND_FAILED',
    });
  });
});
