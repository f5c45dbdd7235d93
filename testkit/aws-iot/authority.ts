import { createHash, createPrivateKey, createPublicKey, randomBytes, verify, X509Certificate } from 'node:crypto';
import { encodeDer, objectId, pemOf, sequence, smallInteger } from '../../src/iot/enroll/der';
import { distinguishedName, makeKey, signed } from '../../src/iot/enroll/request';

const DAY_MS = 86_400_000;
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';

/** One value of DER: where its content begins and ends. */
interface Value {
  readonly start: number;
  readonly from: number;
  readonly to: number;
}

function valueAt(bytes: Buffer, start: number): Value {
  const first = bytes.readUInt8(start + 1);
  const count = first < 0x80 ? 0 : first & 0x7f;
  const length = count === 0 ? first : bytes.readUIntBE(start + 2, count);
  const from = start + 2 + count;
  if (from + length > bytes.length) throw new Error('cut off');
  return { start, from, to: from + length };
}

function childrenOf(bytes: Buffer, { from, to }: Value): readonly Value[] {
  const found: Value[] = [];
  for (let at = from; at < to;) {
    const value = valueAt(bytes, at);
    found.push(value);
    at = value.to;
  }
  return found;
}

const whole = (bytes: Buffer, value: Value | undefined): Buffer => {
  if (value === undefined) throw new Error('missing');
  return bytes.subarray(value.start, value.to);
};

/** Subject and public key of a request, whose signature proves that its maker has the key. @throws Error otherwise */
function readRequest(pem: string): { readonly subject: Buffer; readonly publicKey: Buffer } {
  const base64 = /-----BEGIN CERTIFICATE REQUEST-----([\s\S]+)-----END CERTIFICATE REQUEST-----/.exec(pem)?.[1];
  const der = Buffer.from(base64 ?? '', 'base64');
  const [content, , signature] = childrenOf(der, valueAt(der, 0));
  if (content === undefined || signature === undefined) throw new Error('no request');
  const [, subject, publicKey] = childrenOf(der, content);
  const key = createPublicKey({ key: whole(der, publicKey), format: 'der', type: 'spki' });
  const bits = der.subarray(signature.from + 1, signature.to);
  if (!verify('sha256', whole(der, content), key, bits)) throw new Error('wrong signature');
  return { subject: whole(der, subject), publicKey: whole(der, publicKey) };
}

function timeOf(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '');
  // RFC 5280, 4.1.2.5: UTCTime up to 2049, GeneralizedTime after.
  return ms < Date.UTC(2050, 0) ? encodeDer(0x17, Buffer.from(text.slice(2))) : encodeDer(0x18, Buffer.from(text));
}

const extension = (id: string, ...value: readonly Buffer[]): Buffer =>
  sequence(objectId(id), encodeDer(0x04, ...value));
const AUTHORITY = extension('2.5.29.19', sequence(encodeDer(0x01, Buffer.from([255]))));
const LOOPBACK = extension('2.5.29.17', sequence(encodeDer(0x87, Buffer.from([127, 0, 0, 1]))));

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

const ids = new Map<string, string>();
const MOST_IDS = 1000;

/** The ID of a certificate, as AWS IoT gives it: the SHA-256 of its DER. */
export function certificateIdOf(pem: string): string {
  const known = ids.get(pem);
  if (known !== undefined) return known;
  const id = createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');
  if (ids.size >= MOST_IDS) ids.clear();
  ids.set(pem, id);
  return id;
}

/** Signs certificates in this process, some thousand a second. That they are right is seen by openssl and by TLS. */
export class Authority {
  readonly certificate: string;
  private readonly key = createPrivateKey(makeKey());
  private readonly issuer: Buffer;

  constructor(name: string) {
    this.issuer = distinguishedName(name);
    const now = Date.now();
    const span = { fromMs: now - 3650 * DAY_MS, toMs: now + 3650 * DAY_MS };
    this.certificate = this.sign(
      this.issuer,
      createPublicKey(this.key).export({ type: 'spki', format: 'der' }),
      span,
      AUTHORITY,
    );
  }

  /** A certificate for whoever made the request. @throws Error where the request is none */
  issue(request: string, span: Span): string {
    const { subject, publicKey } = readRequest(request);
    return this.sign(subject, publicKey, span);
  }

  /** Key and certificate of a server at 127.0.0.1. */
  server(): { readonly key: string; readonly cert: string } {
    const key = makeKey();
    const span = { fromMs: Date.now() - 3650 * DAY_MS, toMs: Date.now() + 3650 * DAY_MS };
    return { key, cert: this.sign(distinguishedName('127.0.0.1'), publicKeyOf(key), span, LOOPBACK) };
  }

  private sign(subject: Buffer, publicKey: Buffer, { fromMs, toMs }: Span, ...extensions: readonly Buffer[]): string {
    // Positive and not zero: the first byte is from 1 to 127.
    const serial = Buffer.concat([Buffer.from([1]), randomBytes(15)]);
    const content = sequence(
      encodeDer(0xa0, smallInteger(2)),
      encodeDer(0x02, serial),
      sequence(objectId(ECDSA_WITH_SHA256)),
      this.issuer,
      sequence(timeOf(fromMs), timeOf(toMs)),
      subject,
      publicKey,
      ...(extensions.length === 0 ? [] : [encodeDer(0xa3, sequence(...extensions))]),
    );
    return pemOf('CERTIFICATE', signed(content, this.key));
  }
}

const publicKeyOf = (keyPem: string): Buffer => createPublicKey(keyPem).export({ type: 'spki', format: 'der' });
