import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DEFAULTS, type NodeType } from '../../nodes/shared/defaults';
import { STATUS_TEXT_LIMIT } from '../../nodes/shared/status';
import { missingSources } from '../../tools/build-editor';
import { injectFacts } from '../../tools/build-facts';

const ROOT = resolve(__dirname, '../..');
const TYPES = Object.keys(DEFAULTS) as NodeType[];
const LINES_OF_A_NODE = 150;

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Entry {
  readonly id: string;
  readonly type: string;
  readonly wires?: readonly (readonly string[])[];
  readonly [property: string]: unknown;
}

function flowsOf(folder: string): readonly (readonly [string, readonly Entry[]])[] {
  const names = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.json'));
  return names.map((name) => [`${folder}/${name}`, JSON.parse(read(`${folder}/${name}`)) as Entry[]]);
}

/** Paths of the texts below a catalog's type, with the texts; plural forms count as their singular. */
function flatten(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path.replace(/_(plural|other|one)$/, ''), value]];
  assert.ok(typeof value === 'object' && value !== null, `${path} is neither text nor a group of texts`);
  return Object.entries(value).flatMap(([key, below]) => flatten(below, path === '' ? key : `${path}.${key}`));
}

/** A script that several forms use has its words in the catalog of one of them. */
const SHARED_SCRIPTS: Readonly<Partial<Record<NodeType, string>>> = { 'pm500-meter': 'resources/meter-forms.js' };

/** Keys of the catalog that the form, its script and the adapter name. */
function usedKeys(type: NodeType): ReadonlySet<string> {
  const html = read(`nodes/${type}.html`);
  const marked = [...html.matchAll(/data-i18n="([^"]+)"/g)].flatMap(([, keys = '']) => keys.split(';'));
  const inForm = marked.map((key) => key.replace(/^\[[^\]]+\]/, ''));
  const named = [...html.matchAll(new RegExp(`['"\`:]${type}\\.(?!svg)([\\w.]+)['"\`]`, 'g'))].map(
    ([, key = '']) => key,
  );
  const script = SHARED_SCRIPTS[type];
  const scripts = script === undefined ? html : html + read(script);
  const byText = [...scripts.matchAll(/\b(?:text|filled)\(\s*'([\w.]+)'/g)].map(([, key = '']) => key);
  return new Set([...inForm.map((key) => key.replace(`${type}.`, '')), ...named, ...byText]);
}

const shared = readdirSync(join(ROOT, 'nodes/shared'))
  .map((name) => read(`nodes/shared/${name}`))
  .join('\n');

