import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { hasCode } from '../../../src/support/errors';
import { silentLogger } from '../../../src/support/logger';
import { processHalfOpenPorts } from '../../../src/transport/modbus/half-open';
import { LineTurns } from '../../../src/transport/modbus/line-turns';
import { ReadOnlySocket } from '../../../src/transport/modbus/read-only-socket';
import type { ModbusTransport } from '../../../src/transport/modbus/settings';
import { createModbusTcpTransport, type ModbusTcpSettings } from '../../../src/transport/modbus/tcp';
import type { RegisterBlock, TransportStateChange } from '../../../src/transport/transport';
import { rejectsWith } from '../../../testkit/expect-error';
import { FakeClock } from '../../../testkit/fake-clock';
import { modbusFrame, ModbusPeer, type ModbusFault } from '../../../testkit/meters/modbus-peer';
import { waitFor } from '../../../testkit/wait';
import { PM500 } from '../../../src/meters/pm500';

const VOLTAGE: RegisterBlock = { kind: 'registers', register: 300_081, words: 2 };
const STATUS: RegisterBlock = { kind: 'registers', register: 316_385, words: 2 };
const PAUSE_MS = 50;

describe('Modbus TCP under faults', () => {
  let peer: ModbusPeer;
  let clock: FakeClock;
  let port: number;
  let transports: ModbusTransport[];
  let transport: ModbusTransport;
  let changes: TransportStateChange[];
  let lines: LineTurns;

  const create = (
    settings: Partial<ModbusTcpSettings> = {},
    createSocket?: (where: string) => ReadOnlySocket,
  ): ModbusTransport => {
    const created = createModbusTcpTransport(
      PM500,
      {
        host: '127.0.0.1',
        port,
        unitId: 1,
        connectTimeoutMs: 3000,
        replyTimeoutMs: 2000,
        releaseAfterIdleMs: 60_000,
        ...settings,
      },
      { clock, logger: silentLogger, lines, ...(createSocket === undefined ? {} : { createSocket }) },
    );
    transports.push(created);
    return created;
  };

  /** The peer does this with the next request; resolves when it did. */
  const next = (act: ModbusFault): Promise<void> =>
    new Promise((resolve) => {
      peer.fault = (context) => {
        peer.fault = undefined;
        act(context);
        resolve();
      };
    });

  beforeEach(async () => {
    peer = new ModbusPeer();
    peer.spans.set(VOLTAGE.register, Uint8Array.of(0x80, 0, 0x43, 0x66));
    peer.spans.set(STATUS.register, Uint8Array.of(0, 1, 0, 2));
    port = await peer.listen();
    clock = new FakeClock();
    // The system may give a port again, whose pause would be over by a clock that has ended.
    lines = new LineTurns();
    transports = [];
    transport = create();
    changes = [];
    transport.onState((change) => changes.push(change));
  });
  afterEach(async () => {
    await Promise.all(transports.map((each) => each.close()));
    await peer.close();
    assert.equal(clock.pending, 0, 'no timer is left');
    assert.equal(peer.mostSockets, 1, 'the meter saw one socket at a time');
  });

  /** Opens again once the pause is over, and reads the right values. */
  const recovers = async (): Promise<void> => {
    await clock.advanceUntil(transport.open(), PAUSE_MS);
    assert.deepEqual([...(await transport.read(STATUS))], [0, 1, 0, 2]);
    assert.deepEqual([...(await transport.read(VOLTAGE))], [0x80, 0, 0x43, 0x66]);
  };

  it('gives up on a meter that does not answer, and a late reply never reaches another read', async () => {
    await transport.open();
    let late: Buffer | undefined;
    const arrived = next(({ reply }) => {
      late = reply;
    });
    const read = rejectsWith(transport.read(VOLTAGE), 'MODBUS_REPLY_TIMEOUT');
    await arrived;
    await clock.advance(1999);
    assert.equal(transport.state, 'open');
    await clock.advance(1);
    const error = await read;
    assert.ok(error.retryable);
    assert.equal(changes.at(-1)?.error?.code, 'MODBUS_REPLY_TIMEOUT');
    // The reply comes now: its socket is gone, and a new one does not know its number.
    await clock.advanceUntil(transport.open(), PAUSE_MS);
    const done = next(({ socket, reply }) => socket.write(Buffer.concat([late!, reply])));
    const doubtful = rejectsWith(transport.read(STATUS), 'MODBUS_REPLY_INVALID');
    await done;
    await doubtful;
    await recovers();
  });

  it('connects from any port where another program has the one of a connection that was given up', async () => {
    const other = createServer().listen(0, '0.0.0.0');
    await once(other, 'listening');
    processHalfOpenPorts.note(`127.0.0.1:${port}`, (other.address() as AddressInfo).port);
    try {
      await transport.open();
      assert.deepEqual([...(await transport.read(STATUS))], [0, 1, 0, 2]);
    } finally {
      other.close();
    }
  });

  it('waits 50 ms before it opens another socket', async () => {
    await transport.open();
    const hungUp = next(({ socket }) => socket.destroy());
    const read = rejectsWith(transport.read(VOLTAGE), 'MODBUS_CONNECTION_LOST');
    await hungUp;
    await read;
    const opened = transport.open();
    await clock.advance(PAUSE_MS - 1);
    assert.equal(transport.state, 'opening');
    assert.equal(peer.accepted, 1);
    await clock.advanceUntil(opened, 1);
    assert.equal(peer.accepted, 2);
  });

  const invalid: Record<string, ModbusFault> = {
    'a reply with fewer registers': ({ request, socket }) =>
      socket.write(modbusFrame(request.transaction, 1, Uint8Array.of(4, 2, 0x80, 0))),
    'a reply with more registers': ({ request, socket }) =>
      socket.write(modbusFrame(request.transaction, 1, Uint8Array.of(4, 6, 1, 2, 3, 4, 5, 6))),
    'a count of bytes that its frame does not have': ({ request, socket }) =>
      socket.write(modbusFrame(request.transaction, 1, Uint8Array.of(4, 2, 1, 2, 3, 4))),
    'a count of bytes beyond its frame': ({ request, socket }) =>
      socket.write(modbusFrame(request.transaction, 1, Uint8Array.of(4, 200, 1, 2, 3, 4))),
    'another function': ({ request, socket }) =>
      socket.write(modbusFrame(request.transaction, 1, Uint8Array.of(3, 4, 1, 2, 3, 4))),
    'another unit': ({ request, socket }) =>
      socket.write(modbusFrame(request.transaction, 9, Uint8Array.of(4, 4, 1, 2, 3, 4))),
    'an empty frame': ({ request, socket }) => socket.write(modbusFrame(request.transaction, 1, Uint8Array.of())),
    'a reply and half of another': ({ reply, socket }) => socket.write(Buffer.concat([reply, reply.subarray(0, 5)])),
    'an exception and bytes after it': ({ request, socket }) =>
      socket.write(Buffer.concat([modbusFrame(request.transaction, 1, Uint8Array.of(0x84, 2)), Buffer.of(1)])),
  };
  for (const [what, act] of Object.entries(invalid)) {
    it(`refuses ${what}, drops the connection and recovers`, async () => {
      await transport.open();
      const acted = next(act);
      const read = rejectsWith(transport.read(VOLTAGE), 'MODBUS_REPLY_INVALID');
      await acted;
      await read;
      assert.equal(transport.state, 'closed');
      await recovers();
    });
  }

  const silent: Record<string, ModbusFault> = {
    'the number of another request': ({ reply, socket }) => {
      reply.writeUInt16BE(reply.readUInt16BE(0) + 7, 0);
      socket.write(reply);
    },
    'a truncated reply': ({ reply, socket }) => socket.write(reply.subarray(0, reply.length - 1)),
    'half a header': ({ reply, socket }) => socket.write(reply.subarray(0, 3)),
    'a frame that claims to be longer': ({ reply, socket }) => {
      reply.writeUInt16BE(0xffff, 4);
      socket.write(reply);
    },
  };
  for (const [what, act] of Object.entries(silent)) {
    it(`does not wait forever on ${what}`, async () => {
      await transport.open();
      const acted = next(act);
      const read = rejectsWith(transport.read(VOLTAGE), 'MODBUS_REPLY_TIMEOUT');
      await acted;
      await clock.advance(2000);
      await read;
      await recovers();
    });
  }

  it('takes a reply that comes in pieces, one byte each', async () => {
    await transport.open();
    const acted = next(({ reply, socket }) => {
      const send = (index: number): void => {
        if (index < reply.length) socket.write(reply.subarray(index, index + 1), () => setImmediate(send, index + 1));
      };
      send(0);
    });
    const read = transport.read(VOLTAGE);
    await acted;
    assert.deepEqual([...(await read)], [0x80, 0, 0x43, 0x66]);
  });

  it('keeps the connection through every exception, and says what each means', async () => {
    await transport.open();
    for (const [code, retryable] of [
      [1, false],
      [2, false],
      [3, false],
      [4, true],
      [6, true],
      [99, false],
    ] as const) {
      peer.refusals.set(VOLTAGE.register, code);
      const error = await rejectsWith(transport.read(VOLTAGE), 'MODBUS_EXCEPTION');
      assert.deepEqual([error.details['exceptionCode'], error.retryable], [code, retryable]);
    }
    peer.refusals.clear();
    assert.equal((await transport.read(VOLTAGE)).length, 4);
    assert.equal(peer.accepted, 1);
  });

  it('takes what a gateway says in place of a unit for silence of that unit', async () => {
    for (const [code, says] of [
      [10, /127\.0\.0\.1:\d+ unit 1: the gateway has no path to it/],
      [11, /127\.0\.0\.1:\d+ unit 1: the gateway got no answer from it/],
    ] as const) {
      peer.refusals.set(VOLTAGE.register, code);
      await clock.advanceUntil(transport.open(), PAUSE_MS);
      const error = await rejectsWith(transport.read(VOLTAGE), 'MODBUS_UNIT_ABSENT');
      assert.deepEqual([error.details['exceptionCode'], error.retryable, transport.state], [code, true, 'closed']);
      assert.match(error.message, says);
    }
    peer.refusals.clear();
    await recovers();
  });

  it('drops a connection on which something arrives that nothing had asked for', async () => {
    await transport.open();
    await transport.read(VOLTAGE);
    const closed = new Promise<TransportStateChange>((resolve) => {
      transport.onState((change) => {
        if (change.state === 'closed') resolve(change);
      });
    });
    for (const socket of peer.sockets) socket.write(modbusFrame(1, 1, Uint8Array.of(4, 4, 1, 2, 3, 4)));
    assert.equal((await closed).error?.code, 'MODBUS_REPLY_INVALID');
    await recovers();
  });

  it('gives up connecting in time, and leaves nothing behind that could open later', async () => {
    const sockets: ReadOnlySocket[] = [];
    /** Its connection never gets through. */
    class SilentSocket extends ReadOnlySocket {
      override begin(): void {
        sockets.push(this);
      }
    }
    const dead = create({ port: port + 1 }, (where) => new SilentSocket(where));
    const outcome = rejectsWith(dead.open(), 'MODBUS_CONNECT_TIMEOUT');
    await waitFor('an attempt to connect', () => sockets.length === 1, { everyMs: 1 });
    await clock.advance(3000);
    await outcome;
    assert.ok(sockets[0]?.destroyed);
    assert.equal(dead.state, 'closed');
    await transport.open();
  });

  it('says that a port or a name cannot be, instead of throwing', async () => {
    await rejectsWith(create({ port: 70_000 }).open(), 'MODBUS_CONNECT_FAILED');
    await transport.open();
  });

  it('sends one request at a time', async () => {
    await transport.open();
    const replies: (() => void)[] = [];
    peer.fault = ({ socket, reply }) => replies.push(() => socket.write(reply));
    const reads = Promise.all([transport.read(VOLTAGE), transport.read(STATUS), transport.read(VOLTAGE)]);
    for (let count = 1; count <= 3; count++) {
      await waitFor(`request ${count}`, () => replies.length === count, { everyMs: 1 });
      assert.equal(peer.requests.length, count);
      replies[count - 1]!();
    }
    assert.deepEqual(
      (await reads).map((bytes) => bytes[1]),
      [0, 1, 0],
    );
  });

  it('ends a pending read when it is closed, although the library never does', async () => {
    await transport.open();
    const arrived = next(() => undefined);
    const read = rejectsWith(transport.read(VOLTAGE), 'METER_CLOSED');
    await arrived;
    await transport.close();
    await read;
    await waitFor('the socket to be gone', () => peer.sockets.size === 0, { everyMs: 1 });
  });

  it('gives the socket back after each cycle and takes another one with the next read', async () => {
    const gentle = create({ releaseAfterIdleMs: 0 });
    await gentle.open();
    await gentle.read(VOLTAGE);
    await gentle.read(STATUS);
    assert.equal(peer.accepted, 1, 'reads of one cycle share a socket');
    await clock.advance(0);
    assert.ok(!gentle.holdsLine);
    assert.equal(gentle.state, 'open');
    await waitFor('the socket to be given back', () => peer.sockets.size === 0, { everyMs: 1 });
    const read = gentle.read(VOLTAGE);
    assert.deepEqual([...(await clock.advanceUntil(read, PAUSE_MS))], [0x80, 0, 0x43, 0x66]);
    assert.equal(peer.accepted, 2);
    await clock.advance(0);
    await peer.close();
    await clock.advanceUntil(rejectsWith(gentle.read(VOLTAGE), 'MODBUS_CONNECT_FAILED'), PAUSE_MS);
    assert.equal(gentle.state, 'closed');
    await peer.listen();
  });

  it('keeps the socket for the time it was told', async () => {
    const keeping = create({ releaseAfterIdleMs: 5000 });
    await keeping.open();
    await keeping.read(VOLTAGE);
    await clock.advance(4999);
    await keeping.read(VOLTAGE);
    await clock.advance(4999);
    assert.ok(keeping.holdsLine);
    await clock.advance(1);
    assert.ok(!keeping.holdsLine);
    assert.equal(peer.accepted, 1);
  });

  it('never opens a second socket of this process to the same meter: the other one waits for its turn', async () => {
    await transport.open();
    await transport.read(STATUS);
    const second = create({ host: '127.0.0.1' });
    const arrived = next(() => undefined);
    const read = rejectsWith(transport.read(VOLTAGE), 'MODBUS_REPLY_TIMEOUT');
    await arrived;
    const opened = second.open();
    await clock.advance(1999);
    assert.deepEqual([second.state, peer.accepted], ['opening', 1]);
    await clock.advance(1);
    await read;
    await clock.advanceUntil(opened, PAUSE_MS);
    assert.equal((await second.read(VOLTAGE)).length, 4);
  });

  it('uses function 03 where it is told to', async () => {
    const holding = create({ readFunction: 3, unitId: 17 });
    await holding.open();
    await holding.read(VOLTAGE);
    assert.deepEqual([peer.requests.at(-1)?.functionCode, peer.requests.at(-1)?.unit], [3, 17]);
  });

  it('refuses blocks that no request can ask for', async () => {
    await transport.open();
    for (const [register, words] of [
      [300_081, 0],
      [300_081, 126],
      [300_081, 1.5],
      [300_000, 1],
      [365_536, 2],
      [Number.NaN, 1],
    ] as const) {
      await rejectsWith(transport.read({ kind: 'registers', register, words }), 'MODBUS_REQUEST_INVALID');
    }
    assert.equal(peer.requests.length, 0);
  });
});

