import assert from 'node:assert/strict';
import {
  CONNECTED_SEQUENCE_OFFSET,
  decodeConnected,
  encodeConnected,
} from '../../../../src/transport/ethernet-ip/wire/connected-message';
import { decodeCyclicFrame, encodeCyclicFrame, isNewer } from '../../../../src/transport/ethernet-ip/wire/cyclic-frame';
import { HEADER_BYTES } from '../../../../src/transport/ethernet-ip/wire/encapsulation';
import {
  connectedRequests,
  heartbeatFrame,
  patchHeartbeat,
  patchSequence,
} from '../../../../src/transport/ethernet-ip/wire/requests';
import { throwsWith } from '../../../../testkit/expect-error';

const hex = (...parts: readonly string[]): string => parts.join('').replaceAll(' ', '');

describe('class 1 frame', () => {
  const FRAME = { connectionId: 0x12345678, sequence: 0x01020304, count: 0x0506, data: Buffer.of(9, 8, 7, 6) };
  const BYTES = hex('0200', '0280 0800 78563412 04030201', 'b100 0600 0605 09080706');

  it('writes and reads data and heartbeats', () => {
    assert.equal(encodeCyclicFrame(FRAME).toString('hex'), BYTES);
    assert.deepEqual(decodeCyclicFrame(Buffer.from(BYTES, 'hex')), FRAME);
    const heartbeat = heartbeatFrame(0x12345678);
    patchHeartbeat(heartbeat, 0x1_0002_0003);
    assert.equal(heartbeat.toString('hex'), hex('0200', '0280 0800 78563412 03000200', 'b100 0200 0300'));
    assert.equal(decodeCyclicFrame(heartbeat).data.length, 0);
  });

  it('refuses other items, cut counts and more items', () => {
    for (const bytes of [
      '0000',
      hex('0100', '0280 0800 78563412 04030201'),
      hex('0200', '0000 0000', 'b100 0200 0605'),
      hex('0200', '0280 0400 78563412', 'b100 0200 0605'),
      hex('0200', '0280 0800 78563412 04030201', 'b200 0200 0605'),
      hex('0200', '0280 0800 78563412 04030201', 'b100 0100 06'),
      hex('0300', '0280 0800 78563412 04030201', 'b100 0200 0605', '0000 0000'),
      BYTES.slice(0, -2),
    ]) {
      throwsWith(() => decodeCyclicFrame(Buffer.from(bytes, 'hex')), 'ENIP_FRAME_INVALID');
    }
  });

  it('tells newer from older over the wrap of the counter', () => {
    assert.ok(isNewer(1, 0) && isNewer(0, 0xffff_ffff) && isNewer(5, 0xffff_fff0) && isNewer(0x8000_0000, 1));
    assert.ok(!isNewer(0, 0) && !isNewer(0, 1) && !isNewer(0xffff_ffff, 0) && !isNewer(7, 9));
  });
});

describe('connected message', () => {
  const BYTES = hex('00000000 0000 0200', 'a100 0400 78563412', 'b100 0400 0201 0e03');

  it('is written and read', () => {
    const message = { connectionId: 0x12345678, sequence: 0x0102, message: Buffer.of(0x0e, 3) };
    assert.equal(encodeConnected(message).toString('hex'), BYTES);
    assert.deepEqual(decodeConnected(Buffer.from(BYTES, 'hex')), message);
  });

  it('carries the sequence count where it is patched', () => {
    const frame = connectedRequests(7, 0x12345678).readAssembly(101, 3);
    patchSequence(frame, 0xabcd);
    assert.equal(frame.readUInt16LE(CONNECTED_SEQUENCE_OFFSET), 0xabcd);
    const { connectionId, sequence, message } = decodeConnected(frame.subarray(HEADER_BYTES));
    assert.deepEqual([connectionId, sequence], [0x12345678, 0xabcd]);
    assert.equal(message.toString('hex'), '0e03200424653003');
    assert.equal(frame.readUInt16LE(0), 0x70);
  });

  it('is refused with other items or another interface', () => {
    for (const bytes of [
      '',
      '01' + BYTES.slice(2),
      hex('00000000 0000 0000'),
      hex('00000000 0000 0200', '0000 0000', 'b100 0400 0201 0e03'),
      hex('00000000 0000 0200', 'a100 0400 78563412', 'b200 0400 0201 0e03'),
      hex('00000000 0000 0200', 'a100 0400 78563412', 'b100 0100 02'),
    ]) {
      throwsWith(() => decodeConnected(Buffer.from(bytes, 'hex')), 'ENIP_FRAME_INVALID');
    }
  });
});
