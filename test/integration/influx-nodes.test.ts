import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../testkit/root';
import { written } from '../../testkit/servers/processes';
import { startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import type { FlowEntry } from '../../testkit/node-red/node-red-admin';
import { replyJson, ScriptedInflux } from '../../testkit/servers/scripted-influx';
import { waitFor } from '../../testkit/wait';

const EXAMPLE = JSON.parse(readFileSync(join(ROOT, 'examples/influx-points.json'), 'utf8')) as readonly FlowEntry[];

const idOf = (type: string): string => {
  const entry = EXAMPLE.find((candidate) => candidate.type === type);
  assert.ok(entry, type);
  return entry.id;
};
const OUT = idOf('influx-out');
const DEBUG = idOf('debug');
const [FIELDS = '', PAIR = '', POINTS = ''] = EXAMPLE.filter(({ type }) => type === 'inject').map(({ id }) => id);

/** As InfluxDB 2 says it; words that name no line could be about the whole database. */
const CONFLICT =
  'failure writing points to database: partial write: field type conflict: input field "temperature" on measurement "environment" is type float, already exists as type string dropped=1';

describe('the InfluxDB nodes in a real Node-RED', () => {
  let server: ScriptedInflux;
  let nodeRed: NodeRed;

  before(async () => {
    nodeRed = await startNodeRed();
  });

  after(async () => {
    await nodeRed.stop();
  });

  beforeEach(async () => {
    server = new ScriptedInflux();
    await server.start();
  });

  afterEach(async () => {
    await nodeRed.admin.deploy([]);
    await server.stop();
  });

  /** The example as it ships, but for the address and what the test changes. */
  const deploy = (changes: Readonly<Record<string, object>> = {}): Promise<void> => {
    const flow = EXAMPLE.map((entry) => ({
      ...entry,
      ...(entry.type === 'influx-target' ? { url: server.url, flushMs: 10 } : {}),
      ...changes[entry.type],
    }));
    return nodeRed.admin.deploy(flow, { [idOf('influx-target')]: { token: 'from the credential store' } });
  };

  /** Node-RED answers a deployment before the flows have started, and 404 to an inject node that has not. */
  const inject = async (id: string): Promise<void> => {
    await waitFor(`the inject node ${id}`, async () => {
      await nodeRed.admin.inject(id);
      return true;
    });
  };

  it('writes the three shapes with the token of the credential store, and tells the Complete node', async () => {
    await deploy();
    const before = nodeRed.channel.debugsOf(DEBUG).length;
    for (const id of [FIELDS, PAIR, POINTS]) await inject(id);
    await server.until(() => server.stored.size === 4);
    const shown = [...server.stored].map((line) => line.replace(/ \d{13}$/, ' NOW')).sort();
    assert.deepEqual(shown, [
      'environment temperature=21.5,door="closed" NOW',
      'environment,room=substation\\ 1 temperature=21.5 NOW',
      'room,room=substation\\ 1 temperature=21.5 NOW',
      'room,room=substation\\ 2 temperature=19,visits=42i NOW',
    ]);
    assert.ok(server.received.every(({ headers }) => headers.authorization === 'Token from the credential store'));
    await nodeRed.channel.waitForStatus(OUT, ({ text }) => text === 'written: 4');
    await waitFor('three messages that are done', () => nodeRed.channel.debugsOf(DEBUG).length === before + 3);
  });

  it('tells the Catch node of a refused point with the reason, whichever way messages are acknowledged', async () => {
    for (const acknowledge of ['queued', 'written']) {
      await deploy({ 'influx-out': { acknowledge } });
      server.answer(replyJson(422, CONFLICT));
      const before = nodeRed.channel.debugsOf(DEBUG).length;
      await inject(FIELDS);
      const caught = await waitFor('the refusal', () =>
        nodeRed.channel
          .debugsOf(DEBUG)
          .slice(before)
          .find(({ msg }) => String(msg).includes('field type conflict')),
      );
      assert.match(String(caught.msg), /INFLUX_REJECTED|answered 422/);
    }
  });

  it('keeps what waits over a deployment', async () => {
    const queued = { 'influx-out': { acknowledge: 'queued' } };
    await deploy(queued);
    await server.stop();
    await inject(PAIR);
    await nodeRed.channel.waitForStatus(OUT, ({ text, fill }) => text === 'away, 1 queued' && fill === 'yellow');
    await deploy(queued);
    await server.start();
    await server.until(() => server.stored.size === 1);
  });

  it('shows red and keeps the points while the database refuses the token', async () => {
    await deploy({ 'influx-out': { acknowledge: 'queued' } });
    server.fallback = replyJson(401, 'unauthorized access');
    await inject(FIELDS);
    await nodeRed.channel.waitForStatus(OUT, ({ text, fill }) => text === 'held: 1' && fill === 'red');
    await written(nodeRed.process, /unauthorized access/);
  });

  it('loses nothing and logs no error when flows are deployed again while messages are on their way', async () => {
    const z = 'busy-tab';
    const at = { z, x: 100, y: 100, name: '' };
    const targetOfExample = EXAMPLE.find(({ type }) => type === 'influx-target');
    const outOfExample = EXAMPLE.find(({ type }) => type === 'influx-out');
    const flow = [
      { id: z, type: 'tab', label: 'busy', disabled: false, info: '', env: [] },
      { ...targetOfExample, id: 'busy-target', url: server.url, flushMs: 10 },
      {
        ...at,
        id: 'busy-inject',
        type: 'inject',
        props: [],
        repeat: '0.01',
        crontab: '',
        once: true,
        onceDelay: 0.01,
        topic: '',
        wires: [['busy-count']],
      },
      {
        ...at,
        id: 'busy-count',
        type: 'function',
        func: `const first = global.get('next') ?? 0;
global.set('next', first + 40);
return [Array.from({ length: 40 }, (_, at) => ({ payload: { f: first + at, time: 1767600000000 + first + at } }))];`,
        outputs: 1,
        timeout: 0,
        noerr: 0,
        initialize: '',
        finalize: '',
        libs: [],
        wires: [['busy-out']],
      },
      { ...outOfExample, ...at, id: 'busy-out', target: 'busy-target', influxMeasurement: 'busy', wires: [[]] },
    ] as readonly FlowEntry[];
    const logged = nodeRed.process.output().length;
    for (let deployment = 0; deployment < 5; deployment += 1) {
      await nodeRed.admin.deploy(flow);
      const before = server.stored.size;
      await server.until(() => server.stored.size > before + 200);
    }
    await nodeRed.admin.deploy(flow.filter(({ id }) => id !== 'busy-inject'));
    // A target that has found nothing waiting says "ready".
    await nodeRed.channel.waitForStatus('busy-out', ({ text = '' }) => /^(written|ready)/.test(text));
    const numbers = [...server.stored].map((line) => Number(/ f=(\d+) /.exec(line)?.[1])).sort((a, b) => a - b);
    const missing = Array.from({ length: numbers.length }, (_, at) => at).filter((at) => numbers[at] !== at);
    assert.deepEqual(missing, [], `${missing.length} of ${numbers.length}`);
    assert.doesNotMatch(nodeRed.process.output().slice(logged), /\[error\]/);
  });
});
