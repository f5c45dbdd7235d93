import { decodeConnected, encodeConnected } from '../../transport/ethernet-ip/wire/connected-message';
import {
  CPF_ITEM,
  decodeUnconnected,
  encodeCpf,
  encodeUnconnected,
  type UnconnectedMessage,
} from '../../transport/ethernet-ip/wire/cpf';
import {
  COMMAND,
  decodeRegisterSession,
  encodeFrame,
  encodeRegisterSession,
  HEADER_BYTES,
  MAXIMUM_DATA_BYTES,
  PROTOCOL_VERSION,
  type EncapsulationFrame,
} from '../../transport/ethernet-ip/wire/encapsulation';
import { encodeListIdentityReply } from '../../transport/ethernet-ip/wire/identity-object';
import type { SocketAddress } from '../../transport/ethernet-ip/wire/socket-address';
import { ENCAPSULATION_STATUS } from '../../transport/ethernet-ip/wire/status';
import type { CipTarget } from './cip-target';
import type { ConnectionTable } from './connection-table';
import type { SimulatedMeter } from '../model/simulated-meter';
import type { StatsRecorder } from '../stats';

/** What to do after a frame. */
export interface FrameOutcome {
  readonly reply?: Buffer;
  /** True when the target ends the TCP connection. */
  readonly close?: boolean;
}

/** What every connection of one meter shares. */
export interface TargetContext {
  readonly meter: SimulatedMeter;
  readonly cip: CipTarget;
  readonly stats: StatsRecorder;
  /** A session handle that no other connection has. */
  readonly nextSession: () => number;
  /** Absent in a target that serves no connections. */
  readonly connections?: ConnectionTable;
}

/** Length field that no frame can have and stay within the specification's limit. */
export const LONGEST_FRAME_BYTES = HEADER_BYTES + 0xffff;

const SERVICE_NAME = 'Communications';
const SERVICE_NAME_BYTES = 16;
/** CIP over TCP; classes 0 and 1 over UDP. */
const CAPABILITY = { tcp: 0x0020, udp: 0x0100 } as const;
/** State of the Identity object: operational (CIP Vol 1, table 5A-2.2). */
const OPERATIONAL = 3;

function listServicesReply(capabilities: number): Buffer {
  const data = Buffer.alloc(4 + SERVICE_NAME_BYTES);
  data.writeUInt16LE(PROTOCOL_VERSION, 0);
  data.writeUInt16LE(capabilities, 2);
  data.write(SERVICE_NAME, 4, 'latin1');
  return encodeCpf([{ type: CPF_ITEM.listServices, data }]);
}

/**
 * The encapsulation layer of a target for one connection, without a socket: one frame in, an outcome out, whatever the
 * frame. Faults on demand belong between this outcome and the socket (see ethernet-ip-adapter.ts).
 */
export class EncapsulationTarget {
  private session = 0;
  /** The last connected request of each connection and its answer: one that is repeated is not carried out again. */
  private readonly answered = new Map<number, { readonly sequence: number; readonly message: Buffer }>();

  /**
   * @param localAddress where the other side reached the meter
   * @param remoteAddress where the other side is
   */
  constructor(
    private readonly context: TargetContext,
    private readonly localAddress: SocketAddress,
    private readonly remoteAddress = '0.0.0.0',
  ) {}

  /** The TCP connection is gone, and what depends on it. */
  end(): void {
    this.context.connections?.unlink(this);
  }

  /** Answers one frame; never throws. */
  handle(frame: EncapsulationFrame): FrameOutcome {
    const outcome = this.answer(frame);
    this.context.stats.noteFrame();
    return outcome;
  }

  /** The commands that need no session, as they may also arrive by UDP; undefined for all others. */
  handleDatagram(frame: EncapsulationFrame): Buffer | undefined {
    this.context.stats.noteFrame();
    if (this.isIgnored(frame)) return undefined;
    switch (frame.command) {
      case COMMAND.listServices:
      case COMMAND.listIdentity:
      case COMMAND.listInterfaces:
        return this.list(frame);
      default:
        return undefined;
    }
  }

  private answer(frame: EncapsulationFrame): FrameOutcome {
    if (this.isIgnored(frame)) return {};
    if (frame.length > MAXIMUM_DATA_BYTES) {
      return { reply: this.refuse(frame, ENCAPSULATION_STATUS.invalidLength), close: true };
    }
    switch (frame.command) {
      case COMMAND.nop:
        return {};
      case COMMAND.listServices:
      case COMMAND.listIdentity:
      case COMMAND.listInterfaces:
        return { reply: this.list(frame) };
      case COMMAND.registerSession:
        return { reply: this.register(frame) };
      case COMMAND.unRegisterSession:
        return this.unRegister(frame);
      case COMMAND.sendRrData:
        return { reply: this.unconnected(frame) };
      case COMMAND.sendUnitData:
        return this.connected(frame);
      default:
        return { reply: this.refuse(frame, ENCAPSULATION_STATUS.unsupportedCommand) };
    }
  }

