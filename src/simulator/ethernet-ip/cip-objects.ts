import {
  ASSEMBLY_ATTRIBUTE,
  CIP_CLASS,
  SERVICE,
  type CipRequest,
  type CipResponseParts,
} from '../../transport/ethernet-ip/wire/cip';
import { encodeIdentity, encodeIdentityAttribute } from '../../transport/ethernet-ip/wire/identity-object';
import { CIP_STATUS } from '../../transport/ethernet-ip/wire/status';
import type { SimulatedMeter } from '../model/simulated-meter';

/** What an object answers; the caller adds the service. */
export type CipAnswer = Omit<CipResponseParts, 'service'>;

/** One object class of a target; further classes join the map of cip-target.ts. */
export interface CipObject {
  /** Never throws for any request. */
  handle(request: CipRequest): CipAnswer;
}

/** Reset, which only the Identity object has (1420-UM001D p.75). */
const RESET_SERVICE = 0x05;

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, index) => bytes.writeUInt16LE(value, 2 * index));
  return bytes;
}

function refuse(generalStatus: number): CipAnswer {
  return { generalStatus };
}

/** A read that carries service data is longer than it may be. */
function answerRead(request: CipRequest, data: Uint8Array | undefined): CipAnswer {
  if (data === undefined) return refuse(CIP_STATUS.attributeNotSupported);
  return request.data.length > 0 ? refuse(CIP_STATUS.tooMuchData) : { data };
}

/** The attribute a Get_Attribute_Single names; one that names none asks for attribute 0, which no object has. */
function attributeOf(request: CipRequest): number {
  return request.path.attributeId ?? 0;
}

/** Class attributes of the Identity object: revision, maximum instance, instances, maximum attributes (1420-UM001D p.74). */
const IDENTITY_CLASS_ATTRIBUTES: ReadonlyMap<number, Buffer> = new Map([
  [1, words(1)],
  [2, words(1)],
  [3, words(1)],
  [6, words(7)],
  [7, words(7)],
]);
/** The ones that Get_Attributes_All of the class gives: 1, 2, 6 and 7 (CIP Vol 1, 5A-2.3). */
const IDENTITY_CLASS_ALL = words(1, 1, 7, 7);

/** Identity object, class 0x01, instance 1. */
class IdentityObject implements CipObject {
  constructor(private readonly meter: SimulatedMeter) {}

  handle(request: CipRequest): CipAnswer {
    const { service, path } = request;
    if (path.instanceId > 1) return refuse(CIP_STATUS.pathDestinationUnknown);
    const isClass = path.instanceId === 0;
    const { identity } = this.meter;
    switch (service) {
      case SERVICE.getAttributesAll:
        return answerRead(request, isClass ? IDENTITY_CLASS_ALL : encodeIdentity(identity));
      case SERVICE.getAttributeSingle: {
        const attribute = attributeOf(request);
        return answerRead(
          request,
          isClass ? IDENTITY_CLASS_ATTRIBUTES.get(attribute) : encodeIdentityAttribute(identity, attribute),
        );
      }
      case RESET_SERVICE:
        // A real meter restarts. Here nothing restarts, and a client that sends a Reset by mistake is to notice: the
        // service is known, so it is refused by the state of the device, not as unknown.
        return refuse(isClass ? CIP_STATUS.serviceNotSupported : CIP_STATUS.deviceStateConflict);
      default:
        return refuse(CIP_STATUS.serviceNotSupported);
    }
  }
}

/** Assembly object, class 0x04. Its only service reads; there is nothing to set (1420-UM001D p.77). */
class AssemblyObject implements CipObject {
  private readonly classAttributes: ReadonlyMap<number, Buffer>;

  constructor(
    private readonly meter: SimulatedMeter,
    private readonly onRead: (instance: number) => void,
  ) {
    const { assemblies } = meter;
    this.classAttributes = new Map([
      [1, words(2)],
      [2, words(Math.max(...assemblies))],
      [3, words(assemblies.length)],
      [4, words(1, ASSEMBLY_ATTRIBUTE.size)],
      [6, words(7)],
      [7, words(ASSEMBLY_ATTRIBUTE.size)],
    ]);
  }

  handle(request: CipRequest): CipAnswer {
    const { instanceId } = request.path;
    const attribute = attributeOf(request);
    const sizeBytes = this.meter.sizeOf(instanceId);
    // The heartbeat points 98 and 99 are connection points without data, not instances that could be read (p.78).
    if (instanceId !== 0 && sizeBytes === undefined) return refuse(CIP_STATUS.pathDestinationUnknown);
    if (request.service !== SERVICE.getAttributeSingle) return refuse(CIP_STATUS.serviceNotSupported);
    if (sizeBytes === undefined) return answerRead(request, this.classAttributes.get(attribute));
    if (attribute === ASSEMBLY_ATTRIBUTE.size) return answerRead(request, words(sizeBytes));
    if (attribute !== ASSEMBLY_ATTRIBUTE.data) return refuse(CIP_STATUS.attributeNotSupported);
    if (request.data.length > 0) return refuse(CIP_STATUS.tooMuchData);
    this.onRead(instanceId);
    return answerRead(request, this.meter.read(instanceId));
  }
}

/** The objects of a meter by class. */
export function createObjects(meter: SimulatedMeter, onRead: (instance: number) => void): Map<number, CipObject> {
  return new Map<number, CipObject>([
    [CIP_CLASS.identity, new IdentityObject(meter)],
    [CIP_CLASS.assembly, new AssemblyObject(meter, onRead)],
  ]);
}
