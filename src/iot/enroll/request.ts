import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { Pm500Error } from '../../support/errors';
import { bitString, encodeDer, objectId, pemOf, sequence, setOf, smallInteger, utf8 } from './der';

/** RFC 5280, ub-common-name. */
const LONGEST_COMMON_NAME = 64;
const COMMON_NAME = '2.5.4.3';
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
/** `[0]`, constructed: the attributes of a request, of which there are none. */
const NO_ATTRIBUTES = encodeDer(0xa0);

/** A new private key on the curve P-256, PKCS#8 in PEM. */
export function makeKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

export const distinguishedName = (commonName: string): Buffer =>
  sequence(setOf(sequence(objectId(COMMON_NAME), utf8(commonName))));

/** What is signed with its signature, by ECDSA with SHA-256: the outer form of requests and certificates. */
const withSignature = (content: Uint8Array, signature: Uint8Array): Buffer =>
  sequence(content, sequence(objectId(ECDSA_WITH_SHA256)), bitString(signature));

export const signed = (content: Buffer, key: KeyObject): Buffer => withSignature(content, sign('sha256', content, key));

/**
 * What of a request for a certificate (PKCS#10, RFC 2986) is signed.
 * @param publicKey its SubjectPublicKeyInfo in DER
 * @throws Pm500Error CONFIG_INVALID where a certificate cannot carry the name
 */
export function requestContent(publicKey: Uint8Array, commonName: string): Buffer {
  if (commonName === '' || Buffer.byteLength(commonName) > LONGEST_COMMON_NAME)
    throw new Pm500Error(
      'CONFIG_INVALID',
      `The name of the thing has ${Buffer.byteLength(commonName)} bytes, and a certificate carries 1 to ${LONGEST_COMMON_NAME}; choose a shorter one.`,
    );
  return sequence(smallInteger(0), distinguishedName(commonName), publicKey, NO_ATTRIBUTES);
}

/** A request in PEM. @param signature of its content, by ECDSA with SHA-256, in DER */
export const requestOf = (content: Uint8Array, signature: Uint8Array): string =>
  pemOf('CERTIFICATE REQUEST', withSignature(content, signature));

/**
 * A request in PEM, signed with its key.
 * @throws Pm500Error CONFIG_INVALID where a certificate cannot carry the name
 */
export function makeRequest(keyPem: string, commonName: string): string {
  const key = createPrivateKey(keyPem);
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return pemOf('CERTIFICATE REQUEST', signed(requestContent(publicKey, commonName), key));
}