  /** Requests carry status 0 and options 0; a target discards others without an answer (CIP Vol 2, 2-3). */
  private isIgnored(frame: EncapsulationFrame): boolean {
    if (frame.status === 0 && frame.options === 0) return false;
    this.context.stats.noteRefusal();
    return true;
  }

  private list(frame: EncapsulationFrame): Buffer {
    if (frame.data.length > 0) return this.refuse(frame, ENCAPSULATION_STATUS.invalidLength);
    switch (frame.command) {
      case COMMAND.listServices:
        return this.reply(frame, listServicesReply(this.capabilities));
      case COMMAND.listIdentity:
        return this.reply(
          frame,
          encodeListIdentityReply({
            protocolVersion: PROTOCOL_VERSION,
            socketAddress: this.localAddress,
            identity: this.context.meter.identity,
            state: OPERATIONAL,
          }),
        );
      default:
        return this.reply(frame, encodeCpf([]));
    }
  }

  private register(frame: EncapsulationFrame): Buffer {
    if (frame.data.length !== encodeRegisterSession().length) {
      return this.refuse(frame, ENCAPSULATION_STATUS.invalidLength);
    }
    // One session to a connection: the second request is out of place.
    if (this.session !== 0) return this.refuse(frame, ENCAPSULATION_STATUS.unsupportedCommand);
    const { version, options } = decodeRegisterSession(frame.data);
    if (version !== PROTOCOL_VERSION || options !== 0) {
      this.context.stats.noteRefusal();
      const { command, context } = frame;
      const status = ENCAPSULATION_STATUS.unsupportedProtocolVersion;
      return encodeFrame({ command, status, context, data: encodeRegisterSession() });
    }
    this.session = this.context.nextSession();
    const { command, context } = frame;
    return encodeFrame({ command, session: this.session, context, data: encodeRegisterSession() });
  }

  private unRegister(frame: EncapsulationFrame): FrameOutcome {
    if (!this.ownsSession(frame)) return { reply: this.refuse(frame, ENCAPSULATION_STATUS.invalidSession) };
    if (frame.data.length > 0) return { reply: this.refuse(frame, ENCAPSULATION_STATUS.invalidLength) };
    return { close: true };
  }

  private unconnected(frame: EncapsulationFrame): Buffer {
    if (!this.ownsSession(frame)) return this.refuse(frame, ENCAPSULATION_STATUS.invalidSession);
    let received: UnconnectedMessage;
    try {
      received = decodeUnconnected(frame.data);
    } catch {
      return this.refuse(frame, ENCAPSULATION_STATUS.incorrectData);
    }
    const caller = { address: this.remoteAddress, link: this };
    const { message, more: items } = received;
    const response = this.context.cip.handleUnconnected({ message, items, caller });
    return this.reply(frame, encodeUnconnected(response.message, response.items));
  }

  /** SendUnitData has no reply of its own: what belongs to no connection is dropped without an answer. */
  private connected(frame: EncapsulationFrame): FrameOutcome {
    const { connections, cip, stats } = this.context;
    if (connections === undefined) return { reply: this.refuse(frame, ENCAPSULATION_STATUS.unsupportedCommand) };
    try {
      const { connectionId, sequence, message } = decodeConnected(frame.data);
      const entry = this.ownsSession(frame) ? connections.use(connectionId, this) : undefined;
      if (entry === undefined) {
        stats.noteRefusal();
        return {};
      }
      const last = this.answered.get(connectionId);
      const answer = last?.sequence === sequence ? last.message : cip.handle(message);
      this.answered.set(connectionId, { sequence, message: answer });
      const data = encodeConnected({ connectionId: entry.targetToOriginatorId, sequence, message: answer });
      return { reply: this.reply(frame, data) };
    } catch {
      stats.noteRefusal();
      return {};
    }
  }

  private get capabilities(): number {
    return this.context.connections === undefined ? CAPABILITY.tcp : CAPABILITY.tcp | CAPABILITY.udp;
  }

  private ownsSession(frame: EncapsulationFrame): boolean {
    return this.session !== 0 && frame.session === this.session;
  }

  private reply({ command, session, context }: EncapsulationFrame, data: Buffer): Buffer {
    return encodeFrame({ command, session, context, data });
  }

  private refuse({ command, session, context }: EncapsulationFrame, status: number): Buffer {
    this.context.stats.noteRefusal();
    return encodeFrame({ command, session, status, context });
  }
}
