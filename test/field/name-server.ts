import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const HEADER_BYTES = 12;
/** Response, authoritative, recursion available. */
const ANSWERED = 0x8580;
const NO_SUCH_NAME = 0x8583;
const TYPE_A = 1;
const TTL_S = 1;

/** The name of the first question (RFC 1035, 4.1.2) and where the question ends. */
function questionOf(message: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = message.readUInt8(at); length !== 0; length = message.readUInt8(at)) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 5 };
}

function answer(message: Buffer, names: ReadonlyMap<string, string>): Buffer {
  const { name, end } = questionOf(message);
  const address = names.get(name);
  const type = message.readUInt16BE(end - 4);
  const question = message.subarray(0, end);
  const reply = Buffer.from(question);
  reply.writeUInt16BE(address === undefined ? NO_SUCH_NAME : ANSWERED, 2);
  const hasAnswer = address !== undefined && type === TYPE_A;
  reply.writeUInt16BE(1, 4);
  reply.writeUInt16BE(hasAnswer ? 1 : 0, 6);
  reply.writeUInt32BE(0, 8);
  if (!hasAnswer) return reply;
  const record = Buffer.alloc(16);
  // A pointer to the name in the question.
  record.writeUInt16BE(0xc00c, 0);
  record.writeUInt16BE(TYPE_A, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt32BE(TTL_S, 6);
  record.writeUInt16BE(4, 10);
  Buffer.from(address.split('.').map(Number)).copy(record, 12);
  return Buffer.concat([reply, record]);
}

/** A name server that may fall silent, about all names or those that it does not know. */
export class NameServer {
  isSilent = false;
  /** Names that it does not know it asks others about, who never answer. */
  isCutOff = false;
  /** Questions so far. */
  asked = 0;

  private constructor(private readonly socket: Socket) {}

  static async open(address: string, names: ReadonlyMap<string, string>): Promise<NameServer> {
    const socket = createSocket('udp4');
    const server = new NameServer(socket);
    socket.on('message', (message, from) => {
      server.asked++;
      const isMute = server.isSilent || (server.isCutOff && !names.has(questionOf(message).name));
      if (!isMute) socket.send(answer(message, names), from.port, from.address);
    });
    socket.bind(53, address);
    await once(socket, 'listening');
    return server;
  }

  close(): void {
    this.socket.close();
  }
}
