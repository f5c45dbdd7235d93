import assert from 'node:assert/strict';
import type { Node, NodeAPI } from 'node-red';
import { DEFAULTS, type NodeType } from '../../nodes/shared/forms';
import { ConfigReader } from '../../nodes/shared/config';
import { onInput } from '../../nodes/shared/input';
import { REPORT_EVERY_MS } from '../../nodes/shared/settings-errors';
import { startNode } from '../../nodes/shared/start';
import { Pm500Error } from '../../src/support/errors';
import { refusalOf } from '../../testkit/expect-error';
import { FakeClock, settle } from '../../testkit/fake-clock';
import { FakeRed, type FakeNode } from '../../testkit/node-red/fake-red';
import { shownWith } from '../../testkit/shown-with';

type Register = (RED: NodeAPI) => void;

const TYPES = Object.keys(DEFAULTS) as NodeType[];
/** Node-RED leaves this text where the variable is not set. */
const UNSET = '${NOT_SET_ANYWHERE}';

/** What the type asks for beside its defaults. */
const NEEDED: Readonly<Partial<Record<NodeType, object>>> = {
  'pm500-meter': { name: 'A', host: '127.0.0.1' },
  'sparkplug-edge': { host: '127.0.0.1', groupId: 'G', edgeNodeId: 'E' },
  'influx-target': { url: 'http://127.0.0.1:1', bucket: 'b' },
  'iot-target': { host: '127.0.0.1', port: 1 },
};

/** What makes a node look at a property that it passes over with its defaults, beside what its fields say. */
const MATTERS_WITH: Readonly<Record<string, object>> = {
  'pm500-meter baudRate': { serialPath: '/dev/null' },
  'pm500-meter parity': { serialPath: '/dev/null' },
  'pm500-meter dropEcho': { transport: 'modbus-rtu-tcp' },
  'influx-target retentionPolicy': { database: 'd' },
};

/** The names of most nodes are only for the canvas. */
const isRead = (type: NodeType, property: string): boolean =>
  property !== 'configVersion' && (property !== 'name' || type === 'pm500-meter');

/** The configuration node that a type sends through, and where it names it. */
const SENDS_THROUGH: Readonly<Partial<Record<NodeType, { readonly property: string; readonly type: NodeType }>>> = {
  'sparkplug-out': { property: 'edge', type: 'sparkplug-edge' },
  'influx-out': { property: 'target', type: 'influx-target' },
  'iot-out': { property: 'target', type: 'iot-target' },
};

/** Nodes of the real adapters: first the one under test, then what it needs. */
function create(type: NodeType, properties: object): readonly FakeNode[] {
  const red = new FakeRed();
  const make = (of: NodeType, own: object): FakeNode => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    (require(`../../nodes/${of}`) as Register)(red.api);
    return red.create(of, { ...NEEDED[of], ...own });
  };
  if (type.startsWith('ui-')) {
    red.configurations.set('group', { register: () => undefined, getBase: () => ({ uiShared: { contribs: {} } }) });
    return [make(type, { group: 'group', ...properties })];
  }
  const through = SENDS_THROUGH[type];
  if (through === undefined) return [make(type, properties)];
  const below = make(through.type, { store: 'none', outbox: 'memory', id: 'below' });
  red.configurations.set('below', below);
  return [make(type, { [through.property]: 'below', ...properties }), below];
}

