import assert from 'node:assert/strict';
import { decodeConnectionPath, encodeConnectionPath } from '../../../../src/transport/ethernet-ip/wire/connection-path';
import {
  decodeFlow,
  encodeFlow,
  timeoutMultiplier,
  type ReadingConnection,
} from '../../../../src/transport/ethernet-ip/wire/connection-parameters';
import {
  decodeForwardClose,
  encodeForwardClose,
  encodeForwardCloseReply,
} from '../../../../src/transport/ethernet-ip/wire/forward-close';
import {
  decodeForwardOpen,
  decodeForwardOpenReply,
  encodeConnectionFailure,
  encodeForwardOpen,
  encodeForwardOpenReply,
} from '../../../../src/transport/ethernet-ip/wire/forward-open';
import { throwsWith } from '../../../../testkit/expect-error';
import { connectionPointsOf } from '../../../../src/transport/ethernet-ip/wire/connection-parameters';
import { PM500 } from '../../../../src/meters/pm500';

const IDS = { connectionSerial: 0x0102, vendorId: 0xffff, originatorSerial: 0x0a0b0c0d };
const OPEN = { ...IDS, targetToOriginatorId: 0x12345678, rpiMicroseconds: 100_000, timeoutMultiplierCode: 2 };

const open = (connection: ReadingConnection): Buffer => encodeForwardOpen({ ...OPEN, connection });
const hex = (...parts: readonly string[]): string => parts.join('').replaceAll(' ', '');
const HEAD = hex('0a 05', '00000000', '78563412', '0201', 'ffff', '0d0c0b0a', '02', '000000', 'a0860100');

/** Each connection that can be asked for, with what must be on the wire. */
const VECTORS: readonly { readonly name: string; readonly connection: ReadingConnection; readonly bytes: string }[] = [
  {
    name: 'Input Only, point-to-point',
    connection: {
      kind: 'input-only',
      instance: 101,
      sizeBytes: 48,
      delivery: 'point-to-point',
      ...connectionPointsOf(PM500, 'input-only'),
    },
    bytes: hex(HEAD, '0248', 'a0860100', '3248', '01', '04', '20 04 24 01 2c 62 2c 65'),
  },
  {
    name: 'Listen Only, multicast',
    connection: {
      kind: 'listen-only',
      instance: 108,
      sizeBytes: 4,
      delivery: 'multicast',
      ...connectionPointsOf(PM500, 'listen-only'),
    },
    bytes: hex(HEAD, '0248', 'a0860100', '0628', '01', '04', '20 04 24 01 2c 63 2c 6c'),
  },
  {
    name: 'class 3 to the Message Router',
    connection: { kind: 'message-router' },
    bytes: hex(HEAD, 'f843', 'a0860100', 'f843', 'a3', '02', '20 02 24 01'),
  },
];

