import { CIP_CLASS, encodeCipRequest, SERVICE, type ReadService } from './cip';
import { encodeUnconnected } from './cpf';
import { COMMAND, CONTEXT_BYTES, encodeFrame, encodeRegisterSession, HEADER_OFFSET } from './encapsulation';
import type { CipPath } from './epath';

declare const leaves: unique symbol;

/**
 * A frame that may leave this software. The functions of this file are the only ones that make it, and sockets are only
 * written through it: List Identity, Register and UnRegister Session, and the CIP services of `ReadService`. There is
 * no way to ask for anything else.
 */
export type RequestFrame = Buffer & { readonly [leaves]: true };

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

function readRequest(session: number, service: ReadService, path: CipPath): RequestFrame {
  const data = encodeUnconnected(encodeCipRequest(service, path));
  return allow(encodeFrame({ command: COMMAND.sendRrData, session, data }));
}

/** Get_Attribute_Single of one attribute of an assembly, by UCMM. */
export function readAssemblyRequest(session: number, instanceId: number, attributeId: number): RequestFrame {
  return readRequest(session, SERVICE.getAttributeSingle, { classId: CIP_CLASS.assembly, instanceId, attributeId });
}

/** Get_Attributes_All of the Identity object, instance 1, by UCMM. */
export function readIdentityRequest(session: number): RequestFrame {
  return readRequest(session, SERVICE.getAttributesAll, { classId: CIP_CLASS.identity, instanceId: 1 });
}

/** Marks a prepared frame as one particular request; a target echoes the two numbers. */
export function patchContext(frame: RequestFrame, low: number, high: number): void {
  frame.writeUInt32LE(low, HEADER_OFFSET.context);
  frame.writeUInt32LE(high, HEADER_OFFSET.context + 4);
}
