import assert from 'node:assert/strict';

/**
 * The closed list of what may leave toward a meter, read with a decoder of its own: were it ours, a mistake in it would
 * hide itself. Names what a frame asks for; throws for whatever is not on the list.
 */

const HEADER_BYTES = 24;
/** CIP Vol 2, table 2-3.2. */
const COMMAND = { listIdentity: 0x63, registerSession: 0x65, unRegisterSession: 0x66, rrData: 0x6f, unitData: 0x70 };
const ITEM = { connectedAddress: 0xa1, connectedData: 0xb1, unconnectedData: 0xb2, sequencedAddress: 0x8002 };
const CLASS = { identity: 1, messageRouter: 2, assembly: 4, connectionManager: 6 };
const HEARTBEATS: ReadonlyMap<number, string> = new Map([
  [98, 'Input Only'],
  [99, 'Listen Only'],
]);
const LEAST_RPI_MICROSECONDS = 100_000;
const MOST_REGISTERS = 125;

interface Item {
  readonly type: number;
  readonly data: Buffer;
}

/** Common packet format: a count, then type, length and data of each item. */
function readItems(bytes: Buffer): readonly Item[] {
  const items: Item[] = [];
  let offset = 2;
  for (let left = bytes.readUInt16LE(0); left > 0; left--) {
    const length = bytes.readUInt16LE(offset + 2);
    items.push({ type: bytes.readUInt16LE(offset), data: bytes.subarray(offset + 4, offset + 4 + length) });
    offset += 4 + length;
  }
  assert.equal(offset, bytes.length, 'nothing follows the last item');
  return items;
}

/** Logical segments as type and value; a data segment (a configuration) or anything else is refused. */
function readPath(path: Buffer): readonly { readonly type: number; readonly value: number }[] {
  const segments: { type: number; value: number }[] = [];
  for (let offset = 0; offset < path.length;) {
    const segment = path.readUInt8(offset);
    if (segment === 0x34) {
      // Electronic key, format 4: 10 bytes.
      assert.equal(path.readUInt8(offset + 1), 4);
      offset += 10;
      continue;
    }
    assert.equal(segment >>> 5, 1, `segment 0x${segment.toString(16)} is not a logical one`);
    const isWide = (segment & 3) === 1;
    segments.push({
      type: (segment >>> 2) & 7,
      value: isWide ? path.readUInt16LE(offset + 2) : path.readUInt8(offset + 1),
    });
    offset += isWide ? 4 : 2;
  }
  return segments;
}

function nameForwardOpen(data: Buffer): string {
  const outward = { rpi: data.readUInt32LE(22), parameters: data.readUInt16LE(26) };
  const inward = { rpi: data.readUInt32LE(28), parameters: data.readUInt16LE(32) };
  const transportClass = data.readUInt8(34) & 0x0f;
  const path = readPath(data.subarray(36));
  assert.equal(path.length > 0, true);
  assert.equal(data.length, 36 + 2 * data.readUInt8(35), 'the path ends the request');
  for (const { parameters } of [outward, inward]) assert.equal(parameters & 0x8000, 0, 'no redundant owner');
  const classId = path.find(({ type }) => type === 0)?.value;
  if (transportClass === 3) {
    assert.equal(classId, CLASS.messageRouter, 'class 3 ends at the message router');
    return 'Forward Open of class 3';
  }
  assert.equal(transportClass, 1);
  assert.equal(classId, CLASS.assembly);
  assert.equal(outward.parameters & 0x1ff, 2, 'O->T carries a sequence count and no data');
  assert.ok(inward.rpi >= LEAST_RPI_MICROSECONDS, `an RPI of ${inward.rpi} us is too fast`);
  const [consumed, produced, ...rest] = path.filter(({ type }) => type === 3).map(({ value }) => value);
  const kind = HEARTBEATS.get(consumed ?? 0);
  assert.ok(kind !== undefined, `connection point ${consumed} would own the meter`);
  assert.ok(produced !== undefined && produced >= 100 && produced <= 108 && rest.length === 0);
  return `Forward Open of ${kind}`;
}

function nameCip(message: Buffer): string {
  const service = message.readUInt8(0);
  const pathBytes = 2 * message.readUInt8(1);
  const path = readPath(message.subarray(2, 2 + pathBytes));
  const data = message.subarray(2 + pathBytes);
  const classId = path.find(({ type }) => type === 0)?.value;
  if (classId === CLASS.connectionManager) {
    if (service === 0x54) return nameForwardOpen(data);
    assert.equal(service, 0x4e, `service 0x${service.toString(16)} of the connection manager`);
    return 'Forward Close';
  }
  assert.ok(classId === CLASS.identity || classId === CLASS.assembly, `class ${classId}`);
  assert.equal(data.length, 0, 'a read carries no data');
  if (service === 0x0e) return 'Get_Attribute_Single';
  assert.equal(service, 0x01, `service 0x${service.toString(16)}`);
  return 'Get_Attributes_All';
}

