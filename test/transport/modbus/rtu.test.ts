import assert from 'node:assert/strict';
import { silentLogger } from '../../../src/support/logger';
import { ModbusRtuServer } from '../../../src/simulator/modbus/modbus-rtu-server';
import { wireAddress } from '../../../src/transport/modbus/address';
import { crc16, withCrc } from '../../../src/transport/modbus/crc';
import { LineTurns } from '../../../src/transport/modbus/line-turns';
import { createModbusRtuTransport, type ModbusRtuSettings } from '../../../src/transport/modbus/rtu';
import { guardBinding, loadSystemBinding, serialUnavailable } from '../../../src/transport/modbus/serial-binding';
import type { ModbusTransport } from '../../../src/transport/modbus/settings';
import type { RegisterBlock, TransportStateChange } from '../../../src/transport/transport';
import { ModbusBench } from '../../../testkit/simulator/modbus-bench';
import { rejectsWith } from '../../../testkit/expect-error';
import { FakeClock } from '../../../testkit/fake-clock';
import { MemorySerial } from '../../../testkit/meters/memory-serial';
import { PM500 } from '../../../src/meters/pm500';

const UNIT = 7;
const REPLY_TIMEOUT_MS = 1000;
const FIRMWARE: RegisterBlock = { kind: 'registers', register: 300_001, words: 2 };
const STATUS: RegisterBlock = { kind: 'registers', register: 316_385, words: 2 };

