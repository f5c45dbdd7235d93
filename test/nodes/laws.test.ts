import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { settingsIn } from '../../nodes/shared/field';
import { DEFAULTS, fieldsOf, FORMS, WIDGET_TYPES, type NodeType } from '../../nodes/shared/forms';
import { WORKED_OUT } from '../../nodes/ui-pm500-meter/settings';
import { QUALITY_REASONS } from '../../src/domain/quality/quality';
import { STATUS_TEXT_LIMIT } from '../../nodes/shared/status';
import { fleetRows } from '../../src/acquisition/fleet/fleet-rows';
import { PM500 } from '../../src/meters/pm500';
import type { Setting } from '../../src/support/setting';
import { missingSources } from '../../tools/build-editor';
import { catalogOf, frameOf, widgetOf } from '../../tools/forms/form';
import { FormHtml } from '../../tools/forms/html';
import { ROOT } from '../../testkit/root';
import { filesBelow } from '../../testkit/source-files';

const TYPES = Object.keys(DEFAULTS) as NodeType[];
const LINES_OF_A_NODE = 150;
/** Texts about the values of fields that all types share. */
const SHARED_ERRORS: Readonly<Record<string, unknown>> = (
  JSON.parse(readFileSync(join(ROOT, 'nodes/shared/en-US.json'), 'utf8')) as { readonly error: object }
).error as Readonly<Record<string, unknown>>;

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

const textsBelow = (folder: string): readonly string[] => filesBelow(folder, '.ts').map(read);

/** A script that several forms use has its words in the catalog of one of them. */
const SHARED_SCRIPTS: Readonly<Partial<Record<NodeType, string>>> = { 'pm500-meter': 'nodes/shared/editor' };

/** What the scripts name where all forms share them. */
/** A text that a form shows only where it has it. */
const SPARE = /^port\.output$/;

const BY_ALL: Readonly<Record<'canvas' | 'config', readonly string[]>> = {
  canvas: ['palette', 'port.input', 'port.output'],
  config: [],
};

/** True where what is wrong is said in words of its own. */
const hasOwnError = (setting: Setting): boolean => ('required' in setting && setting.required) || 'pattern' in setting;

