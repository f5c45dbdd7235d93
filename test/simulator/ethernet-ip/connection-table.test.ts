import assert from 'node:assert/strict';
import { ConnectionObject } from '../../../src/simulator/ethernet-ip/connection-object';
import { ConnectionTable, type AcceptedOpen } from '../../../src/simulator/ethernet-ip/connection-table';
import type { OpenRefusal } from '../../../src/simulator/ethernet-ip/connection-admission';
import { seededRandom } from '../../../src/support/random';
import type { IoConnection, ReadingConnection } from '../../../src/transport/ethernet-ip/wire/connection-parameters';
import {
  decodeCyclicFrame,
  encodeCyclicFrame,
  type CyclicFrame,
} from '../../../src/transport/ethernet-ip/wire/cyclic-frame';
import { decodeForwardOpen, encodeForwardOpen } from '../../../src/transport/ethernet-ip/wire/forward-open';
import { FakeClock } from '../../../testkit/fake-clock';
import { connectionPointsOf } from '../../../src/transport/ethernet-ip/wire/connection-parameters';
import { PM500 } from '../../../src/meters/pm500';

const ASSEMBLY = { instance: 101, sizeBytes: 48, delivery: 'point-to-point' } as const;
const INPUT: IoConnection = { kind: 'input-only', ...ASSEMBLY, ...connectionPointsOf(PM500, 'input-only') };
const LISTEN: IoConnection = { kind: 'listen-only', ...ASSEMBLY, ...connectionPointsOf(PM500, 'listen-only') };
const LINK = {};
const IDENTITY = {
  vendorId: 1,
  deviceType: 0x92,
  productCode: 7,
  revision: { major: 4, minor: 7 },
  status: 0,
  serialNumber: 940_000_001,
  productName: 'PowerMonitor 500',
};

