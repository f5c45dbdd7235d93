import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { openSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import type { Readable } from 'node:stream';
import { ReadStream } from 'node:tty';
import { numberOf, textOf, type Settings } from './configuration';
import type { ModbusRead } from './modbus-requests';

/** A connection on which one request is answered after the other. */
export interface ModbusConnection {
  /** The registers of a read, two bytes each. @throws Error for an exception, and for anything that is no answer */
  read(request: ModbusRead): Promise<Buffer>;
  close(): Promise<void>;
}

const MBAP_BYTES = 7;
const CRC_BYTES = 2;

/** CRC of Modbus over serial line 1.02, 6.2.2. */
function crcOf(bytes: Uint8Array): number {
  return bytes.reduce((crc, byte) => {
    let value = crc ^ byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >> 1) ^ 0xa001 : value >> 1;
    return value;
  }, 0xffff);
}

function pduOf({ functionCode, address, words }: ModbusRead): Buffer {
  return Buffer.from([functionCode, address >> 8, address & 0xff, words >> 8, words & 0xff]);
}

/** The registers of an answer; the PDU is the whole of it. */
function registersOf(pdu: Buffer, { functionCode, words }: ModbusRead): Buffer {
  if (pdu[0] === (functionCode | 0x80)) throw new Error(`modbus: exception ${String(pdu[1])}`);
  if (pdu[0] !== functionCode || pdu[1] !== 2 * words || pdu.length !== 2 + 2 * words) {
    throw new Error(`modbus: no answer to the request: ${pdu.toString('hex')}`);
  }
  return pdu.subarray(2);
}

/** What arrives, taken in pieces of the length that is asked for. */
function incoming(stream: Readable, ended: string): { readonly take: (bytes: number) => Promise<Buffer> } {
  let received: Buffer = Buffer.alloc(0);
  let [isOver, wake] = [false, (): void => undefined];
  stream.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    wake();
  });
  for (const event of ['close', 'end', 'error']) {
    stream.on(event, () => {
      isOver = true;
      wake();
    });
  }
  return {
    take: async (bytes) => {
      while (received.length < bytes) {
        if (isOver) throw new Error(ended);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const taken = received.subarray(0, bytes);
      received = received.subarray(bytes);
      return taken;
    },
  };
}

async function openTcp(host: string, port: number): Promise<ModbusConnection> {
  const socket = connect({ host, port, noDelay: true });
  await once(socket, 'connect');
  let transaction = 0;
  const { take } = incoming(socket, 'modbus: the meter closed the connection');
  return {
    read: async (request) => {
      transaction += 1;
      const pdu = pduOf(request);
      const header = Buffer.from([transaction >> 8, transaction & 0xff, 0, 0, 0, pdu.length + 1, request.unit]);
      socket.write(Buffer.concat([header, pdu]));
      const answered = await take(MBAP_BYTES);
      if (answered.readUInt16BE(0) !== transaction) throw new Error('modbus: the answer to another request');
      return registersOf(await take(answered.readUInt16BE(4) - 1), request);
    },
    close: async () => {
      const closed = once(socket, 'close');
      // Telegraf does not wait for the meter to see it; here the next connection finds the meter free.
      socket.end();
      await closed;
    },
  };
}

/** A serial port by the file of its device, as any program of a shell would use it. */
function openSerial(path: string, settings: Settings): ModbusConnection {
  const parity = { N: ['-parenb'], E: ['parenb', '-parodd'], O: ['parenb', 'parodd'] }[textOf(settings, 'parity', 'E')];
  if (parity === undefined) throw new Error('modbus: parity is N, E or O');
  const stop = numberOf(settings, 'stop_bits', 1) === 2 ? 'cstopb' : '-cstopb';
  const rate = String(numberOf(settings, 'baud_rate', 19_200));
  execFileSync('stty', ['-F', path, 'raw', '-echo', rate, `cs${numberOf(settings, 'data_bits', 8)}`, stop, ...parity]);
  const descriptor = openSync(path, 'r+');
  const port = new ReadStream(descriptor);
  const { take } = incoming(port, 'modbus: the serial port was closed');
  return {
    read: async (request) => {
      const frame = Buffer.from([request.unit, ...pduOf(request)]);
      const crc = crcOf(frame);
      writeSync(descriptor, Buffer.from([...frame, crc & 0xff, crc >> 8]));
      const head = await take(3);
      // Unit, function, then an exception code or the number of bytes; the CRC behind them.
      const rest = await take((head.readUInt8(1) & 0x80) === 0 ? head.readUInt8(2) + CRC_BYTES : CRC_BYTES);
      const answer = Buffer.concat([head, rest]);
      if (crcOf(answer) !== 0 || answer[0] !== request.unit) throw new Error('modbus: crc or unit of the answer');
      return registersOf(answer.subarray(1, -CRC_BYTES), request);
    },
    close: async () => {
      const closed = once(port, 'close');
      port.destroy();
      await closed;
    },
  };
}

/** Connects as the `controller` of a configuration says: `tcp://host:port` or `file:///path`. */
export async function openModbus(settings: Settings): Promise<ModbusConnection> {
  const { protocol, hostname, port, pathname } = new URL(textOf(settings, 'controller'));
  const mode = textOf(settings, 'transmission_mode', 'auto');
  if (protocol === 'tcp:' && ['auto', 'TCP'].includes(mode)) return openTcp(hostname, Number(port));
  if (protocol === 'file:' && ['auto', 'RTU'].includes(mode)) return openSerial(pathname, settings);
  throw new Error(`invalid transmission mode "${mode}" for "${protocol}"`);
}
