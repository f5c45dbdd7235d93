/**
 * `npm run build`: the package as it is published. Compiles to dist/, adds what the editor needs, writes the schemas of
 * the message contracts and the bill of materials, and offers the reference flows as examples. Ends with 1 and one sentence when something is missing.
 * With `--unless-fresh` it does nothing where nothing has changed since the last time, else it says that it takes a while.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { COMPONENT, scriptOf } from '../nodes/shared/dashboard';
import { NODE_TYPES as TYPES, WIDGET_TYPES } from '../nodes/shared/forms';
import { buildEditor, buildSidebar, buildWidgets, missingSources, offerFlows } from './build-editor';
import { CONTRACTS, schemaFileOf } from './messages/contracts';
import { isFresh } from './build-fresh';
import { evenModes } from './release/even-modes';
import { makeSbom, type Lock, type ReleaseManifest } from './release/sbom';

const ROOT = resolve(__dirname, '..');

/** What a build writes last. */
const BILL = 'dist/sbom.cdx.json';

interface Manifest extends ReleaseManifest {
  readonly files: readonly string[];
  readonly bin: Readonly<Record<string, string>>;
  readonly 'node-red': {
    readonly nodes: Readonly<Record<string, string>>;
    readonly plugins: Readonly<Record<string, string>>;
  };
  readonly 'node-red-dashboard-2': {
    readonly widgets: Readonly<Record<string, { readonly output: string; readonly component: string }>>;
  };
}

function compile(): void {
  const compiler = createRequire(__filename).resolve('typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: ROOT, stdio: 'inherit' });
}

function writeSchemas(): void {
  const target = join(ROOT, 'dist/schemas');
  mkdirSync(target, { recursive: true });
  for (const contract of CONTRACTS) {
    writeFileSync(join(target, schemaFileOf(contract)), `${JSON.stringify(contract.jsonSchema, null, 2)}\n`);
  }
}

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, name), 'utf8'));
}

/** The bill of materials, within the package, so that who has the one has the other. */
function writeSbom(manifest: Manifest): void {
  const bill = makeSbom(manifest, readJson('package-lock.json') as Lock);
  writeFileSync(join(ROOT, BILL), `${JSON.stringify(bill, null, 2)}\n`);
}

/** Modes of what npm packs, the files of the manifest and those that it takes always; what the manifest keeps out stays as it is. */
function evenPackedModes({ files }: Manifest): void {
  const kept = files.filter((path) => path.startsWith('!')).map((path) => join(ROOT, path.slice(1)));
  const packed = [...files.filter((path) => !path.startsWith('!')), 'package.json', 'README.md', 'LICENSE'];
  for (const path of packed) evenModes(join(ROOT, path), kept);
}

/** Everything the manifest promises must exist, and every type must be in it. */
function checkManifest(manifest: Manifest): void {
  const { nodes, plugins } = manifest['node-red'];
  const { widgets } = manifest['node-red-dashboard-2'];
  for (const type of WIDGET_TYPES) {
    const { output, component } = widgets[type] ?? {};
    if (output !== scriptOf(type) || component !== COMPONENT)
      throw new Error(`package.json: node-red-dashboard-2.widgets.${type} is not ${scriptOf(type)} with ${COMPONENT}.`);
  }
  for (const type of TYPES) {
    if (nodes[type] === undefined) throw new Error(`package.json: node-red.nodes lacks ${type}.`);
  }
  for (const path of [...Object.values(nodes), ...Object.values(plugins), ...Object.values(manifest.bin)]) {
    if (!existsSync(join(ROOT, path))) throw new Error(`package.json names ${path}, which was not built.`);
  }
  for (const path of Object.values(manifest.bin)) chmodSync(join(ROOT, path), 0o755);
}

function build(): void {
  const missing = missingSources(ROOT, TYPES);
  if (missing.length > 0) throw new Error(`The build lacks ${missing.join(', ')}.`);
  if (process.argv.includes('--unless-fresh')) {
    if (isFresh(ROOT, BILL)) return;
    console.log('Building, which takes about half a minute the first time ...');
  }
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  compile();
  buildEditor(ROOT, TYPES);
  buildSidebar(ROOT);
  buildWidgets(ROOT, WIDGET_TYPES);
  offerFlows(ROOT);
  writeSchemas();
  const manifest = readJson('package.json') as Manifest;
  writeSbom(manifest);
  checkManifest(manifest);
  evenPackedModes(manifest);
}

try {
  build();
} catch (thrown) {
  console.error(`build: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  process.exitCode = 1;
}
