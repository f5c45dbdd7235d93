import assert from 'node:assert/strict';
import {
  CPF_ITEM,
  decodeCpf,
  decodeUnconnected,
  encodeCpf,
  encodeUnconnected,
} from '../../../../src/transport/ethernet-ip/wire/cpf';
import { decodeSocketAddress, encodeSocketAddress } from '../../../../src/transport/ethernet-ip/wire/socket-address';
import { throwsWith } from '../../../../testkit/expect-error';

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');

describe('common packet format', () => {
  const vectors = [
    { name: 'no items', items: [], bytes: '0000' },
    {
      name: 'an unconnected message',
      items: [
        { type: CPF_ITEM.nullAddress, data: hex('') },
        { type: CPF_ITEM.unconnectedData, data: hex('0e03') },
      ],
      bytes: '0200 0000 0000 b200 0200 0e03',
    },
    {
      name: 'a connected message',
      items: [
        { type: CPF_ITEM.connectedAddress, data: hex('44332211') },
        { type: CPF_ITEM.connectedData, data: hex('0100') },
      ],
      bytes: '0200 a100 0400 44332211 b100 0200 0100',
    },
    {
      name: 'a socket address',
      items: [
        {
          type: CPF_ITEM.socketAddressTargetToOriginator,
          data: encodeSocketAddress({ address: '239.192.1.0', port: 2222 }),
        },
      ],
      bytes: '0100 0180 1000 0002 08ae efc00100 0000000000000000',
    },
  ];
  for (const { name, items, bytes } of vectors) {
    it(`writes and reads ${name}`, () => {
      assert.deepEqual(encodeCpf(items), hex(bytes));
      assert.deepEqual(decodeCpf(hex(bytes)), items);
    });
  }

  const refused = {
    'no count': '',
    'half a count': '01',
    'a missing item': '0100',
    'half an item header': '0100 b200 02',
    'an item that ends after the frame': '0100 b200 0300 0e03',
    'bytes after the last item': '0100 b200 0200 0e03 00',
    'far too many items': 'ffff 0000 0000',
  };
  for (const [name, bytes] of Object.entries(refused)) {
    it(`refuses ${name}`, () => {
      throwsWith(() => decodeCpf(hex(bytes)), 'ENIP_FRAME_INVALID');
    });
  }

  it('writes and reads the data of SendRRData, with items after the message', () => {
    const bytes = hex('00000000 0000 0200 0000 0000 b200 0200 0e03');
    assert.deepEqual(encodeUnconnected(hex('0e03')), bytes);
    assert.deepEqual(decodeUnconnected(bytes), { message: hex('0e03'), more: [] });
    const more = [{ type: CPF_ITEM.socketAddressOriginatorToTarget, data: Buffer.alloc(16) }];
    assert.deepEqual(decodeUnconnected(encodeUnconnected(hex('54'), more)), { message: hex('54'), more });
  });

  const refusedMessages = {
    'half an interface handle': '000000',
    'another interface than CIP': '01000000 0000 0200 0000 0000 b200 0200 0e03',
    'no items': '00000000 0000 0000',
    'an address that is not null': '00000000 0000 0200 a100 0000 b200 0200 0e03',
    'a null address with data': '00000000 0000 0200 0000 0100 00 b200 0200 0e03',
    'connected data': '00000000 0000 0200 0000 0000 b100 0200 0e03',
  };
  for (const [name, bytes] of Object.entries(refusedMessages)) {
    it(`refuses ${name} in SendRRData`, () => {
      throwsWith(() => decodeUnconnected(hex(bytes)), 'ENIP_FRAME_INVALID');
    });
  }

  it('writes and reads socket addresses, big-endian', () => {
    const socketAddress = { address: '10.1.2.254', port: 44818 };
    const bytes = hex('0002 af12 0a0102fe 0000000000000000');
    assert.deepEqual(encodeSocketAddress(socketAddress), bytes);
    assert.deepEqual(decodeSocketAddress(bytes), socketAddress);
    for (const family of ['0200', '0001', '0100']) {
      assert.deepEqual(decodeSocketAddress(hex(`${family} af12 0a0102fe 0000000000000000`)), socketAddress);
    }
    throwsWith(() => decodeSocketAddress(bytes.subarray(1)), 'ENIP_FRAME_INVALID');
    throwsWith(() => decodeSocketAddress(hex('000a af12 0a0102fe 0000000000000000')), 'ENIP_FRAME_INVALID');
    for (const address of ['', '10.1.2', '10.1.2.256', '::1', '10.1.2.x']) {
      throwsWith(() => encodeSocketAddress({ address, port: 1 }), 'ENIP_FRAME_INVALID');
    }
  });
});
