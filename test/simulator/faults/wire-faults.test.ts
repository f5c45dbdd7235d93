import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { CIP_CLASS, SERVICE } from '../../../src/transport/ethernet-ip/wire/cip';
import type { RunningMeter, Simulator } from '../../../src/simulator/simulator';
import { systemClock } from '../../../src/support/clock';
import { hasCode } from '../../../src/support/errors';
import { silentLogger } from '../../../src/support/logger';
import { seededRandom } from '../../../src/support/random';
import { createExplicitTransport } from '../../../src/transport/ethernet-ip/explicit/explicit';
import type { AssemblyBlock, Transport } from '../../../src/transport/transport';
import { modbusFrame } from '../../../testkit/meters/modbus-peer';
import { waitFor } from '../../../testkit/wait';
import { cipRequest, cipResponseIn, registerFrame, unconnectedFrame } from '../../../testkit/simulator/frames';
import { RawClient } from '../../../testkit/simulator/raw-client';
import { startOneMeter } from '../../../testkit/simulator/one-meter';

const STATES: AssemblyBlock = { kind: 'assembly', instance: 108, sizeBytes: 4 };
const READ_STATES = cipRequest(SERVICE.getAttributeSingle, CIP_CLASS.assembly, 108, 3);
const READ_LETTERS = modbusFrame(1, 1, Uint8Array.of(4, 0, 32, 0, 6));
const EVERY = { everyMs: 5 };
/** Longer than a busy computer leaves this process without time: reader and meter are both in it. */
const REPLY_TIMEOUT_MS = 1000;

/** A reset counts as an end, not as an error. */
const closeOf = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.once('close', () => {
      resolve();
    });
  });

