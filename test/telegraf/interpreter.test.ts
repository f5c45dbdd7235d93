import assert from 'node:assert/strict';
import { readConfiguration, tablesOf, type Settings } from '../../testkit/telegraf/configuration';
import { jsonDocument } from '../../testkit/telegraf/document';
import { lineOf, type TelegrafMetric } from '../../testkit/telegraf/metric';
import { readsOf } from '../../testkit/telegraf/modbus-requests';
import { runStarlark } from '../../testkit/telegraf/starlark';
import { evaluate } from '../../testkit/telegraf/xpath';
import { XPathParser } from '../../testkit/telegraf/xpath-parser';

const modbus = (lines: string): Settings =>
  readConfiguration(`[[inputs.modbus]]\n${lines}`).inputs[0]?.settings ?? assert.fail();

const requestOf = (fields: string, more = ''): Settings =>
  modbus(
    `configuration_type = "request"\n[[inputs.modbus.request]]\nslave_id = 7\nregister = "input"\n${more}\nfields = [${fields}]`,
  );

describe('the interpreter of Telegraf reads a configuration', () => {
  const refused: readonly (readonly [string, string, RegExp])[] = [
    [
      'an option of no plugin',
      '[[inputs.modbus]]\nslave_ids = 1',
      /inputs\.modbus\.slave_ids is an option that it does/,
    ],
    ['an option one level too high', '[[inputs.modbus]]\nclose_connection_after_gather = true', /close_connection/],
    [
      'an option of a field',
      '[[inputs.modbus]]\n[[inputs.modbus.request]]\nfields = [{ address = 1, data_type = "INT16" }]',
      /request\.fields\.data_type/,
    ],
    ['a plugin that is not known', '[[inputs.sparkplug]]', /inputs\.sparkplug is no plugin/],
    ['a plugin in single brackets', '[inputs.modbus]', /single brackets/],
    ['a section that is none', '[[input.modbus]]', /input is no section/],
    ['a text for a number', '[[inputs.modbus]]\nbaud_rate = "9600"', /baud_rate is no whole/],
    ['a number for a duration', '[[inputs.modbus]]\ntimeout = 1', /timeout is no duration/],
    ['a text for a list', '[[inputs.mqtt_consumer]]\ntopics = "a"', /topics is no texts/],
    ['an option of the agent', '[agent]\ntimezone = "UTC"', /agent\.timezone/],
    [
      'a variable that has to be there',
      '[[inputs.modbus]]\nname = "${METER:?name it}"',
      /required variable METER is missing a value: name it/,
    ],
    ['a variable for a number', '[[inputs.modbus]]\nbaud_rate = ${RATE:-9600}', /TOML/i],
  ];
  for (const [what, text, sentence] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(() => readConfiguration(text, { METER: '' }), sentence);
    });
  }

  it('puts variables into texts with their defaults, and none into comments', () => {
    const text = '# ${NOBODY:?knows}\n[[inputs.modbus]]\nname = "${A:-a}${B-b}#${C}${D}" # ${E:?e}\nbaud_rate = 9600\n';
    const { inputs } = readConfiguration(text, { A: '', B: '', C: 'c' });
    assert.deepEqual({ ...inputs[0]?.settings }, { name: 'a#c${D}', baud_rate: 9600 });
  });
});

describe('the interpreter of Telegraf plans Modbus requests', () => {
  const shapeOf = (settings: Settings): readonly (readonly number[])[] =>
    readsOf(settings).map(({ functionCode, address, words }) => [functionCode, address, words]);

  it('one for registers side by side, another behind a gap, beyond 125 registers, and for an address that comes again', () => {
    const at = (address: number, type: string): string =>
      `{ address = ${address}, name = "f${address}${type}", type = "${type}" }`;
    assert.deepEqual(shapeOf(requestOf([at(0, 'FLOAT32'), at(2, 'UINT16'), at(4, 'UINT16')].join())), [
      [4, 0, 3],
      [4, 4, 1],
    ]);
    const many = Array.from({ length: 64 }, (_, index) => at(2 * index, 'FLOAT32'));
    assert.deepEqual(shapeOf(requestOf(many.join())), [
      [4, 0, 124],
      [4, 124, 4],
    ]);
    assert.deepEqual(shapeOf(requestOf([at(9, 'UINT16'), at(9, 'INT16')].join())), [
      [4, 9, 1],
      [4, 9, 1],
    ]);
  });

  it('reads each order of bytes, and low words first with CDAB', () => {
    const valueOf = (order: string, type: string, bytes: readonly number[], more = ''): unknown => {
      const settings = requestOf(`{ address = 0, name = "a", type = "${type}"${more} }`, `byte_order = "${order}"`);
      return readsOf(settings)[0]?.fields[0]?.convert(Buffer.from(bytes));
    };
    // 230.5 is 0x43668000.
    assert.equal(valueOf('ABCD', 'FLOAT32', [0x43, 0x66, 0x80, 0x00]), 230.5);
    assert.equal(valueOf('CDAB', 'FLOAT32', [0x80, 0x00, 0x43, 0x66]), 230.5);
    assert.equal(valueOf('BADC', 'FLOAT32', [0x66, 0x43, 0x00, 0x80]), 230.5);
    assert.equal(valueOf('DCBA', 'FLOAT32', [0x00, 0x80, 0x66, 0x43]), 230.5);
    assert.equal(valueOf('CDAB', 'UINT64', [0, 1, 0, 2, 0, 3, 0, 4]), 0x0004_0003_0002_0001n);
    assert.equal(valueOf('CDAB', 'UINT64', [0, 5, 0, 0, 0, 0, 0, 0], ', output = "FLOAT64"'), 5);
    assert.equal(valueOf('ABCD', 'INT16', [0xff, 0xff], ', scale = 0.5'), -0.5);
    assert.equal(valueOf('CDAB', 'STRING', [0x53, 0x49, 0x4d, 0x00], ', length = 2'), 'SIM');
  });

  it('refuses what the plugin would refuse, or what is not known here', () => {
    const at = '{ address = 0, name = "a", type = "UINT16" }';
    assert.throws(() => readsOf(requestOf('')), /without fields/);
    assert.throws(() => readsOf(requestOf(at, 'byte_order = "AB"')), /unknown byte-order "AB"/);
    assert.throws(() => readsOf(requestOf([at, at].join())), /field "a" duplicated/);
    assert.throws(() => readsOf(requestOf(at, 'optimization = "aggressive"')), /not known here/);
    assert.throws(() => readsOf(modbus('configuration_type = "register"')), /the style is "request"/);
    assert.throws(() => readsOf(requestOf('{ address = 0, name = "a", type = "BIT", bit = 3 }')), /BIT/);
    assert.equal(tablesOf(requestOf(at), 'request').length, 1);
  });
});