describe('laws of the nodes', () => {
  it('every type has adapter, form, catalog, help and icon', () => {
    assert.deepEqual(missingSources(ROOT, TYPES), []);
  });

  it('the manifest lists every type, each with a file of its own', () => {
    const manifest = JSON.parse(read('package.json')) as { 'node-red': { nodes: Record<string, string> } };
    const expected = Object.fromEntries(TYPES.map((type) => [type, `dist/nodes/${type}.js`]));
    assert.deepEqual(manifest['node-red'].nodes, expected);
  });

  it('nothing lies beside the nodes that belongs to no type', () => {
    const known = new Set(TYPES.flatMap((type) => [`${type}.ts`, `${type}.html`]));
    const strangers = readdirSync(join(ROOT, 'nodes')).filter((name) => !known.has(name));
    assert.deepEqual(strangers.sort(), ['README.md', 'locales', 'shared']);
  });

  for (const type of TYPES) {
    describe(type, () => {
      it('is a thin adapter that registers its type with a literal name', () => {
        const source = read(`nodes/${type}.ts`);
        assert.ok(source.split('\n').length <= LINES_OF_A_NODE + 1);
        assert.match(source, new RegExp(`registerType\\('${type}', \\w+, \\{`));
        assert.match(source, /^export = \(RED: NodeAPI\)/m);
      });

      it('has one catalog, of texts that are used, and uses no other', () => {
        const catalog = JSON.parse(read(`nodes/locales/en-US/${type}.json`)) as Record<string, unknown>;
        assert.deepEqual(Object.keys(catalog), [type]);
        const texts = flatten(catalog[type]);
        const known = new Set(texts.map(([key]) => key));
        const used = usedKeys(type);
        for (const key of used) assert.ok(known.has(key), `nodes/${type}.html names ${key}, which its catalog lacks`);
        const source = `${read(`nodes/${type}.ts`)}\n${shared}`;
        for (const key of known) {
          const name = key.replace(/^status\./, '');
          const isUsed = key.startsWith('status.') ? source.includes(`'${name}'`) : used.has(key);
          assert.ok(isUsed, `${key} in the catalog of ${type} is used nowhere`);
        }
        for (const [key, text] of texts) assert.equal(text.trim(), text, key);
      });

      it('has status texts that stay readable under a node, also for a wrong configuration', () => {
        const catalog = JSON.parse(read(`nodes/locales/en-US/${type}.json`)) as Record<string, { status?: object }>;
        const texts = flatten(catalog[type]?.status ?? {});
        assert.ok(texts.some(([key]) => key === 'invalid'));
        // A place for a value takes at least one character.
        for (const [key, text] of texts) {
          assert.ok(text.replaceAll(/__\w+__/g, '0').length <= STATUS_TEXT_LIMIT, `${key}: ${text}`);
        }
        const shown = read(`nodes/${type}.ts`).matchAll(/\.show\(\s*'\w+',\s*'(\w+)'/g);
        for (const [, key = ''] of shown)
          assert.ok(
            texts.some(([name]) => name === key),
            `no text for status ${key}`,
          );
      });

      it('has a help text whose first sentence can be the tooltip', () => {
        const help = read(`nodes/locales/en-US/${type}.html`);
        assert.match(help, new RegExp(`^<script type="text/html" data-help-name="${type}">\\s*<p>`));
        const first = /<p>([\s\S]*?)<\/p>/.exec(help)?.[1]?.replaceAll(/<[^>]+>/g, '') ?? '';
        assert.match(first.trim(), /^[A-Z][^.]{20,}\./);
        const headings = [...help.matchAll(/<h3>(.*?)<\/h3>/g)].map(([, heading]) => heading);
        const order = ['Properties', 'Inputs', 'Outputs', 'Details', 'References'];
        assert.deepEqual(
          headings,
          order.filter((heading) => headings.includes(heading)),
        );
        assert.ok(headings.includes('Details'));
      });

      it('has an icon of the family', () => {
        const icon = read(`icons/${type}.svg`);
        assert.match(
          icon,
          /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="40" height="60" viewBox="0 0 40 60">/,
        );
        assert.deepEqual(
          new Set([...icon.matchAll(/(?:fill|stroke)="([^"]+)"/g)].map(([, paint]) => paint)).has('#fff'),
          true,
        );
      });

      it('appears in an example', () => {
        assert.ok(flowsOf('examples').some(([, flow]) => flow.some((entry) => entry.type === type)));
      });
    });
  }

  it('a mark that stands for nothing ends the build', () => {
    assert.throws(() => injectFacts('pm500-poll', "const x = '%voltage%';"), /stands for nothing; use one of/);
  });
});

describe('laws of the flows', () => {
  const flows = [...flowsOf('examples'), ...flowsOf('flows')];

  it('each has ids of its own, wires that lead somewhere, and a tab that says what it shows', () => {
    for (const [path, flow] of flows) {
      const ids = flow.map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length, path);
      for (const { wires = [] } of flow) for (const id of wires.flat()) assert.ok(ids.includes(id), `${path}: ${id}`);
      const tabs = flow.filter(({ type }) => type === 'tab');
      assert.equal(tabs.length, 1, path);
      assert.ok(String(tabs[0]?.['info']).length > 20, path);
    }
  });

  it('no two share an id, so that all can be imported', () => {
    const owners = new Map<string, string>();
    for (const [path, flow] of flows) {
      for (const { id } of flow) {
        assert.ok(!owners.has(id), `${id} stands in ${path} and in ${owners.get(id) ?? ''}`);
        owners.set(id, path);
      }
    }
  });

  it('our nodes in them have exactly the properties that the type has', () => {
    const editor = ['id', 'type', 'z', 'x', 'y', 'wires', 'd', 'g', 'l', 'info', 'credentials'];
    for (const [path, flow] of flows) {
      for (const entry of flow) {
        if (!(entry.type in DEFAULTS)) continue;
        const own = Object.keys(entry).filter((property) => !editor.includes(property));
        const expected = Object.keys(DEFAULTS[entry.type as NodeType]);
        assert.deepEqual(own.sort(), expected.sort(), `${path}: ${entry.type}`);
      }
    }
  });
});
