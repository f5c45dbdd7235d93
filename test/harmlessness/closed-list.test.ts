import assert from 'node:assert/strict';
import { nameDatagram, nameEthernetIpStream, nameModbusStream, nameRtuStream, nameSerialFrame } from './closed-list';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** Send RR Data around one CIP request, written out by hand. */
function unconnected(request: string): Buffer {
  const message = hex(request);
  const header = Buffer.alloc(24);
  header.writeUInt16LE(0x6f, 0);
  header.writeUInt16LE(16 + message.length, 2);
  const length = Buffer.alloc(2);
  length.writeUInt16LE(message.length);
  return Buffer.concat([header, hex('00000000 0000 0200 0000 0000 b200'), length, message]);
}

/** Forward Open of class 1, O->T of `size` bytes to a connection point, T->O at an RPI in hundreds of microseconds. */
function forwardOpen(point: string, size = '0240', rpi = 'a0860100', path = `2004 2c${point} 2c65`): Buffer {
  const words = (hex(path).length / 2).toString(16).padStart(2, '0');
  return unconnected(
    `54 02 2006 2401 0a0e 00000000 01000000 0100 3412 78563412 02 000000 ${rpi} ${size} ${rpi} 3248 01 ${words} ${path}`,
  );
}

describe('the closed list', () => {
  it('names what may be asked', () => {
    const stream = Buffer.concat([unconnected('0e 03 2004 2465 3003'), unconnected('01 02 2001 2401')]);
    assert.deepEqual(nameEthernetIpStream(stream), ['Get_Attribute_Single', 'Get_Attributes_All']);
    assert.deepEqual(nameEthernetIpStream(forwardOpen('62')), ['Forward Open of Input Only']);
    assert.deepEqual(nameEthernetIpStream(forwardOpen('63')), ['Forward Open of Listen Only']);
    assert.deepEqual(nameModbusStream(hex('0001 0000 0006 01 04 0000 0003')), ['Read Input Registers']);
    assert.deepEqual(nameRtuStream(hex('03 04 0000 0003 b1e9 03 04 0000 0003 b1e9')), [
      'RTU over TCP Read Input Registers',
      'RTU over TCP Read Input Registers',
    ]);
    assert.equal(nameSerialFrame(hex('03 04 0000 0003 b1e9')), 'serial Read Input Registers');
    assert.equal(nameDatagram(hex('0200 0280 0800 01000000 02000000 b100 0200 0700')), 'heartbeat');
  });

  const refused: readonly (readonly [what: string, name: () => unknown])[] = [
    ['Set_Attribute_Single', () => nameEthernetIpStream(unconnected('10 03 2004 2465 3003 00'))],
    ['Reset of the Identity object', () => nameEthernetIpStream(unconnected('05 02 2001 2401'))],
    ['a read of another class', () => nameEthernetIpStream(unconnected('0e 03 20f5 2401 3005'))],
    ['an Exclusive Owner', () => nameEthernetIpStream(forwardOpen('64'))],
    ['output data', () => nameEthernetIpStream(forwardOpen('62', '0640'))],
    ['a packet interval below 100 ms', () => nameEthernetIpStream(forwardOpen('62', '0240', '50c30000'))],
    [
      'configuration data',
      () => nameEthernetIpStream(forwardOpen('62', '0240', 'a0860100', '2004 2c62 2c65 8001 0000')),
    ],
    ['a redundant owner', () => nameEthernetIpStream(forwardOpen('62', '02c0'))],
    ['Large Forward Open', () => nameEthernetIpStream(unconnected('5b 02 2006 2401'))],
    ['List Services over TCP', () => nameEthernetIpStream(hex(`0400 0000${'00'.repeat(20)}`))],
    ['Write Single Register', () => nameModbusStream(hex('0001 0000 0006 01 06 0000 0003'))],
    ['Write Multiple Registers', () => nameModbusStream(hex('0001 0000 0009 01 10 0000 0001 02 0001'))],
    ['Diagnostics', () => nameModbusStream(hex('0001 0000 0006 01 08 0000 0000'))],
    ['126 registers', () => nameModbusStream(hex('0001 0000 0006 01 04 0000 007e'))],
    ['a write over a serial server', () => nameRtuStream(hex('03 06 0000 0003 c829'))],
    ['a wrong checksum', () => nameRtuStream(hex('03 04 0000 0003 b1e8'))],
    ['a broadcast', () => nameRtuStream(hex('00 04 0000 0003 b1da'))],
    ['a write of several behind a read', () => nameRtuStream(hex('03 04 0000 0003 b1e9 03 10 0000 0001 02 0001'))],
    ['a serial write', () => nameSerialFrame(hex('03 06 0000 0003 0000'))],
    ['I/O data', () => nameDatagram(hex('0200 0280 0800 01000000 02000000 b100 0400 07000000'))],
  ];
  for (const [what, name] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(name, assert.AssertionError);
    });
  }
});
