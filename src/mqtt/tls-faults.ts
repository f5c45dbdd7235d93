import { oneLine } from '../support/one-line';
import type { MqttWord } from './mqtt-words';

/** What Node.js and OpenSSL call it where this side does not go on. */
const FAULTS: Readonly<Record<string, MqttWord>> = {
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'notYetValid',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'selfSigned',
  SELF_SIGNED_CERT_IN_CHAIN: 'unknownCa',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unknownCa',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unknownCa',
  ERR_TLS_CERT_ALTNAME_INVALID: 'otherName',
  ERR_SSL_WRONG_VERSION_NUMBER: 'noTls',
};
/**
 * Alerts by which the other side says what it does not take (RFC 8446, 6; RFC 6066, 9; RFC 7301, 3.2). They stand in the text
 * of the error: its code is that of the alert, or where it came while something was written no more than EPROTO.
 */
const ALERTS: Readonly<Record<number, MqttWord>> = {
  40: 'noAgreement',
  42: 'clientRefused',
  43: 'clientRefused',
  44: 'clientRevoked',
  45: 'clientExpired',
  46: 'clientRefused',
  48: 'clientUnknown',
  49: 'clientRefused',
  70: 'otherTlsVersion',
  71: 'noAgreement',
  112: 'unknownName',
  116: 'wantsClient',
  120: 'noAlpn',
};
const ALERT = /SSL alert number (\d+)/;
/** error:NUMBER:LIBRARY:FUNCTION:REASON, and more behind it. */
const OPENSSL = /error:[0-9A-F]+:[^:]*:[^:]*:([^:\n]+)/;

interface Thrown {
  readonly code: string;
  readonly message: string;
}

const hasCode = (thrown: unknown): thrown is Thrown =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string';

/** The alert that the other side has sent; undefined where it has sent none. */
export function alertOf({ message }: Pick<Thrown, 'message'>): number | undefined {
  const [, alert] = ALERT.exec(message) ?? [];
  return alert === undefined ? undefined : Number(alert);
}

function namedWord(thrown: Thrown): MqttWord | undefined {
  const alert = alertOf(thrown);
  if (alert !== undefined) return ALERTS[alert];
  return Object.hasOwn(FAULTS, thrown.code) ? FAULTS[thrown.code] : undefined;
}

/** True where what was thrown is about TLS. */
export function isTlsFault(thrown: unknown): thrown is Thrown {
  if (!hasCode(thrown)) return false;
  const { code, message } = thrown;
  return Object.hasOwn(FAULTS, code) || /^ERR_(TLS|SSL|OSSL)|^EPROTO$/.test(code) || /certificate|TLS/.test(message);
}

/** True where it says by itself what is the matter. */
export const isNamedTlsFault = (thrown: unknown): boolean => hasCode(thrown) && namedWord(thrown) !== undefined;

/** The part of a sentence that says what is the matter with TLS. */
export function tlsFault(thrown: Thrown): {
  readonly word: MqttWord;
  readonly values: Readonly<Record<string, string>>;
} {
  const named = namedWord(thrown);
  if (named !== undefined) return { word: named, values: {} };
  const { code } = thrown;
  const message = oneLine((OPENSSL.exec(thrown.message)?.[1] ?? thrown.message).trim());
  // What OpenSSL cannot read, or take together, before anybody was asked.
  return code.startsWith('ERR_OSSL_')
    ? { word: 'ownFiles', values: { message } }
    : { word: 'otherTls', values: { message, code } };
}
