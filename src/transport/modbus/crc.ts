/** CRC of Modbus over serial line 1.02, 6.2.2: reflected polynomial 0xA001, all ones at the start; sent low byte first. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}

/** The bytes with their CRC behind them. */
export function withCrc(bytes: Uint8Array): Buffer {
  const crc = crc16(bytes);
  return Buffer.from([...bytes, crc & 0xff, crc >>> 8]);
}