describe('an environment variable that is not set', () => {
  for (const type of TYPES) {
    for (const property of Object.keys(DEFAULTS[type]).filter((name) => isRead(type, name))) {
      it(`is refused by name as ${property} of ${type}`, async () => {
        const with_ = { ...shownWith(type, property), ...MATTERS_WITH[`${type} ${property}`] };
        const nodes = create(type, { ...with_, [property]: UNSET });
        const told = [...(nodes[0]?.errors ?? []), ...(nodes[0]?.warnings ?? [])].map(String);
        for (const node of nodes) await node.close(true);
        const [sentence = ''] = told.filter((text) => text.includes('NOT_SET_ANYWHERE'));
        const help = `give ${type} what it needs in NEEDED, or name its target in SENDS_THROUGH; it said: ${told.join(' ')}`;
        assert.match(sentence, new RegExp(`\\b${property}\\b`), help);
        assert.match(sentence, /environment variable NOT_SET_ANYWHERE, which is not set/);
      });
    }
  }

  it('is refused in entries of lists, wherever they stand', () => {
    const fleet = [{ id: 'A', host: '127.0.0.1', tags: { plant: UNSET } }];
    assert.match(
      refusalOf(() => new ConfigReader('pm500-poll', { fleet }).list('fleet')),
      /fleet\[0\]\.tags\.plant is .* variable NOT_SET_ANYWHERE, which/,
    );
    assert.match(
      refusalOf(() => new ConfigReader('pm500-poll', { groups: [UNSET] }).choices('groups')),
      /groups\[0\] is .* variable NOT_SET_ANYWHERE, which/,
    );
    assert.match(
      refusalOf(() => new ConfigReader('pm500-poll', { groupIntervals: { energy: UNSET } }).numbers('groupIntervals')),
      /groupIntervals\.energy is .* variable NOT_SET_ANYWHERE, which/,
    );
  });

  it('is refused in a password and a token', () => {
    const config = new ConfigReader('influx-target', {});
    for (const [text, name] of [
      [UNSET, 'NOT_SET_ANYWHERE'],
      ['$(OLD)', 'OLD'],
      ['${$parent.SECRET}', '$parent.SECRET'],
    ] as const) {
      const sentence = refusalOf(() => config.secret({ token: text }, 'token'));
      assert.ok(sentence.includes(`influx-target: token is `), sentence);
      assert.ok(sentence.includes(` variable ${name}, which is not set`), sentence);
    }
    assert.equal(config.secret(undefined, 'token'), '');
  });

  it('is refused as a part of a text, which Node-RED never replaces, and with spaces around it', () => {
    const group = (groupId: string) => () => new ConfigReader('sparkplug-edge', { groupId }).text('groupId');
    for (const text of ['Plant-${PLANT}', '${PLANT}-1', '${PLANT}${LINE}', 'a ${PLANT} b']) {
      assert.match(
        refusalOf(group(text)),
        /expected the environment variable PLANT alone, for Node-RED replaces no part/,
      );
    }
    assert.match(refusalOf(group(' ${PLANT} ')), /expected \$\{PLANT\} without spaces around it/);
    assert.ok(refusalOf(group(`\${${'X'.repeat(5000)}}`)).length < 400);
  });

  it('is another thing than the same text meant literally', () => {
    const text = (groupId: string): string => new ConfigReader('sparkplug-edge', { groupId }).text('groupId');
    assert.equal(text('$${PLANT}'), '${PLANT}');
    assert.equal(text('a-$${PLANT}-$${LINE}'), 'a-${PLANT}-${LINE}');
    for (const same of ['${}', '${', '$', 'a$b', '{PLANT}', '$PLANT', '${a b}', 'a$(b)c'])
      assert.equal(text(same), same);
    const secret = (password: string): string =>
      new ConfigReader('sparkplug-edge', {}).secret({ password }, 'password');
    assert.equal(secret('$${PLANT}'), '${PLANT}');
    for (const same of ['a${b}c', 'a$${b}', ' $ ', '${a}${b}', '$${a}${b}']) assert.equal(secret(same), same);
    const code = (mapping: string): string =>
      new ConfigReader('pm500-normalize', { shape: 'jsonata', mapping }).text('mapping');
    for (const same of ['${"a":payload.b}', '{"x": "$${A} ${B}"}', '$("a")', "${'a':1}"])
      assert.equal(code(same), same);
  });
});

