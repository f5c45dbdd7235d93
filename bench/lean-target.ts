import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { CONNECTION_STATUS } from '../src/transport/ethernet-ip/wire/connection-status';
import { CIP_STATUS } from '../src/transport/ethernet-ip/wire/status';
import { SERIAL_NUMBER_RANGE } from '../src/meters/pm500/identity';
import { QUIRKS } from '../src/meters/pm500/quirks';
import { CipTarget } from '../src/simulator/ethernet-ip/cip-target';
import { EncapsulationTarget, type TargetContext } from '../src/simulator/ethernet-ip/encapsulation-target';
import { constantProfile } from '../src/simulator/model/plain-profiles';
import { SimulatedMeter } from '../src/simulator/model/simulated-meter';
import { StatsRecorder } from '../src/simulator/stats';
import { findCatalogNumber } from '../src/simulator/model/supply';
import { systemClock } from '../src/support/clock';
import { CONNECTION_SERVICE, decodeCipRequest, encodeCipResponse } from '../src/transport/ethernet-ip/wire/cip';
import { CPF_ITEM, decodeUnconnected, encodeUnconnected } from '../src/transport/ethernet-ip/wire/cpf';
import { CYCLIC_OFFSET, encodeCyclicFrame } from '../src/transport/ethernet-ip/wire/cyclic-frame';
import {
  COMMAND,
  decodeFrame,
  encodeFrame,
  HEADER_BYTES,
  HEADER_OFFSET,
} from '../src/transport/ethernet-ip/wire/encapsulation';
import { decodeForwardClose, encodeForwardCloseReply } from '../src/transport/ethernet-ip/wire/forward-close';
import { decodeForwardOpen, encodeForwardOpenReply } from '../src/transport/ethernet-ip/wire/forward-open';
import { FrameReassembler } from '../src/transport/ethernet-ip/wire/reassembler';
import { encodeSocketAddress } from '../src/transport/ethernet-ip/wire/socket-address';
import { serveChild } from './child';
import { addressOf } from './meters-job';
import { PM500 } from '../src/meters/pm500';

/*
 * Many meters as lean as can be, in a process of their own: a simulated meter answers each kind of request once, and its
 * answer is sent again ever after. What they send by themselves is written once, too. `pm500 sim` computes what a meter
 * measures, each meter for itself, and breaks long before what reads it.
 */

export interface LeanTargetJob {
  readonly meters: number;
}

/** How exactly the meters keep their packet intervals. */
const TICK_MS = 5;
/** Service, path length, class 4, instance: where the first byte of a CIP message by SendRRData stands. */
const SERVICE_OFFSET = HEADER_BYTES + 16;

interface Production {
  readonly frame: Buffer;
  readonly port: number;
  readonly address: string;
  readonly socket: DatagramSocket;
  readonly intervalMs: number;
  sequence: number;
  dueMs: number;
}

const meter = new SimulatedMeter(
  PM500,
  {
    catalogEntry: findCatalogNumber(PM500, '1420-V2-ENT'),
    serialNumber: SERIAL_NUMBER_RANGE.min,
    seed: 1,
    load: constantProfile(150_000),
  },
  systemClock,
  1,
);
const stats = new StatsRecorder(systemClock);
let sessions = 0;
const context: TargetContext = { meter, stats, cip: new CipTarget(meter, stats), nextSession: () => ++sessions };
/** Reply to a read by what stands behind the header of its request. */
const replies = new Map<string, Buffer>();
const productions = new Map<number, Production>();

/** Writes the same reply with the session and the context of this request. */
function answerRead(target: EncapsulationTarget, bytes: Buffer): Buffer {
  const key = bytes.toString('latin1', HEADER_BYTES);
  let reply = replies.get(key);
  if (reply === undefined) {
    reply = target.handle(decodeFrame(bytes)).reply ?? Buffer.alloc(0);
    if (reply.readUInt32LE(HEADER_OFFSET.status) === 0) replies.set(key, reply);
  }
  bytes.copy(reply, HEADER_OFFSET.session, HEADER_OFFSET.session, HEADER_OFFSET.session + 4);
  bytes.copy(reply, HEADER_OFFSET.context, HEADER_OFFSET.context, HEADER_OFFSET.context + 8);
  // The socket may keep what it cannot send at once, so each has its own copy.
  return Buffer.from(reply);
}

