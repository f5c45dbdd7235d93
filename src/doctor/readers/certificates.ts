import { createPrivateKey, X509Certificate } from 'node:crypto';
import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { toPm500Error } from '../../support/errors';
import { MOST_PEM_BYTES, readRegularFile } from '../../support/read-text-file';
import type { TlsSettings } from '../../support/tls-settings';
import type { CertificateFile } from '../facts';
import { isOn, nodesOf, textOf, type SavedSite } from '../flows/saved-site';
import type { SavedNode } from '../flows/saved-nodes';
import { LOOK_WORDS } from '../looked';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
/** A bundle of authorities has some hundred; the rest is not looked at. */
const MOST_CERTIFICATES = 500;
const PERMISSIONS = 0o777;

/** A PEM text, by path or from the credentials of a node. */
interface Pem {
  readonly path: string;
  readonly read: () => Buffer;
  readonly isFile: boolean;
}

interface PemSet {
  readonly of: string;
  readonly certificate?: Pem;
  readonly key?: Pem;
  readonly authority?: Pem;
}

const FILES = [
  { part: 'certificate', tls: 'cert', iot: 'certificateFile' },
  { part: 'key', tls: 'key', iot: 'keyFile' },
  { part: 'authority', tls: 'ca', iot: 'caFile' },
] as const;

/** A key in a PKCS#11 token is no file, and nothing reads it. */
export const isTokenUri = (text: string): boolean => text.startsWith('pkcs11:');

function pemSetOf(node: SavedNode, site: SavedSite, userDirectory: string): PemSet {
  const secrets = site.secretsOf(node.id) ?? {};
  const parts = FILES.flatMap(({ part, tls, iot }) => {
    const given = textOf(node, node.type === 'tls-config' ? tls : iot);
    const inline = secrets[`${tls}data`] ?? '';
    if ((given === '' && inline === '') || isTokenUri(given)) return [];
    const path = given === '' ? `${part} of ${node.label}` : isAbsolute(given) ? given : resolve(userDirectory, given);
    const read = (): Buffer => (given === '' ? Buffer.from(inline) : readRegularFile(path, MOST_PEM_BYTES));
    return [[part, { path, read, isFile: given !== '' }] as const];
  });
  return { of: node.label, ...Object.fromEntries(parts) };
}

function certificatesIn(pem: Buffer): readonly X509Certificate[] {
  const texts = (pem.toString().match(CERTIFICATE) ?? []).slice(0, MOST_CERTIFICATES);
  if (texts.length === 0) throw new Error('it holds no certificate in PEM');
  return texts.map((text) => new X509Certificate(text));
}

function describe(
  { path, read, isFile }: Pem,
  of: string,
  part: CertificateFile['part'],
  key: Pem | undefined,
  passphrase: string,
): CertificateFile {
  const common = { path, of, part };
  try {
    const bytes = read();
    if (part === 'key') {
      createPrivateKey({ key: bytes, passphrase });
      return { ...common, ...(isFile ? { mode: statSync(path).mode & PERMISSIONS } : {}) };
    }
    const found = certificatesIn(bytes);
    const span = {
      validFromMs: Math.max(...found.map(({ validFrom }) => Date.parse(validFrom))),
      validToMs: Math.min(...found.map(({ validTo }) => Date.parse(validTo))),
    };
    if (part === 'authority' || key === undefined) return { ...common, ...span };
    return { ...common, ...span, ...fits(found[0], key, passphrase) };
  } catch (thrown) {
    return { ...common, problem: toPm500Error(thrown).message };
  }
}

/** Nothing where the key itself cannot be used, which is said of it. */
function fits(
  certificate: X509Certificate | undefined,
  key: Pem,
  passphrase: string,
): Pick<CertificateFile, 'fitsKey'> {
  try {
    const known = createPrivateKey({ key: key.read(), passphrase });
    return certificate === undefined ? {} : { fitsKey: certificate.checkPrivateKey(known) };
  } catch {
    return {};
  }
}

/** Folder with an identity that is enrolled and rotated; empty where a node has none. */
export const identityFolderOf = (node: SavedNode): string => textOf(node, 'identityFolder');

/** TLS settings that a running node names, and the files of AWS IoT. */
function usersOf(site: SavedSite): readonly SavedNode[] {
  const used = new Set(
    nodesOf(site, 'influx-target', 'sparkplug-edge')
      .filter((node) => node.type === 'influx-target' || isOn(node, 'useTls'))
      .map((node) => textOf(node, 'tls')),
  );
  const ofIot = nodesOf(site, 'iot-target').filter(
    (node) => identityFolderOf(node) !== '' || isOn(node, 'useTls') || textOf(node, 'profile') === 'aws-iot-core',
  );
  return [...nodesOf(site, 'tls-config').filter(({ id }) => used.has(id)), ...ofIot];
}

/** Every certificate and key that the flows name, as it is now. */
export function readCertificates(site: SavedSite, userDirectory: string): readonly CertificateFile[] {
  return usersOf(site).flatMap((node): readonly CertificateFile[] => {
    const folder = identityFolderOf(node);
    if (folder !== '') {
      const told = LOOK_WORDS.say('renewed', { folder });
      return [{ path: folder, of: node.label, part: 'certificate', unseen: told }];
    }
    const { of, certificate, key, authority } = pemSetOf(node, site, userDirectory);
    const passphrase = site.secretsOf(node.id)?.['passphrase'] ?? '';
    return [
      ...(certificate === undefined ? [] : [describe(certificate, of, 'certificate', key, passphrase)]),
      ...(key === undefined ? [] : [describe(key, of, 'key', undefined, passphrase)]),
      ...(authority === undefined ? [] : [describe(authority, of, 'authority', undefined, passphrase)]),
    ];
  });
}

/** How a node reaches its server by TLS. @throws Error where a file cannot be read */
export function tlsSettingsOf(node: SavedNode, site: SavedSite, userDirectory: string): TlsSettings {
  const { certificate, key, authority } = pemSetOf(node, site, userDirectory);
  const { passphrase = '' } = site.secretsOf(node.id) ?? {};
  const servername = textOf(node, 'servername');
  return {
    ...(certificate === undefined ? {} : { cert: certificate.read() }),
    ...(key === undefined ? {} : { key: key.read() }),
    ...(authority === undefined ? {} : { ca: authority.read() }),
    ...(passphrase === '' ? {} : { passphrase }),
    ...(servername === '' ? {} : { servername }),
    rejectUnauthorized: node.type !== 'tls-config' || node.values['verifyservercert'] !== false,
  };
}
