import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { Pm500Error, toPm500Error } from '../../support/errors';
import type { Persona } from './cloud';
import { certificateFile, IDENTITY_FILE, keyFile, requestFile, type IdentityFiles } from './identity-files';
import { after, type Happening } from './machine';
import { makeKey, makeRequest } from './request';
import { parseIdentity, type IdentityState, type PairNumber } from './state';
import { tokenKeyUri, tokenObject } from './token-keys';

const BEGIN = '-----BEGIN CERTIFICATE-----';

/** The ID of a certificate in AWS IoT: the SHA-256 of its DER, in hexadecimal. */
const certificateIdOf = (pem: string): string =>
  createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');

/** What a folder holds of an edge: its state, keys and certificates. Nothing counts before it is on the disk. */
export class EdgeIdentity {
  private constructor(
    private readonly files: IdentityFiles,
    private known: IdentityState,
  ) {}

  /** What is there; undefined where nothing is. @throws Pm500Error IDENTITY_INVALID */
  static read(files: IdentityFiles): EdgeIdentity | undefined {
    const text = files.read(IDENTITY_FILE);
    return text === undefined ? undefined : new EdgeIdentity(files, parseIdentity(text));
  }

  /** @throws Pm500Error IDENTITY_WRITE_FAILED */
  static begin(files: IdentityFiles, state: IdentityState): EdgeIdentity {
    const identity = new EdgeIdentity(files, state);
    identity.save(state);
    return identity;
  }

  get state(): IdentityState {
    return this.known;
  }

  /** @throws Pm500Error IDENTITY_WRITE_FAILED, and then it is as if it had not happened */
  happened(happening: Happening): void {
    this.save(after(this.known, happening));
  }

  /** A key that no other pair had; its request is for people who have certificates made by hand. */
  makePair(number: PairNumber): void {
    const key = makeKey();
    const request = makeRequest(key, this.known.thing);
    this.files.replace(keyFile(number), key);
    this.files.replace(requestFile(number), request);
  }

  /** The request of a key that lies in a token. */
  putRequest(number: PairNumber, request: string): void {
    this.files.replace(requestFile(number), request);
  }

  requestOf(number: PairNumber): string {
    if (this.known.token !== undefined) return this.read(requestFile(number));
    return makeRequest(this.read(keyFile(number)), this.known.thing);
  }

  /** @throws Pm500Error IDENTITY_INVALID where the certificate is not that of the key */
  putCertificate(number: PairNumber, pem: string): void {
    let fits = false;
    try {
      fits = pem.includes(BEGIN) && this.isOfKey(number, new X509Certificate(pem));
    } catch {
      // Said below.
    }
    if (!fits)
      throw new Pm500Error(
        'IDENTITY_INVALID',
        `The certificate is not one for the key ${this.keyName(number)}; have one made for the request ${requestFile(number)}, in PEM.`,
      );
    this.files.replace(certificateFile(number), pem);
  }

  /** A certificate that a person had made. @throws Pm500Error IDENTITY_INVALID where it is not that of the key */
  signedByHand(number: PairNumber, pem: string): void {
    this.putCertificate(number, pem);
    this.happened({ kind: 'signed by hand', certificateId: certificateIdOf(pem) });
  }

  removePair(number: PairNumber): void {
    // The key last: while it is there the pair can be named.
    for (const name of [requestFile(number), certificateFile(number), keyFile(number)]) this.files.remove(name);
  }

  /** Of a pair whose certificate is there. */
  personaOf(number: PairNumber, clientId: string): Persona {
    const { token, thing } = this.known;
    const key = token === undefined ? this.read(keyFile(number)) : tokenKeyUri(token, thing, number);
    return { clientId, certificate: this.read(certificateFile(number)), key };
  }

  /**
   * A token answers for its keys itself.
   * @throws Pm500Error IDENTITY_INVALID where the files of a pair are not both there, whole, and of one another
   */
  checkPair(number: PairNumber): void {
    if (this.known.token !== undefined) return;
    const { certificate } = this.personaOf(number, this.known.thing);
    try {
      if (this.isOfKey(number, new X509Certificate(certificate))) return;
    } catch {
      // Said below.
    }
    throw new Pm500Error(
      'IDENTITY_INVALID',
      `Key and certificate of the pair ${number} are damaged, or not of one another; restore the folder from a backup, or enroll into an empty one.`,
    );
  }

  /**
   * Why nobody can go on with a pair that is being made: a file of it is gone, or damaged.
   * @throws Pm500Error IDENTITY_INVALID where one is there and cannot be read
   */
  faultOf(number: PairNumber, hasCertificate: boolean): Pm500Error | undefined {
    const own = this.known.token === undefined ? keyFile(number) : requestFile(number);
    for (const name of [own, ...(hasCertificate ? [certificateFile(number)] : [])])
      if (this.files.read(name) === undefined) return missing(name);
    try {
      if (hasCertificate) this.checkPair(number);
      else this.requestOf(number);
      return undefined;
    } catch (thrown) {
      return toPm500Error(thrown);
    }
  }

  private keyName(number: PairNumber): string {
    const { token, thing } = this.known;
    return token === undefined ? keyFile(number) : tokenObject(token, thing, number).label;
  }

  /** A token shows no key; its request has the public half. @throws Error where files are missing or damaged */
  private isOfKey(number: PairNumber, certificate: X509Certificate): boolean {
    if (this.known.token === undefined)
      return certificate.checkPrivateKey(createPrivateKey(this.read(keyFile(number))));
    const request = Buffer.from(this.requestOf(number).replaceAll(/-----.*-----/g, ''), 'base64');
    return request.includes(certificate.publicKey.export({ type: 'spki', format: 'der' }));
  }

  private read(name: string): string {
    const text = this.files.read(name);
    if (text !== undefined) return text;
    throw missing(name);
  }

  private save(state: IdentityState): void {
    this.files.replace(IDENTITY_FILE, `${JSON.stringify(state, undefined, 2)}\n`);
    this.known = state;
  }
}

const missing = (name: string): Pm500Error =>
  new Pm500Error(
    'IDENTITY_INVALID',
    `The file ${name} of the identity is missing; restore it from a backup, or enroll into an empty folder.`,
  );

/**
 * Pairs by which an edge can connect, the likeliest first. One that is not committed yet counts: the cloud may know no other
 * any more once it was asked to commit it, so that it comes first from then on.
 */
export function usablePairs({ current, next }: IdentityState): readonly PairNumber[] {
  const isLetIn = next?.stage === 'registered' || next?.stage === 'proven';
  const pairs = [...(current === undefined ? [] : [current.number]), ...(isLetIn ? [next.number] : [])];
  return next?.stage === 'proven' ? pairs.reverse() : pairs;
}
