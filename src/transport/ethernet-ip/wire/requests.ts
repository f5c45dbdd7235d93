import { CIP_CLASS, CONNECTION_SERVICE, encodeCipRequest, SERVICE, type ReadService } from './cip';
import { CONNECTED_SEQUENCE_OFFSET, encodeConnected } from './connected-message';
import { CPF_ITEM, encodeUnconnected } from './cpf';
import { CYCLIC_OFFSET, encodeCyclicFrame } from './cyclic-frame';
import { COMMAND, CONTEXT_BYTES, encodeFrame, encodeRegisterSession, HEADER_OFFSET } from './encapsulation';
import type { CipPath } from './epath';
import { encodeForwardClose, type ForwardClose } from './forward-close';
import { encodeForwardOpen, type ForwardOpen } from './forward-open';
import { encodeSocketAddress } from './socket-address';

declare const leaves: unique symbol;

/**
 * A frame that may leave this software. The functions of this file are the only ones that make it, and sockets are only
 * written through it: List Identity, Register and UnRegister Session, the CIP services of `ReadService`, Forward Open of
 * the connections of `ReadingConnection` with their Forward Close, and heartbeats without data. There is no way to ask
 * for anything else.
 */
export type RequestFrame = Buffer & { readonly [leaves]: true };

/** Connection Manager, instance 1. */
const CONNECTION_MANAGER: CipPath = { classId: CIP_CLASS.connectionManager, instanceId: 1 };
/** A target looks at the port alone and sends to where the request came from (CIP Vol 2, 3-3.9). */
const ANY_ADDRESS = '0.0.0.0';

function allow(frame: Buffer): RequestFrame {
  return frame as RequestFrame;
}

/**
 * @param maximumDelayMs how long a device may wait before it answers a broadcast, 0 for its default; it stands in the
 * sender context (CIP Vol 2, 2-4.2)
 */
export function listIdentityRequest(maximumDelayMs = 0): RequestFrame {
  const context = Buffer.alloc(CONTEXT_BYTES);
  context.writeUInt16LE(Math.min(0xffff, maximumDelayMs));
  return allow(encodeFrame({ command: COMMAND.listIdentity, context }));
}

export function registerSessionRequest(): RequestFrame {
  return allow(encodeFrame({ command: COMMAND.registerSession, data: encodeRegisterSession() }));
}

/** A target answers this by closing the TCP connection. */
export function unRegisterSessionRequest(session: number): RequestFrame {
  return allow(encodeFrame({ command: COMMAND.unRegisterSession, session }));
}

/** The reads of one session: over UCMM, or over a class 3 connection. */
export interface ReadRequests {
  /** Get_Attribute_Single of one attribute of an assembly. */
  readAssembly(instanceId: number, attributeId: number): RequestFrame;
  /** Get_Attributes_All of the Identity object, instance 1. */
  readIdentity(): RequestFrame;
}

function readRequests(frame: (service: ReadService, path: CipPath) => RequestFrame): ReadRequests {
  return {
    readAssembly: (instanceId, attributeId) =>
      frame(SERVICE.getAttributeSingle, { classId: CIP_CLASS.assembly, instanceId, attributeId }),
    readIdentity: () => frame(SERVICE.getAttributesAll, { classId: CIP_CLASS.identity, instanceId: 1 }),
  };
}

/** Reads by SendRRData. */
export function unconnectedRequests(session: number): ReadRequests {
  return readRequests((service, path) => {
    const data = encodeUnconnected(encodeCipRequest(service, path));
    return allow(encodeFrame({ command: COMMAND.sendRrData, session, data }));
  });
}

/**
 * Reads by SendUnitData; `patchSequence` marks each before it is sent.
 * @param connectionId O->T, as the target answered it
 */
export function connectedRequests(session: number, connectionId: number): ReadRequests {
  return readRequests((service, path) => {
    const data = encodeConnected({ connectionId, sequence: 0, message: encodeCipRequest(service, path) });
    return allow(encodeFrame({ command: COMMAND.sendUnitData, session, data }));
  });
}

/**
 * Forward Open of a connection that reads (CIP Vol 1, 3-5.5.2).
 * @param receivePort UDP port for T->O datagrams, told when it is given; without it a target sends to its own default
 */
export function forwardOpenRequest(session: number, request: ForwardOpen, receivePort?: number): RequestFrame {
  const message = encodeCipRequest(CONNECTION_SERVICE.forwardOpen, CONNECTION_MANAGER, encodeForwardOpen(request));
  const address = (port: number): Buffer => encodeSocketAddress({ address: ANY_ADDRESS, port });
  const type = CPF_ITEM.socketAddressTargetToOriginator;
  const more = receivePort === undefined ? [] : [{ type, data: address(receivePort) }];
  return allow(encodeFrame({ command: COMMAND.sendRrData, session, data: encodeUnconnected(message, more) }));
}

/** Forward Close of a connection that was opened with the same numbers (CIP Vol 1, 3-5.5.3). */
export function forwardCloseRequest(session: number, request: ForwardClose): RequestFrame {
  const message = encodeCipRequest(CONNECTION_SERVICE.forwardClose, CONNECTION_MANAGER, encodeForwardClose(request));
  return allow(encodeFrame({ command: COMMAND.sendRrData, session, data: encodeUnconnected(message) }));
}

/** A datagram that only says that the originator lives: it holds no data. `patchHeartbeat` numbers it. */
export function heartbeatFrame(connectionId: number): RequestFrame {
  return allow(encodeCyclicFrame({ connectionId, sequence: 0, count: 0, data: new Uint8Array(0) }));
}

/** Marks a prepared frame as one particular request; a target echoes the two numbers. */
export function patchContext(frame: RequestFrame, low: number, high: number): void {
  frame.writeUInt32LE(low, HEADER_OFFSET.context);
  frame.writeUInt32LE(high, HEADER_OFFSET.context + 4);
}

/** Gives a connected request its sequence count, 16 bits; a target echoes it. */
export function patchSequence(frame: RequestFrame, sequence: number): void {
  frame.writeUInt16LE(sequence, CONNECTED_SEQUENCE_OFFSET);
}

/** Numbers a heartbeat; both counters wrap. */
export function patchHeartbeat(frame: RequestFrame, sequence: number): void {
  frame.writeUInt32LE(sequence >>> 0, CYCLIC_OFFSET.sequence);
  frame.writeUInt16LE(sequence & 0xffff, CYCLIC_OFFSET.count);
}
