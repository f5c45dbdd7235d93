import type { Verdict } from '../delivery/destination';
import type { Pm500Error } from '../support/errors';
import { hasCode } from '../support/errors';
import type { Unavailable } from './connection';
import type { Transmitted } from './transmit';

/** Reason codes of MQTT 5.0 (2.4) in PUBACK and DISCONNECT. */
const REASON = {
  notAuthorized: 135,
  serverBusy: 137,
  sessionTakenOver: 142,
  topicNameInvalid: 144,
  packetTooLarge: 149,
  messageRateTooHigh: 150,
  quotaExceeded: 151,
  payloadFormatInvalid: 153,
  qosNotSupported: 155,
} as const;

/** What only time mends, and that is about all records alike. */
const PASSING: readonly unknown[] = [REASON.serverBusy, REASON.messageRateTooHigh, REASON.quotaExceeded];
/** What is wrong with the record that the message holds. */
const OF_RECORD: readonly unknown[] = [REASON.topicNameInvalid, REASON.payloadFormatInvalid];
/** Errors of the socket that look like TLS because they came before it stood. */
const BROKEN: readonly unknown[] = ['ECONNRESET', 'EPIPE', 'ETIMEDOUT'];
/** How long a broker is left alone that says that a quota is used up, milliseconds. */
const QUOTA_MS = 1000;
/** How often files are looked at that cannot be used, milliseconds. */
export const FILES_MS = 3000;

function reasonOf(error: Pm500Error): unknown {
  return error.details['reasonCode'];
}

/** True where a message was refused for what is in it. */
export function isOfRecord(error: Pm500Error): boolean {
  return OF_RECORD.includes(reasonOf(error));
}

/** True where the client may not publish on a topic. */
export function isNotAuthorized(error: Pm500Error): boolean {
  return reasonOf(error) === REASON.notAuthorized;
}

/** What it means that there is no connection. */
export function verdictOfUnavailable({ error, retryAfterMs }: Unavailable): Verdict {
  const cause: unknown = error.cause;
  const isBroken = cause instanceof Error && 'code' in cause && BROKEN.includes(cause.code);
  const needsPerson =
    hasCode(error, 'CONFIG_INVALID') ||
    error.details['needsPerson'] === true ||
    (hasCode(error, 'MQTT_TLS_FAILED') && !isBroken) ||
    (hasCode(error, 'MQTT_REFUSED') && !error.retryable) ||
    reasonOf(error) === REASON.sessionTakenOver;
  // Files of this computer can be looked at often: a first certificate, or a renewed one, counts within seconds.
  if (hasCode(error, 'MQTT_CREDENTIALS_INVALID', 'IDENTITY_INVALID'))
    return { kind: 'hold', error, recheckMs: FILES_MS };
  if (needsPerson) return { kind: 'hold', error };
  return { kind: 'retry', error, isGeneral: true, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** Records of one delivery that have one fault: their places, ascending. */
interface Faulty {
  readonly places: readonly number[];
  readonly error: Pm500Error | undefined;
}

/** Records whose topics the broker refuses. */
interface Forbidden extends Faulty {
  /** True where it is known to take another topic, so that the fault lies with these. */
  readonly isOtherTaken: boolean;
}

/** What it means that a connection did not bring all messages over. */
export function verdictOfTransmission(
  { refused, inFlight, error }: Transmitted,
  { forbidden, tooLarge }: { readonly forbidden: Forbidden; readonly tooLarge: Faulty },
): Verdict {
  if (error !== undefined && (!isNotAuthorized(error) || forbidden.error === undefined))
    return verdictOfLoss(error, inFlight.length);
  const passing = refused.find((each) => PASSING.includes(reasonOf(each.error)));
  if (passing !== undefined) return { kind: 'retry', error: passing.error, isGeneral: true, retryAfterMs: QUOTA_MS };
  const ofRecords = refused.filter((each) => isOfRecord(each.error));
  const [first] = ofRecords;
  const reason = forbidden.error ?? first?.error ?? tooLarge.error;
  if (reason !== undefined) {
    // While nothing shows that another topic is taken, no record is pointed at: then all of them wait.
    const ofTopics = forbidden.isOtherTaken ? forbidden.places : [];
    const places = [...ofTopics, ...ofRecords.flatMap(({ message }) => message.places), ...tooLarge.places];
    const named = [...new Set(places)].sort((one, other) => one - other);
    return { kind: 'rejected', error: reason, tooLarge: false, named };
  }
  const [other] = refused;
  return other === undefined ? { kind: 'written' } : { kind: 'retry', error: other.error };
}

/** The connection ended, or is in doubt, while messages were on their way. */
function verdictOfLoss(error: Pm500Error, inFlight: number): Verdict {
  switch (reasonOf(error)) {
    case REASON.notAuthorized:
      // With messages of several topics on their way: sent again topic by topic, which shows the one that is refused.
      return inFlight === 0 ? { kind: 'hold', error } : { kind: 'retry', error, isGeneral: true };
    case REASON.sessionTakenOver:
    case REASON.qosNotSupported:
      return { kind: 'hold', error };
    case REASON.packetTooLarge:
      return { kind: 'rejected', error, tooLarge: true };
    case REASON.serverBusy:
    case REASON.messageRateTooHigh:
    case REASON.quotaExceeded:
      return { kind: 'retry', error, isGeneral: true, retryAfterMs: QUOTA_MS };
    default:
      // What ended while nothing was on its way had no reason in these records.
      return { kind: 'retry', error, isGeneral: inFlight === 0 || error.details['isReplaced'] === true };
  }
}
