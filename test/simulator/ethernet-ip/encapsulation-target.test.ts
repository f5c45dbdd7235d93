import assert from 'node:assert/strict';
import { decodeIdentity, decodeListIdentityReply } from '../../../src/transport/ethernet-ip/wire/identity-object';
import {
  COMMAND,
  decodeFrame,
  encodeFrame,
  HEADER_OFFSET,
} from '../../../src/transport/ethernet-ip/wire/encapsulation';
import type { FrameOutcome } from '../../../src/simulator/ethernet-ip/encapsulation-target';
import { CATALOG_NUMBERS } from '../../../src/meters/pm500/identity';
import { ASSEMBLIES } from '../../../src/meters/pm500/assemblies';
import { CONTEXT, cipRequest, cipResponseIn, registerFrame, unconnectedFrame } from '../../../testkit/simulator/frames';
import { createTarget, type TestTarget } from '../../../testkit/simulator/test-target';

/** The frame that answers; fails where none does. */
function answer(outcome: FrameOutcome): ReturnType<typeof decodeFrame> {
  assert.ok(outcome.reply !== undefined, 'no reply');
  return decodeFrame(outcome.reply);
}

describe('encapsulation layer of the simulated meter', () => {
  let target: TestTarget;
  beforeEach(() => {
    target = createTarget();
  });

  const ask = (frame: Buffer): ReturnType<typeof decodeFrame> => answer(target.handle(frame));

  it('registers one session, echoing the sender context', () => {
    const reply = ask(registerFrame());
    assert.equal(reply.status, 0);
    assert.notEqual(reply.session, 0);
    assert.deepEqual(reply.context, CONTEXT);
    assert.equal(reply.data.toString('hex'), '01000000');
    assert.equal(ask(registerFrame()).status, 0x0001);
  });

  it('refuses another protocol version with 0x0069 and says its own', () => {
    const reply = ask(registerFrame(2));
    assert.deepEqual([reply.status, reply.session, reply.data.toString('hex')], [0x0069, 0, '01000000']);
    const options = encodeFrame({ command: COMMAND.registerSession, data: Buffer.from('01000100', 'hex') });
    assert.equal(ask(options).status, 0x0069);
  });

  it('refuses a session request of the wrong length with 0x0065', () => {
    assert.equal(ask(encodeFrame({ command: COMMAND.registerSession, data: Buffer.alloc(3) })).status, 0x0065);
    assert.equal(ask(encodeFrame({ command: COMMAND.registerSession })).status, 0x0065);
  });

  it('answers nothing to NOP, to a request with a status and to one with options', () => {
    assert.deepEqual(target.handle(encodeFrame({ command: COMMAND.nop, data: Buffer.alloc(5) })), {});
    assert.deepEqual(target.handle(encodeFrame({ command: COMMAND.listServices, status: 1 })), {});
    const options = encodeFrame({ command: COMMAND.listServices });
    options.writeUInt32LE(1, HEADER_OFFSET.options);
    assert.deepEqual(target.handle(options), {});
  });

  it('refuses unknown commands and connected messages with 0x0001', () => {
    for (const command of [0x0001, 0x0005, 0x0072, 0x0073, 0xffff, COMMAND.sendUnitData]) {
      const reply = ask(encodeFrame({ command, context: CONTEXT }));
      assert.deepEqual([reply.command, reply.status, reply.length], [command, 0x0001, 0]);
      assert.deepEqual(reply.context, CONTEXT);
    }
  });

  it('lists services, identity and no interfaces without a session', () => {
    const services = ask(encodeFrame({ command: COMMAND.listServices }));
    assert.equal(services.data.toString('hex').slice(0, 20), '0100' + '0001' + '1400' + '0100' + '2000');
    assert.equal(services.data.subarray(10).toString('latin1'), 'Communications\0\0');
    const interfaces = ask(encodeFrame({ command: COMMAND.listInterfaces }));
    assert.equal(interfaces.data.toString('hex'), '0000');
    const item = decodeListIdentityReply(ask(encodeFrame({ command: COMMAND.listIdentity })).data);
    assert.deepEqual(item.socketAddress, { address: '127.0.0.1', port: 44_818 });
    assert.equal(item.state, 3);
    assert.deepEqual(
      [item.identity.vendorId, item.identity.deviceType, item.identity.productName],
      [1, 0x92, 'PowerMonitor 500'],
    );
    for (const command of [COMMAND.listServices, COMMAND.listIdentity, COMMAND.listInterfaces]) {
      assert.equal(ask(encodeFrame({ command, data: Buffer.alloc(2) })).status, 0x0065);
    }
  });

  it('tells the same by UDP, and nothing else', () => {
    for (const command of [COMMAND.listServices, COMMAND.listIdentity, COMMAND.listInterfaces]) {
      const frame = encodeFrame({ command, context: CONTEXT });
      assert.deepEqual(target.handleDatagram(frame), target.handle(frame).reply);
    }
    for (const frame of [
      registerFrame(),
      encodeFrame({ command: COMMAND.nop }),
      unconnectedFrame(1, Buffer.alloc(2)),
    ]) {
      assert.equal(target.handleDatagram(frame), undefined);
    }
  });

  it('refuses requests of another session with 0x0064', () => {
    assert.equal(ask(unconnectedFrame(1, cipRequest(0x0e, 4, 101, 3))).status, 0x0064);
    const { session } = ask(registerFrame());
    assert.equal(ask(unconnectedFrame(session + 1, cipRequest(0x0e, 4, 101, 3))).status, 0x0064);
    assert.equal(ask(encodeFrame({ command: COMMAND.unRegisterSession, session: session + 1 })).status, 0x0064);
    assert.equal(
      ask(encodeFrame({ command: COMMAND.unRegisterSession, session, data: Buffer.alloc(1) })).status,
      0x0065,
    );
    assert.deepEqual(target.handle(encodeFrame({ command: COMMAND.unRegisterSession, session })), { close: true });
  });

  it('refuses SendRRData whose items are wrong with 0x0003', () => {
    const { session } = ask(registerFrame());
    const good = unconnectedFrame(session, cipRequest(0x0e, 4, 101, 3)).subarray(24);
    const change = (offset: number, value: number): Buffer => {
      const data = Buffer.from(good);
      data[offset] = value;
      return data;
    };
    for (const data of [
      Buffer.alloc(0),
      good.subarray(0, 9),
      change(0, 1),
      change(6, 3),
      change(8, 9),
      change(12, 1),
    ]) {
      assert.equal(ask(encodeFrame({ command: COMMAND.sendRrData, session, data })).status, 0x0003);
    }
  });

  it('refuses a frame longer than the specification allows with 0x0065 and closes', () => {
    const frame = Buffer.alloc(24 + 65_512);
    frame.writeUInt16LE(COMMAND.sendRrData, 0);
    frame.writeUInt16LE(65_512, HEADER_OFFSET.length);
    const outcome = target.handle(frame);
    assert.equal(answer(outcome).status, 0x0065);
    assert.equal(outcome.close, true);
  });
});