function answerConnection(bytes: Buffer, remote: string, socket: DatagramSocket): Buffer {
  const { command, session, context: sender, data } = decodeFrame(bytes);
  const { message, more } = decodeUnconnected(data);
  const request = decodeCipRequest(message);
  const answer = (body: Buffer, items: Parameters<typeof encodeUnconnected>[1] = []): Buffer => {
    const response = encodeCipResponse({ service: request.service, data: body });
    return encodeFrame({ command, session, context: sender, data: encodeUnconnected(response, items) });
  };
  if (request.service === CONNECTION_SERVICE.forwardClose) {
    const close = decodeForwardClose(request.data);
    if (productions.delete(close.connectionSerial)) return answer(encodeForwardCloseReply(close));
    const [generalStatus, extendedStatus] = [CIP_STATUS.connectionFailure, [CONNECTION_STATUS.notFound]];
    const refusal = encodeCipResponse({ service: request.service, generalStatus, extendedStatus });
    return encodeFrame({ command, session, context: sender, data: encodeUnconnected(refusal) });
  }
  const wanted = decodeForwardOpen(request.data);
  const instance = wanted.path.points.at(-1) ?? 0;
  const intervalMs = wanted.targetToOriginator.rpiMicroseconds / 1000;
  const port = more.find(({ type }) => type === CPF_ITEM.socketAddressTargetToOriginator)?.data.readUInt16BE(2);
  const connectionId = wanted.targetToOriginatorId;
  productions.set(wanted.connectionSerial, {
    frame: encodeCyclicFrame({ connectionId, sequence: 0, count: 0, data: meter.read(instance) ?? new Uint8Array(0) }),
    port: port ?? QUIRKS.implicitPort.value,
    address: remote,
    socket,
    intervalMs,
    sequence: 0,
    dueMs: performance.now(),
  });
  const reply = encodeForwardOpenReply({
    ...wanted,
    originatorToTargetId: wanted.connectionSerial,
    originatorToTargetMicroseconds: wanted.originatorToTarget.rpiMicroseconds,
    targetToOriginatorMicroseconds: wanted.targetToOriginator.rpiMicroseconds,
  });
  const sendTo = encodeSocketAddress({ address: '0.0.0.0', port: QUIRKS.implicitPort.value });
  return answer(reply, [{ type: CPF_ITEM.socketAddressOriginatorToTarget, data: sendTo }]);
}

function produce(): void {
  const now = performance.now();
  for (const production of productions.values()) {
    if (production.dueMs > now) continue;
    const { frame, socket, port, address } = production;
    production.sequence = (production.sequence + 1) >>> 0;
    frame.writeUInt32LE(production.sequence, CYCLIC_OFFSET.sequence);
    frame.writeUInt16LE(production.sequence & 0xffff, CYCLIC_OFFSET.count);
    socket.send(frame, port, address);
    production.dueMs = Math.max(production.dueMs + production.intervalMs, now + production.intervalMs / 2);
  }
}

function accept(socket: Socket, sockets: ReadonlyMap<string, DatagramSocket>): void {
  const { localAddress = '', remoteAddress = '' } = socket;
  const datagrams = sockets.get(localAddress);
  const target = new EncapsulationTarget(context, { address: localAddress, port: 0 });
  const frames = new FrameReassembler({
    onFrame: (bytes) => {
      const isUnconnected = bytes.readUInt16LE(HEADER_OFFSET.command) === COMMAND.sendRrData;
      const service = bytes[SERVICE_OFFSET];
      const isConnection = service === CONNECTION_SERVICE.forwardOpen || service === CONNECTION_SERVICE.forwardClose;
      if (!isUnconnected) {
        const { reply, close } = target.handle(decodeFrame(bytes));
        if (reply !== undefined) socket.write(reply);
        if (close === true) socket.end();
      } else if (isConnection && datagrams !== undefined) {
        socket.write(answerConnection(bytes, remoteAddress, datagrams));
      } else socket.write(answerRead(target, bytes));
    },
  });
  socket.on('data', (chunk) => frames.push(chunk));
  socket.on('error', () => socket.destroy());
}

async function serve({ meters }: LeanTargetJob): Promise<never> {
  const sockets = new Map<string, DatagramSocket>();
  for (let index = 0; index < meters; index++) {
    const address = addressOf(index);
    const socket = createSocket({
      type: 'udp4',
      lookup: (host, _options, callback) => {
        callback(null, host, 4);
      },
    });
    // Heartbeats are taken and not looked at.
    socket.on('message', () => undefined);
    // The lookup answers at once, so the event may come before `bind` returns.
    const listening = once(socket, 'listening');
    socket.bind(QUIRKS.implicitPort.value, address);
    await listening;
    sockets.set(address, socket);
  }
  const server = createServer({ noDelay: true }, (socket) => {
    accept(socket, sockets);
  });
  server.listen({ host: '0.0.0.0', port: QUIRKS.enipPort.value, backlog: 4096 });
  await once(server, 'listening');
  setInterval(produce, TICK_MS);
  console.log('ready');
  return new Promise<never>(() => undefined);
}

if (require.main === module) serveChild((job) => serve(job as LeanTargetJob));
