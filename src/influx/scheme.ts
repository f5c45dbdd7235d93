import type { Sentence } from '../support/sentence';
import { INFLUX_WORDS } from './words';

/** What OpenSSL says of an answer that is no TLS; Node.js gives it as a code, or in the text of an EPROTO. */
const NO_TLS = /wrong.version.number|packet.length.too.long|http.request|unknown.protocol/i;
/** The first byte of a TLS record that carries an alert (RFC 8446, 5.1). */
const TLS_ALERT = 0x15;

/**
 * What to write where the URL begins with http:// and the server speaks TLS, or the other way round; undefined where a
 * failure does not show that.
 * @param code of `cause`
 */
export function otherScheme(cause: unknown, code: string): Sentence | undefined {
  const text = cause instanceof Error ? cause.message : '';
  if (/^EPROTO$|^ERR_SSL/.test(code) && NO_TLS.test(`${code} ${text}`)) {
    return INFLUX_WORDS.say('plainHttp');
  }
  const isAlert = cause instanceof Error && 'rawPacket' in cause && firstByte(cause.rawPacket) === TLS_ALERT;
  return isAlert ? INFLUX_WORDS.say('tls') : undefined;
}

function firstByte(packet: unknown): number | undefined {
  return packet instanceof Uint8Array ? packet[0] : undefined;
}

/** The reason alone out of what OpenSSL says with thread, function, file and line; any other text as it is. */
export function plainTlsReason(text: string): string {
  return /:error:[0-9A-F]*:[^:]*:[^:]*:([^:]+)/i.exec(text)?.[1] ?? text;
}
