import { existsSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { Pm500Error, toPm500Error } from '../support/errors';
import { readRegularFile } from '../support/read-text-file';
import { checkAccess } from './key-access';

/*
 * A private key in a PKCS#11 token (a TPM, a smart card, an HSM): TLS signs with it by an engine of OpenSSL, and nothing ever
 * reads it. Node.js can use such keys for TLS and for nothing else: `enroll/pkcs11-tool.ts` makes them and their requests.
 */

/** What TLS is told of a key in a token. */
export interface TokenKey {
  readonly privateKeyEngine: string;
  /** RFC 7512. The PIN stands in a file that it names, not in it. */
  readonly privateKeyIdentifier: string;
}

const SCHEME = 'pkcs11:';
const ENGINE = 'pkcs11';
/** Where Debian, and what is made of it, has engines of OpenSSL 3. Node.js looks elsewhere. */
const ENGINE_FOLDERS = ['x86_64-linux-gnu', 'aarch64-linux-gnu', 'arm-linux-gnueabihf'].map(
  (each) => `/usr/lib/${each}/engines-3`,
);
const LONGEST_PIN = 1000;

/** PIN files that a token did not take, with their contents: a token locks itself after a few wrong ones. */
const refusedPins = new Map<string, string>();

const invalid = (sentence: string, cause?: unknown): Pm500Error =>
  new Pm500Error('MQTT_CREDENTIALS_INVALID', sentence, { cause, retryable: true });

/** Whether a key is named by an URI of PKCS#11, in place of a path. */
export const isTokenUri = (text: string): boolean => text.startsWith(SCHEME);

/** The attributes of an URI: those that name the key, and those behind the question mark. */
function attributesOf(uri: string): readonly [key: string, further: ReadonlyMap<string, string>] {
  const [key = '', query = ''] = uri.split('?', 2);
  const pairs = query.split('&').map((each) => {
    const at = each.indexOf('=');
    return [each.slice(0, Math.max(at, 0)), decoded(each.slice(at + 1))] as const;
  });
  return [key, new Map(pairs)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @throws Pm500Error MQTT_CREDENTIALS_INVALID where there is none, others can read it, or it has the end of a line in it */
function checkPin(path: string, ownId: number | undefined): string {
  checkAccess(path, 'PIN', ownId);
  let pin: string;
  try {
    pin = readRegularFile(path, LONGEST_PIN).toString();
  } catch (thrown) {
    throw invalid(`The PIN ${path} cannot be read (${toPm500Error(thrown).message}); correct pin-source.`, thrown);
  }
  if (pin === '' || /\s/.test(pin))
    throw invalid(
      `The file ${path} has to hold the PIN and nothing else, no end of a line either; write it with printf.`,
    );
  if (refusedPins.get(path) === pin)
    throw invalid(`The token has refused the PIN in ${path}, and locks itself after some more: correct the file.`);
  return pin;
}

/** OpenSSL is told where its engine is. The module of the token is a matter of who runs this process, not of a form. */
function findEngine(): void {
  if (process.env['OPENSSL_ENGINES'] !== undefined) return;
  const folder = ENGINE_FOLDERS.find((each) => existsSync(`${each}/${ENGINE}.so`));
  if (folder === undefined)
    throw invalid(
      'Keys in tokens need the PKCS#11 engine of OpenSSL 3, which is not there; install libengine-pkcs11-openssl, or say its folder in the environment variable OPENSSL_ENGINES.',
    );
  process.env['OPENSSL_ENGINES'] = folder;
}

/** What an URI says, and the PIN. @throws Pm500Error MQTT_CREDENTIALS_INVALID */
function readUri(
  uri: string,
  ownId: number | undefined,
): { readonly key: string; readonly pin: string; readonly source: string } {
  if (/[:;?&]pin-value=/.test(uri))
    throw invalid(
      'A PIN is not to stand in the settings; write it to a file of mode 0600, and name that: pin-source=file:PATH.',
    );
  if (/[:;?&]module-path=/.test(uri))
    throw invalid(
      'A module is not chosen in the settings; name it in the environment variable PKCS11_MODULE_PATH of Node-RED.',
    );
  const [key, further] = attributesOf(uri);
  const source = further.get('pin-source')?.replace(/^file:(?:\/\/)?/, '') ?? '';
  // Without one the engine would ask at the terminal, and all would wait.
  if (source === '')
    throw invalid(`The key ${key} needs the file with the PIN of its token: append ?pin-source=file:PATH.`);
  return { key, pin: checkPin(source, ownId), source };
}

/** A token did not take a PIN: it is not given that one again before the file is another one. */
export const refusePin = (source: string, pin: string): void => void refusedPins.set(source, pin);

/**
 * The token in which an identity has its keys.
 * @throws Pm500Error MQTT_CREDENTIALS_INVALID in one sentence, which never holds a PIN
 */
export function readTokenPlace(
  uri: string,
  ownId: number | undefined,
): { readonly token: string; readonly pin: string; readonly source: string } {
  const { key, pin, source } = readUri(uri, ownId);
  const names = key
    .slice(SCHEME.length)
    .split(';')
    .map((each) => each.split('='));
  const token = decoded(names.find(([name]) => name === 'token')?.[1] ?? '');
  const isToken = isTokenUri(uri) && token !== '' && names.length === 1;
  if (isToken) return { token, pin, source };
  throw invalid(
    `The token ${key} has to be named alone, as in pkcs11:token=NAME?pin-source=file:PATH; keys are made in it.`,
  );
}

/**
 * What TLS is told of a key in a token, once it was found there and belongs to the certificate.
 * @param cert PEM
 * @throws Pm500Error MQTT_CREDENTIALS_INVALID in one sentence, which never holds a PIN
 */
export function readTokenKey(uri: string, cert: Buffer, ownId: number | undefined): TokenKey {
  const { key, pin, source } = readUri(uri, ownId);
  findEngine();
  const privateKeyIdentifier = `${key}${/[:;]type=/.test(key) ? '' : ';type=private'}?pin-source=file:${source}`;
  const found = { privateKeyEngine: ENGINE, privateKeyIdentifier };
  try {
    createSecureContext({ cert, ...found });
  } catch (thrown) {
    const { message } = toPm500Error(thrown);
    if (/PIN/i.test(message)) refusePin(source, pin);
    throw invalid(
      `The key ${key} cannot be used (${message}); see that the token is there, the PIN in ${source} is right, and the key belongs to the certificate.`,
      thrown,
    );
  }
  return found;
}
