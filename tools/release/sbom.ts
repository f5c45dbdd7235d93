/**
 * The software bill of materials: every package of other people that is installed with this one, as the lock file pins it,
 * in CycloneDX 1.5 (JSON). The same lock file gives the same bytes: no clock, no chance, no network.
 */
import { createHash } from 'node:crypto';

/** What the bill takes from package.json. */
export interface ReleaseManifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
}

/** A package as package-lock.json (version 3) has it. */
export interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

/** One package of other people. */
export interface SbomComponent {
  readonly 'bom-ref': string;
  readonly type: 'library';
  readonly name: string;
  readonly version: string;
  readonly scope: 'required' | 'optional';
  /** Of the archive that the registry gives out. */
  readonly hashes: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses: readonly { readonly license?: { readonly id: string }; readonly expression?: string }[];
  readonly purl: string;
}

export interface Sbom {
  readonly components: readonly SbomComponent[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

const MODULES = 'node_modules/';
const ALGORITHMS: Readonly<Record<string, string>> = { sha512: 'SHA-512', sha256: 'SHA-256', sha1: 'SHA-1' };

const nameOf = (path: string): string => path.slice(path.lastIndexOf(MODULES) + MODULES.length);
const referenceOf = (name: string, version: string): string => `${name}@${version}`;
const purlOf = (name: string, version: string): string => `pkg:npm/${name.replace('@', '%40')}@${version}`;
const byText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

function versionOf(path: string, { version }: LockedPackage): string {
  if (version === undefined) throw new Error(`package-lock.json has no version of ${path}; run npm install.`);
  return version;
}

function hashesOf(path: string, { integrity }: LockedPackage): SbomComponent['hashes'] {
  const [, algorithm = '', base64 = ''] = /^(\w+)-([\w+/=]+)/.exec(integrity ?? '') ?? [];
  const alg = ALGORITHMS[algorithm];
  if (alg === undefined) throw new Error(`package-lock.json has no hash of ${path}; run npm install.`);
  return [{ alg, content: Buffer.from(base64, 'base64').toString('hex') }];
}

function licensesOf(path: string, { license }: LockedPackage): SbomComponent['licenses'] {
  if (license === undefined) throw new Error(`package-lock.json has no license of ${path}; find out what it is.`);
  return / (?:OR|AND|WITH) /.test(license) ? [{ expression: license }] : [{ license: { id: license } }];
}

/** Where Node.js finds a package that one at `from` asks for: beside it, or beside whatever it lies in. */
function locate(packages: Lock['packages'], from: string, name: string): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(at.lastIndexOf(`/${MODULES}`), 0))) {
    const path = `${at === '' ? '' : `${at}/`}${MODULES}${name}`;
    if (packages[path] !== undefined) return path;
    if (at === '') return undefined;
  }
}

/** The paths of what a package asks for; an optional one may not be there. */
function askedBy(packages: Lock['packages'], path: string): readonly string[] {
  const { dependencies = {}, optionalDependencies = {} } = packages[path] ?? {};
  return Object.keys({ ...dependencies, ...optionalDependencies }).flatMap((name) => {
    const found = locate(packages, path, name);
    if (found !== undefined) return [found];
    if (name in optionalDependencies) return [];
    throw new Error(`package-lock.json lacks ${name}, which ${path === '' ? 'package.json' : path} asks for.`);
  });
}

/** Everything that is installed with the package, by what asks for what, not by marks of npm. */
function closureOf(packages: Lock['packages']): readonly string[] {
  const found = new Set<string>();
  const open = [''];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    for (const next of askedBy(packages, path)) {
      if (found.has(next)) continue;
      found.add(next);
      open.push(next);
    }
  }
  return [...found];
}

function componentOf(path: string, locked: LockedPackage): SbomComponent {
  const [name, version] = [nameOf(path), versionOf(path, locked)];
  return {
    'bom-ref': referenceOf(name, version),
    type: 'library',
    name,
    version,
    scope: locked.optional === true ? 'optional' : 'required',
    hashes: hashesOf(path, locked),
    licenses: licensesOf(path, locked),
    purl: purlOf(name, version),
  };
}

/** A UUID that follows from a text (RFC 9562, version 8): a bill that says the same has the same. */
function uuidOf(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/**
 * The bill of what package-lock.json pins.
 * @throws Error naming what the lock file lacks
 */
export function makeSbom(manifest: ReleaseManifest, { packages }: Lock): Sbom {
  const { name, version, description, license } = manifest;
  const own = referenceOf(name, version);
  const paths = closureOf(packages);
  const component = new Map(paths.map((path) => [path, componentOf(path, packages[path] ?? {})]));
  const reference = (path: string): string => component.get(path)?.['bom-ref'] ?? own;
  const edges = new Map<string, Set<string>>();
  for (const path of ['', ...paths]) {
    const edge = edges.get(reference(path)) ?? new Set<string>();
    for (const asked of askedBy(packages, path)) edge.add(reference(asked));
    edges.set(reference(path), edge);
  }
  const content = {
    metadata: {
      lifecycles: [{ phase: 'build' }],
      component: {
        'bom-ref': own,
        type: 'library',
        name,
        version,
        description,
        licenses: [{ license: { id: license } }],
        purl: purlOf(name, version),
      },
    },
    // One version of a package may lie in several places.
    components: [...new Map([...component.values()].map((each) => [each['bom-ref'], each])).values()].sort((a, b) =>
      byText(a['bom-ref'], b['bom-ref']),
    ),
    dependencies: [...edges]
      .map(([ref, on]) => ({ ref, dependsOn: [...on].sort(byText) }))
      .sort((a, b) => byText(a.ref, b.ref)),
  };
  const serialNumber = `urn:uuid:${uuidOf(JSON.stringify(content))}`;
  const head = {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
  };
  return { ...head, serialNumber, version: 1, ...content } as Sbom;
}
