import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Pm500Error } from '../../support/errors';
import { readCredentials, type OwnId } from '../credentials';
import type { Persona } from './cloud';
import { EdgeIdentity } from './identity';
import { folderFiles } from './identity-files';
import { DEFAULT_PLACE, isThingName, newIdentity, type IdentityPlace } from './state';

/** What is laid into an empty folder, so that its first certificate is asked for. Each in PEM. */
const STAGED = {
  certificate: 'claim.certificate.pem',
  key: 'claim.key.pem',
  /** Authorities of the server; those of Node.js where it is missing. */
  ca: 'ca.pem',
} as const;

/** Paths of what is staged in a folder. */
export const stagedFiles = (folder: string): Readonly<Record<keyof typeof STAGED, string>> => ({
  certificate: join(folder, STAGED.certificate),
  key: join(folder, STAGED.key),
  ca: join(folder, STAGED.ca),
});

/** Which thing an edge is to be, and where. */
export interface Beginning {
  readonly thing: string;
  readonly host: string;
  readonly port: number;
  /** Path of a PEM file with authorities; empty: what is staged, or those of Node.js. */
  readonly caFile: string;
}

/** Whether there is a claim to ask with. */
export const hasClaim = (folder: string): boolean => existsSync(stagedFiles(folder).certificate);

/**
 * The certificate that may only ask for others; undefined where none is staged.
 * @throws Pm500Error MQTT_CREDENTIALS_INVALID where it cannot be used, or others can read its key
 */
export function readClaim(folder: string, ownId: OwnId): Omit<Persona, 'clientId'> | undefined {
  if (!hasClaim(folder)) return undefined;
  const { certificate, key } = stagedFiles(folder);
  const { cert = '', key: secret = '' } = readCredentials({ certificate, key, ca: '' }, ownId);
  return { certificate: cert.toString(), key: secret.toString() };
}

/** @throws Pm500Error CONFIG_INVALID where a thing cannot be called so */
function placeFor(folder: string, { thing, host, port, caFile }: Beginning): IdentityPlace {
  if (!isThingName(thing))
    throw new Pm500Error(
      'CONFIG_INVALID',
      `iot-target: clientId is no name of a thing: give up to 64 letters, digits and : _ - for the certificate that is asked for.`,
    );
  const { ca } = stagedFiles(folder);
  const staged = existsSync(ca) ? resolve(ca) : '';
  return { host, port, caFile: caFile === '' ? staged : resolve(caFile), ...DEFAULT_PLACE };
}

/** Makes the identity of a folder that has none. @throws Pm500Error CONFIG_INVALID, IDENTITY_WRITE_FAILED */
export function begin(folder: string, beginning: Beginning): EdgeIdentity {
  return EdgeIdentity.begin(folderFiles(folder), newIdentity(beginning.thing, placeFor(folder, beginning)));
}

/**
 * While there is no certificate, what was entered wrong is corrected by entering it anew.
 * @returns the identity, or another one in its place
 * @throws Pm500Error CONFIG_INVALID where another thing has a certificate on its way
 */
export function settle(identity: EdgeIdentity, folder: string, beginning: Beginning): EdgeIdentity {
  const { current, next, place, thing } = identity.state;
  if (current !== undefined) return identity;
  if (thing !== beginning.thing) {
    // None of these has a certificate that is active.
    const isOpen = next === undefined || (!next.isByHand && ['requested', 'issued'].includes(next.stage));
    if (isOpen) return begin(folder, beginning);
    throw new Pm500Error(
      'CONFIG_INVALID',
      `The folder ${folder} holds the identity of ${thing}, whose certificate is on its way, and the client ID is ${beginning.thing}; enter ${thing}, or another folder.`,
    );
  }
  const { host, port, caFile } = placeFor(folder, beginning);
  if (host !== place.host || port !== place.port || caFile !== place.caFile)
    identity.happened({ kind: 'moved', place: { ...place, host, port, caFile } });
  return identity;
}