describe('connections of the simulated meter', () => {
  let clock: FakeClock;
  let sent: { readonly frame: CyclicFrame; readonly to: string }[];
  let table: ConnectionTable;
  let serial = 0;

  beforeEach(() => {
    clock = new FakeClock();
    sent = [];
    table = new ConnectionTable({
      model: PM500,
      clock,
      source: {
        sizeOf: (instance) => (instance === 101 ? 48 : undefined),
        read: () => Buffer.alloc(48, 7),
      },
      maximumConnections: 3,
      bounds: { minimumMs: 100, maximumMs: 10_000 },
      group: { address: '239.192.1.0', port: 2222 },
      device: { identity: () => IDENTITY, listenOnly: 'both' },
      send: (frame, { address, port }) => sent.push({ frame: decodeCyclicFrame(frame), to: `${address}:${port}` }),
    });
  });
  afterEach(() => {
    table.clear();
    assert.equal(clock.pending, 0, 'no timer outlives its connection');
  });

  const request = (connection: ReadingConnection, rpiMs = 100): Buffer =>
    encodeForwardOpen({
      connectionSerial: ++serial,
      vendorId: 1,
      originatorSerial: 2,
      targetToOriginatorId: 0x1000 + serial,
      rpiMicroseconds: rpiMs * 1000,
      timeoutMultiplierCode: 0,
      connection,
    });
  const open = (bytes: Buffer, address = '192.0.2.1'): AcceptedOpen | OpenRefusal =>
    table.open(decodeForwardOpen(bytes), { address, link: LINK, receivePort: 2222 });
  const accepted = (bytes: Buffer): AcceptedOpen => {
    const outcome = open(bytes);
    assert.ok('reply' in outcome, JSON.stringify(outcome));
    return outcome;
  };
  const refusedWith = (bytes: Buffer): number | undefined => {
    const outcome = open(bytes);
    assert.ok('extendedStatus' in outcome);
    return outcome.extendedStatus[0];
  };
  const beat = ({ reply }: AcceptedOpen, sequence: number, address = '192.0.2.1'): void => {
    const frame = { connectionId: reply.originatorToTargetId, sequence, count: sequence, data: Buffer.alloc(0) };
    table.receive(decodeCyclicFrame(encodeCyclicFrame(frame)), address);
  };
  /** The request with one byte of its path, or one word at an offset, changed. */
  const changed = (connection: ReadingConnection, offset: number, word: number, bytes = 2): Buffer => {
    const buffer = request(connection);
    buffer.writeUIntLE(word, offset, bytes);
    return buffer;
  };

  it('serves no Exclusive Owner, and nothing else that it does not know', () => {
    assert.equal(refusedWith(changed(INPUT, 41, 100, 1)), 0x012a, 'an output that could be owned');
    assert.equal(refusedWith(changed(INPUT, 43, 99, 1)), 0x012b, 'no such assembly');
    assert.equal(refusedWith(changed(INPUT, 37, 1, 1)), 0x012b, 'class 1 is no assembly');
    assert.equal(refusedWith(changed(INPUT, 26, 0x4806)), 0x0127, 'output data');
    assert.equal(refusedWith(changed(INPUT, 32, 0x4833)), 0x0128, 'another size');
    assert.equal(refusedWith(changed(INPUT, 32, 0x0032)), 0x0108, 'a null connection');
    assert.equal(refusedWith(changed(INPUT, 34, 0x21, 1)), 0x0103, 'another transport class');
    assert.equal(table.summaries.length, 0);
  });

  /** The request with an electronic key before its path. */
  const keyed = (vendor: number, type: number, product: number, major: number, minor: number): Buffer => {
    const bytes = request(INPUT);
    const key = Buffer.alloc(10);
    key.set([0x34, 4, vendor, 0, type, 0, product, 0, major, minor]);
    bytes.writeUInt8(bytes.readUInt8(35) + 5, 35);
    return Buffer.concat([bytes.subarray(0, 36), key, bytes.subarray(36)]);
  };

  it('judges an electronic key as a device does', () => {
    const fits: Parameters<typeof keyed>[] = [
      [0, 0, 0, 0, 0],
      [1, 0x92, 7, 4, 7],
      [1, 0x92, 7, 0, 0],
      [1, 0x92, 7, 4, 0],
      [1, 0x92, 7, 0x84, 1],
      [1, 0x92, 7, 0x83, 9],
    ];
    for (const key of fits) table.close(accepted(keyed(...key)).reply);
    const refused: [...Parameters<typeof keyed>, number][] = [
      [2, 0x92, 7, 4, 7, 0x0114],
      [1, 0x92, 8, 4, 7, 0x0114],
      [1, 0x93, 7, 4, 7, 0x0115],
      [1, 0x92, 7, 3, 7, 0x0116],
      [1, 0x92, 7, 4, 6, 0x0116],
      [1, 0x92, 7, 0x84, 8, 0x0116],
      [1, 0x92, 7, 0x85, 1, 0x0116],
    ];
    for (const [vendor, type, product, major, minor, status] of refused) {
      assert.equal(refusedWith(keyed(vendor, type, product, major, minor)), status, `${vendor} ${major}.${minor}`);
    }
  });

  it('knows one configuration instance, which takes no data, and does without one', () => {
    assert.equal(refusedWith(changed(INPUT, 39, 128, 1)), 0x0129);
    const bytes = request(INPUT);
    bytes.writeUInt8(bytes.readUInt8(35) + 2, 35);
    assert.equal(refusedWith(Buffer.concat([bytes, Buffer.of(0x80, 1, 0, 0)])), 0x0126);
    const without = request(INPUT);
    without.writeUInt8(without.readUInt8(35) - 1, 35);
    accepted(Buffer.concat([without.subarray(0, 38), without.subarray(40)]));
  });

  it('keeps to the bounds of the packet interval', () => {
    assert.equal(refusedWith(request(INPUT, 99)), 0x0111);
    assert.equal(refusedWith(request(INPUT, 10_001)), 0x0111);
    assert.equal(refusedWith(request(INPUT, 0)), 0x0111);
    accepted(request(INPUT, 100));
  });

  it('refuses the same connection twice, listening without an owner, and one too many', () => {
    assert.equal(refusedWith(request(LISTEN)), 0x0119);
    const bytes = request(INPUT);
    accepted(bytes);
    assert.equal(refusedWith(bytes), 0x0100);
    accepted(request(LISTEN));
    accepted(request(INPUT));
    assert.equal(refusedWith(request(INPUT)), 0x0113);
  });

  it('produces at the interval, to whom it agreed to, until the connection times out', async () => {
    const connection = accepted(request(INPUT));
    await clock.advance(0);
    for (let step = 1; step <= 10; step++) {
      beat(connection, step);
      await clock.advance(100);
    }
    assert.equal(sent.length, 11);
    sent.forEach(({ frame, to }, index) => {
      assert.deepEqual([frame.sequence, to], [index + 1, '192.0.2.1:2222']);
      assert.equal(frame.connectionId, connection.reply.targetToOriginatorId);
    });
    await clock.advance(299);
    assert.equal(table.summaries.length, 1);
    beat(connection, 10, '192.0.2.1');
    beat(connection, 11, '192.0.2.66');
    await clock.advance(1);
    assert.equal(table.summaries.length, 0, 'neither a stale heartbeat nor that of a stranger counts');
  });

  it('waits 10 s for the first heartbeat', async () => {
    accepted(request(INPUT));
    await clock.advance(9999);
    assert.equal(table.summaries.length, 1);
    await clock.advance(1);
    assert.equal(table.summaries.length, 0);
  });

  it('ends listeners with the last connection that does not only listen', () => {
    const [first, second] = [accepted(request(INPUT)), accepted(request(INPUT))];
    accepted(request(LISTEN));
    assert.ok(table.close(first.reply));
    assert.equal(table.summaries.length, 2);
    assert.ok(table.close(second.reply));
    assert.deepEqual(table.summaries, []);
    assert.ok(!table.close(second.reply));
  });

  it('produces a multicast once, at the interval of the first, whoever joins', async () => {
    const first = accepted(request({ ...INPUT, delivery: 'multicast' }, 200));
    const second = accepted(request({ ...LISTEN, delivery: 'multicast' }, 100));
    assert.equal(second.reply.targetToOriginatorId, first.reply.targetToOriginatorId);
    assert.equal(second.reply.targetToOriginatorMicroseconds, 200_000);
    await clock.advance(200);
    assert.deepEqual(
      sent.map(({ to }) => to),
      ['239.192.1.0:2222', '239.192.1.0:2222'],
    );
  });

  it('ends class 3 connections with their TCP connection, and no others', () => {
    accepted(request({ kind: 'message-router' }));
    accepted(request(INPUT));
    table.unlink({});
    assert.equal(table.summaries.length, 2);
    table.unlink(LINK);
    assert.deepEqual(
      table.summaries.map(({ kind }) => kind),
      ['input-only'],
    );
  });

  it('answers 20000 mutated requests to open and close without an error', () => {
    const random = seededRandom(54);
    const object = new ConnectionObject(table, () => 2222);
    let opened = 0;
    for (let index = 0; index < 20_000; index++) {
      const data = Buffer.from(request(index % 3 === 0 ? { kind: 'message-router' } : INPUT));
      for (let changes = Math.floor(random() * 3); changes > 0; changes--) {
        data[Math.floor(random() * data.length)] = Math.floor(random() * 256);
      }
      const service = random() < 0.7 ? 0x54 : 0x4e;
      const cut = random() < 0.1 ? data.subarray(0, Math.floor(random() * data.length)) : data;
      const caller = { address: '192.0.2.1', link: LINK };
      const items = random() < 0.1 ? [{ type: 0x8001, data: Buffer.alloc(Math.floor(random() * 20)) }] : [];
      const { answer } = object.handle({ service, path: { classId: 6, instanceId: 1 }, data: cut }, caller, items);
      if ((answer.generalStatus ?? 0) === 0) opened++;
      table.clear();
    }
    assert.ok(opened > 1000, String(opened));
  });
});