describe('CIP objects of the simulated meter', () => {
  let target: TestTarget;
  let session: number;
  beforeEach(() => {
    target = createTarget();
    session = answer(target.handle(registerFrame())).session;
  });

  const request = (message: Uint8Array): ReturnType<typeof cipResponseIn> =>
    cipResponseIn(answer(target.handle(unconnectedFrame(session, message))));
  const statusOf = (...args: Parameters<typeof cipRequest>): number => request(cipRequest(...args)).generalStatus;
  const dataOf = (...args: Parameters<typeof cipRequest>): string => {
    const response = request(cipRequest(...args));
    assert.equal(response.generalStatus, 0);
    return response.data.toString('hex');
  };

  it('gives data and size of all nine assemblies', () => {
    for (const { instance, sizeBytes } of ASSEMBLIES) {
      const { data } = request(cipRequest(0x0e, 4, instance, 3));
      assert.deepEqual(data, Buffer.from(target.meter.read(instance) ?? []));
      assert.equal(data.length, sizeBytes);
      assert.equal(request(cipRequest(0x0e, 4, instance, 4)).data.readUInt16LE(), sizeBytes);
    }
    const { reads } = target.stats.snapshot();
    assert.deepEqual(reads, Object.fromEntries(ASSEMBLIES.map(({ instance }) => [instance, 1])));
  });

  it('takes 16-bit path segments as well', () => {
    const path = Buffer.from('0e0621000400' + '25006500' + '31000300', 'hex');
    assert.equal(request(path).data.length, 48);
  });

  it('gives the class attributes of the reference and no others', () => {
    const assembly: Readonly<Record<number, string>> = {
      1: '0200',
      2: '6c00',
      3: '0900',
      4: '01000400',
      6: '0700',
      7: '0400',
    };
    for (const [attribute, hex] of Object.entries(assembly)) assert.equal(dataOf(0x0e, 4, 0, Number(attribute)), hex);
    const identity: Readonly<Record<number, string>> = { 1: '0100', 2: '0100', 3: '0100', 6: '0700', 7: '0700' };
    for (const [attribute, hex] of Object.entries(identity)) assert.equal(dataOf(0x0e, 1, 0, Number(attribute)), hex);
    for (const [classId, attribute] of [
      [4, 5],
      [4, 8],
      [1, 4],
      [1, 5],
      [1, 0],
    ] as const) {
      assert.equal(statusOf(0x0e, classId, 0, attribute), 0x14);
    }
    assert.equal(dataOf(0x01, 1, 0), '0100010007000700');
  });

  it('gives the identity of every catalog number, whole and attribute by attribute', () => {
    for (const { catalogNumber, productCode } of CATALOG_NUMBERS) {
      target = createTarget({ catalogNumber });
      session = answer(target.handle(registerFrame())).session;
      const identity = decodeIdentity(request(cipRequest(0x01, 1, 1)).data);
      assert.deepEqual([identity.vendorId, identity.deviceType, identity.productCode], [1, 0x92, productCode]);
      assert.equal(identity.serialNumber, 940_000_001);
      const parts = [1, 2, 3, 4, 5, 6, 7].map((attribute) => dataOf(0x0e, 1, 1, attribute));
      assert.equal(parts.join(''), dataOf(0x01, 1, 1));
      assert.equal(Buffer.from(parts[6]!, 'hex').toString('latin1'), '\x10PowerMonitor 500');
    }
  });

  it('answers everything else with the right CIP status', () => {
    // service, class, instance, attribute, data, status
    const rows: readonly (readonly [number, number, number, number | undefined, string, number, string])[] = [
      [0x0e, 4, 98, 3, '', 0x05, 'Input Only heartbeat'],
      [0x0e, 4, 99, 3, '', 0x05, 'Listen Only heartbeat'],
      [0x10, 4, 98, 3, '00', 0x05, 'writing a heartbeat'],
      [0x0e, 4, 97, 3, '', 0x05, 'no such instance'],
      [0x0e, 4, 109, 3, '', 0x05, 'no such instance'],
      [0x0e, 1, 2, 1, '', 0x05, 'no such instance'],
      [0x0e, 6, 1, 1, '', 0x05, 'no such class'],
      [0x0e, 4, 101, 1, '', 0x14, 'no such attribute'],
      [0x0e, 4, 101, 5, '', 0x14, 'no such attribute'],
      [0x0e, 4, 101, undefined, '', 0x14, 'no attribute named'],
      [0x0e, 1, 1, 8, '', 0x14, 'no such attribute'],
      [0x10, 4, 101, 3, '00000000', 0x08, 'Set_Attribute_Single'],
      [0x02, 4, 101, undefined, '', 0x08, 'Set_Attributes_All'],
      [0x04, 4, 101, undefined, '', 0x08, 'Set_Attribute_List'],
      [0x10, 1, 1, 3, '0000', 0x08, 'Set of the identity'],
      [0x01, 4, 101, undefined, '', 0x08, 'Get_Attributes_All of an assembly'],
      [0x01, 4, 0, undefined, '', 0x08, 'Get_Attributes_All of the assembly class'],
      [0x08, 4, 0, undefined, '', 0x08, 'Create'],
      [0x05, 1, 1, undefined, '', 0x10, 'Reset'],
      [0x05, 1, 1, undefined, '01', 0x10, 'Reset type 1'],
      [0x05, 1, 0, undefined, '', 0x08, 'Reset of the class'],
      [0x0e, 4, 101, 3, '00', 0x15, 'data in a read'],
      [0x0e, 4, 101, 4, '00', 0x15, 'data in a read'],
      [0x01, 1, 1, undefined, '00', 0x15, 'data in a read'],
    ];
    for (const [service, classId, instance, attribute, data, status, what] of rows) {
      const response = request(cipRequest(service, classId, instance, attribute, data));
      assert.equal(response.generalStatus, status, what);
      assert.equal(response.service, service, what);
      assert.equal(response.data.length, 0, what);
    }
    assert.deepEqual(target.stats.snapshot().reads, {});
  });

  it('answers malformed requests with path segment error or not enough data', () => {
    for (const [hex, status] of [
      ['', 0x13],
      ['0e', 0x13],
      ['0e0320042465', 0x13],
      ['0e02200424', 0x13],
      ['0e00', 0x04],
      ['0e0120042465', 0x04],
      ['0e0230032004', 0x04],
      ['0e0220043003', 0x04],
      ['0e0328042465', 0x13],
      ['0e02280424653003', 0x04],
      ['0e04200424653003ffff', 0x04],
      ['8e03200424653003', 0x08],
    ] as const) {
      assert.equal(request(Buffer.from(hex, 'hex')).generalStatus, status, hex);
    }
  });
});
