import { EventEmitter } from 'node:events';
import type { Clock } from '../../src/support/clock';
import type { Random } from '../../src/support/random';
import {
  CIP_CLASS,
  CONNECTION_SERVICE,
  decodeCipRequest,
  encodeCipResponse,
  SERVICE,
  type CipRequest,
} from '../../src/transport/ethernet-ip/wire/cip';
import { decodeConnected, encodeConnected } from '../../src/transport/ethernet-ip/wire/connected-message';
import { decodeUnconnected, encodeUnconnected } from '../../src/transport/ethernet-ip/wire/cpf';
import { encodeCyclicFrame } from '../../src/transport/ethernet-ip/wire/cyclic-frame';
import type { DatagramSocket } from '../../src/transport/ethernet-ip/implicit/datagram-socket';
import {
  COMMAND,
  decodeFrame,
  encodeFrame,
  type EncapsulationFrame,
} from '../../src/transport/ethernet-ip/wire/encapsulation';
import { decodeForwardClose, encodeForwardCloseReply } from '../../src/transport/ethernet-ip/wire/forward-close';
import { decodeForwardOpen, encodeForwardOpenReply } from '../../src/transport/ethernet-ip/wire/forward-open';
import { encodeIdentity } from '../../src/transport/ethernet-ip/wire/identity-object';
import type { Connect, SocketLike } from '../../src/transport/ethernet-ip/session/socket';
import { PEER_IDENTITY } from '../links/scripted-peer';

/** What happens to one reply on its way. */
export const REPLY_FAULTS = [
  'doubled in one segment',
  'doubled in two',
  'merged with what nothing asked for',
  'cut in pieces',
  'cut off',
  'late',
  'never',
  'behind the reply before it',
  'before the reply before it',
  'followed by a hang-up',
  'of another session',
  'with a status',
  'with a length that disagrees',
] as const;
type ReplyFault = (typeof REPLY_FAULTS)[number];

const ADDRESS = '192.0.2.7';
const UDP_PORT = 2222;
/** What clients of this target ask for. */
export const PACKET_INTERVAL_MS = 100;
const ASSEMBLY_BYTES: Readonly<Record<number, number>> = { 101: 48, 102: 56, 108: 4 };

/** The target's end of a socket in memory. */
class MemorySocket extends EventEmitter implements SocketLike {
  destroyed = false;
  readonly remoteAddress = ADDRESS;
  /** What was written behind a frame of which a part is still on its way: a stream keeps its order. */
  private behind: Buffer[] | undefined;

  constructor(
    readonly target: MemoryTarget,
    private readonly onBytes: (chunk: Buffer) => void,
  ) {
    super();
  }

  deliver(chunk: Buffer): void {
    // A socket hands on nothing after it was destroyed.
    if (this.destroyed) return;
    if (this.behind === undefined) this.onBytes(chunk);
    else this.behind.push(chunk);
  }

  /** Delivers the first part of a frame. @returns delivers the rest, and everything behind it */
  deliverPart(part: Buffer, rest: Buffer): () => void {
    if (this.behind !== undefined) {
      this.behind.push(part, rest);
      return () => undefined;
    }
    this.deliver(part);
    const behind = [rest];
    this.behind = behind;
    return () => {
      this.behind = undefined;
      for (const chunk of behind) this.deliver(chunk);
    };
  }

  write(frame: Uint8Array): void {
    if (!this.destroyed) this.target.take(Buffer.from(frame), this);
  }

  end(frame: Uint8Array): void {
    this.write(frame);
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.target.sockets.delete(this);
    queueMicrotask(() => this.emit('close'));
  }

  setNoDelay(): void {
    // Nothing to delay in memory.
  }
}

/** The client's UDP socket in memory. */
class MemoryDatagrams extends EventEmitter implements DatagramSocket {
  constructor(private readonly target: MemoryTarget) {
    super();
    target.datagrams.add(this);
  }

  bind(): void {
    queueMicrotask(() => this.emit('listening'));
  }

  address(): { readonly port: number } {
    return { port: UDP_PORT };
  }

  setRecvBufferSize(): void {
    // As large as it takes.
  }

  send(): void {
    // The target lives without heartbeats.
  }

  addMembership(): void {
    // Everything reaches everybody.
  }

  dropMembership(): void {
    // As above.
  }

