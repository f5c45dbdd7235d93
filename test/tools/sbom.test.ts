import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeSbom, type Lock, type ReleaseManifest, type Sbom } from '../../tools/release/sbom';
import { ROOT } from '../../testkit/root';

interface Listed {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, Listed>>;
}

const readJson = (name: string): unknown => JSON.parse(readFileSync(join(ROOT, name), 'utf8'));
const MANIFEST = readJson('package.json') as ReleaseManifest;
const LOCK = readJson('package-lock.json') as Lock;

function npm(...args: readonly string[]): unknown {
  const printed = execFileSync('npm', [...args, '--omit=dev', '--package-lock-only'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 50e6,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(printed);
}

function referencesOf({ dependencies = {} }: Listed): readonly string[] {
  return Object.entries(dependencies).flatMap(([name, each]) => [
    // An optional package for another computer has no version.
    ...(each.version === undefined ? [] : [`${name}@${each.version}`]),
    ...referencesOf(each),
  ]);
}

function lockWith(packages: Lock['packages']): Lock {
  return { packages: { '': { dependencies: { one: '1' } }, ...packages } };
}

describe('the bill of materials', function () {
  // Starts npm, twice.
  this.timeout(60_000);
  const sbom = makeSbom(MANIFEST, LOCK);
  const known = new Map(sbom.components.map((component) => [component['bom-ref'], component]));

  it('names all that npm installs for whoever uses the package, and nothing else', () => {
    const listed = npm('ls', '--all', '--json') as Listed;
    assert.deepEqual([...known.keys()].sort(), [...new Set(referencesOf(listed))].sort());
    assert.ok(known.size > 50);
  });

  it('says of each what the one that npm writes says: hash, license, name', () => {
    const { components } = npm('sbom', '--sbom-format=cyclonedx') as Sbom;
    assert.ok(components.length > 20);
    for (const { 'bom-ref': reference, hashes, licenses, purl, scope } of components) {
      const own = known.get(reference);
      assert.deepEqual([own?.hashes, own?.licenses, own?.purl, own?.scope], [hashes, licenses, purl, scope], reference);
    }
  });

  it('ties each to what it asks for, from the package itself on', () => {
    const asked = new Map(sbom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
    const reached = new Set<string>();
    const open = [`${MANIFEST.name}@${MANIFEST.version}`];
    for (let ref = open.pop(); ref !== undefined; ref = open.pop()) {
      assert.ok(asked.has(ref), ref);
      for (const next of asked.get(ref) ?? []) if (!reached.has(next)) open.push(next);
      for (const next of asked.get(ref) ?? []) reached.add(next);
    }
    assert.deepEqual([...reached].sort(), [...known.keys()].sort());
  });

  it('is the same for the same lock file, and its serial number another for another', () => {
    const text = JSON.stringify(sbom);
    assert.equal(JSON.stringify(makeSbom(MANIFEST, LOCK)), text);
    assert.doesNotMatch(text, /timestamp/);
    const serial = (bill: unknown): unknown => (bill as { serialNumber: string }).serialNumber;
    assert.match(
      String(serial(sbom)),
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    assert.notEqual(serial(makeSbom({ ...MANIFEST, version: '9.9.9' }, LOCK)), serial(sbom));
  });

  it('takes the version that lies nearest, and no package twice', () => {
    const integrity = 'sha512-AAAA';
    const each = { integrity, license: 'MIT' };
    const bill = makeSbom(
      MANIFEST,
      lockWith({
        'node_modules/one': { ...each, version: '1.0.0', dependencies: { two: '2', '@a/three': '1' } },
        'node_modules/two': { ...each, version: '1.0.0', dependencies: { four: '1' } },
        'node_modules/four': { ...each, version: '1.0.0', dev: true },
        'node_modules/one/node_modules/two': { ...each, version: '2.0.0' },
        'node_modules/@a/three': {
          ...each,
          version: '1.0.0',
          license: '(MIT OR Apache-2.0)',
          dependencies: { two: '2' },
        },
        'node_modules/@a/three/node_modules/two': { ...each, version: '2.0.0' },
      }),
    );
    assert.deepEqual(
      bill.components.map(({ 'bom-ref': reference }) => reference),
      ['@a/three@1.0.0', 'one@1.0.0', 'two@2.0.0'],
    );
    assert.deepEqual(bill.components[0]?.licenses, [{ expression: '(MIT OR Apache-2.0)' }]);
    assert.equal(bill.components[0].purl, 'pkg:npm/%40a/three@1.0.0');
  });

  it('is refused where the lock file lacks a package, a hash or a license', () => {
    assert.throws(() => makeSbom(MANIFEST, lockWith({})), /lacks one, which package\.json asks for/);
    const whole = { version: '1.0.0', integrity: 'sha512-AAAA', license: 'MIT' };
    for (const missing of ['version', 'integrity', 'license']) {
      const locked = Object.fromEntries(Object.entries(whole).filter(([name]) => name !== missing));
      assert.throws(
        () => makeSbom(MANIFEST, lockWith({ 'node_modules/one': locked })),
        /of node_modules\/one/,
        missing,
      );
    }
  });
});
