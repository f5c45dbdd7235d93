import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createContext, Script } from 'node:vm';
import { DEFAULTS, type NodeType } from '../../nodes/shared/defaults';
import { injectFacts } from '../../tools/build-facts';

const ROOT = resolve(__dirname, '../..');
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
  const html = injectFacts(type, readFileSync(join(ROOT, `nodes/${type}.html`), 'utf8'));
  const script = /<script type="text\/javascript">([\s\S]*)<\/script>/.exec(html)?.[1] ?? '';
  let definition: Definition | undefined;
  const registerType = (name: string, given: Definition): void => {
    assert.equal(name, type);
    definition = given;
  };
  new Script(script).runInContext(createContext({ RED: { _: (key: string) => key, nodes: { registerType } } }));
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
  influxMeasurement: '#x',
  groups: [],
  groupIntervals: { energy: 5 },
  fleetFile: 'lists/',
  serialPath: ' ',
  mapping: ' ',
  deadbands: '{',
  tariff: '{"timeZone":',
  alarmRules: '[{]',
};

/** What else is set where a property is looked at only then. */
const BESIDE: Readonly<Record<string, object>> = {
  database: { api: 'v1' },
  path: { api: 'line-protocol' },
  serialPath: { transport: 'modbus-rtu' },
  mapping: { shape: 'jsonata' },
};

describe('the forms', () => {
  for (const type of TYPES) {
    const definition = definitionOf(type);
    const validated = Object.entries(definition.defaults).filter(([, { validate }]) => validate !== undefined);

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
      assert.doesNotMatch(readFileSync(join(ROOT, `nodes/${type}.html`), 'utf8'), /['": ]#[0-9a-f]{3,8}\b(?!-)/i);
    });

    for (const [name, { validate, value }] of validated) {
      it(`${type}.${name} is refused in words that the editor shows, and takes a good value and a variable`, () => {
        assert.ok(validate);
        // Node-RED shows what a validator says only when it declares two parameters.
        assert.equal(validate.length, 2);
        const wrong = name in WRONG ? WRONG[name] : -1e12;
        const node = BESIDE[name] ?? {};
        assert.match(String(validate.call(node, wrong, {})), /\.error\.\w+$/);
        if (name !== 'groups' && name !== 'name') assert.equal(validate.call(node, '${VARIABLE}', {}), true);
        if (value !== '') assert.equal(validate.call(node, value, {}), true);
      });
    }
  }
});
