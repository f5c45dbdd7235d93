import type { Socket } from 'node:net';
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
import {
  COMMAND,
  decodeFrame,
  encodeFrame,
  type EncapsulationFrame,
} from '../../src/transport/ethernet-ip/wire/encapsulation';
import { encodeIdentity, encodeListIdentityReply } from '../../src/transport/ethernet-ip/wire/identity-object';
import { decodeForwardOpen } from '../../src/transport/ethernet-ip/wire/forward-open';
import type { ImplicitPort } from '../../src/simulator/ethernet-ip/implicit-port';
import { FrameReassembler } from '../../src/transport/ethernet-ip/wire/reassembler';
import type { Identity } from '../../src/transport/transport';
import { TcpPeer } from './tcp-peer';

export const PEER_IDENTITY: Identity = {
  vendorId: 1,
  deviceType: 0x92,
  productCode: 7,
  revision: { major: 2, minor: 13 },
  status: 0x0034,
  serialNumber: 940_000_123,
  productName: 'PowerMonitor 500',
};

/** What the peer does with one request, instead of answering as a meter would. */
export type Fault = (context: {
  readonly frame: EncapsulationFrame;
  readonly socket: Socket;
  readonly reply: Buffer;
}) => void;

/**
 * A TCP peer that speaks just enough EtherNet/IP for tests, and whatever nonsense a test asks of it. Commands and CIP
 * services that it received are recorded.
 */
export class ScriptedPeer extends TcpPeer {
  readonly assemblies = new Map<number, Uint8Array>();
  /** CIP general status and extended status given instead of an assembly's data. */
  readonly refusals = new Map<
    number,
    { readonly generalStatus: number; readonly extendedStatus?: readonly number[] }
  >();
  /** What attribute 4 says, where it is not the length of the data; a CIP status when negative. */
  readonly sizes = new Map<number, number>();
  readonly frames: EncapsulationFrame[] = [];
  readonly requests: CipRequest[] = [];
  /** Runs instead of the answer to a command (any command where `undefined`), until a test clears it. */
  fault: { readonly command?: number; readonly attribute?: number; readonly act: Fault } | undefined;
  /** Serves Forward Open and what follows, when a test gives one. */
  connections: ImplicitPort | undefined;
  /** Who it says it is. */
  identity = PEER_IDENTITY;
  /** Overrides the session handle given. */
  sessionHandle = 0x1234_0001;

  /** Attribute ids of the assembly reads received, in order. */
  reads(instance: number): (number | undefined)[] {
    return this.requests
      .filter(({ path }) => path.classId === CIP_CLASS.assembly && path.instanceId === instance)
      .map(({ path }) => path.attributeId);
  }

  protected serve(socket: Socket): void {
    const reassembler = new FrameReassembler({
      onFrame: (bytes) => {
        const frame = decodeFrame(Buffer.from(bytes));
        this.frames.push(frame);
        this.react(frame, socket);
      },
    });
    socket.on('data', (chunk) => reassembler.push(chunk));
  }

  private react(frame: EncapsulationFrame, socket: Socket): void {
    const message = messageIn(frame);
    const request = message === undefined ? undefined : decodeCipRequest(message);
    if (request !== undefined) this.requests.push(request);
    const { fault } = this;
    const fits =
      (fault?.command === undefined || fault.command === frame.command) &&
      (fault?.attribute === undefined || fault.attribute === request?.path.attributeId);
    const reply = this.answer(frame, request, socket);
    if (fault !== undefined && fits) fault.act({ frame, socket, reply });
    else if (frame.command === COMMAND.unRegisterSession) socket.end();
    else socket.write(reply);
  }

  private answer(frame: EncapsulationFrame, request: CipRequest | undefined, socket: Socket): Buffer {
    const { command, context } = frame;
    if (command === COMMAND.listIdentity) {
      const socketAddress = { address: '127.0.0.1', port: this.port };
      const item = { protocolVersion: 1, socketAddress, identity: this.identity, state: 3 };
      return encodeFrame({ command, context, data: encodeListIdentityReply(item) });
    }
    const session = this.sessionHandle;
    if (request === undefined) return encodeFrame({ command, session, context, data: frame.data });
    if (command === COMMAND.sendUnitData) {
      const { connectionId, sequence } = decodeConnected(frame.data);
      const entry = this.connections?.table.use(connectionId, socket);
      const message = this.answerCip(request);
      const data = encodeConnected({ connectionId: entry?.targetToOriginatorId ?? 0, sequence, message });
      return encodeFrame({ command, session, data });
    }
    if (request.path.classId === CIP_CLASS.connectionManager && this.connections !== undefined) {
      return encodeFrame({ command, session, context, data: this.answerConnection(request, frame, socket) });
    }
    return encodeFrame({ command, session, context, data: encodeUnconnected(this.answerCip(request)) });
  }

  private answerConnection(request: CipRequest, frame: EncapsulationFrame, socket: Socket): Buffer {
    const { service } = request;
    const instance = service === CONNECTION_SERVICE.forwardOpen ? decodeForwardOpen(request.data).path.points[1] : -1;
    const refusal = this.refusals.get(instance ?? 0);
    if (refusal !== undefined) return encodeUnconnected(encodeCipResponse({ service, ...refusal }));
    const caller = { address: '127.0.0.1', link: socket };
    const handled = this.connections?.object.handle(request, caller, decodeUnconnected(frame.data).more);
    return encodeUnconnected(encodeCipResponse({ service, ...handled?.answer }), handled?.items);
  }

  private answerCip({ service, path }: CipRequest): Buffer {
    if (service === SERVICE.getAttributesAll)
      return encodeCipResponse({ service, data: encodeIdentity(this.identity) });
    const refusal = this.refusals.get(path.instanceId);
    if (refusal !== undefined) return encodeCipResponse({ service, ...refusal });
    const data = this.assemblies.get(path.instanceId);
    if (data === undefined) return encodeCipResponse({ service, generalStatus: 0x05 });
    if (path.attributeId !== 4) return encodeCipResponse({ service, data });
    const size = this.sizes.get(path.instanceId) ?? data.length;
    if (size < 0) return encodeCipResponse({ service, generalStatus: -size });
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16LE(size);
    return encodeCipResponse({ service, data: bytes });
  }
}

function messageIn({ command, data }: EncapsulationFrame): Buffer | undefined {
  if (command === COMMAND.sendRrData) return decodeUnconnected(data).message;
  return command === COMMAND.sendUnitData ? decodeConnected(data).message : undefined;
}
