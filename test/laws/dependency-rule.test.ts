import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { ROOT } from '../../testkit/root';
import { filesBelow } from '../../testkit/source-files';

/** What each layer of src/ may import from src/, besides itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  support: [],
  metrics: [],
  meters: ['metrics'],
  domain: ['metrics', 'meters', 'support'],
  outbox: ['domain', 'metrics', 'meters', 'support'],
  transport: ['domain', 'metrics', 'meters', 'support'],
  delivery: ['domain', 'support', 'outbox'],
  mqtt: ['support'],
  sparkplug: ['mqtt', 'domain', 'metrics', 'meters', 'support', 'outbox', 'delivery'],
  iot: ['mqtt', 'domain', 'metrics', 'meters', 'support', 'outbox', 'delivery'],
  influx: ['domain', 'metrics', 'meters', 'support', 'outbox', 'delivery'],
  acquisition: ['transport', 'domain', 'metrics', 'meters', 'support'],
  overview: ['acquisition', 'delivery', 'domain', 'metrics', 'support'],
  dashboard: ['domain', 'metrics', 'support'],
  simulator: ['domain', 'metrics', 'meters', 'support', 'transport'],
  doctor: ['influx', 'mqtt', 'acquisition', 'outbox', 'domain', 'meters', 'support'],
  report: ['influx', 'domain', 'metrics', 'support'],
  drill: [],
  cli: [
    'doctor',
    'drill',
    'report',
    'influx',
    'iot',
    'mqtt',
    'outbox',
    'acquisition',
    'transport',
    'simulator',
    'domain',
    'metrics',
    'meters',
    'support',
  ],
};

const sources = (folder: string): readonly string[] => filesBelow(folder, '.ts').map((path) => join(ROOT, path));

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const pattern = /(?:from\s+|import\s+|require\(|import\()['"]([^'"]+)['"]/g;
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '');
}

describe('dependency rule', () => {
  const files = sources('src');

  it('finds the layers it speaks of', () => {
    const layers = new Set(files.map((file) => relative(join(ROOT, 'src'), file).split('/')[0] ?? ''));
    assert.deepEqual([...layers].sort(), Object.keys(ALLOWED).sort());
  });

  it('src never imports Node-RED or nodes/', () => {
    for (const file of files) {
      for (const name of importsOf(file)) {
        assert.ok(!/^(@node-red\/|node-red($|\/))/.test(name), `${relative(ROOT, file)} imports ${name}`);
        assert.ok(!name.includes('/nodes/'), `${relative(ROOT, file)} imports ${name}`);
      }
    }
  });

  it('layers import only what lies below them', () => {
    for (const file of files) {
      const layer = relative(join(ROOT, 'src'), file).split('/')[0] ?? '';
      for (const name of importsOf(file).filter((specifier) => specifier.startsWith('.'))) {
        const target = relative(join(ROOT, 'src'), resolve(dirname(file), name)).split('/')[0] ?? '';
        if (target === layer || target === '..') continue;
        assert.ok(ALLOWED[layer]?.includes(target), `${relative(ROOT, file)} (${layer}) imports ${target}`);
      }
    }
  });

  it('no file imports itself by way of others, imports of types included', () => {
    const all = [...files, ...sources('nodes'), ...sources('tools'), ...sources('bench'), ...sources('testkit')];
    const known = new Set(all);
    const resolveImport = (file: string, name: string): string | undefined => {
      const path = resolve(dirname(file), name);
      return [`${path}.ts`, join(path, 'index.ts')].find((candidate) => known.has(candidate));
    };
    const graph = new Map(
      all.map((file) => [
        file,
        importsOf(file).flatMap((name) => (name.startsWith('.') ? (resolveImport(file, name) ?? []) : [])),
      ]),
    );
    const done = new Set<string>();
    const visit = (file: string, above: readonly string[]): void => {
      const circle = [...above.slice(above.indexOf(file)), file].map((each) => relative(ROOT, each));
      assert.ok(!above.includes(file), circle.join(' -> '));
      if (done.has(file)) return;
      for (const next of graph.get(file) ?? []) visit(next, [...above, file]);
      done.add(file);
    };
    for (const file of all) visit(file, []);
    assert.ok(done.size > 300);
  });

  it('what tests, benches and tools share needs none of the tests', () => {
    for (const file of sources('testkit')) {
      for (const name of importsOf(file)) {
        const target = relative(ROOT, resolve(dirname(file), name)).split('/')[0];
        assert.ok(!['test', 'bench', 'tools'].includes(target ?? ''), `${relative(ROOT, file)} imports ${name}`);
      }
    }
    for (const file of [...sources('tools'), ...sources('bench')]) {
      const strays = importsOf(file).filter((name) => /(^|\/)test\//.test(name));
      assert.deepEqual(strays, [], relative(ROOT, file));
    }
  });

  it('run-time dependencies stay at six or fewer', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
      optionalDependencies?: Record<string, string>;
    };
    const all = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.optionalDependencies ?? {})];
    assert.ok(all.length <= 6, all.join(', '));
  });
});