describe('ReadOnlySocket', () => {
  it('lets nothing out but reads, and is destroyed by what is not one', async () => {
    const peer = new ModbusPeer();
    const port = await peer.listen();
    for (const pdu of [
      [6, 0x10, 0, 0, 1],
      [16, 0x10, 0, 0, 1, 2, 0, 1],
      [5, 0, 0, 0xff, 0],
      [8, 0, 0, 0, 0],
      [0x42, 0, 0, 0, 1],
      [22, 0, 0, 0, 0, 0, 0],
      [4, 0, 0, 0, 126],
      [4, 0, 0, 0, 0],
      [4, 0, 0, 0],
    ]) {
      for (const early of [true, false]) {
        const socket = new ReadOnlySocket('the meter');
        const closed = new Promise((resolve) => socket.once('close', resolve));
        const failed = new Promise<unknown>((resolve) => socket.once('error', resolve));
        socket.begin('127.0.0.1', port);
        if (!early) await once(socket, 'connect');
        const frame = modbusFrame(1, 1, Uint8Array.from(pdu));
        socket.write(frame);
        socket.write(frame);
        socket.end(frame);
        assert.ok(hasCode(await failed, 'MODBUS_REQUEST_INVALID'));
        await closed;
        assert.equal(socket.bytesWritten, 0);
      }
    }
    assert.deepEqual(peer.requests, []);
    await peer.close();
  });
});
