import { QUIRKS } from '../meter/quirks';
import { CIP_CLASS } from '../transport/ethernet-ip/cip';
import {
  MESSAGE_ROUTER_PATH,
  SEQUENCE_COUNT_BYTES,
  TRANSPORT_CLASS,
  type Delivery,
} from '../transport/ethernet-ip/connection-parameters';
import { CONNECTION_STATUS } from '../transport/ethernet-ip/connection-status';
import type { ReceivedForwardOpen } from '../transport/ethernet-ip/forward-open';

/** The connections that a meter serves. */
export type ServedConnection =
  | {
      readonly kind: 'input-only' | 'listen-only';
      readonly instance: number;
      readonly delivery: Delivery;
    }
  | { readonly kind: 'message-router' };

/** What the target gives away of an assembly. */
export interface AssemblySource {
  /** Length of an assembly in bytes; undefined when there is no such instance. */
  sizeOf(instance: number): number | undefined;
  /** Data of an assembly now. */
  read(instance: number): Uint8Array | undefined;
}

/** Bounds of the packet interval, ms. */
export interface IntervalBounds {
  readonly minimumMs: number;
  readonly maximumMs: number;
}

/** The words of a refusal. */
export interface Refusal {
  readonly extendedStatus: readonly number[];
}

const KIND_OF_POINT: ReadonlyMap<number | undefined, 'input-only' | 'listen-only'> = new Map([
  [QUIRKS.heartbeatInputOnly.value, 'input-only'],
  [QUIRKS.heartbeatListenOnly.value, 'listen-only'],
]);

const refuse = (...extendedStatus: readonly number[]): Refusal => ({ extendedStatus });

function classify(request: ReceivedForwardOpen, source: AssemblySource): ServedConnection | Refusal {
  const { path, transport, originatorToTarget, targetToOriginator } = request;
  if (path.classId === MESSAGE_ROUTER_PATH.classId) {
    if (path.instanceId !== MESSAGE_ROUTER_PATH.instanceId || path.points.length > 0) {
      return refuse(CONNECTION_STATUS.invalidProducingPath);
    }
    if (transport !== TRANSPORT_CLASS.explicit) return refuse(CONNECTION_STATUS.transportNotSupported);
    const pointToPoint = originatorToTarget.type === 'point-to-point' && targetToOriginator.type === 'point-to-point';
    return pointToPoint ? { kind: 'message-router' } : refuse(CONNECTION_STATUS.invalidParameter);
  }
  if (path.classId !== CIP_CLASS.assembly) return refuse(CONNECTION_STATUS.invalidProducingPath);
  if (transport !== TRANSPORT_CLASS.cyclic) return refuse(CONNECTION_STATUS.transportNotSupported);
  const [consuming, instance = 0] = path.points;
  const kind = KIND_OF_POINT.get(consuming);
  // There is no output that an Exclusive Owner could own.
  if (kind === undefined) return refuse(CONNECTION_STATUS.invalidConsumingPath);
  const sizeBytes = source.sizeOf(instance);
  if (sizeBytes === undefined) return refuse(CONNECTION_STATUS.invalidProducingPath);
  if (originatorToTarget.type !== 'point-to-point' || originatorToTarget.redundantOwner) {
    return refuse(CONNECTION_STATUS.invalidParameter);
  }
  const { type } = targetToOriginator;
  if (type !== 'point-to-point' && type !== 'multicast') return refuse(CONNECTION_STATUS.invalidParameter);
  // Sister products do not check the heartbeat: some originators give it no size at all.
  if (originatorToTarget.sizeBytes > SEQUENCE_COUNT_BYTES) {
    return refuse(CONNECTION_STATUS.invalidSizeOriginatorToTarget, SEQUENCE_COUNT_BYTES);
  }
  const expectedBytes = SEQUENCE_COUNT_BYTES + sizeBytes;
  if (targetToOriginator.sizeBytes !== expectedBytes) {
    return refuse(CONNECTION_STATUS.invalidSizeTargetToOriginator, expectedBytes);
  }
  return { kind, instance, delivery: type };
}

/** What a Forward Open asks for, or why this meter never serves it. Who else is connected is not looked at. */
export function admit(
  request: ReceivedForwardOpen,
  source: AssemblySource,
  bounds: IntervalBounds,
): ServedConnection | Refusal {
  const served = classify(request, source);
  if ('extendedStatus' in served) return served;
  const intervalsMs = [request.originatorToTarget, request.targetToOriginator].map(
    (flow) => flow.rpiMicroseconds / 1000,
  );
  const inBounds = intervalsMs.every((ms) => ms >= bounds.minimumMs && ms <= bounds.maximumMs);
  return inBounds && request.timeoutMultiplierCode <= 7 ? served : refuse(CONNECTION_STATUS.rpiNotSupported);
}
