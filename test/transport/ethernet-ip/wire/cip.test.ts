import assert from 'node:assert/strict';
import {
  decodeCipRequest,
  decodeCipResponse,
  encodeCipRequest,
  encodeCipResponse,
  SERVICE,
} from '../../../../src/transport/ethernet-ip/wire/cip';
import { decodePath, encodePath } from '../../../../src/transport/ethernet-ip/wire/epath';
import {
  cipStatusError,
  describeCipStatus,
  encapsulationStatusError,
} from '../../../../src/transport/ethernet-ip/wire/status';
import { throwsWith } from '../../../../testkit/expect-error';

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');

describe('EPATH', () => {
  const vectors = [
    { path: { classId: 4, instanceId: 102, attributeId: 3 }, bytes: '2004 2466 3003' },
    { path: { classId: 1, instanceId: 1 }, bytes: '2001 2401' },
    { path: { classId: 1, instanceId: 0, attributeId: 1 }, bytes: '2001 2400 3001' },
    { path: { classId: 0x300, instanceId: 255, attributeId: 256 }, bytes: '21000003 24ff 31000001' },
    { path: { classId: 4, instanceId: 0xffff }, bytes: '2004 2500ffff' },
  ];
  for (const { path, bytes } of vectors) {
    it(`writes and reads ${JSON.stringify(path)}`, () => {
      assert.deepEqual(encodePath(path), hex(bytes));
      assert.deepEqual(decodePath(hex(bytes)), path);
    });
  }

  it('refuses numbers that do not fit', () => {
    for (const instanceId of [-1, 65_536, 1.5, Number.NaN]) {
      throwsWith(() => encodePath({ classId: 4, instanceId }), 'CIP_REQUEST_INVALID');
    }
  });

  const refused = [
    '',
    '2004',
    '2404 2466',
    '20',
    '2004 25',
    '2004 250000',
    '2200 2466',
    '2004 2466 3003 3003',
    '2004 2466 ff',
  ];
  for (const bytes of refused) {
    it(`refuses "${bytes}" with path segment error`, () => {
      assert.equal(throwsWith(() => decodePath(hex(bytes)), 'CIP_REQUEST_INVALID').details['generalStatus'], 0x04);
    });
  }
});

describe('CIP messages', () => {
  it('writes and reads requests', () => {
    const bytes = hex('0e03 2004 2466 3003');
    const path = { classId: 4, instanceId: 102, attributeId: 3 };
    assert.deepEqual(encodeCipRequest(SERVICE.getAttributeSingle, path), bytes);
    assert.deepEqual(decodeCipRequest(bytes), { service: 0x0e, path, data: hex('') });
  });

  it('reads requests of services that it would never send', () => {
    const request = decodeCipRequest(hex('1003 2004 2466 3003 aabb'));
    assert.equal(request.service, 0x10);
    assert.deepEqual(request.data, hex('aabb'));
  });

  const refusedRequests = { '': 0x13, '0e': 0x13, '0e03 2004 2466': 0x13, '8e00': 0x08, '0e01 3003': 0x04 };
  for (const [bytes, generalStatus] of Object.entries(refusedRequests)) {
    it(`refuses the request "${bytes}" with the status that a target answers`, () => {
      const error = throwsWith(() => decodeCipRequest(hex(bytes)), 'CIP_REQUEST_INVALID');
      assert.deepEqual(error.details, { service: bytes === '' ? 0 : 0x0e, generalStatus });
    });
  }

  const responses = [
    { bytes: '8e00 0000 3000', response: { service: 0x0e, generalStatus: 0, extendedStatus: [], data: hex('3000') } },
    { bytes: '8100 0800', response: { service: 1, generalStatus: 8, extendedStatus: [], data: hex('') } },
    {
      bytes: '8e00 0102 0301 0500',
      response: { service: 0x0e, generalStatus: 1, extendedStatus: [0x0103, 5], data: hex('') },
    },
  ];
  for (const { bytes, response } of responses) {
    it(`writes and reads the response ${bytes}`, () => {
      assert.deepEqual(encodeCipResponse(response), hex(bytes));
      assert.deepEqual(decodeCipResponse(hex(bytes)), response);
    });
  }

  for (const bytes of ['', '8e', '8e0000', '8e00 0001', '8e00 0002 0000', '0e00 0000']) {
    it(`refuses the response "${bytes}"`, () => {
      throwsWith(() => decodeCipResponse(hex(bytes)), 'CIP_REPLY_INVALID');
    });
  }
});

describe('status codes', () => {
  it('become sentences that keep the numbers', () => {
    const error = cipStatusError('Reading assembly 101 of 192.0.2.1:44818', 0x05, []);
    assert.equal(error.code, 'CIP_STATUS');
    assert.match(error.message, /^Reading assembly 101 .* 0x05 \(path destination unknown\); check/);
    assert.equal(error.retryable, false);
    assert.equal(cipStatusError('It', 0x02, []).retryable, true);
    assert.deepEqual(encapsulationStatusError('It', 0x69).details, { status: 0x69 });
    assert.match(encapsulationStatusError('It', 0x69).message, /0x0069 \(protocol version not supported\)/);
  });

  it('have words also where they are unknown', () => {
    assert.equal(describeCipStatus(0x99, []), '0x99 (meaning unknown)');
    assert.equal(describeCipStatus(0xd1, [1]), '0xd1 (class specific error), extended status 0x0001');
    assert.match(encapsulationStatusError('It', 7).message, /0x0007 \(meaning unknown\)/);
  });
});
