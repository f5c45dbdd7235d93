import type { MeterModel } from '../../meters/meter-model';
import { CIP_CLASS } from '../../transport/ethernet-ip/wire/cip';
import {
  DELIVERIES,
  MESSAGE_ROUTER_PATH,
  SEQUENCE_COUNT_BYTES,
  TRANSPORT_CLASS,
  type CyclicDelivery,
} from '../../transport/ethernet-ip/wire/connection-parameters';
import type { ElectronicKey, ReceivedConnectionPath } from '../../transport/ethernet-ip/wire/connection-path';
import { CONNECTION_STATUS } from '../../transport/ethernet-ip/wire/connection-status';
import type { ReceivedForwardOpen } from '../../transport/ethernet-ip/wire/forward-open';
import type { Identity } from '../../transport/transport';

/** The connections that a meter serves. */
export type ServedConnection =
  | {
      readonly kind: 'input-only' | 'listen-only';
      readonly instance: number;
      readonly delivery: CyclicDelivery;
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

/** How Listen Only is served: both ways, or one alone. Devices of other makes differ in it. */
export const LISTENING_SERVICES = ['both', ...DELIVERIES] as const;
export type ListeningService = (typeof LISTENING_SERVICES)[number];

/** What a device looks at beside the assemblies. */
export interface DeviceTraits {
  /** What an electronic key is compared with; it changes when the meter is replaced. */
  readonly identity: () => Identity;
  readonly listenOnly: ListeningService;
}

/** The words of a refusal. */
export interface OpenRefusal {
  readonly extendedStatus: readonly number[];
}

/** What admission needs to know of the meter. */
type AdmissionModel = Pick<MeterModel, 'quirks'>;

function kindOfPoint({ quirks }: AdmissionModel, point: number | undefined): 'input-only' | 'listen-only' | undefined {
  if (point === quirks.heartbeatInputOnly.value) return 'input-only';
  return point === quirks.heartbeatListenOnly.value ? 'listen-only' : undefined;
}

const refuse = (...extendedStatus: readonly number[]): OpenRefusal => ({ extendedStatus });

/** In the major revision of a key: a device that can stand in for the one that is named will do. */
const COMPATIBLE = 0x80;

/** Why a key does not fit; zeros in it fit anything (CIP Vol 1, appendix C-1.4.2). */
function refuseKey(key: ElectronicKey | undefined, { vendorId, deviceType, productCode, revision }: Identity) {
  if (key === undefined) return undefined;
  const fits = (named: number, own: number): boolean => named === 0 || named === own;
  if (!fits(key.vendorId, vendorId) || !fits(key.productCode, productCode)) {
    return refuse(CONNECTION_STATUS.keyVendorOrProduct);
  }
  if (!fits(key.deviceType, deviceType)) return refuse(CONNECTION_STATUS.keyDeviceType);
  const major = key.major & ~COMPATIBLE;
  const isSame = fits(major, revision.major) && fits(key.minor, revision.minor);
  const isLater = revision.major > major || (revision.major === major && revision.minor >= key.minor);
  const isCompatible = (key.major & COMPATIBLE) !== 0 && isLater;
  return isSame || isCompatible ? undefined : refuse(CONNECTION_STATUS.keyRevision);
}

/** A meter has nothing to be configured by a connection: its configuration instance is there and takes no data. */
function refuseConfiguration(
  { quirks }: AdmissionModel,
  { instanceId, configurationWords }: ReceivedConnectionPath,
): OpenRefusal | undefined {
  if (instanceId !== undefined && instanceId !== quirks.configurationInstance.value) {
    return refuse(CONNECTION_STATUS.invalidConfigurationPath);
  }
  return configurationWords > 0 ? refuse(CONNECTION_STATUS.invalidConfigurationSize, 0) : undefined;
}

function classify(
  model: AdmissionModel,
  request: ReceivedForwardOpen,
  source: AssemblySource,
): ServedConnection | OpenRefusal {
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
  const kind = kindOfPoint(model, consuming);
  // There is no output that an Exclusive Owner could own.
  if (kind === undefined) return refuse(CONNECTION_STATUS.invalidConsumingPath);
  const misconfigured = refuseConfiguration(model, path);
  if (misconfigured !== undefined) return misconfigured;
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
  model: AdmissionModel,
  request: ReceivedForwardOpen,
  source: AssemblySource,
  bounds: IntervalBounds,
  device?: DeviceTraits,
): ServedConnection | OpenRefusal {
  const wrongKey = device === undefined ? undefined : refuseKey(request.path.key, device.identity());
  if (wrongKey !== undefined) return wrongKey;
  const served = classify(model, request, source);
  if ('extendedStatus' in served) return served;
  const { listenOnly = 'both' } = device ?? {};
  const isServed = served.kind !== 'listen-only' || listenOnly === 'both' || listenOnly === served.delivery;
  if (!isServed) return refuse(CONNECTION_STATUS.typeTargetToOriginatorNotSupported);
  const intervalsMs = [request.originatorToTarget, request.targetToOriginator].map(
    (flow) => flow.rpiMicroseconds / 1000,
  );
  const inBounds = intervalsMs.every((ms) => ms >= bounds.minimumMs && ms <= bounds.maximumMs);
  return inBounds && request.timeoutMultiplierCode <= 7 ? served : refuse(CONNECTION_STATUS.rpiNotSupported);
}