describe('the interpreter of Telegraf evaluates XPath', () => {
  const root = jsonDocument(
    Buffer.from(
      '{"a":{"x":{"v":1.5,"q":"good"},"y":{"v":null,"q":"bad"}},"list":[{"n":1},{"n":2}],"at":1700000000000}',
    ),
  );
  const textOf = (expression: string): unknown => {
    const value = evaluate(expression, root, root);
    return typeof value === 'object' ? value.map(({ name, text }) => `${name}=${text}`) : value;
  };

  it('paths, conditions and functions', () => {
    assert.deepEqual(textOf("/a/*[q = 'good']/v"), ['v=1.5']);
    assert.deepEqual(textOf("/a/*[q != 'good' and v]/q"), ['q=bad']);
    assert.deepEqual(textOf('/a/x/../y/q | /at'), ['q=bad', 'at=1700000000000']);
    assert.deepEqual(textOf('/list/n'), []);
    assert.deepEqual(textOf("/a/*[contains(' x z ', concat(' ', name(), ' '))]/q"), ['q=good']);
    assert.equal(textOf("count(/a/*[not(starts-with(q, 'b')) or v = 2])"), 1);
    assert.equal(textOf('string(/a/x/v)'), '1.5');
  });

  it('refuses what it does not know', () => {
    for (const expression of ['/a/*[1]', '//v', 'sum(/a)', '/a/@id', '1 + 1', "'a' = 'a'", '/a[', 'matches(a, "b")']) {
      assert.throws(() => evaluate(expression, root, root), /XPath/, expression);
    }
  });

  it('begins an absolute path inside of an expression at the selected node, as Telegraf does', () => {
    const settings = (fields: string): Settings =>
      readConfiguration(
        `[[inputs.mqtt_consumer]]\ndata_format = "xpath_json"\nxpath_native_types = true\n[[inputs.mqtt_consumer.xpath]]\nmetric_selection = "/a/x"\n[inputs.mqtt_consumer.xpath.fields]\n${fields}`,
      ).inputs[0]?.settings ?? assert.fail();
    const parser = new XPathParser(
      settings('whole = "/at"\ninside = "count(/at)"\nbeside = "count(../../at)"\nv = "v"\nmissing = "z"'),
      '.',
      'usual',
    );
    const bytes = Buffer.from('{"a":{"x":{"v":1.5}},"at":7}');
    const [metric] = parser.parse(bytes, 9);
    assert.deepEqual(metric, {
      name: 'usual',
      timestamp: 9,
      tags: {},
      fields: { whole: 7, inside: 0, beside: 1, v: 1.5 },
    });
    assert.throws(() => parser.parse(Buffer.from('{"b":1}'), 9), /empty selection/);
  });
});

describe('the interpreter of Telegraf runs Starlark', () => {
  const metric: TelegrafMetric = { name: 'm', tags: { t: 'x' }, fields: { a: 7n, b: 1.5, c: NaN }, timestamp: 5 };
  const run = (source: string): readonly TelegrafMetric[] => runStarlark({ source }, [metric]);

  it('with integers and floats kept apart', () => {
    const source =
      'def apply(metric):\n    metric.fields["a"] = metric.fields["a"] // 2\n    metric.fields.pop("c")\n    return [metric]\n';
    assert.deepEqual(run(source), [{ ...metric, fields: { a: 3n, b: 1.5 } }]);
    assert.deepEqual(run('def apply(metric):\n    return None\n'), []);
  });

  it('and refuses what is Python only', () => {
    for (const source of [
      'import os\ndef apply(metric):\n    return metric\n',
      'def apply(metric):\n    while True:\n        pass\n',
      'def apply(metric):\n    return metric if 1 < 2 < 3 else None\n',
      'def apply(metric):\n    return metric if metric is None else metric\n',
      'def apply(metric):\n    return open("x")\n',
      'for x in [1]:\n    y = x\ndef apply(metric):\n    return metric\n',
      'def apply(metric):\n    metric.fields["a"] = None\n    return metric\n',
      'def apply(metric):\n    return metric.__class__\n',
    ]) {
      assert.throws(() => run(source), source);
    }
  });

  it('writes lines without empty tags and without what is no number', () => {
    assert.equal(
      lineOf({ ...metric, tags: { b: '', a: 'x y' }, fields: { ...metric.fields, d: true, e: 'q"' } }),
      String.raw`m,a=x\ y a=7i,b=1.5,d=true,e="q\"" 5000000`,
    );
    assert.equal(lineOf({ ...metric, fields: { c: Infinity } }), undefined);
  });
});
