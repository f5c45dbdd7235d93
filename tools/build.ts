/**
 * `npm run build`: the package as it is published. Compiles to dist/, adds what the editor needs, writes the schemas of
 * the message contracts, and offers the reference flows as examples. Ends with 1 and one sentence when something is missing.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { DELIVERY } from '../src/delivery/diagnostics';
import { ALARM } from '../src/domain/alarms/alarm-message';
import { COUNTER_MESSAGE } from '../src/domain/counters/counter-message';
import { DIAGNOSTICS } from '../src/domain/diagnostics/diagnostics';
import { layoutCheckContract } from '../src/domain/layout-check/verdict';
import { READING } from '../src/domain/messages/reading';
import { TELEMETRY } from '../src/domain/messages/telemetry';
import { NORMALIZE_DIAGNOSTICS } from '../src/domain/normalizer/diagnostics';
import { PM500 } from '../src/meters/pm500';
import { NODE_TYPES as TYPES } from '../nodes/shared/forms';
import { buildEditor, missingSources, offerFlows } from './build-editor';

const ROOT = resolve(__dirname, '..');

interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly 'node-red': { readonly nodes: Readonly<Record<string, string>> };
}

function compile(): void {
  const compiler = createRequire(__filename).resolve('typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: ROOT, stdio: 'inherit' });
}

const CONTRACTS = [
  READING,
  TELEMETRY,
  ALARM,
  COUNTER_MESSAGE,
  layoutCheckContract(PM500),
  DIAGNOSTICS,
  NORMALIZE_DIAGNOSTICS,
  DELIVERY,
];

/** The schema of pm500.counter-event/1 is counter-event.schema.json. */
function writeSchemas(): void {
  const target = join(ROOT, 'dist/schemas');
  mkdirSync(target, { recursive: true });
  for (const { name, jsonSchema } of CONTRACTS) {
    const file = name.replace(/^pm500\.(.*)\/1$/, '$1.schema.json');
    writeFileSync(join(target, file), `${JSON.stringify(jsonSchema, null, 2)}\n`);
  }
}

/** Everything the manifest promises must exist, and every type must be in it. */
function checkManifest(): void {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
  const { nodes } = manifest['node-red'];
  for (const type of TYPES) {
    if (nodes[type] === undefined) throw new Error(`package.json: node-red.nodes lacks ${type}.`);
  }
  for (const path of [...Object.values(nodes), ...Object.values(manifest.bin)]) {
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