/** Keys of the catalog that the form and its script name. */
function usedKeys(type: NodeType): ReadonlySet<string> {
  const form = new FormHtml(frameOf(ROOT, type));
  form.render();
  const folder = SHARED_SCRIPTS[type];
  const editor = `nodes/${type}/editor`;
  const scripts = [
    read(`nodes/${type}/form.ts`),
    ...(existsSync(join(ROOT, editor)) ? textsBelow(editor) : []),
    ...(folder === undefined ? [] : textsBelow(folder)),
  ].join('\n');
  const byText = [...scripts.matchAll(/\b(?:text|meterText)\(\s*['`]([\w.]+)['`]/g)].map(([, key = '']) => key);
  const ofColumns = scripts.includes('text(`column.${name}`)')
    ? Object.keys(fleetRows(PM500)).map((name) => `column.${name}`)
    : [];
  const ports = [...read(`nodes/${type}/form.ts`).matchAll(/'(port\.\w+)'/g)].map(([, key = '']) => key);
  const errors = settingsIn(fieldsOf(type)).flatMap(([name, { setting, check, isChecked = false }]) =>
    hasOwnError(setting) || check !== undefined || isChecked ? [`error.${name}`] : [],
  );
  const byAll = BY_ALL[FORMS[type].isConfig ? 'config' : 'canvas'];
  return new Set([...form.used, ...byText, ...ofColumns, ...ports, ...errors, ...byAll]);
}

const shared = textsBelow('nodes/shared').join('\n');

/** What of a node runs in Node-RED, without its form. */
const runtimeOf = (type: NodeType): string =>
  filesBelow(`nodes/${type}`, '.ts')
    .filter((file) => !/(?:\/editor\/|\/form\.ts$)/.test(file))
    .map(read)
    .join('\n');

describe('laws of the nodes', () => {
  it('every type has adapter, form, catalog, help and icon', () => {
    assert.deepEqual(missingSources(ROOT, TYPES), []);
  });

  it('the manifest lists every type, each with a file of its own', () => {
    const manifest = JSON.parse(read('package.json')) as { 'node-red': { nodes: Record<string, string> } };
    const expected = Object.fromEntries(TYPES.map((type) => [type, `dist/nodes/${type}/index.js`]));
    assert.deepEqual(manifest['node-red'].nodes, expected);
  });

  it('nothing lies beside the nodes that belongs to no type', () => {
    const strangers = readdirSync(join(ROOT, 'nodes')).filter((name) => !(TYPES as readonly string[]).includes(name));
    assert.deepEqual(strangers.sort(), ['README.md', 'shared', 'sidebar', 'tsconfig.json']);
  });

  for (const type of TYPES) {
    describe(type, () => {
      it('is a thin adapter that registers its type with a literal name', () => {
        const source = read(`nodes/${type}/index.ts`);
        assert.ok(source.split('\n').length <= LINES_OF_A_NODE + 1);
        assert.match(source, new RegExp(`registerType\\('${type}', \\w+, \\{`));
        assert.match(source, /^export = \(RED: NodeAPI\)/m);
      });

      it('has one catalog, of texts that are used, and uses no other', () => {
        const catalog = JSON.parse(read(`nodes/${type}/en-US.json`)) as Record<string, unknown>;
        assert.deepEqual(Object.keys(catalog), [type]);
        const texts = flatten(catalog[type]);
        const known = new Set(texts.map(([key]) => key));
        const used = usedKeys(type);
        const all = new Set(flatten(catalogOf(ROOT, type)).map(([key]) => key));
        for (const key of used)
          if (!SPARE.test(key)) assert.ok(all.has(key), `the form of ${type} names ${key}, which its catalog lacks`);
        const source = `${runtimeOf(type)}\n${shared}`;
        for (const key of known) {
          const name = key.replace(/^status\./, '');
          const isUsed = key.startsWith('status.') ? source.includes(`'${name}'`) : used.has(key);
          assert.ok(isUsed, `${key} in the catalog of ${type} is used nowhere`);
        }
        for (const [key, text] of texts) assert.equal(text.trim(), text, key);
      });

      it('says what is wrong with a field in one style: what to enter or to choose', () => {
        const errors = flatten(catalogOf(ROOT, type)['error'] ?? {});
        const fields = Object.keys(fieldsOf(type));
        const ofFields = errors.filter(([key]) => fields.includes(key) || key in SHARED_ERRORS);
        for (const [key, text] of ofFields) assert.match(text, /^(Enter|Choose) .+\.$/, `${type}.error.${key}`);
      });

      it('has status texts that stay readable under a node, also for a wrong configuration', () => {
        const catalog = JSON.parse(read(`nodes/${type}/en-US.json`)) as Record<string, { status?: object }>;
        const texts = flatten(catalog[type]?.status ?? {});
        assert.ok(texts.some(([key]) => key === 'invalid'));
        // A place for a value takes at least one character.
        for (const [key, text] of texts) {
          assert.ok(text.replaceAll(/__\w+__/g, '0').length <= STATUS_TEXT_LIMIT, `${key}: ${text}`);
        }
        const shown = read(`nodes/${type}/index.ts`).matchAll(/\.show\(\s*'\w+',\s*'(\w+)'/g);
        for (const [, key = ''] of shown)
          assert.ok(
            texts.some(([name]) => name === key),
            `no text for status ${key}`,
          );
      });

      it('has a help text whose first sentence can be the tooltip', () => {
        const help = read(`nodes/${type}/help.en-US.html`);
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

  it('a field without words ends the build', () => {
    const frame = { ...frameOf(ROOT, 'sparkplug-out'), catalog: {} };
    assert.throws(
      () => new FormHtml(frame).render(),
      /The catalog of sparkplug-out lacks label\.name, which its form shows/,
    );
  });
});

describe('the sidebar', () => {
  it('has a plugin in the manifest, and a catalog of texts that are used, and uses no other', () => {
    const manifest = JSON.parse(read('package.json')) as { 'node-red': { plugins: Record<string, string> } };
    assert.deepEqual(manifest['node-red'].plugins, { 'pm500-sidebar': 'dist/nodes/sidebar/index.html' });
    const catalog = JSON.parse(read('nodes/sidebar/en-US.json')) as Record<string, unknown>;
    assert.deepEqual(Object.keys(catalog), ['pm500-sidebar']);
    const texts = flatten(catalog['pm500-sidebar']);
    const scripts = textsBelow('nodes/sidebar').join('\n');
    const used = new Set([...scripts.matchAll(/\btext\(\s*'([\w.]+)'/g)].map(([, key = '']) => key));
    assert.deepEqual([...used].sort(), texts.map(([key]) => key).sort());
    for (const [key, text] of texts) assert.equal(text.trim(), text, key);
  });
});

describe('the widgets of a dashboard', () => {
  const folder = 'nodes/shared/widgets';
  /** Those that the forms show too stand beside what the server says. */
  const shared = flatten(JSON.parse(read('nodes/shared/told/en-US.json'))).filter(
    ([key]) => !key.startsWith('provenance.'),
  );
  const texts = [...flatten(JSON.parse(read(`${folder}/en-US.json`))), ...shared];

  it('have one catalog of texts that are used, and use no other', () => {
    const scripts = textsBelow(folder).join('\n');
    const used = new Set([...scripts.matchAll(/\btext\(\s*'([\w.]+)'/g)].map(([, key = '']) => key));
    /** What a key is made of, by what stands before it. */
    const made: Readonly<Record<string, readonly string[]>> = {
      reason: Object.keys(QUALITY_REASONS),
      quality: ['good', 'uncertain', 'stale', 'bad'],
      group: [...PM500.groups.map(({ name }) => name), ...WORKED_OUT],
      state: ['on', 'off'],
      severity: ['info', 'warning', 'critical'],
      energy: ['today', 'yesterday'],
      order: ['123', '132', 'unknown'],
      noAngle: ['no_voltage', 'no_current', 'not_measured', 'contradiction'],
      phasor: ['sequence', 'voltageUnbalance', 'currentUnbalance'],
      column: texts.flatMap(([key]) => (key.startsWith('column.') ? [key.slice('column.'.length)] : [])),
    };
    for (const [, start = ''] of scripts.matchAll(/\btext\(`(\w+)\.\$\{/g)) {
      assert.ok(start in made, start);
      for (const end of made[start] ?? []) used.add(`${start}.${end}`);
    }
    assert.deepEqual([...used].sort(), texts.map(([key]) => key).sort());
  });

  it('have texts without spaces around them', () => {
    for (const [key, text] of texts) assert.equal(text.trim(), text, key);
  });

  it('bundle no Vue, and take in every language that there is', () => {
    for (const type of WIDGET_TYPES) {
      const script = widgetOf(ROOT, type);
      assert.ok(script.length < 100_000, `${type}: ${script.length} characters`);
      assert.match(script, /window\.Vue/);
      assert.ok(script.includes('"en-US":'), type);
    }
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
      const said = tabs[0]?.['info'];
      assert.ok(typeof said === 'string' && said.length > 20, `${path}: say in "info" of the tab what it shows`);
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

  it('our nodes in them have properties that the type has, and none that says what the default says', () => {
    const editor = ['id', 'type', 'z', 'x', 'y', 'wires', 'd', 'g', 'l', 'info', 'credentials'];
    for (const [path, flow] of flows) {
      for (const entry of flow) {
        if (!(entry.type in DEFAULTS)) continue;
        const own = Object.keys(entry).filter((property) => !editor.includes(property));
        const defaults: Readonly<Record<string, unknown>> = DEFAULTS[entry.type as NodeType];
        const superfluous = own.filter(
          (property) => !(property in defaults) || isDeepStrictEqual(entry[property], defaults[property]),
        );
        assert.deepEqual(
          superfluous.filter((property) => property !== 'configVersion'),
          [],
          `${path}: ${entry.type}`,
        );
      }
    }
  });
});
