import assert from 'node:assert/strict';
import {
  decodeIdentity,
  decodeListIdentityReply,
  encodeIdentity,
  encodeIdentityAttribute,
  encodeListIdentityReply,
} from '../../../../src/transport/ethernet-ip/wire/identity-object';
import { throwsWith } from '../../../../testkit/expect-error';

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');

const identity = {
  vendorId: 1,
  deviceType: 0x92,
  productCode: 9,
  revision: { major: 2, minor: 13 },
  status: 0x3034,
  serialNumber: 940_000_123,
  productName: 'PowerMonitor 500',
};
const NAME = '10 506f7765724d6f6e69746f7220353030';
const ATTRIBUTES = `0100 9200 0900 02 0d 3430 7b430738 ${NAME}`;
const ITEM = `0100 0002 af12 c0000207 0000000000000000 ${ATTRIBUTES} 03`;
const REPLY = `0100 0c00 3200 ${ITEM}`;
const item = { protocolVersion: 1, socketAddress: { address: '192.0.2.7', port: 44818 }, identity, state: 3 };

describe('identity object', () => {
  it('writes and reads attributes 1 to 7', () => {
    assert.deepEqual(encodeIdentity(identity), hex(ATTRIBUTES));
    assert.deepEqual(decodeIdentity(hex(ATTRIBUTES)), identity);
  });

  it('leaves further attributes alone', () => {
    assert.deepEqual(decodeIdentity(hex(`${ATTRIBUTES} 03 0000 00`)), identity);
  });

  it('gives single attributes, and none that do not exist', () => {
    const parts = ['0100', '9200', '0900', '020d', '3430', '7b430738', NAME];
    parts.forEach((bytes, index) => {
      assert.deepEqual(encodeIdentityAttribute(identity, index + 1), hex(bytes));
    });
    for (const attributeId of [0, 8, -1]) assert.equal(encodeIdentityAttribute(identity, attributeId), undefined);
  });

  it('refuses an identity that ends too early', () => {
    const bytes = hex(ATTRIBUTES);
    for (let length = 0; length < bytes.length; length++) {
      throwsWith(() => decodeIdentity(bytes.subarray(0, length)), 'CIP_REPLY_INVALID');
    }
  });

  it('keeps control characters out of the name', () => {
    const bytes = encodeIdentity({ ...identity, productName: ' Meter\n\u0000\u009b2\u0000' });
    assert.equal(decodeIdentity(bytes).productName, 'Meter 2');
  });

  it('cuts a name that no SHORT_STRING holds', () => {
    assert.equal(decodeIdentity(encodeIdentity({ ...identity, productName: 'x'.repeat(300) })).productName.length, 255);
  });

  it('writes and reads the List Identity reply', () => {
    assert.deepEqual(encodeListIdentityReply(item), hex(REPLY));
    assert.deepEqual(decodeListIdentityReply(hex(REPLY)), item);
  });

  it('finds the identity among other items', () => {
    assert.deepEqual(decodeListIdentityReply(hex(`0200 8600 0100 00 0c00 3200 ${ITEM}`)), item);
  });

  it('refuses a reply without a whole identity', () => {
    throwsWith(() => decodeListIdentityReply(hex('0000')), 'CIP_REPLY_INVALID');
    throwsWith(() => decodeListIdentityReply(hex('0100 0c00 0400 0100 0002')), 'CIP_REPLY_INVALID');
    throwsWith(() => decodeListIdentityReply(hex(`0100 0c00 3100 ${ITEM.slice(0, -3)}`)), 'CIP_REPLY_INVALID');
    throwsWith(() => decodeListIdentityReply(hex(`0100 0c00 3300 ${ITEM} 00`)), 'CIP_REPLY_INVALID');
    throwsWith(() => decodeListIdentityReply(hex(REPLY).subarray(0, 40)), 'ENIP_FRAME_INVALID');
    throwsWith(() => decodeListIdentityReply(hex(REPLY.replace('3200 0100', '3200 0200'))), 'CIP_REPLY_INVALID');
  });
});
