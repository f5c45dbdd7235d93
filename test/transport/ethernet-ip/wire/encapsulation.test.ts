import assert from 'node:assert/strict';
import {
  COMMAND,
  decodeFrame,
  decodeHeader,
  decodeRegisterSession,
  encodeFrame,
  encodeRegisterSession,
  isCommand,
  MAXIMUM_DATA_BYTES,
} from '../../../../src/transport/ethernet-ip/wire/encapsulation';
import {
  listIdentityRequest,
  patchContext,
  unconnectedRequests,
  registerSessionRequest,
  unRegisterSessionRequest,
} from '../../../../src/transport/ethernet-ip/wire/requests';
import { throwsWith } from '../../../../testkit/expect-error';

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');

describe('encapsulation', () => {
  const vectors = [
    {
      name: 'NOP',
      parts: { command: COMMAND.nop },
      bytes: '0000 0000 00000000 00000000 0000000000000000 00000000',
    },
    {
      name: 'Register Session',
      parts: { command: COMMAND.registerSession, data: encodeRegisterSession() },
      bytes: '6500 0400 00000000 00000000 0000000000000000 00000000 0100 0000',
    },
    {
      name: 'a refusal with session and context',
      parts: { command: COMMAND.sendRrData, session: 0x11223344, status: 0x64, context: hex('0102030405060708') },
      bytes: '6f00 0000 44332211 64000000 0102030405060708 00000000',
    },
    {
      name: 'a short context, filled with zeros',
      parts: { command: COMMAND.listIdentity, context: hex('aabb') },
      bytes: '6300 0000 00000000 00000000 aabb000000000000 00000000',
    },
  ];
  for (const { name, parts, bytes } of vectors) {
    it(`writes and reads ${name}`, () => {
      assert.deepEqual(encodeFrame(parts), hex(bytes));
      const frame = decodeFrame(hex(bytes));
      assert.equal(frame.command, parts.command);
      assert.equal(frame.session, parts.session ?? 0);
      assert.equal(frame.status, parts.status ?? 0);
      assert.equal(frame.options, 0);
      assert.equal(frame.length, frame.data.length);
      assert.deepEqual(encodeFrame(frame), hex(bytes));
    });
  }

  it('refuses what is not exactly one frame', () => {
    throwsWith(() => decodeHeader(Buffer.alloc(23)), 'ENIP_FRAME_INVALID');
    throwsWith(() => decodeFrame(Buffer.alloc(25)), 'ENIP_FRAME_INVALID');
    throwsWith(() => decodeFrame(hex(vectors[1]!.bytes).subarray(0, 27)), 'ENIP_FRAME_INVALID');
  });

  it('refuses data or context that do not fit', () => {
    assert.equal(
      encodeFrame({ command: 0, data: Buffer.alloc(MAXIMUM_DATA_BYTES) }).readUInt16LE(2),
      MAXIMUM_DATA_BYTES,
    );
    throwsWith(() => encodeFrame({ command: 0, data: Buffer.alloc(MAXIMUM_DATA_BYTES + 1) }), 'ENIP_FRAME_INVALID');
    throwsWith(() => encodeFrame({ command: 0, context: Buffer.alloc(9) }), 'ENIP_FRAME_INVALID');
  });

  it('reads Register Session data of 4 bytes only', () => {
    assert.deepEqual(decodeRegisterSession(hex('0100 0200')), { version: 1, options: 2 });
    throwsWith(() => decodeRegisterSession(hex('0100')), 'ENIP_FRAME_INVALID');
    throwsWith(() => decodeRegisterSession(hex('0100 0000 00')), 'ENIP_FRAME_INVALID');
  });

  it('knows the commands of the specification and no others', () => {
    const codes = Array.from({ length: 0x100 }, (_, code) => code).filter(isCommand);
    assert.deepEqual(codes, [0x00, 0x04, 0x63, 0x64, 0x65, 0x66, 0x6f, 0x70]);
  });
});

describe('requests that may leave this software', () => {
  it('are these, byte by byte', () => {
    const header = (command: string, length: string, session: string): string =>
      `${command} ${length} ${session} 00000000 0000000000000000 00000000`;
    const unconnected = '00000000 0000 0200 0000 0000 b200';
    assert.deepEqual(registerSessionRequest(), hex(`${header('6500', '0400', '00000000')} 0100 0000`));
    assert.deepEqual(unRegisterSessionRequest(0x0102), hex(header('6600', '0000', '02010000')));
    assert.deepEqual(listIdentityRequest(), hex(header('6300', '0000', '00000000')));
    assert.deepEqual(listIdentityRequest(1500), hex('6300 0000 00000000 00000000 dc05000000000000 00000000'));
    assert.deepEqual(
      unconnectedRequests(7).readAssembly(102, 3),
      hex(`${header('6f00', '1800', '07000000')} ${unconnected} 0800 0e03 2004 2466 3003`),
    );
    assert.deepEqual(
      unconnectedRequests(7).readIdentity(),
      hex(`${header('6f00', '1600', '07000000')} ${unconnected} 0600 0102 2001 2401`),
    );
  });

  it('carry the context that they are given', () => {
    const frame = unconnectedRequests(7).readIdentity();
    patchContext(frame, 0xfffffffe, 3);
    assert.deepEqual(decodeHeader(frame).context, hex('feffffff03000000'));
  });
});
