/*
 * What a certificate request is made of, in the distinguished encoding rules of ASN.1 (ITU-T X.690): a tag, a length, and
 * what it holds. Only what is needed here; node:crypto signs but makes no requests.
 */

const TAG = { integer: 0x02, bits: 0x03, objectId: 0x06, utf8: 0x0c, sequence: 0x30, set: 0x31 } as const;
/** Numbers below fit in a length of one byte. */
const SHORT = 0x80;

/** One value. @param tag the byte of its kind */
export function encodeDer(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  if (content.length < SHORT) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const digits = content.length.toString(16);
  const length = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  return Buffer.concat([Buffer.from([tag, SHORT | length.length]), length, content]);
}

export const sequence = (...contents: readonly Uint8Array[]): Buffer => encodeDer(TAG.sequence, ...contents);
export const setOf = (...contents: readonly Uint8Array[]): Buffer => encodeDer(TAG.set, ...contents);
export const utf8 = (text: string): Buffer => encodeDer(TAG.utf8, Buffer.from(text));
/** Whole bytes: no bit of the last one is unused. */
export const bitString = (bytes: Uint8Array): Buffer => encodeDer(TAG.bits, Buffer.from([0]), bytes);
/** A number from 0 to 127. */
export const smallInteger = (value: number): Buffer => encodeDer(TAG.integer, Buffer.from([value]));

/** @param dotted for instance 1.2.840.10045.4.3.2 */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | SHORT);
    return groups;
  });
  return encodeDer(TAG.objectId, Buffer.from(bytes));
}

/** @param label such as CERTIFICATE REQUEST */
export function pemOf(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
