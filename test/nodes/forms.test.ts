import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, Script } from 'node:vm';
import { DEFAULTS, fieldsOf, type NodeType } from '../../nodes/shared/forms';
import { catalogOf, formOf } from '../../tools/forms/form';
import type { Catalog } from '../../tools/forms/html';
import { isJudged } from '../../src/support/setting';
import { shownWith } from '../../testkit/shown-with';
import { ROOT } from '../../testkit/root';

const TYPES = Object.keys(DEFAULTS) as NodeType[];

interface Property {
  readonly value: unknown;
  readonly type?: string;
  readonly required?: boolean;
  readonly validate?: (value: unknown, options: object) => boolean | string;
}

interface Definition {
  readonly category: string;
  readonly color?: string;
  readonly icon?: string;
  readonly defaults: Readonly<Record<string, Property>>;
}

/** What the editor learns of a type when it runs the script of its form. */
function definitionOf(type: NodeType): Definition {
  const html = formOf(ROOT, type);
  const script = /<script type="text\/javascript">([\s\S]*)<\/script>/.exec(html)?.[1] ?? '';
  let definition: Definition | undefined;
  const registerType = (name: string, given: Definition): void => {
    assert.equal(name, type);
    definition = given;
  };
  new Script(script).runInContext(
    createContext({ RED: { _: (key: string) => key, nodes: { registerType, getType: () => ({}) } } }),
  );
  assert.ok(definition);
  return definition;
}

/** Values that no property with a validator of its own may take. */
const WRONG: Readonly<Record<string, unknown>> = {
  name: ' ',
  host: '',
  bind: 'localhost!',
  url: 'ftp://x',
  bucket: '',
  database: '',
  path: 'telegraf',
  groupId: 'a/b',
  edgeNodeId: '',
  primaryHostId: 'a+b',
  furtherServers: 'a:b:c',
  deviceId: 'a#b',
  topic: 'a/+/b',
  influxMeasurement: '#x',
  groups: [],
  target: '',
  edge: '',
  group: '',
  parts: [],
  meter: '_ADD_',
  localAddress: 'eth0',
  shard: '1 of 3',
  proxy: 'proxy:3128',
  groupIntervals: { energy: 5 },
  fleetFile: 'lists/',
  serialPath: ' ',
  mapping: ' ',
  deadbands: '{',
  tariff: '{"timeZone":',
  alarmRules: '[{]',
};

/** Numbers in scripts of forms that nobody can set: bytes of a megabyte, digits of a figure, a pause of typing, answers of HTTP. */
const FORM_NUMBERS = ['1_000_000', '10', '300', '401', '403'];

describe('the forms', () => {
  it('write no limit and no default down: these are of the settings', () => {
    const editor = join(ROOT, 'nodes/shared/editor');
    const scripts = [
      ...TYPES.map((type) => join(ROOT, 'nodes', type, 'form.ts')),
      ...readdirSync(editor).map((file) => join(editor, file)),
    ];
    const found = scripts.flatMap((script) => {
      const code = readFileSync(script, 'utf8').replaceAll(/^import [^;]*;|\/\/.*|\/\*[^]*?\*\//gm, '');
      // What Node-RED asks of a node, and the first two of anything, are no settings.
      const numbers = code.replaceAll(/(?:inputs|outputs): \d/g, '').match(/(?<![\w'".-])\d[\d_.]*\b/g) ?? [];
      return numbers
        .filter((number) => !['0', '1', ...FORM_NUMBERS].includes(number))
        .map((each) => `${script}: ${each}`);
    });
    assert.deepEqual(found, []);
  });

  for (const type of TYPES) {
    const definition = definitionOf(type);
    const validated = Object.entries(definition.defaults)
      .filter(([, { validate }]) => validate !== undefined)
      .filter(([name]) => {
        const { setting } = fieldsOf(type)[name] ?? {};
        return setting !== undefined && isJudged(setting);
      });

    it(`${type} looks at no setting that has no meaning beside the others`, () => {
      for (const [name, { validate }] of validated) {
        const { shownWhen } = fieldsOf(type)[name] ?? {};
        const others = Object.entries(shownWhen ?? {}).map(([other, wanted]) => [
          other,
          wanted === 'filled' ? '' : 'not' in wanted ? wanted.not : 'nothing of these',
        ]);
        if (others.length > 0) assert.equal(validate?.call(Object.fromEntries(others), -1e12, {}), true, name);
      }
    });

    it(`${type} edits exactly the properties that have defaults`, () => {
      const values = Object.entries(definition.defaults).map(([name, { value }]) => [name, value]);
      assert.deepEqual(JSON.parse(JSON.stringify(Object.fromEntries(values))), DEFAULTS[type]);
    });

    it(`${type} has category, color and icon of the family, unless it is a configuration`, () => {
      if (definition.category === 'config') return;
      assert.equal(definition.category, 'PowerMonitor 500');
      assert.match(definition.color ?? '', /^#[0-9a-f]{6}$/);
      assert.equal(definition.icon, `${type}.svg`);
    });

    it(`${type} writes no color down itself`, () => {
      assert.doesNotMatch(readFileSync(join(ROOT, `nodes/${type}/form.ts`), 'utf8'), /['": ]#[0-9a-f]{3,8}\b(?!-)/i);
    });

    for (const [name, { validate, value }] of validated) {
      it(`${type}.${name} is refused in words that the editor shows, and takes a good value and a variable`, () => {
        assert.ok(validate);
        // Node-RED shows what a validator says only when it declares two parameters.
        assert.equal(validate.length, 2);
        const wrong = name in WRONG ? WRONG[name] : -1e12;
        const node = shownWith(type, name);
        const sentence = String(validate.call(node, wrong, {}));
        assert.match(sentence, /\.error\.\w+$/);
        assert.ok((catalogOf(ROOT, type)['error'] as Catalog)[sentence.split('.').at(-1) ?? ''], sentence);
        assert.equal(validate.call(node, '${VARIABLE}', {}), true);
        if (value !== '' && name !== 'meter') assert.equal(validate.call(node, value, {}), true);
        assert.equal(validate.call(node, undefined, {}), true, 'a saved flow may leave it out');
      });
    }
  }
});