describe('Modbus RTU', () => {
  let clock: FakeClock;
  let line: MemorySerial;
  let transports: ModbusTransport[];
  let transport: ModbusTransport;
  let changes: TransportStateChange[];
  let lines: LineTurns;
  const server = new ModbusRtuServer(new ModbusBench().target, UNIT);

  const create = (settings: Partial<ModbusRtuSettings> = {}): ModbusTransport => {
    const created = createModbusRtuTransport(
      PM500,
      {
        path: '/dev/ttyTEST',
        baudRate: 9600,
        parity: 'none',
        unitId: UNIT,
        connectTimeoutMs: 3000,
        replyTimeoutMs: REPLY_TIMEOUT_MS,
        releaseAfterIdleMs: 60_000,
        ...settings,
      },
      { clock, logger: silentLogger, lines, loadBinding: () => line },
    );
    transports.push(created);
    return created;
  };

  beforeEach(() => {
    clock = new FakeClock();
    lines = new LineTurns();
    line = new MemorySerial();
    line.answer = (request) => server.push(request);
    transports = [];
    transport = create();
    changes = [];
    transport.onState((change) => changes.push(change));
  });
  afterEach(async () => {
    await Promise.all(transports.map((each) => each.close()));
    assert.equal(line.openPorts, 0, 'no port is left open');
    assert.ok(line.mostOpen <= 1, 'one port at a time');
    assert.equal(clock.pending, 0, 'no timer is left');
  });

  /** The silence after a failure, then the right values. */
  const recovers = async (): Promise<void> => {
    await clock.advanceUntil(transport.open(), REPLY_TIMEOUT_MS / 10);
    line.answer = (request) => server.push(request);
    assert.deepEqual([...(await transport.read(FIRMWARE))], [0x41, 7, 0x41, 4]);
    assert.equal((await transport.read(STATUS)).length, 4);
  };

  it('reads registers and the identity, and sends nothing but function 04', async () => {
    await transport.open();
    assert.deepEqual([...(await transport.read(FIRMWARE))], [0x41, 7, 0x41, 4]);
    assert.equal((await transport.identify()).letters, 'SIM0940000001');
    assert.deepEqual([...line.written[0]!.subarray(0, 6)], [UNIT, 4, 0, wireAddress(PM500, 300_001), 0, 2]);
    assert.ok(line.written.every((frame) => frame.length === 8 && frame[1] === 4 && crc16(frame) === 0));
  });

  it('takes a reply that comes byte by byte', async () => {
    await transport.open();
    line.answer = (request) => server.push(request).flatMap((reply) => [...reply].map((byte) => Uint8Array.of(byte)));
    assert.deepEqual([...(await transport.read(FIRMWARE))], [0x41, 7, 0x41, 4]);
  });

  it('never takes a late reply for that of a later read (the shift)', async () => {
    await transport.open();
    let late: readonly Uint8Array[] = [];
    line.answer = (request) => {
      late = server.push(request);
      return [];
    };
    const arrived = line.next();
    const read = rejectsWith(transport.read(FIRMWARE), 'MODBUS_REPLY_TIMEOUT');
    await arrived;
    await clock.advance(REPLY_TIMEOUT_MS);
    await read;
    assert.equal(line.openPorts, 0, 'the port is closed after a timeout');

    // The reply arrives while the port is silent: it waits in the system and is thrown away when the port is opened.
    const opened = transport.open();
    await clock.advance(REPLY_TIMEOUT_MS - 1);
    assert.equal(transport.state, 'opening');
    for (const bytes of late) line.arrive(bytes);
    await clock.advanceUntil(opened, 1);
    line.answer = (request) => server.push(request);
    // The same count of registers, so that only their values could tell.
    assert.notDeepEqual([...(await transport.read(STATUS))], [0x41, 7, 0x41, 4]);
    assert.deepEqual([...(await transport.read(FIRMWARE))], [0x41, 7, 0x41, 4]);
  });

  it('drops the port when a reply arrives that nothing had asked for', async () => {
    await transport.open();
    await transport.read(FIRMWARE);
    line.arrive(withCrc(Uint8Array.of(UNIT, 4, 4, 1, 2, 3, 4)));
    await clock.advance(0);
    assert.equal(changes.at(-1)?.error?.code, 'MODBUS_REPLY_INVALID');
    await recovers();
  });

  const invalid: Record<string, (request: Buffer) => readonly Uint8Array[]> = {
    'a wrong CRC': () => [Uint8Array.of(UNIT, 4, 4, 1, 2, 3, 4, 0, 0)],
    'a count of bytes that its frame does not have': () => [withCrc(Uint8Array.of(UNIT, 4, 2, 1, 2, 3, 4))],
    'a reply followed by another': (request) => {
      const [reply] = server.push(request);
      return [Buffer.concat([reply!, reply!])];
    },
    'an exception with a wrong CRC': () => [Uint8Array.of(UNIT, 0x84, 2, 0, 0)],
  };
  for (const [what, answer] of Object.entries(invalid)) {
    it(`refuses ${what}, closes the port and recovers`, async () => {
      await transport.open();
      line.answer = answer;
      await rejectsWith(transport.read(FIRMWARE), 'MODBUS_REPLY_INVALID');
      assert.equal(transport.state, 'closed');
      await recovers();
    });
  }

  const silent: Record<string, (request: Buffer) => readonly Uint8Array[]> = {
    'nothing at all': () => [],
    'a truncated reply': (request) => server.push(request).map((reply) => reply.subarray(0, -1)),
    'the reply of another unit': () => [withCrc(Uint8Array.of(UNIT + 1, 4, 4, 1, 2, 3, 4))],
    'the reply to another function': () => [withCrc(Uint8Array.of(UNIT, 3, 4, 1, 2, 3, 4))],
    'too few registers': () => [withCrc(Uint8Array.of(UNIT, 4, 2, 1, 2))],
  };
  for (const [what, answer] of Object.entries(silent)) {
    it(`does not wait forever on ${what}`, async () => {
      await transport.open();
      line.answer = answer;
      const arrived = line.next();
      const read = rejectsWith(transport.read(FIRMWARE), 'MODBUS_REPLY_TIMEOUT');
      await arrived;
      await clock.advance(REPLY_TIMEOUT_MS);
      await read;
      await recovers();
    });
  }

  it('names the echo of an adapter and what to do, and drops it where it is told to', async () => {
    line.answer = (request) => [request, ...server.push(request)];
    await transport.open();
    const error = await rejectsWith(transport.read(FIRMWARE), 'MODBUS_ECHO');
    assert.match(error.message, /\/dev\/ttyTEST unit 7: the line sent the request itself back.*"Drop the echo"/);
    assert.equal(transport.state, 'closed');
    const dropping = create({ dropEcho: true });
    await clock.advanceUntil(dropping.open(), REPLY_TIMEOUT_MS / 10);
    assert.deepEqual([...(await dropping.read(FIRMWARE))], [0x41, 7, 0x41, 4]);
    assert.equal((await dropping.read(STATUS)).length, 4);
  });

  it('lets another unit that answers late cost nothing', async () => {
    const late = withCrc(Uint8Array.of(UNIT + 1, 4, 4, 9, 9, 9, 9));
    await transport.open();
    line.answer = (request) => [late, ...server.push(request)];
    assert.deepEqual([...(await transport.read(FIRMWARE))], [0x41, 7, 0x41, 4]);
  });

  it('keeps the port through an exception', async () => {
    await transport.open();
    const error = await rejectsWith(
      transport.read({ kind: 'registers', register: 300_010, words: 1 }),
      'MODBUS_EXCEPTION',
    );
    assert.equal(error.details['exceptionCode'], 2);
    assert.equal((await transport.read(STATUS)).length, 4);
    assert.equal(line.opens, 1);
  });

  it('ends a pending read when the adapter is pulled out, and comes back', async () => {
    await transport.open();
    line.answer = () => [];
    const arrived = line.next();
    const read = rejectsWith(transport.read(FIRMWARE), 'MODBUS_CONNECTION_LOST');
    await arrived;
    line.unplug();
    await read;
    await recovers();
  });

  it('ends a pending read when it is closed', async () => {
    await transport.open();
    line.answer = () => [];
    const arrived = line.next();
    const read = rejectsWith(transport.read(FIRMWARE), 'METER_CLOSED');
    await arrived;
    await transport.close();
    await read;
  });

  it('says why a port cannot be opened', async () => {
    for (const [message, expected] of [
      ['Error: No such file or directory, cannot open /dev/ttyTEST', /no such port/],
      ['Error Resource temporarily unavailable Cannot lock port', /another program holds it/],
      ['Error: Permission denied, cannot open /dev/ttyTEST', /does not allow it/],
    ] as const) {
      line.openError = new Error(message);
      const outcome = rejectsWith(transport.open(), 'MODBUS_CONNECT_FAILED');
      assert.match((await clock.advanceUntil(outcome, REPLY_TIMEOUT_MS / 10)).message, expected);
    }
    line.openError = undefined;
    await recovers();
  });

  it('gives up on a port whose opening never ends', async () => {
    line.stallsOpening = true;
    const opening = line.next('opening');
    const outcome = rejectsWith(transport.open(), 'MODBUS_CONNECT_TIMEOUT');
    await opening;
    await clock.advanceUntil(outcome, 1000);
    assert.equal(transport.state, 'closed');
  });

  it('lets meters on one line take turns', async () => {
    const first = create({ releaseAfterIdleMs: 0 });
    const second = create({ releaseAfterIdleMs: 0, unitId: UNIT });
    await first.open();
    const opened = second.open();
    assert.equal((await first.read(FIRMWARE)).length, 4);
    await clock.advanceUntil(opened, 10);
    assert.equal((await clock.advanceUntil(second.read(FIRMWARE), 10)).length, 4);
    assert.ok(line.opens >= 2);
  });

  it('says in a sentence that serialport is missing', async () => {
    const without = createModbusRtuTransport(
      PM500,
      {
        path: '/dev/ttyTEST',
        baudRate: 9600,
        parity: 'none',
        unitId: 1,
        connectTimeoutMs: 1000,
        replyTimeoutMs: 1000,
        releaseAfterIdleMs: 0,
      },
      {
        clock,
        logger: silentLogger,
        lines,
        loadBinding: () => {
          throw serialUnavailable(Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' }));
        },
      },
    );
    assert.match((await rejectsWith(without.open(), 'MODBUS_SERIAL_UNAVAILABLE')).message, /npm install serialport/);
    assert.equal(typeof loadSystemBinding().open, 'function');
  });

  it('lets nothing out but reads', async () => {
    const port = await guardBinding(line, 'the meter', () => undefined).open({});
    for (const frame of [
      withCrc(Uint8Array.of(UNIT, 6, 0x10, 0, 0, 1)),
      withCrc(Uint8Array.of(UNIT, 16, 0x10, 0, 0, 1, 2, 0, 1)),
      withCrc(Uint8Array.of(0, 4, 0, 0, 0, 1)),
      withCrc(Uint8Array.of(UNIT, 4, 0, 0, 0, 126)),
      Uint8Array.of(UNIT, 4),
    ]) {
      await rejectsWith(port.write(Buffer.from(frame)), 'MODBUS_REQUEST_INVALID');
    }
    assert.deepEqual(line.written, []);
    await port.write(withCrc(Uint8Array.of(UNIT, 3, 0, 0, 0, 1)));
    assert.equal(line.written.length, 1);
    await port.close();
  });
});

describe('crc16', () => {
  it('agrees with the examples of Modbus over serial line', () => {
    assert.equal(crc16(Uint8Array.of(0x02, 0x07)), 0x1241);
    assert.deepEqual([...withCrc(Uint8Array.of(1, 4, 0, 0, 0, 1))].slice(-2), [0x31, 0xca]);
    assert.equal(crc16(withCrc(Uint8Array.of(1, 2, 3))), 0);
  });
});