describe('faults on the wire', () => {
  let simulator: Simulator;
  let meter: RunningMeter;
  const open: Transport[] = [];
  const reader = (): Transport => {
    const transport = createExplicitTransport(
      { host: '127.0.0.1', port: meter.port, connectTimeoutMs: 10_000, replyTimeoutMs: REPLY_TIMEOUT_MS },
      { clock: systemClock, logger: silentLogger },
    );
    open.push(transport);
    return transport;
  };
  const codeOf = async (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'none',
      (thrown: unknown) => String((thrown as { code?: string }).code),
    );
  const openModbus = async (): Promise<Socket> => {
    const socket = connect(meter.modbusPort!, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };

  beforeEach(async () => {
    simulator = await startOneMeter({ modbusPort: 0 }, { random: seededRandom(3), modbusSuspendsEnipMs: 100 });
    meter = simulator.meters[0]!;
  });
  afterEach(async () => {
    for (const transport of open.splice(0)) await transport.close();
    await simulator.close();
  });

  for (const [name, given, codes] of [
    ['silence', {}, ['ENIP_REPLY_TIMEOUT']],
    ['delay', { delayMs: 2 * REPLY_TIMEOUT_MS }, ['ENIP_REPLY_TIMEOUT']],
    ['truncate', { keepBytes: 9 }, ['ENIP_REPLY_TIMEOUT', 'ENIP_FRAME_INVALID']],
    ['garbage', {}, ['ENIP_FRAME_INVALID', 'ENIP_REPLY_TIMEOUT']],
    ['wrong-size', { bytes: 2 }, ['METER_SIZE_MISMATCH']],
    ['cip-error', { generalStatus: 0x0c, extendedStatus: 0x17 }, ['CIP_STATUS']],
  ] as const) {
    it(`${name} is an error with a code, and after it the reads go on`, async () => {
      const transport = reader();
      await transport.open();
      assert.equal((await transport.read(STATES)).length, 4);
      meter.faults.start(name, given);
      const code = await codeOf(transport.read(STATES));
      assert.ok((codes as readonly string[]).includes(code), code);
      meter.faults.stop(name);
      await transport.open();
      assert.equal((await transport.read(STATES)).length, 4);
    });
  }

  it('a delay that is bearable only makes replies late', async () => {
    const transport = reader();
    await transport.open();
    meter.faults.start('delay', { delayMs: 60 });
    const began = performance.now();
    await transport.read(STATES);
    assert.ok(performance.now() - began >= 58);
  });

  it('reset ends every connection with RST', async () => {
    const client = await RawClient.open(meter.port);
    await client.ask(registerFrame());
    let code: unknown;
    client.socket.on('error', (error: NodeJS.ErrnoException) => (code = error.code));
    const modbus = await openModbus();
    await waitFor('the Modbus connection', () => meter.modbusStats?.acceptedConnections === 1, EVERY);
    const closing = closeOf(modbus);
    meter.faults.start('reset');
    await client.closed;
    assert.equal(code, 'ECONNRESET');
    await closing;
    assert.deepEqual(meter.faults.active, []);
  });

  it('refuse listens no more until it ends, on both protocols', async () => {
    const client = await RawClient.open(meter.port);
    meter.faults.start('refuse');
    await client.closed;
    await waitFor('the refusal', async () => (await codeOf(reader().open())) === 'ENIP_CONNECT_FAILED', EVERY);
    await waitFor('Modbus', async () => (await codeOf(openModbus())) === 'ECONNREFUSED', EVERY);
    meter.faults.stop('refuse');
    await waitFor('the listener', async () => (await codeOf(openModbus())) === 'none', EVERY);
    await waitFor('the meter', async () => (await codeOf(reader().open())) === 'none', EVERY);
  });

  it('reboot forgets every connection and comes back by itself', async () => {
    const transport = reader();
    await transport.open();
    meter.faults.start('reboot', { durationMs: 120 });
    assert.ok(
      hasCode(
        await transport.read(STATES).catch((thrown: unknown) => thrown),
        'ENIP_CONNECTION_LOST',
        'ENIP_REPLY_TIMEOUT',
      ),
    );
    await waitFor('the meter', async () => (await codeOf(reader().open())) === 'none', EVERY);
    assert.deepEqual(meter.faults.active, []);
  });

  it('reboot and refuse together open only when both are over', async () => {
    meter.faults.start('refuse');
    meter.faults.start('reboot', { durationMs: 30 });
    await waitFor('the end of the reboot', () => !meter.faults.has('reboot'), EVERY);
    assert.equal(await codeOf(reader().open()), 'ENIP_CONNECT_FAILED');
    meter.faults.stopAll();
    await waitFor('the meter', async () => (await codeOf(reader().open())) === 'none', EVERY);
  });

  it('cip-error may answer only requests for connections', async () => {
    meter.faults.start('cip-error', { to: 'connections', generalStatus: 1, extendedStatus: 0x106 });
    const client = await RawClient.open(meter.port);
    const { session } = await client.ask(registerFrame());
    const states = cipResponseIn(await client.ask(unconnectedFrame(session, READ_STATES)));
    assert.equal(states.generalStatus, 0);
    const refused = cipResponseIn(
      await client.ask(unconnectedFrame(session, cipRequest(0x54, CIP_CLASS.connectionManager, 1))),
    );
    assert.deepEqual([refused.generalStatus, refused.extendedStatus], [1, [0x106]]);
    await client.close();
  });

  it('modbus-exception answers every request with it', async () => {
    meter.faults.start('modbus-exception', { exception: 6 });
    const socket = await openModbus();
    socket.write(READ_LETTERS);
    const [reply] = (await once(socket, 'data')) as [Buffer];
    assert.deepEqual([...reply.subarray(7)], [0x84, 6]);
    meter.faults.stop('modbus-exception');
    socket.write(READ_LETTERS);
    const [good] = (await once(socket, 'data')) as [Buffer];
    assert.equal(good.length, 9 + 12);
    socket.destroy();
  });

  it('busy-socket turns everybody away, and its traffic suspends EtherNet/IP', async () => {
    const before = await openModbus();
    const lost = closeOf(before);
    await waitFor('the Modbus connection', () => meter.modbusStats?.acceptedConnections === 1, EVERY);
    meter.faults.start('busy-socket', { everyMs: 20 });
    await lost;
    const turnedAway = await openModbus();
    await closeOf(turnedAway);
    const explicit = await codeOf(reader().open());
    assert.ok(['ENIP_CONNECTION_LOST', 'ENIP_CONNECT_FAILED'].includes(explicit), explicit);
    meter.faults.stop('busy-socket');
    await waitFor('EtherNet/IP', async () => (await codeOf(reader().open())) === 'none', EVERY);
    const socket = await openModbus();
    socket.write(READ_LETTERS);
    await once(socket, 'data');
    socket.destroy();
  });
});
