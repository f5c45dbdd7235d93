import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import ModbusRTU from 'modbus-serial';
import { decodeRegisters } from '../../../src/domain/codec/register-decode';
import { planSpans, registerPlans } from '../../../src/domain/codec/register-plan';
import { REGISTERS } from '../../../src/meters/pm500/registers';
import { silentLogger } from '../../../src/support/logger';
import { seededRandom } from '../../../src/support/random';
import { systemClock } from '../../../src/support/clock';
import { takeMbapFrame } from '../../../src/simulator/modbus/modbus-server';
import { Suspension } from '../../../src/simulator/modbus/suspension';
import { wireAddress } from '../../../src/transport/modbus/address';
import { createModbusTcpTransport } from '../../../src/transport/modbus/tcp';
import { FakeClock } from '../../../testkit/fake-clock';
import { modbusFrame } from '../../../testkit/meters/modbus-peer';
import { waitFor } from '../../../testkit/wait';
import { ModbusBench } from '../../../testkit/simulator/modbus-bench';
import { PM500 } from '../../../src/meters/pm500';

/** The exception code that a call of the library ends with. */
async function exceptionOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
    return 'none';
  } catch (thrown) {
    return (thrown as { modbusCode?: number }).modbusCode;
  }
}

describe('Modbus TCP server of the simulator', () => {
  let bench: ModbusBench;
  beforeEach(async () => {
    bench = await new ModbusBench().open();
  });
  afterEach(() => bench.server.close());

  const dial = async (): Promise<Socket> => {
    const socket = connect(bench.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  /** Resolves with the first bytes that come, or with nothing when the connection is closed. */
  const answer = (socket: Socket): Promise<Buffer> =>
    new Promise((resolve) => {
      socket.once('data', resolve);
      socket.once('close', () => {
        resolve(Buffer.alloc(0));
      });
    });

  it('tells an independent client what EtherNet/IP would tell, by functions 03 and 04', async () => {
    const client = new ModbusRTU();
    await client.connectTCP('127.0.0.1', { port: bench.port });
    const expected = bench.meter.values();
    for (const { spans } of registerPlans(PM500).values()) {
      for (const span of spans) {
        const { buffer } = await client.readInputRegisters(wireAddress(PM500, span.register), span.words);
        const holding = await client.readHoldingRegisters(wireAddress(PM500, span.register), span.words);
        assert.deepEqual(holding.buffer, buffer);
        for (const [metric, value] of Object.entries(decodeRegisters(span, buffer).values)) {
          const real = expected[metric];
          if (typeof real !== 'number' || typeof value !== 'number') assert.equal(value, real, metric);
          // Singles for what flows, whole Wh and minutes for what is counted.
          else assert.ok(Math.abs(value - real) <= Math.max(1, Math.abs(real)) * 1e-6 + 1 / 60, metric);
        }
      }
    }
    client.close(() => undefined);
  });

  it('puts the low word of a value first, and the high byte of a word', async () => {
    const client = new ModbusRTU();
    await client.connectTCP('127.0.0.1', { port: bench.port });
    const frequency = (await client.readInputRegisters(wireAddress(PM500, 300_137), 2)).data;
    const view = new DataView(new ArrayBuffer(4));
    view.setUint16(0, frequency[1]!);
    view.setUint16(2, frequency[0]!);
    assert.ok(Math.abs(view.getFloat32(0) - 50) < 1 || Math.abs(view.getFloat32(0) - 60) < 1);
    const firmware = (await client.readInputRegisters(0, 1)).data;
    assert.equal(String.fromCharCode(firmware[0]! >>> 8), 'A');
    const [system] = (await client.readInputRegisters(wireAddress(PM500, 304_098), 1)).data;
    assert.equal(system, 5);
    client.close(() => undefined);
  });

  it('serves every register of the table, and no other', async () => {
    const client = new ModbusRTU();
    await client.connectTCP('127.0.0.1', { port: bench.port });
    const known = new Set<number>();
    for (const span of planSpans(PM500, REGISTERS)) {
      const { data } = await client.readInputRegisters(wireAddress(PM500, span.register), span.words);
      assert.equal(data.length, span.words);
      for (let index = 0; index < span.words; index++) known.add(span.register + index);
      for (const beyond of [span.register - 1, span.register + span.words]) {
        if (known.has(beyond) || REGISTERS.some(({ register }) => register === beyond) || beyond < 300_001) continue;
        assert.equal(await exceptionOf(client.readInputRegisters(wireAddress(PM500, beyond), 1)), 2, String(beyond));
      }
      assert.equal(await exceptionOf(client.readInputRegisters(wireAddress(PM500, span.register), span.words + 1)), 2);
    }
    client.close(() => undefined);
  });

  it('refuses every write and every other function, and counts them', async () => {
    const client = new ModbusRTU();
    await client.connectTCP('127.0.0.1', { port: bench.port });
    assert.equal(await exceptionOf(client.writeRegister(wireAddress(PM500, 304_097), 1)), 1);
    assert.equal(await exceptionOf(client.writeRegisters(wireAddress(PM500, 304_121), [0, 0x3f80])), 1);
    assert.equal(await exceptionOf(client.writeCoil(0, true)), 1);
    assert.equal(await exceptionOf(client.readCoils(0, 1)), 1);
    client.close(() => undefined);
    const { functions, exceptions } = bench.server.stats;
    assert.deepEqual(functions, { 1: 1, 5: 1, 6: 1, 16: 1 });
    assert.deepEqual(exceptions, { 1: 4 });
  });

  it('refuses counts that no request may have', async () => {
    const socket = await dial();
    for (const pdu of [
      [4, 0, 0, 0, 0],
      [4, 0, 0, 0, 126],
      [4, 0, 0, 0xff, 0xff],
      [4, 0, 0],
      [4, 0, 0, 0, 1, 0],
    ]) {
      socket.write(modbusFrame(7, 1, Uint8Array.from(pdu)));
      assert.deepEqual([...(await answer(socket))], [0, 7, 0, 0, 0, 3, 1, 0x84, 3]);
    }
    socket.write(modbusFrame(8, 1, Uint8Array.of(4, 0xff, 0xff, 0, 2)));
    assert.deepEqual([...(await answer(socket))].slice(7), [0x84, 2]);
    socket.destroy();
  });

  it('serves one socket: a second one is closed at once, and a later one is served again', async () => {
    const first = await dial();
    const second = await dial();
    assert.equal((await answer(second)).length, 0);
    first.write(modbusFrame(1, 1, Uint8Array.of(4, 0, 0, 0, 1)));
    assert.equal((await answer(first)).length, 11, 'the first one is not disturbed');
    assert.equal(bench.server.stats.refusedConnections, 1);
    first.destroy();
    const served = await waitFor('the place to be free', async () => {
      const later = await dial();
      later.write(modbusFrame(2, 1, Uint8Array.of(4, 0, 0, 0, 1)));
      const reply = await answer(later);
      later.destroy();
      return reply.length > 0 && reply;
    });
    assert.equal(served.length, 11);
  });

  it('answers requests that come merged, split and back to back', async () => {
    const socket = await dial();
    const requests = Buffer.concat([1, 2, 3].map((id) => modbusFrame(id, 1, Uint8Array.of(4, 0, 0, 0, 1))));
    let replies = Buffer.alloc(0);
    socket.on('data', (chunk) => (replies = Buffer.concat([replies, chunk])));
    for (const cut of [requests.subarray(0, 5), requests.subarray(5, 20), requests.subarray(20)]) {
      socket.write(cut);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await waitFor('three replies', () => replies.length === 33, { everyMs: 1 });
    assert.deepEqual([replies[1], replies[12], replies[23]], [1, 2, 3]);
    socket.destroy();
  });

  it('survives garbage: answers or drops it, and serves the next client', async () => {
    const random = seededRandom(11);
    for (let round = 0; round < 150; round++) {
      const socket = await dial();
      const ended = answer(socket);
      const bytes = Uint8Array.from({ length: 8 + Math.floor(random() * 40) }, () => Math.floor(random() * 256));
      if (round % 2 === 0) bytes.set([0, round, 0, 0, 0], 0);
      socket.end(bytes);
      await ended;
      socket.destroy();
    }
    assert.ok(bench.server.stats.acceptedConnections > 30, 'most of it reached the server');
    const reply = await waitFor('an answer', async () => {
      const socket = await dial();
      socket.write(modbusFrame(1, 1, Uint8Array.of(3, 0, 0, 0, 1)));
      const bytes = await answer(socket);
      socket.destroy();
      return bytes.length === 11;
    });
    assert.ok(reply);
  }).timeout(30_000);

  it('closes a client that says nothing', async () => {
    const quiet = await new ModbusBench(new FakeClock(), 20).open();
    const socket = connect(quiet.port, '127.0.0.1');
    await once(socket, 'close');
    await quiet.server.close();
  });

  it('tells every sign of life', async () => {
    const socket = await dial();
    socket.write(modbusFrame(1, 1, Uint8Array.of(4, 0, 0, 0, 1)));
    await answer(socket);
    assert.equal(bench.activity, 2, 'the connection and the request');
    socket.destroy();
  });

  it('is read by the transport of this package', async () => {
    const transport = createModbusTcpTransport(
      PM500,
      {
        host: '127.0.0.1',
        port: bench.port,
        unitId: 1,
        connectTimeoutMs: 4000,
        replyTimeoutMs: 4000,
        releaseAfterIdleMs: 0,
      },
      { clock: systemClock, logger: silentLogger },
    );
    await transport.open();
    assert.deepEqual(await transport.identify(), {
      firmwareBase: 'A.7',
      firmwareCommunication: 'A.4',
      firmwareAnalog: '',
      letters: 'SIM0940000001',
    });
    const [energy] = registerPlans(PM500).get('energy')!.spans;
    const bytes = await transport.read({ kind: 'registers', register: energy!.register, words: energy!.words });
    const { values } = decodeRegisters(energy!, bytes);
    assert.equal(
      values['active_energy_import_total'],
      Math.floor(bench.meter.values()['active_energy_import_total'] as number),
    );
    await transport.close();
  });
});

describe('takeMbapFrame', () => {
  it('takes apart what was put together, wherever it was cut', () => {
    const random = seededRandom(2);
    for (let round = 0; round < 2000; round++) {
      const pdu = Uint8Array.from({ length: 1 + Math.floor(random() * 253) }, () => Math.floor(random() * 256));
      const frame = modbusFrame(round, 1, pdu);
      const cut = Math.floor(random() * frame.length);
      assert.equal(takeMbapFrame(frame.subarray(0, cut)).kind, 'partial');
      const whole = takeMbapFrame(Buffer.concat([frame, Buffer.of(9)]));
      assert.ok(whole.kind === 'frame');
      assert.deepEqual([...whole.pdu], [...pdu]);
      assert.deepEqual([...whole.rest], [9]);
    }
  });

  it('never fails on random bytes', () => {
    const random = seededRandom(4);
    const kinds = new Set<string>();
    for (let round = 0; round < 20_000; round++) {
      const bytes = Buffer.from(Array.from({ length: Math.floor(random() * 16) }, () => Math.floor(random() * 3)));
      kinds.add(takeMbapFrame(bytes).kind);
    }
    assert.deepEqual([...kinds].sort(), ['frame', 'invalid', 'partial']);
  });
});

describe('Suspension', () => {
  it('begins with a sign of life, is prolonged by the next and ends by itself', async () => {
    const clock = new FakeClock();
    const suspension = new Suspension(clock, 1000);
    assert.ok(!suspension.active);
    suspension.extend();
    await clock.advance(999);
    assert.ok(suspension.active);
    suspension.extend();
    await clock.advance(999);
    assert.ok(suspension.active);
    await clock.advance(1);
    assert.ok(!suspension.active);
    assert.equal(clock.pending, 0);
  });
});
