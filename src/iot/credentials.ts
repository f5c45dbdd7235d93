import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { Pm500Error, toPm500Error } from '../support/errors';
import { MOST_PEM_BYTES, readRegularFile } from '../support/read-text-file';
import { checkAccess } from './key-access';
import { isTokenUri, readTokenKey, type TokenKey } from './token-key';

/** Paths of PEM files; an empty one is not used. A key can be an URI of PKCS#11. */
export interface CredentialFiles {
  readonly certificate: string;
  readonly key: string;
  /** Certificates of the authorities that are trusted; those of Node.js where it is empty. */
  readonly ca: string;
}

export interface Credentials extends Partial<TokenKey> {
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly ca?: Buffer;
}

/** Who this process is, for the owner of a key; undefined where the system has no such thing. */
export type OwnId = () => number | undefined;

const invalid = (sentence: string, cause?: unknown): Pm500Error =>
  new Pm500Error('MQTT_CREDENTIALS_INVALID', sentence, { cause, retryable: true });

/** @throws Pm500Error MQTT_CREDENTIALS_INVALID for a file that cannot be read */
export function readPem(path: string, what: string): Buffer {
  try {
    return readRegularFile(path, MOST_PEM_BYTES);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw invalid(`The ${what} ${path} cannot be read (${reason}); correct its path in the settings.`, thrown);
  }
}

function readKey(path: string, pem: Buffer): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (thrown) {
    throw invalid(
      `The file ${path} is no private key in PEM without a passphrase; correct its path, or decrypt it.`,
      thrown,
    );
  }
}

/** What TLS reads; Node.js takes DER for a certificate, too, of which TLS then finds nothing. */
const PEM_CERTIFICATE = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/;
const PEM_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

function readCertificate(path: string, pem: Buffer): X509Certificate {
  try {
    if (PEM_CERTIFICATE.test(pem.toString('latin1'))) return new X509Certificate(pem);
  } catch {
    // Said below.
  }
  throw invalid(`The file ${path} is no certificate in PEM; correct its path in the settings.`);
}

/**
 * Certificates of authorities. Without one TLS would trust nobody, and the broker would seem to be at fault.
 * @throws Pm500Error MQTT_CREDENTIALS_INVALID
 */
export function readAuthorities(path: string): Buffer {
  const pem = readPem(path, 'file of authorities');
  readCertificate(path, pem);
  return pem;
}

/** What OpenSSL itself does not take, such as a key that is too short. */
function checkTls(key: string, certificate: string, pair: { readonly cert: Buffer; readonly key: Buffer }): void {
  try {
    createSecureContext(pair);
  } catch (thrown) {
    const why = toPm500Error(thrown).message.replace(/^error:[^:]*:[^:]*:[^:]*:/, '');
    throw invalid(
      `TLS does not take the certificate ${certificate} with the private key ${key} (${why}); have another one made.`,
      thrown,
    );
  }
}

/**
 * The files as they are now, so that a renewed certificate counts with the next connection.
 * @throws Pm500Error MQTT_CREDENTIALS_INVALID in one sentence, which never holds what is in a key
 */
export function readCredentials({ certificate, key, ca }: CredentialFiles, ownId: OwnId): Credentials {
  if ((certificate === '') !== (key === ''))
    throw invalid('A certificate and its private key belong together; give the paths of both, or of none.');
  const authorities = ca === '' ? {} : { ca: readAuthorities(ca) };
  if (certificate === '') return authorities;
  if (isTokenUri(key)) {
    const cert = readPem(certificate, 'certificate');
    readCertificate(certificate, cert);
    return { cert, ...readTokenKey(key, cert, ownId()), ...authorities };
  }
  checkAccess(key, 'private key', ownId());
  const [cert, secret] = [readPem(certificate, 'certificate'), readPem(key, 'private key')];
  if (!readCertificate(certificate, cert).checkPrivateKey(readKey(key, secret)))
    throw invalid(
      `The private key ${key} does not belong to the certificate ${certificate}, or that is not the first in its file; give the paths of a pair, also while they are renewed.`,
    );
  if (PEM_KEY.test(cert.toString('latin1')))
    checkAccess(certificate, 'certificate, in whose file there is a private key,', ownId());
  checkTls(key, certificate, { cert, key: secret });
  return { cert, key: secret, ...authorities };
}

/** What is to be said of a certificate and the clock of this computer where a broker does not accept it; empty: nothing. */
export function concernOf(certificate: string, nowMs: number): string {
  if (certificate === '') return '';
  try {
    return concernOfPem(readRegularFile(certificate, MOST_PEM_BYTES), `certificate ${certificate}`, nowMs);
  } catch {
    return '';
  }
}

/** The same of a certificate in PEM. @param what it is called. @throws Error where it is none */
export function concernOfPem(pem: string | Buffer, what: string, nowMs: number): string {
  const { validFrom, validTo } = new X509Certificate(pem);
  const clock = `by the clock of this computer it is ${new Date(nowMs).toISOString().slice(0, 16)}Z`;
  if (nowMs < Date.parse(validFrom))
    return `The ${what} is not valid before ${validFrom}, and ${clock}: set the clock, or wait`;
  if (nowMs > Date.parse(validTo))
    return `The ${what} was valid until ${validTo}, and ${clock}: renew the certificate, or set the clock`;
  return '';
}
