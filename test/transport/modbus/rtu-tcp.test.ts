import assert from 'node:assert/strict';
import { once } from 'node:events';
import { hasCode } from '../../../src/support/errors';
import { silentLogger } from '../../../src/support/logger';
import { ModbusRtuServer } from '../../../src/simulator/modbus/modbus-rtu-server';
import { withCrc } from '../../../src/transport/modbus/crc';
import { LineTurns } from '../../../src/transport/modbus/line-turns';
import { ReadOnlySocket } from '../../../src/transport/modbus/read-only-socket';
import { createModbusRtuTcpTransport, type ModbusRtuTcpSettings } from '../../../src/transport/modbus/rtu-tcp';
import type { ModbusTransport } from '../../../src/transport/modbus/settings';
import type { RegisterBlock } from '../../../src/transport/transport';
import { ModbusBench } from '../../../testkit/simulator/modbus-bench';
import { rejectsWith } from '../../../testkit/expect-error';
import { FakeClock } from '../../../testkit/fake-clock';
import { SerialServerPeer } from '../../../testkit/meters/serial-server-peer';
import { PM500 } from '../../../src/meters/pm500';

const UNIT = 7;
const REPLY_TIMEOUT_MS = 1000;
const FIRMWARE: RegisterBlock = { kind: 'registers', register: 300_001, words: 2 };
const STATUS: RegisterBlock = { kind: 'registers', register: 316_385, words: 2 };
const FIRMWARE_BYTES = [0x41, 7, 0x41, 4];