describe('Forward Open and Forward Close', () => {
  for (const { name, connection, bytes } of VECTORS) {
    it(`writes and reads ${name}`, () => {
      assert.equal(open(connection).toString('hex'), bytes);
      const received = decodeForwardOpen(Buffer.from(bytes, 'hex'));
      assert.deepEqual(
        [received.connectionSerial, received.vendorId, received.originatorSerial],
        [0x0102, 0xffff, 0x0a0b0c0d],
      );
      assert.equal(received.targetToOriginatorId, 0x12345678);
      assert.equal(received.timeoutMultiplierCode, 2);
      assert.deepEqual(
        [received.originatorToTarget.rpiMicroseconds, received.targetToOriginator.rpiMicroseconds],
        [100_000, 100_000],
      );
      if (connection.kind === 'message-router') {
        assert.equal(received.path.classId, 2);
        assert.equal(received.targetToOriginator.sizeBytes, 504);
        assert.ok(received.targetToOriginator.variable);
      } else {
        assert.deepEqual(received.path.points, [connection.kind === 'input-only' ? 98 : 99, connection.instance]);
        assert.equal(received.originatorToTarget.sizeBytes, 2);
        assert.equal(received.targetToOriginator.sizeBytes, connection.sizeBytes + 2);
        assert.equal(received.targetToOriginator.type, connection.delivery);
        assert.equal(received.originatorToTarget.type, 'point-to-point');
      }
    });
  }

  it('writes and reads Forward Close', () => {
    const connection = {
      kind: 'input-only',
      instance: 101,
      sizeBytes: 48,
      delivery: 'multicast',
      ...connectionPointsOf(PM500, 'input-only'),
    } as const;
    const bytes = encodeForwardClose({ ...IDS, connection });
    assert.equal(bytes.toString('hex'), hex('0a 05', '0201', 'ffff', '0d0c0b0a', '04', '00', '200424012c622c65'));
    const { path, ...ids } = decodeForwardClose(bytes);
    assert.deepEqual(ids, IDS);
    assert.deepEqual(path.points, [98, 101]);
    assert.equal(encodeForwardCloseReply(IDS).toString('hex'), hex('0201', 'ffff', '0d0c0b0a', '0000'));
    assert.equal(encodeConnectionFailure(IDS).toString('hex'), hex('0201', 'ffff', '0d0c0b0a', '0000'));
  });

  it('writes and reads the reply', () => {
    const reply = {
      ...IDS,
      originatorToTargetId: 0x11223344,
      targetToOriginatorId: 0x12345678,
      originatorToTargetMicroseconds: 100_000,
      targetToOriginatorMicroseconds: 250_000,
    };
    const bytes = encodeForwardOpenReply(reply);
    assert.equal(
      bytes.toString('hex'),
      hex('44332211', '78563412', '0201', 'ffff', '0d0c0b0a', 'a0860100', '90d00300', '0000'),
    );
    assert.deepEqual(decodeForwardOpenReply(bytes), reply);
    const withApplication = Buffer.concat([bytes, Buffer.alloc(4)]);
    throwsWith(() => decodeForwardOpenReply(withApplication), 'CIP_REPLY_INVALID');
    withApplication.writeUInt8(2, 24);
    assert.deepEqual(decodeForwardOpenReply(withApplication), reply, 'application reply');
    throwsWith(() => decodeForwardOpenReply(withApplication.subarray(0, 28)), 'CIP_REPLY_INVALID');
  });

  it('refuses a reply that is cut off or announces no interval', () => {
    throwsWith(() => decodeForwardOpenReply(Buffer.alloc(25, 1)), 'CIP_REPLY_INVALID');
    throwsWith(() => decodeForwardOpenReply(Buffer.alloc(26)), 'CIP_REPLY_INVALID');
  });

  it('refuses requests of the wrong length with the status that a target answers', () => {
    const whole = open(VECTORS[0]!.connection);
    const status = (bytes: Buffer, decode: (bytes: Buffer) => unknown): unknown =>
      throwsWith(() => decode(bytes), 'CIP_REQUEST_INVALID').details['generalStatus'];
    assert.equal(status(whole.subarray(0, 35), decodeForwardOpen), 0x13);
    assert.equal(status(whole.subarray(0, 42), decodeForwardOpen), 0x13);
    assert.equal(status(Buffer.concat([whole, Buffer.alloc(2)]), decodeForwardOpen), 0x15);
    assert.equal(status(Buffer.alloc(11), decodeForwardClose), 0x13);
    assert.equal(status(Buffer.alloc(14), decodeForwardClose), 0x15);
  });

  it('packs and unpacks all parameters of a direction', () => {
    for (const word of [0x0000, 0x4802, 0x2832, 0x43f8, 0xe7ff, 0x6000]) {
      assert.equal(encodeFlow(decodeFlow(word)), word);
    }
    assert.deepEqual(decodeFlow(0xae32), {
      type: 'multicast',
      priority: 'urgent',
      variable: true,
      sizeBytes: 0x32,
      redundantOwner: true,
    });
    assert.deepEqual([0, 1, 7].map(timeoutMultiplier), [4, 8, 512]);
  });
});

describe('connection path', () => {
  it('writes 16-bit segments where 8 do not suffice', () => {
    const path = { classId: 4, instanceId: 1, points: [98, 0x0300] };
    const bytes = encodeConnectionPath(path);
    assert.equal(bytes.toString('hex'), hex('20 04 24 01 2c 62 2d 00 00 03'));
    assert.deepEqual(decodeConnectionPath(bytes), { ...path, configurationWords: 0 });
    throwsWith(() => encodeConnectionPath({ classId: 4, points: [70_000] }), 'CIP_REQUEST_INVALID');
  });

  it('reads what PLCs add: key, inhibit time, configuration, and a path without instance', () => {
    const bytes = Buffer.from(hex('34 04 0100 9200 0700 04 01', '20 04 2c 62 2c 65', '43 64', '80 02 01020304'), 'hex');
    assert.deepEqual(decodeConnectionPath(bytes), {
      classId: 4,
      points: [98, 101],
      key: { vendorId: 1, deviceType: 0x92, productCode: 7, major: 4, minor: 1 },
      configurationWords: 2,
    });
  });

  it('refuses with 0x0315 what leads elsewhere or makes no sense', () => {
    for (const path of [
      '',
      '01 00 20 04',
      '20',
      '20 04 20 04',
      '24 01',
      '20 04 2c 01 2c 02 2c 03',
      '34 05',
      '20 04 80 09',
    ]) {
      const error = throwsWith(() => decodeConnectionPath(Buffer.from(hex(path), 'hex')), 'CIP_REQUEST_INVALID');
      assert.deepEqual(error.details, { generalStatus: 1, extendedStatus: [0x0315] }, path);
    }
  });
});
