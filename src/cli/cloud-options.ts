import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { describeValue } from '../support/expect';
import { MOST_PEM_BYTES, readTextFile } from '../support/read-text-file';
import { readCredentials } from '../iot/credentials';
import type { Persona } from '../iot/enroll/cloud';
import { DEFAULT_PLACE, isThingName, type IdentityPlace, type IdentityToken } from '../iot/enroll/state';
import { isTokenUri, readTokenPlace } from '../iot/token-key';
import { failUsage, type Options, type OptionRow } from './options';

/** What every command about the identity of an edge takes. */
export const FOLDER_ROW: OptionRow = {
  name: 'folder',
  value: 'DIR',
  help: 'where key, certificate and state are kept; the user of Node-RED must own it',
};
export const HAND_ROWS: readonly OptionRow[] = [
  { name: 'by-hand', help: 'a person has the certificate made, for instance by the authority of the enterprise' },
  { name: 'certificate', value: 'FILE', help: 'the certificate that was made by hand, in PEM' },
];
export const CLAIM_ROWS: readonly OptionRow[] = [
  { name: 'claim-certificate', value: 'FILE', help: 'certificate that may only ask for others' },
  { name: 'claim-key', value: 'FILE', help: 'its private key' },
];
export const TOKEN_ROW: OptionRow = {
  name: 'token',
  value: 'URI',
  help: 'where keys are made and stay: pkcs11:token=NAME?pin-source=file:PATH (files in the folder)',
};
export const PLACE_ROWS: readonly OptionRow[] = [
  { name: 'thing', value: 'NAME', help: 'name of the thing, which is the client ID too' },
  { name: 'host', value: 'NAME', help: 'data endpoint of AWS IoT Core' },
  { name: 'port', value: 'N', help: '8883, or 443 through firewalls that only let HTTPS out (8883)' },
  { name: 'ca', value: 'FILE', help: 'authorities that sign the certificate of the server (those of Node.js)' },
  { name: 'claim-template', value: 'NAME', help: 'provisioning template of the first certificate (pm500-claim)' },
  { name: 'rotation-template', value: 'NAME', help: 'provisioning template of later ones (pm500-rotation)' },
  {
    name: 'without-commit',
    help: 'nothing answers pm500/THING/certificate/commit: a person revokes the certificate of before',
  },
];

const DEFAULT_PORT = 8883;

export function folderOf(options: Options): string {
  return options.text('folder') ?? failUsage('Say where the identity is kept: --folder DIR.');
}

/** @throws Pm500Error CONFIG_INVALID */
export function thingOf(options: Options): string {
  const thing = options.text('thing') ?? failUsage('Say which thing this edge is: --thing NAME.');
  if (isThingName(thing)) return thing;
  return failUsage(
    `Option --thing is ${describeValue(thing)}; give up to 64 letters, digits and : _ - as AWS IoT takes them.`,
  );
}

/** @param before what holds for options that are not given. @throws Pm500Error CONFIG_INVALID */
export function placeOf(options: Options, before?: IdentityPlace): IdentityPlace {
  const ca = options.text('ca');
  return {
    host: options.text('host') ?? before?.host ?? failUsage('Say where the cloud is: --host NAME.'),
    port: options.number('port', { min: 1, max: 65_535, whole: true }) ?? before?.port ?? DEFAULT_PORT,
    // Node-RED reads it too, and runs elsewhere.
    caFile: ca === undefined ? (before?.caFile ?? '') : resolve(ca),
    claimTemplate: options.text('claim-template') ?? before?.claimTemplate ?? DEFAULT_PLACE.claimTemplate,
    rotationTemplate: options.text('rotation-template') ?? before?.rotationTemplate ?? DEFAULT_PLACE.rotationTemplate,
    hasCommits: !options.has('without-commit') && (before?.hasCommits ?? DEFAULT_PLACE.hasCommits),
  };
}

/** Identities of before may have a relative path. */
const absolute = (place: IdentityPlace): IdentityPlace => ({
  ...place,
  caFile: place.caFile === '' ? '' : resolve(place.caFile),
});

const OPTION_OF = {
  ...{ host: 'host', port: 'port', caFile: 'ca', claimTemplate: 'claim-template' },
  ...{ rotationTemplate: 'rotation-template', hasCommits: 'without-commit' },
} as const satisfies Readonly<Record<keyof IdentityPlace, string>>;

/** The option by which a place differs from another; undefined where none does. */
export function differenceOf(one: IdentityPlace, other: IdentityPlace): string | undefined {
  const names = Object.keys(OPTION_OF) as (keyof IdentityPlace)[];
  const [mine, theirs] = [absolute(one), absolute(other)];
  const name = names.find((each) => mine[each] !== theirs[each]);
  return name === undefined ? undefined : OPTION_OF[name];
}

/** Undefined where keys are to be files. @throws Pm500Error MQTT_CREDENTIALS_INVALID */
export function tokenOf(options: Options, ownId: number | undefined): IdentityToken | undefined {
  const uri = options.text('token');
  if (uri === undefined) return undefined;
  readTokenPlace(uri, ownId);
  return { uri, mark: randomBytes(4).toString('hex') };
}

export const readPem = (path: string, what: string): string =>
  readTextFile(path, what, 'CONFIG_INVALID', MOST_PEM_BYTES);

/** Undefined where none is given. @throws Pm500Error CONFIG_INVALID, MQTT_CREDENTIALS_INVALID where it is of no use */
export function claimOf(options: Options, ownId: number | undefined): Omit<Persona, 'clientId'> | undefined {
  const [certificate, key] = [options.text('claim-certificate'), options.text('claim-key')];
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined || key === undefined)
    return failUsage('Options --claim-certificate and --claim-key belong together; give both.');
  if (isTokenUri(key)) return failUsage('A claim key in a token cannot be used; give --claim-key a file.');
  const { cert = '', key: secret = '' } = readCredentials({ certificate, key, ca: '' }, () => ownId);
  return { certificate: cert.toString(), key: secret.toString() };
}