describe('a wrong setting', () => {
  const plain = new FakeRed();
  plain.api.nodes.registerType('pm500-poll', function (this: Node) {
    // Only to make a node.
  });
  const definition = { id: 'f00d', type: 'pm500-poll', name: '', z: '' };

  interface Told {
    readonly node: FakeNode;
    readonly clock: FakeClock;
    readonly sentences: string[];
    readonly handled: number[];
    readonly give: (count: number) => Promise<void>;
  }

  function listen(prepare: (node: Node, clock: FakeClock) => void): Told {
    const node = plain.create('pm500-poll', {});
    const clock = new FakeClock();
    prepare(node as unknown as Node, clock);
    const sentences: string[] = [];
    const handled: number[] = [];
    const give = async (count: number): Promise<void> => {
      for (let at = 0; at < count; at++) {
        node.emit(
          'input',
          {},
          () => undefined,
          (error?: Error) => {
            if (error === undefined) handled.push(at);
            else sentences.push(error.message);
          },
        );
      }
      await settle();
    };
    return { node, clock, sentences, handled, give };
  }

  const refused = (): Told =>
    listen((node, clock) => {
      const fail = (): never => {
        throw new Pm500Error('CONFIG_INVALID', 'The port is wrong.');
      };
      startNode(plain.api, node, 'pm500-poll', definition, fail, clock);
    });
  const running = (): Told =>
    listen((node, clock) => {
      const fail = (): never => {
        throw new Pm500Error('CONFIG_INVALID', 'The port is wrong.');
      };
      onInput(node, fail, undefined, clock);
    });

  for (const [name, begin] of [
    ['keeps a node from starting', refused],
    ['fails every message', running],
  ] as const) {
    it(`that ${name} is told with the first message, then once a minute with a count`, async () => {
      const { clock, sentences, handled, give, node } = begin();
      await give(240);
      assert.deepEqual(sentences, ['The port is wrong.']);
      await clock.advance(REPORT_EVERY_MS - 1);
      assert.equal(sentences.length, 1);
      await clock.advance(1);
      assert.deepEqual(sentences.slice(1), ['The port is wrong. So 239 messages were not handled.']);
      await clock.advance(10 * REPORT_EVERY_MS);
      assert.equal(sentences.length, 2, 'quiet while no message comes');
      await give(1);
      assert.deepEqual(sentences.slice(2), ['The port is wrong.']);
      await give(5);
      await node.close();
      assert.deepEqual(sentences.slice(3), ['The port is wrong. So 5 messages were not handled.']);
      await clock.advance(10 * REPORT_EVERY_MS);
      assert.equal(sentences.length, 4, 'and after the node is gone');
      assert.deepEqual(handled, [], 'no message counts as handled');
    });
  }

  it('is told of each meter with a name that no topic can have', async () => {
    const { clock, sentences, give } = listen((node, clock) => {
      let messages = 0;
      const fail = (): never => {
        const name = ['press/1', 'press#2', 'oven+3'][messages++ % 3] ?? '';
        throw new Pm500Error('SPARKPLUG_ID_INVALID', `${name} cannot be a device ID.`);
      };
      onInput(node, fail, undefined, clock);
    });
    await give(31);
    assert.deepEqual(sentences, ['press/1 cannot be a device ID.']);
    await clock.advance(REPORT_EVERY_MS);
    assert.deepEqual(sentences.slice(1), [
      'press#2 cannot be a device ID. So 10 messages were not handled.',
      'oven+3 cannot be a device ID. So 10 messages were not handled.',
      'press/1 cannot be a device ID. So 10 messages were not handled.',
    ]);
  });

  it('is told of many sentences, not of any number', async () => {
    const { clock, sentences, give } = listen((node, clock) => {
      let messages = 0;
      const fail = (): never => {
        throw new Pm500Error('SPARKPLUG_ID_INVALID', `device/${messages++} cannot be a device ID.`);
      };
      onInput(node, fail, undefined, clock);
    });
    await give(101);
    await clock.advance(REPORT_EVERY_MS);
    assert.equal(sentences.length, 1 + 20);
    assert.equal(sentences.at(-1), 'device/100 cannot be a device ID. So 81 messages were not handled.');
  });

  it('of the node is told at once in the log', () => {
    assert.deepEqual(refused().node.errors, ['The port is wrong.']);
  });
});