function nameEncapsulated(command: number, data: Buffer): string {
  if (command === COMMAND.registerSession) return 'Register Session';
  if (command === COMMAND.unRegisterSession) return 'UnRegister Session';
  if (command === COMMAND.listIdentity) return 'List Identity';
  assert.ok(command === COMMAND.rrData || command === COMMAND.unitData, `command 0x${command.toString(16)}`);
  const items = readItems(data.subarray(6));
  if (command === COMMAND.unitData) {
    const body = items.find(({ type }) => type === ITEM.connectedData);
    assert.ok(items[0]?.type === ITEM.connectedAddress && body !== undefined && items.length === 2);
    return `connected ${nameCip(body.data.subarray(2))}`;
  }
  const body = items.find(({ type }) => type === ITEM.unconnectedData);
  assert.ok(items[0]?.type === 0 && body !== undefined, 'a null address and the request');
  return nameCip(body.data);
}

/** What every frame of one TCP connection over EtherNet/IP asks for; bytes that end in the middle of a frame are left out. */
export function nameEthernetIpStream(bytes: Buffer): readonly string[] {
  const names: string[] = [];
  for (let offset = 0; bytes.length - offset >= HEADER_BYTES;) {
    const end = offset + HEADER_BYTES + bytes.readUInt16LE(offset + 2);
    if (end > bytes.length) break;
    names.push(nameEncapsulated(bytes.readUInt16LE(offset), bytes.subarray(offset + HEADER_BYTES, end)));
    offset = end;
  }
  return names;
}

/** What one datagram to a meter is: a heartbeat without data, or the search for meters. */
export function nameDatagram(bytes: Buffer): string {
  if (bytes.length >= HEADER_BYTES && bytes.readUInt16LE(0) === COMMAND.listIdentity) {
    assert.equal(bytes.length, HEADER_BYTES);
    return 'List Identity';
  }
  const [address, body, ...rest] = readItems(bytes);
  assert.equal(address?.type, ITEM.sequencedAddress);
  assert.ok(body?.type === ITEM.connectedData && rest.length === 0);
  assert.equal(body.data.length, 2, 'a heartbeat holds a sequence count and nothing else');
  return 'heartbeat';
}

function nameModbus(pdu: Buffer): string {
  const code = pdu.readUInt8(0);
  assert.ok(code === 3 || code === 4, `function ${code}`);
  assert.equal(pdu.length, 5);
  const count = pdu.readUInt16BE(3);
  assert.ok(count >= 1 && count <= MOST_REGISTERS, `${count} registers`);
  return code === 3 ? 'Read Holding Registers' : 'Read Input Registers';
}

/** What every request of one Modbus TCP connection asks for. */
export function nameModbusStream(bytes: Buffer): readonly string[] {
  const names: string[] = [];
  for (let offset = 0; bytes.length - offset >= 7;) {
    assert.equal(bytes.readUInt16BE(offset + 2), 0, 'protocol identifier');
    const end = offset + 6 + bytes.readUInt16BE(offset + 4);
    if (end > bytes.length) break;
    names.push(nameModbus(bytes.subarray(offset + 7, end)));
    offset = end;
  }
  return names;
}

/** The checksum of a serial line (Modbus over serial line 1.02, 6.2.2), bit by bit. */
function checksum(bytes: Buffer): number {
  let register = 0xffff;
  for (const byte of bytes) {
    register ^= byte;
    for (let shift = 0; shift < 8; shift++) {
      const carry = register % 2;
      register = Math.floor(register / 2) ^ (carry * 0xa001);
    }
  }
  return register;
}

/** What every frame of one TCP connection to a serial server asks for; no frame but a whole request may be there. */
export function nameRtuStream(bytes: Buffer): readonly string[] {
  const names: string[] = [];
  for (let offset = 0; bytes.length - offset >= 8; offset += 8) {
    const frame = bytes.subarray(offset, offset + 8);
    assert.equal(frame.readUInt16LE(6), checksum(frame.subarray(0, 6)), 'checksum');
    assert.notEqual(frame.readUInt8(0), 0, 'no broadcast');
    names.push(`RTU over TCP ${nameModbus(frame.subarray(1, 6))}`);
  }
  return names;
}

/** What one frame on a serial line asks for: unit, function, address, count, checksum. */
export function nameSerialFrame(bytes: Buffer): string {
  assert.equal(bytes.length, 8);
  return `serial ${nameModbus(bytes.subarray(1, 6))}`;
}
