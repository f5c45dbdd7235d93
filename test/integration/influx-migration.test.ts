import assert from 'node:assert/strict';
import { startInfluxDb, type InfluxDb } from '../../testkit/servers/influxdb';
import { startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import type { FlowEntry } from '../../testkit/node-red/node-red-admin';
import { adaptFlow, entryOf, readFlow } from '../../testkit/node-red/reference-flows';
import { waitFor } from '../../testkit/wait';

const EXAMPLE = readFlow('examples', 'migration-from-influxdb-nodes.json');
const OTHER_PACKAGE = 'node-red-contrib-influxdb';
/** Each side has a database of its own, as docs/migration-from-influxdb-nodes.md asks. */
const BEFORE = 'before';
const NOW = 'energy';

const Z = EXAMPLE[0]?.id ?? '';
const at = { z: Z, x: 100, y: 100, name: '' };
const OUT = entryOf(EXAMPLE, 'influx-out').id;
const CAUGHT = 'other-caught';
/** The nodes of the other package, as its editor makes them for an InfluxDB 1. */
const otherSide = (port: number): readonly FlowEntry[] => {
  const influxdb = 'other-config';
  const settings = { influxdb, precision: 'ms', retentionPolicy: '', wires: [] };
  const debug = {
    active: true,
    tosidebar: true,
    console: false,
    tostatus: false,
    complete: 'true',
    targetType: 'full',
  };
  return [
    {
      id: influxdb,
      type: 'influxdb',
      hostname: '127.0.0.1',
      port: String(port),
      protocol: 'http',
      database: BEFORE,
      name: '',
      usetls: false,
      tls: '',
      influxdbVersion: '1.x',
    },
    { ...at, ...settings, id: 'other-out', type: 'influxdb out', measurement: 'environment' },
    { ...at, ...settings, id: 'other-batch', type: 'influxdb batch' },
    { ...at, id: 'other-catch', type: 'catch', scope: ['other-out', 'other-batch'], wires: [[CAUGHT]] },
    { ...at, ...debug, id: CAUGHT, type: 'debug', wires: [] },
  ];
};

/** The example with each of its buttons wired to both sides, and a button for a message of the test. */
const bothSides = (database: InfluxDb, payload = 'undefined', old = 'other-out'): readonly FlowEntry[] => [
  ...adaptFlow(EXAMPLE, { influxUrl: database.url }).map((entry) => {
    if (entry.type === 'influx-target') return { ...entry, flushMs: 10 };
    if (entry.type !== 'inject') return entry;
    return { ...entry, wires: [[OUT, entry.name?.includes('batch') === true ? 'other-batch' : 'other-out']] };
  }),
  ...otherSide(database.port),
  { ...at, id: 'press', type: 'inject', props: [], repeat: '', crontab: '', once: false, topic: '', wires: [['make']] },
  { ...at, id: 'make', type: 'function', func: `return { payload: ${payload} };`, outputs: 1, wires: [[OUT, old]] },
];

describe('the nodes of node-red-contrib-influxdb beside influx-out, against a real InfluxDB 1', () => {
  let database: InfluxDb;
  let nodeRed: NodeRed;
  let startedAt: number;

  before(async () => {
    [database, nodeRed] = await Promise.all([startInfluxDb(), startNodeRed({ otherPackages: [OTHER_PACKAGE] })]);
  });

  after(async () => {
    await nodeRed.stop();
    await database.stop();
  });

  beforeEach(async () => {
    startedAt = Date.now();
    for (const name of [BEFORE, NOW]) {
      await database.query(`DROP DATABASE ${name}`);
      await database.query(`CREATE DATABASE ${name}`);
    }
  });

  const press = (id: string): Promise<true> =>
    waitFor(`the button ${id}`, async () => {
      await nodeRed.admin.inject(id);
      return true;
    });

  /** Every point, and the type of every field; a point that came without a time has "now". */
  async function stored(name: string): Promise<readonly unknown[]> {
    const points = await database.query('SELECT * FROM /.*/ GROUP BY *', name);
    const types = await database.query('SHOW FIELD KEYS', name);
    const withTimes = points.map(({ values, ...series }) => ({
      ...series,
      values: values.map(([time, ...fields]) => [Number(time) >= startedAt ? 'now' : time, ...fields]),
    }));
    return [...withTimes, ...types];
  }

  async function bothHave(points: number): Promise<void> {
    for (const name of [BEFORE, NOW]) {
      await waitFor(`${points} points in ${name}`, async () => {
        const series = await database.query('SELECT * FROM /.*/ GROUP BY *', name);
        return series.reduce((sum, { values }) => sum + values.length, 0) === points;
      });
    }
  }

  const caught = (): readonly string[] => nodeRed.channel.debugsOf(CAUGHT).map(({ msg }) => String(msg));
  const refused = (): readonly string[] =>
    nodeRed.channel
      .debugsOf(entryOf(EXAMPLE, 'debug').id)
      .map(({ msg }) => String(msg))
      .filter((msg) => msg.includes('"error"'));

  it('both write the messages of the example to the same points', async () => {
    await nodeRed.admin.deploy(bothSides(database));
    for (const { id, type } of EXAMPLE) if (type === 'inject') await press(id);
    await bothHave(4);
    const now = await stored(NOW);
    assert.deepEqual(now, await stored(BEFORE));
    const columns = ['time', 'door', 'temperature', 'visits'];
    assert.deepEqual(now.slice(0, 2), [
      { name: 'environment', tags: { room: '' }, columns, values: [['now', 'closed', 21.5, null]] },
      { name: 'environment', tags: { room: 'substation 1' }, columns, values: [['now', null, 21.5, null]] },
    ]);
  });

  const SAME: Readonly<Record<string, readonly [payload: string, points: number, old?: string]>> = {
    'a time that is a Date': ['{ f: 1, time: new Date(1767600000123) }', 1],
    'a time in milliseconds': ['{ f: 1, time: 1767600000123 }', 1],
    'pairs of fields and tags': [
      "[[{ f: 1, time: 1767600000001 }, { t: 'a' }], [{ f: 2.5, time: 1767600000002 }, { t: 'b' }]]",
      2,
    ],
    'true, false, texts and large numbers': [
      "{ yes: true, no: false, text: 'a', big: 1e21, small: -1e-9, zero: 0 }",
      1,
    ],
    'special characters in texts': [String.raw`{ f: 'say "hi", C:\\x\\, = 광양 ☃' }`, 1],
    'special characters in tags and names': ["[{ 'a b,c=d': 1 }, { 'k e=y,': 'v, =x', city: '광양' }]", 1],
    'backslashes within tags': [String.raw`[{ f: 1 }, { path: 'C:\\plant\\a' }]`, 1],
    'points with a time': [
      "[{ measurement: 'm', fields: { f: 1 }, tags: { t: 'a' }, timestamp: 1767600000123 }]",
      1,
      'other-batch',
    ],
    'points without tags': ["[{ measurement: 'm', fields: { f: 1, s: 'x' } }]", 1, 'other-batch'],
  };
  for (const [what, [payload, points, old]] of Object.entries(SAME)) {
    it(`both write the same for ${what}`, async () => {
      await nodeRed.admin.deploy(bothSides(database, payload, old));
      await press('press');
      await bothHave(points);
      assert.deepEqual(await stored(NOW), await stored(BEFORE));
    });
  }

  /** What a side makes of a message: the value and the type of a field, or what its Catch node hears. */
  interface Made {
    /** "f" where absent. */
    readonly field?: string;
    readonly value?: unknown;
    readonly type?: string;
    readonly error?: RegExp;
  }

  async function check(
    name: string,
    { field = 'f', value, type, error }: Made,
    heard: () => readonly string[],
  ): Promise<void> {
    if (error === undefined) {
      const [series] = await waitFor(`a point in ${name}`, async () => {
        const found = await database.query(`SELECT ${field} FROM /.*/`, name);
        return found.length > 0 && found;
      });
      const [types] = await database.query('SHOW FIELD KEYS', name);
      assert.deepEqual([series?.values[0]?.[1], types?.values[0]], [value, [field, type]]);
      return;
    }
    const sentence = await waitFor(`an error of ${name}`, () => heard()[0]);
    assert.match(sentence, error);
    assert.deepEqual(await database.query('SELECT * FROM /.*/', name), []);
  }

  const written: Made = { value: 1, type: 'float' };
  const DIFFERENT: Readonly<Record<string, readonly [payload: string, before: Made, now: Made, old?: string]>> = {
    'digits with an i to influxdb out, which become a float': [
      "{ f: '42i' }",
      { value: 42, type: 'float' },
      { value: 42, type: 'integer' },
    ],
    'digits with an i to influxdb batch, which stay a text': [
      "[{ measurement: 'm', fields: { f: '42i' } }]",
      { value: '42i', type: 'string' },
      { value: 42, type: 'integer' },
      'other-batch',
    ],
    'a text of two lines': [
      String.raw`{ f: 'two\nlines' }`,
      { value: 'two\nlines', type: 'string' },
      { value: 'two\\nlines', type: 'string' },
    ],
    'a number that is none': ['{ f: 1, g: NaN }', { error: /unable to parse/ }, written],
    'a field that is null': ['{ f: 1, g: null }', { error: /unable to parse/ }, written],
    'an object as a field': ['{ f: 1, g: {} }', { error: /unable to parse/ }, { error: /payload\.g is an object/ }],
    'a plain value': [
      '42',
      { value: 42, type: 'float', field: 'value' },
      { error: /payload is 42, expected an object/ },
    ],
    'a time that is text': [
      "{ f: 1, time: '2026-01-05T08:00:00Z' }",
      { error: /Expected numeric value for, timestamp/ },
      written,
    ],
    'a tag without a value': ["[{ f: 1 }, { t: '' }]", { error: /missing tag value/ }, written],
    'a measurement with a space': [
      "[{ measurement: 'm =x', fields: { f: 1 } }]",
      { error: /unable to parse/ },
      written,
      'other-batch',
    ],
  };
  for (const [what, [payload, then, now, old]] of Object.entries(DIFFERENT)) {
    it(`they differ over ${what}`, async () => {
      const [heard, said] = [caught().length, refused().length];
      await nodeRed.admin.deploy(bothSides(database, payload, old));
      await press('press');
      await check(NOW, now, () => refused().slice(said));
      await check(BEFORE, then, () => caught().slice(heard));
    });
  }

  it('a field that was a float before takes the number, and names the conflict of digits with an i', async () => {
    await nodeRed.admin.deploy(bothSides(database, '{ f: 42 }'));
    await press('press');
    await bothHave(1);
    const said = refused().length;
    const flow = bothSides(database, "{ f: '42i' }");
    await nodeRed.admin.deploy(
      flow.map((entry) => (entry.type === 'influx-target' ? { ...entry, database: BEFORE } : entry)),
    );
    await press('press');
    const sentence = await waitFor('the conflict', () => refused()[said]);
    assert.match(sentence, /the field f is float in the database and came as integer/);
  });

  it('only influx-out still has the message of an outage', async () => {
    await nodeRed.admin.deploy(bothSides(database, '{ f: 1 }'));
    const heard = caught().length;
    await database.halt();
    try {
      await press('press');
      await waitFor('the error of the other side', () => caught()[heard]);
      await nodeRed.channel.waitForStatus(OUT, ({ text }) => text === 'away, 1 queued');
    } finally {
      await database.resume();
    }
    await check(NOW, written, () => []);
    assert.deepEqual(await database.query('SELECT * FROM /.*/', BEFORE), []);
  });
});
