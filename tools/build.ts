/**
 * `npm run build`: the package as it is published. Compiles to dist/, adds what the editor needs, writes the schemas of
 * the message contracts, and offers the reference flows as examples. Ends with 1 and one sentence when something is missing.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { NODE_TYPES as TYPES } from '../nodes/shared/forms';
import { buildEditor, buildSidebar, missingSources, offerFlows } from './build-editor';
import { CONTRACTS, schemaFileOf } from './messages/contracts';

const ROOT = resolve(__dirname, '..');

interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly 'node-red': {
    readonly nodes: Readonly<Record<string, string>>;
    readonly plugins: Readonly<Record<string, string>>;
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

/** Everything the manifest promises must exist, and every type must be in it. */
function checkManifest(): void {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
  const { nodes, plugins } = manifest['node-red'];
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
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  compile();
  buildEditor(ROOT, TYPES);
  buildSidebar(ROOT);
  offerFlows(ROOT);
  writeSchemas();
  checkManifest();
}

try {
  build();
} catch (thrown) {
  console.error(`build: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  process.exitCode = 1;
}