describe('Modbus RTU over TCP', () => {
  let clock: FakeClock;
  let peer: SerialServerPeer;
  let port: number;
  let transports: ModbusTransport[];
  let lines: LineTurns;

  const create = (
    settings: Partial<ModbusRtuTcpSettings> = {},
    createSocket?: (where: string) => ReadOnlySocket,
  ): ModbusTransport => {
    const created = createModbusRtuTcpTransport(
      PM500,
      {
        host: '127.0.0.1',
        port,
        unitId: UNIT,
        connectTimeoutMs: 3000,
        replyTimeoutMs: REPLY_TIMEOUT_MS,
        releaseAfterIdleMs: 60_000,
        ...settings,
      },
      { clock, logger: silentLogger, lines, ...(createSocket === undefined ? {} : { createSocket }) },
    );
    transports.push(created);
    return created;
  };
  const opened = async (settings: Partial<ModbusRtuTcpSettings> = {}): Promise<ModbusTransport> => {
    const transport = create(settings);
    await clock.advanceUntil(transport.open(), 10);
    return transport;
  };

  beforeEach(async () => {
    const bench = new ModbusBench();
    peer = new SerialServerPeer(new ModbusRtuServer(bench.target, UNIT), new ModbusRtuServer(bench.target, UNIT + 1));
    port = await peer.listen();
    clock = new FakeClock();
    lines = new LineTurns();
    transports = [];
  });
  afterEach(async () => {
    await Promise.all(transports.map((each) => each.close()));
    await peer.close();
    assert.equal(clock.pending, 0, 'no timer is left');
    assert.ok(peer.mostSockets <= 1, 'one connection at a time');
  });

  it('reads several units of a line in turns', async () => {
    const [first, second] = [create(), create({ unitId: UNIT + 1 })];
    await clock.advanceUntil(Promise.all([first.open(), second.open()]), 10);
    const reads = await clock.advanceUntil(Promise.all([first.read(FIRMWARE), second.read(FIRMWARE)]), 10);
    assert.deepEqual(
      reads.map((bytes) => [...bytes]),
      [FIRMWARE_BYTES, FIRMWARE_BYTES],
    );
    assert.ok(peer.requests.every((frame) => frame.length === 8));
  });

  it('names an echo and what to do, and drops it where it is told to', async () => {
    peer.echoes = true;
    const plain = await opened();
    const error = await rejectsWith(plain.read(FIRMWARE), 'MODBUS_ECHO');
    assert.match(error.message, /127\.0\.0\.1:\d+ unit 7: the line sent the request itself back.*--drop-echo/);
    const dropping = await opened({ dropEcho: true });
    assert.deepEqual([...(await dropping.read(FIRMWARE))], FIRMWARE_BYTES);
    assert.equal((await dropping.read(STATUS)).length, 4);
  });

  it('reads through an adapter that makes bytes of each change of direction, also between two requests', async () => {
    const transport = await opened();
    const unit = new ModbusRtuServer(new ModbusBench().target, UNIT);
    peer.fault = (chunk, socket) => {
      const [reply = Buffer.alloc(0)] = unit.push(chunk);
      socket.write(Buffer.concat([Uint8Array.of(0), reply, Uint8Array.of(0, 0, 0)]));
    };
    assert.deepEqual([...(await transport.read(FIRMWARE))], FIRMWARE_BYTES);
    for (const socket of peer.sockets) socket.write(Uint8Array.of(0xff));
    assert.equal((await transport.read(STATUS)).length, 4);
    assert.deepEqual([...(await transport.read(FIRMWARE))], FIRMWARE_BYTES);
    assert.equal(peer.accepted, 1, 'the line was never dropped');
  });

  it('takes nothing that the serial server kept from before it connected', async () => {
    const before = withCrc(Uint8Array.of(UNIT, 4, 4, 9, 9, 9, 9));
    peer.kept = before;
    const transport = await opened();
    assert.equal(peer.accepted, 1);
    assert.deepEqual([...(await transport.read(FIRMWARE))], FIRMWARE_BYTES);
  });

  it('is silent after a failure for as long as a late reply may take, and never takes one for another', async () => {
    const transport = await opened();
    let late: Buffer = Buffer.alloc(0);
    const asked = new Promise<void>((resolve) => {
      peer.fault = () => {
        late = withCrc(Uint8Array.of(UNIT, 4, 4, 9, 9, 9, 9));
        resolve();
      };
    });
    const read = rejectsWith(transport.read(STATUS), 'MODBUS_REPLY_TIMEOUT');
    await asked;
    await clock.advance(REPLY_TIMEOUT_MS);
    await read;
    peer.fault = undefined;
    peer.kept = late;
    const other = create({ unitId: UNIT + 1 });
    const opening = other.open();
    await clock.advance(REPLY_TIMEOUT_MS - 1);
    assert.equal(peer.accepted, 1);
    await clock.advanceUntil(opening, 10);
    assert.deepEqual([...(await other.read(FIRMWARE))], FIRMWARE_BYTES);
  });

  it('connects from the same port after silence, so that a server with one client finds the connection before ended', async () => {
    const transport = await opened();
    let asked = (): void => undefined;
    const request = new Promise<void>((resolve) => (asked = resolve));
    const end = new Promise<Error>((resolve) => {
      peer.fault = (_chunk, socket) => {
        socket.once('error', resolve);
        asked();
      };
    });
    const read = rejectsWith(transport.read(STATUS), 'MODBUS_REPLY_TIMEOUT');
    await request;
    await clock.advance(REPLY_TIMEOUT_MS);
    await read;
    assert.match((await end).message, /ECONNRESET/);
    peer.fault = undefined;
    await clock.advanceUntil(transport.open(), 10);
    assert.deepEqual([...(await transport.read(FIRMWARE))], FIRMWARE_BYTES);
    assert.equal(peer.from.length, 2);
    assert.equal(peer.from[1], peer.from[0]);
  });

  it('connects from that port also after attempts that came to nothing, and from another one where it cannot be had', async () => {
    const begun: (number | undefined)[] = [];
    const failWith: string[] = [];
    class FailingSocket extends ReadOnlySocket {
      override begin(host: string, toPort: number, localPort?: number): void {
        begun.push(localPort);
        const code = failWith.shift();
        if (code === undefined) super.begin(host, toPort, localPort);
        else this.destroy(Object.assign(new Error(code), { code }));
      }
    }
    const transport = create({}, (where) => new FailingSocket(where, 'rtu'));
    await clock.advanceUntil(transport.open(), 10);
    const asked = new Promise<void>(
      (resolve) =>
        (peer.fault = () => {
          resolve();
        }),
    );
    const read = rejectsWith(transport.read(STATUS), 'MODBUS_REPLY_TIMEOUT');
    await asked;
    await clock.advance(REPLY_TIMEOUT_MS);
    await read;
    failWith.push('EHOSTUNREACH', 'ENETUNREACH', 'ECONNREFUSED', 'EADDRINUSE');
    for (let attempt = 0; attempt < 3; attempt++) {
      await rejectsWith(clock.advanceUntil(transport.open(), 100), 'MODBUS_CONNECT_FAILED');
    }
    // The port is taken: the same attempt goes on from another one.
    await clock.advanceUntil(transport.open(), 10);
    const [, first] = begun;
    assert.equal(first, peer.from[0]);
    assert.deepEqual(begun.slice(1), [first, first, first, first, undefined]);
  });

  it('lets a unit that answers late cost another one nothing', async () => {
    const transport = await opened();
    const late = withCrc(Uint8Array.of(UNIT + 5, 4, 4, 9, 9, 9, 9));
    const bench = new ModbusRtuServer(new ModbusBench().target, UNIT);
    peer.fault = (chunk, socket) => socket.write(Buffer.concat([late, ...bench.push(chunk)]));
    assert.deepEqual([...(await transport.read(FIRMWARE))], FIRMWARE_BYTES);
  });

  it('says what came in place of a reply', async () => {
    const transport = await opened();
    const answered = new Promise<void>((resolve) => {
      peer.fault = (_chunk, socket) => socket.write(Uint8Array.of(UNIT, 4, 4), () => setImmediate(resolve));
    });
    const read = rejectsWith(transport.read(FIRMWARE), 'MODBUS_REPLY_TIMEOUT');
    await answered;
    await clock.advance(REPLY_TIMEOUT_MS);
    assert.match(
      (await read).message,
      /no reply within 1000 ms, but 3 bytes that are none; check the wiring, the rate/,
    );
  });

  it('lets nothing out but reads', async () => {
    for (const frame of [
      withCrc(Uint8Array.of(UNIT, 6, 0x10, 0, 0, 1)),
      withCrc(Uint8Array.of(0, 4, 0, 0, 0, 1)),
      Uint8Array.of(0, 1, 0, 0, 0, 6, UNIT, 4, 0, 0, 0, 1),
    ]) {
      const socket = new ReadOnlySocket('the meter', 'rtu');
      const failed = new Promise<unknown>((resolve) => socket.once('error', resolve));
      socket.begin('127.0.0.1', port);
      await once(socket, 'connect');
      socket.write(frame);
      assert.ok(hasCode(await failed, 'MODBUS_REQUEST_INVALID'));
      assert.equal(socket.bytesWritten, 0);
    }
    assert.deepEqual(peer.requests, []);
    peer.mostSockets = 0;
  });
});
