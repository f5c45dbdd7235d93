import { createHash } from 'node:crypto';
import { Pm500Error } from '../../support/errors';
import { requestContent, requestOf } from './request';
import type { IdentityState, IdentityToken, PairNumber } from './state';

/** The name and the ID (CKA_ID, in hexadecimal) of a key in a token. */
export interface TokenObject {
  readonly label: string;
  readonly id: string;
}

/** What makes, uses and removes keys in tokens. All of it throws Pm500Error IDENTITY_TOKEN_FAILED or MQTT_CREDENTIALS_INVALID. */
export interface TokenTool {
  /** A new key on P-256, in place of what a run that was ended has left by that name. @returns SubjectPublicKeyInfo in DER */
  make(uri: string, object: TokenObject): Promise<Buffer>;
  /** @param digest SHA-256. @returns ECDSA signature in DER */
  sign(uri: string, object: TokenObject, digest: Uint8Array): Promise<Buffer>;
  /** Does nothing where it is not there. */
  remove(uri: string, object: TokenObject): Promise<void>;
}

const ID_DIGITS = 16;

/** No other pair has this name, not even one of another identity of the same thing. */
export function tokenObject({ mark }: IdentityToken, thing: string, number: PairNumber): TokenObject {
  const label = `${thing}.${mark}.${number}`;
  return { label, id: createHash('sha256').update(label).digest('hex').slice(0, ID_DIGITS) };
}

/** The URI of a key (RFC 7512), as TLS takes it. */
export function tokenKeyUri(token: IdentityToken, thing: string, number: PairNumber): string {
  const { label } = tokenObject(token, thing, number);
  const [path = '', query = ''] = token.uri.split('?', 2);
  return `${path};object=${encodeURIComponent(label)}?${query}`;
}

function toolOf(tool: TokenTool | undefined): TokenTool {
  if (tool !== undefined) return tool;
  throw new Pm500Error(
    'IDENTITY_TOKEN_FAILED',
    'The keys of this identity are in a token, and nothing here can make one.',
  );
}

/** Has the token make a key. @returns its request for a certificate, in PEM, signed by the token */
export async function makeTokenRequest(
  { thing }: IdentityState,
  token: IdentityToken,
  number: PairNumber,
  tool: TokenTool | undefined,
): Promise<string> {
  const object = tokenObject(token, thing, number);
  const publicKey = await toolOf(tool).make(token.uri, object);
  const content = requestContent(publicKey, thing);
  const digest = createHash('sha256').update(content).digest();
  return requestOf(content, await toolOf(tool).sign(token.uri, object, digest));
}

export async function removeTokenKey(
  { thing }: IdentityState,
  token: IdentityToken,
  number: PairNumber,
  tool: TokenTool | undefined,
): Promise<void> {
  await toolOf(tool).remove(token.uri, tokenObject(token, thing, number));
}