  close(callback?: () => void): void {
    this.target.datagrams.delete(this);
    if (callback !== undefined) queueMicrotask(callback);
  }
}

/** A target in memory over a network that doubles, merges, cuts, delays, reorders and loses its replies. */
export class MemoryTarget {
  readonly sockets = new Set<MemorySocket>();
  readonly datagrams = new Set<MemoryDatagrams>();
  /** Class 1 connections that it produces for: connection serial number to connection id T->O and assembly. */
  readonly producing = new Map<number, { readonly id: number; readonly instance: number; sequence: number }>();
  /** How often each fault happened. */
  readonly happened = new Map<ReplyFault, number>();
  private before: Buffer | undefined;
  private held: Buffer | undefined;
  private session = 0;

  /**
   * @param clock of the target, whose timers are nobody else's
   * @param faultShare of all replies that something happens to, 0 to 1
   */
  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    readonly faults: { share: number },
  ) {}

  readonly connect: Connect = (_host, _port, onBytes) => {
    const socket = new MemorySocket(this, onBytes);
    this.sockets.add(socket);
    this.held = undefined;
    const fate = this.random() < this.faults.share / 4 ? this.pick(['refused', 'silent'] as const) : 'accepted';
    queueMicrotask(() => {
      if (fate === 'refused') socket.emit('error', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
      else if (fate === 'accepted') socket.emit('connect');
    });
    return socket;
  };

  readonly openDatagramSocket = (): DatagramSocket => new MemoryDatagrams(this);

  /** Sends by itself from now on, as often as the clients have asked for, until its timers are forgotten. */
  keepProducing(): void {
    this.clock.after(PACKET_INTERVAL_MS, () => {
      this.produce();
      this.keepProducing();
    });
  }

  /** Sends one frame of every class 1 connection. */
  produce(): void {
    for (const connection of this.producing.values()) {
      connection.sequence++;
      const data = Buffer.alloc(ASSEMBLY_BYTES[connection.instance] ?? 0, connection.instance);
      const { id: connectionId, sequence } = connection;
      const frame = encodeCyclicFrame({ connectionId, sequence, count: sequence, data });
      for (const socket of this.datagrams) socket.emit('message', frame, { address: ADDRESS });
    }
  }

  take(bytes: Buffer, socket: MemorySocket): void {
    const frame = decodeFrame(bytes);
    if (frame.command === COMMAND.unRegisterSession) {
      queueMicrotask(() => {
        socket.emit('end');
        socket.destroy();
      });
      return;
    }
    const reply = this.answer(frame);
    const before = this.before;
    this.before = reply;
    const fault = this.random() < this.faults.share ? this.pick(REPLY_FAULTS) : undefined;
    if (fault !== undefined) this.happened.set(fault, (this.happened.get(fault) ?? 0) + 1);
    queueMicrotask(() => {
      this.send(reply, before, fault, socket);
    });
  }

  private pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.random() * items.length)]!;
  }

  private send(given: Buffer, before: Buffer | undefined, fault: ReplyFault | undefined, socket: MemorySocket): void {
    const held = this.held;
    this.held = undefined;
    const reply = held === undefined ? given : Buffer.concat([held, given]);
    const later = (delayMs: number, chunk: Buffer): void => {
      this.clock.after(delayMs, () => {
        socket.deliver(chunk);
      });
    };
    switch (fault) {
      case undefined:
        socket.deliver(reply);
        return;
      case 'doubled in one segment':
        socket.deliver(Buffer.concat([reply, given]));
        return;
      case 'doubled in two':
        socket.deliver(reply);
        if (this.random() < 0.5) socket.deliver(given);
        else later(this.random() * 500, given);
        return;
      case 'merged with what nothing asked for':
        socket.deliver(Buffer.concat([reply, encodeFrame({ command: this.pick([0, COMMAND.listIdentity, 0x6f]) })]));
        return;
      case 'cut in pieces': {
        const at = Math.floor(this.random() * (reply.length + 1));
        const goOn = socket.deliverPart(reply.subarray(0, at), reply.subarray(at));
        if (this.random() < 0.5) goOn();
        else this.clock.after(this.random() * 900, goOn);
        return;
      }
      case 'cut off': {
        const at = Math.floor(this.random() * reply.length);
        socket.deliverPart(reply.subarray(0, at), reply.subarray(at));
        return;
      }
      case 'late':
        later(this.random() * 4000, reply);
        return;
      case 'never':
        return;
      case 'behind the reply before it':
        socket.deliver(before === undefined ? reply : Buffer.concat([before, reply]));
        return;
      case 'before the reply before it':
        // It waits for the next one, which it stands before, or forever.
        this.held = before === undefined ? reply : Buffer.concat([reply, before]);
        return;
      case 'followed by a hang-up':
        socket.deliver(reply);
        socket.emit(this.pick(['end', 'close'] as const));
        return;
      case 'of another session':
        reply.writeUInt32LE(this.pick([0, 99]), 4);
        socket.deliver(reply);
        return;
      case 'with a status':
        reply.writeUInt32LE(this.pick([1, 2, 0x64]), 8);
        socket.deliver(reply);
        return;
      case 'with a length that disagrees':
        reply.writeUInt16LE(Math.max(0, reply.readUInt16LE(2) + this.pick([-2, -1, 1, 2])), 2);
        socket.deliver(reply);
    }
  }

  private answer(frame: EncapsulationFrame): Buffer {
    const { command, context } = frame;
    if (command === COMMAND.registerSession) {
      this.session++;
      return encodeFrame({ command, context, session: this.session, data: frame.data });
    }
    const { session } = frame;
    if (command === COMMAND.sendUnitData) {
      const { sequence, message } = decodeConnected(frame.data);
      const response = this.answerCip(decodeCipRequest(message));
      return encodeFrame({ command, session, data: encodeConnected({ connectionId: 7, sequence, message: response }) });
    }
    const response = this.answerCip(decodeCipRequest(decodeUnconnected(frame.data).message));
    return encodeFrame({ command, session, context, data: encodeUnconnected(response) });
  }

  private answerCip(request: CipRequest): Buffer {
    const { service, path, data } = request;
    if (path.classId === CIP_CLASS.connectionManager) return this.answerConnection(service, data);
    if (service === SERVICE.getAttributesAll) {
      return encodeCipResponse({ service, data: encodeIdentity(PEER_IDENTITY) });
    }
    const sizeBytes = ASSEMBLY_BYTES[path.instanceId];
    if (sizeBytes === undefined) return encodeCipResponse({ service, generalStatus: 5 });
    if (path.attributeId !== 4) return encodeCipResponse({ service, data: Buffer.alloc(sizeBytes, path.instanceId) });
    return encodeCipResponse({ service, data: Buffer.of(sizeBytes, 0) });
  }

  private answerConnection(service: CipRequest['service'], data: Buffer): Buffer {
    if (service === CONNECTION_SERVICE.forwardClose) {
      const ids = decodeForwardClose(data);
      this.producing.delete(ids.connectionSerial);
      return encodeCipResponse({ service, data: encodeForwardCloseReply(ids) });
    }
    const open = decodeForwardOpen(data);
    const { connectionSerial, vendorId, originatorSerial } = open;
    const isClass3 = (open.transport & 0x0f) === 3;
    const targetToOriginatorId = isClass3 ? 7 : open.targetToOriginatorId;
    const instance = open.path.points[1];
    if (!isClass3 && instance !== undefined) {
      this.producing.set(connectionSerial, { id: targetToOriginatorId, instance, sequence: 0 });
      queueMicrotask(() => {
        this.produce();
      });
    }
    const reply = encodeForwardOpenReply({
      connectionSerial,
      vendorId,
      originatorSerial,
      originatorToTargetId: 9,
      targetToOriginatorId,
      originatorToTargetMicroseconds: 100_000,
      targetToOriginatorMicroseconds: 100_000,
    });
    if (this.random() >= this.faults.share) return encodeCipResponse({ service, data: reply });
    // A grant that cannot be used.
    const spoil = this.pick(['longer', 'no interval', "somebody else's", 'refused'] as const);
    if (spoil === 'longer') return encodeCipResponse({ service, data: Buffer.concat([reply, Buffer.alloc(2)]) });
    if (spoil === 'no interval') reply.writeUInt32LE(0, 20);
    if (spoil === "somebody else's") reply.writeUInt16LE((connectionSerial + 1) & 0xffff, 8);
    if (spoil === 'refused') {
      this.producing.delete(connectionSerial);
      return encodeCipResponse({ service, generalStatus: 1, extendedStatus: [0x0113] });
    }
    return encodeCipResponse({ service, data: reply });
  }
}
