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
import { COMMAND, encodeFrame, type EncapsulationFrame } from '../../src/transport/ethernet-ip/wire/encapsulation';
import { decodeForwardClose, encodeForwardCloseReply } from '../../src/transport/ethernet-ip/wire/forward-close';
import { decodeForwardOpen, encodeForwardOpenReply } from '../../src/transport/ethernet-ip/wire/forward-open';
import { encodeIdentity } from '../../src/transport/ethernet-ip/wire/identity-object';
import { PEER_IDENTITY } from '../links/scripted-peer';
import { pickOne } from '../pick-one';

export const ASSEMBLY_BYTES: Readonly<Record<number, number>> = { 101: 48, 102: 56, 108: 4 };

/** What a target in memory replies, and which class 1 connections it has granted. */
export class TargetAnswers {
  /** Class 1 connections that it produces for: connection serial number to connection id T->O and assembly. */
  readonly producing = new Map<number, { readonly id: number; readonly instance: number; sequence: number }>();
  private session = 0;

  /** @param faults share of the grants that cannot be used @param onGranted a class 1 connection was opened */
  constructor(
    private readonly random: Random,
    private readonly faults: { readonly share: number },
    private readonly onGranted: () => void,
  ) {}

  answer(frame: EncapsulationFrame): Buffer {
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
      queueMicrotask(this.onGranted);
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
    const spoil = pickOne(this.random, ['longer', 'no interval', "somebody else's", 'refused'] as const);
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
