import { Pm500Error, type ErrorCode } from '../../../support/errors';
import { CIP_STATUS, describeCipStatus } from './status';

/** Extended status of the Connection Manager that this package sends or tells apart (CIP Vol 1, table 3-5.33). */
export const CONNECTION_STATUS = {
  inUse: 0x0100,
  transportNotSupported: 0x0103,
  ownershipConflict: 0x0106,
  notFound: 0x0107,
  invalidParameter: 0x0108,
  invalidSize: 0x0109,
  rpiNotSupported: 0x0111,
  rpiNotAcceptable: 0x0112,
  outOfConnections: 0x0113,
  keyVendorOrProduct: 0x0114,
  keyDeviceType: 0x0115,
  keyRevision: 0x0116,
  listenOnlyWithoutOwner: 0x0119,
  typeTargetToOriginatorNotSupported: 0x0124,
  invalidConfigurationSize: 0x0126,
  invalidSizeOriginatorToTarget: 0x0127,
  invalidSizeTargetToOriginator: 0x0128,
  invalidConfigurationPath: 0x0129,
  invalidConsumingPath: 0x012a,
  invalidProducingPath: 0x012b,
  timedOut: 0x0203,
  invalidSegment: 0x0315,
  offSubnetMulticast: 0x0813,
} as const;

/** What an extended status means to the one who asked. */
interface ConnectionStatus {
  readonly status: number;
  readonly meaning: string;
  /** Default CIP_STATUS. */
  readonly code?: ErrorCode;
  /** What to do, the end of a sentence. */
  readonly advice?: string;
  /** The same request may succeed later. */
  readonly retryable?: boolean;
}

const wait = 'it is tried again; if it stays so, check which other programs use the meter.';
const noMore = {
  code: 'ENIP_CONNECTION_LIMIT',
  advice: 'read fewer assemblies by I/O connection, or read by explicit messages; it is tried again.',
  retryable: true,
} as const;
const conflict = { code: 'ENIP_OWNERSHIP_CONFLICT', advice: wait, retryable: true } as const;
const wrongSize = {
  code: 'METER_SIZE_MISMATCH',
  advice: 'give this meter a layout file that fits its firmware.',
} as const;
const otherDevice = { advice: 'check that this is the address of the meter.' } as const;
const otherDelivery = { advice: 'choose the other delivery, point-to-point or multicast, or auto.' } as const;
const otherInterval = { advice: 'choose a longer interval.' } as const;
const noPath = {
  advice: 'check that this is the address of the meter, and that the meter has this assembly.',
} as const;

/** CIP Vol 1, table 3-5.33. */
const CONNECTION_STATUSES: readonly ConnectionStatus[] = [
  { status: 0x0100, meaning: 'connection in use or opened twice', ...conflict },
  { status: 0x0103, meaning: 'transport class and trigger not supported', ...otherDevice },
  { status: 0x0105, meaning: 'configured by another originator', ...conflict },
  { status: 0x0106, meaning: 'ownership conflict', ...conflict },
  { status: 0x0107, meaning: 'connection not found', retryable: true },
  { status: 0x0108, meaning: 'network connection parameter not valid', ...otherDelivery },
  { status: 0x0109, meaning: 'connection size not valid', ...wrongSize },
  {
    status: 0x0110,
    meaning: 'target not configured',
    advice: 'give the configuration instance that the device expects.',
  },
  { status: 0x0111, meaning: 'requested packet interval not supported', ...otherInterval },
  { status: 0x0112, meaning: 'requested packet interval not acceptable', ...otherInterval },
  { status: 0x0113, meaning: 'no connection left', ...noMore },
  { status: 0x0114, meaning: 'vendor or product code does not match', ...otherDevice },
  { status: 0x0115, meaning: 'device type does not match', ...otherDevice },
  { status: 0x0116, meaning: 'revision does not match', ...otherDevice },
  { status: 0x0117, meaning: 'application path not valid', ...noPath },
  {
    status: 0x0118,
    meaning: 'configuration path not valid',
    advice: 'give the configuration instance that the device expects.',
  },
  {
    status: 0x0119,
    meaning: 'no other connection to listen to',
    code: 'ENIP_NO_OWNER',
    advice:
      'the PLC does not read this assembly now, or reads it point-to-point, which some devices let nobody listen to: then set its connection to multicast. Listening begins when it does; or allow Input Only.',
    retryable: true,
  },
  { status: 0x011a, meaning: 'no connection left at the target object', ...noMore },
  { status: 0x011b, meaning: 'production inhibit time longer than the interval', ...otherInterval },
  { status: 0x011c, meaning: 'transport class not supported', ...otherDevice },
  { status: 0x011d, meaning: 'production trigger not supported', ...otherDevice },
  { status: 0x011e, meaning: 'direction not supported', ...otherDevice },
  { status: 0x011f, meaning: 'O->T fixed or variable size not supported', ...otherDevice },
  { status: 0x0120, meaning: 'T->O fixed or variable size not supported', ...otherDevice },
  { status: 0x0121, meaning: 'O->T priority not supported', ...otherDevice },
  { status: 0x0122, meaning: 'T->O priority not supported', ...otherDevice },
  { status: 0x0123, meaning: 'O->T connection type not supported', ...otherDevice },
  { status: 0x0124, meaning: 'T->O connection type not supported', ...otherDelivery },
  {
    status: 0x0126,
    meaning: 'configuration size not valid',
    advice: 'give the configuration instance that the device expects.',
  },
  { status: 0x0127, meaning: 'O->T size not valid', ...otherDevice },
  { status: 0x0128, meaning: 'T->O size not valid', ...wrongSize },
  {
    status: 0x0129,
    meaning: 'configuration path not valid',
    advice: 'give the configuration instance that the device expects.',
  },
  { status: 0x012a, meaning: 'consuming path not valid', ...noPath },
  { status: 0x012b, meaning: 'producing path not valid', ...noPath },
  {
    status: 0x012f,
    meaning: 'paths do not belong together',
    advice: 'give the configuration instance that the device expects.',
  },
  { status: 0x0132, meaning: 'null Forward Open not supported', ...otherDevice },
  { status: 0x0133, meaning: 'timeout multiplier not acceptable', advice: 'choose another timeout multiplier.' },
  { status: 0x0203, meaning: 'connection timed out', code: 'ENIP_CONNECTION_LOST', advice: wait, retryable: true },
  { status: 0x0204, meaning: 'request timed out', code: 'ENIP_REPLY_TIMEOUT', advice: wait, retryable: true },
  { status: 0x0301, meaning: 'no buffer memory', ...noMore },
  { status: 0x0302, meaning: 'no bandwidth left', ...noMore },
  { status: 0x0311, meaning: 'port not available', ...otherDevice },
  { status: 0x0312, meaning: 'link address not valid', ...otherDevice },
  { status: 0x0315, meaning: 'segment of the path not valid', ...noPath },
  { status: 0x0316, meaning: 'path of Forward Close does not match', retryable: true },
  { status: 0x0813, meaning: 'not configured for multicast outside its subnet', ...otherDelivery },
];

const BY_STATUS = new Map(CONNECTION_STATUSES.map((row) => [row.status, row]));

/** The target knows no such connection, or not any more. */
export function isConnectionNotFound(generalStatus: number, extendedStatus: readonly number[]): boolean {
  return generalStatus === CIP_STATUS.connectionFailure && extendedStatus[0] === CONNECTION_STATUS.notFound;
}

/** The only general status beside "connection failure" that says of a connection that there is no room for it. */
const RESOURCE_UNAVAILABLE = 0x02;

/**
 * Why a Forward Open or Forward Close was refused.
 * @param what the request, as the subject of a sentence
 * @returns ENIP_NO_OWNER, ENIP_OWNERSHIP_CONFLICT, ENIP_CONNECTION_LIMIT, METER_SIZE_MISMATCH, or CIP_STATUS, each with
 * `details.generalStatus` and `details.extendedStatus`
 */
export function connectionRefused(what: string, generalStatus: number, extendedStatus: readonly number[]): Pm500Error {
  const extended = generalStatus === CIP_STATUS.connectionFailure ? BY_STATUS.get(extendedStatus[0] ?? 0) : undefined;
  const full: Partial<ConnectionStatus> = generalStatus === RESOURCE_UNAVAILABLE ? noMore : (extended ?? {});
  const meaning = extended === undefined ? '' : ` (${extended.meaning})`;
  const advice = full.advice ?? 'check that this is the address of the meter.';
  return new Pm500Error(
    full.code ?? 'CIP_STATUS',
    `${what} was refused with CIP status ${describeCipStatus(generalStatus, extendedStatus)}${meaning}; ${advice}`,
    { retryable: full.retryable ?? false, details: { generalStatus, extendedStatus } },
  );
}
