import assert from 'node:assert/strict';
import { statfsSync } from 'node:fs';
import sparkplugEdge from '../../nodes/sparkplug-edge';
import type { SparkplugEdgeNode } from '../../nodes/shared/sparkplug-edges';
import sparkplugOut from '../../nodes/sparkplug-out';
import { LastRefusal, REFUSAL_SHOWN_MS } from '../../nodes/sparkplug-out/last-refusal';
import { DELIVERY, type DeliveryDiagnostics } from '../../src/delivery/diagnostics';
import { hasCode, Pm500Error } from '../../src/support/errors';
import { FakeRed, type FakeNode } from '../../testkit/node-red/fake-red';
import { temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';
import { EmbeddedBroker } from '../../testkit/sparkplug/embedded-broker';
import { failed, START, telemetry, telemetrySample } from '../../testkit/sparkplug/samples';

describe('sparkplug-edge and sparkplug-out', function () {
  this.timeout(60_000);
  let broker: EmbeddedBroker;
  let red: FakeRed;
  let nodes: FakeNode[];

  beforeEach(async () => {
    broker = await EmbeddedBroker.start();
    red = new FakeRed();
    sparkplugEdge(red.api);
    sparkplugOut(red.api);
    nodes = [];
  });

  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.close(true)));
    await broker.kill();
  });

  function create(type: string, properties: object): FakeNode {
    const node = red.create(type, properties);
    nodes.push(node);
    return node;
  }

  function createEdge(properties: object = {}): FakeNode {
    const edge = create('sparkplug-edge', {
      host: '127.0.0.1',
      port: String(broker.port),
      groupId: 'plant',
      edgeNodeId: 'edge',
      ...properties,
    });
    red.configurations.set('edge', edge);
    return edge;
  }

  it('publish two meters over one session, and say goodbye when they are closed', async () => {
    const edge = createEdge();
    const named = create('sparkplug-out', { edge: 'edge', deviceId: 'D' });
    const free = create('sparkplug-out', { edge: 'edge', deviceId: '' });
    await waitFor('the edge node', () => named.lastStatus?.fill === 'grey' && named.lastStatus.text === 'connected');
    const payload = telemetry({ voltage_l1_n: telemetrySample(230), custom: telemetrySample(1) }, 'incomer');
    assert.equal((await named.receive({ payload })).error, undefined);
    assert.equal((await free.receive({ payload })).error, undefined);
    await waitFor('both devices', () => broker.host.counts['DBIRTH'] === 2);
    await waitFor('the status', () => free.lastStatus?.fill === 'green');
    assert.match(free.lastStatus?.text ?? '', /^sent: \d+$/);
    const metrics = [{ name: 'extra', value: 5, type: 'Int32' }];
    assert.equal((await named.receive({ payload: { metrics } })).error, undefined);
    await waitFor('the further metric', () => broker.host.values.get('D/extra') === 5);
    assert.equal(broker.host.values.get('incomer/voltage_l1_n'), 230);
    await free.close();
    await waitFor('DDEATH', () => broker.host.counts['DDEATH'] === 1);
    // Node-RED closes nodes and the configuration nodes that they use at the same time.
    await Promise.all([edge.close(), named.close()]);
    await waitFor('NDEATH', () => broker.messages.at(-1) === 'NDEATH');
    assert.equal(broker.clientIds.length, 1);
    assert.deepEqual(broker.host.violations, []);
  });

  it('show a meter that stopped answering', async () => {
    createEdge();
    const out = create('sparkplug-out', { edge: 'edge', deviceId: '' });
    await out.receive({ payload: telemetry({ frequency: telemetrySample(50, { unit: 'Hz' }) }) });
    await waitFor('the device', () => broker.host.counts['DBIRTH'] === 1);
    const { condition } = failed('frequency');
    assert.ok(condition.isReadFailed);
    const lost = telemetrySample(null, { unit: 'Hz', quality: 'bad', reason: 'read_failed' });
    const { meter, ...rest } = telemetry({ frequency: lost });
    await out.receive({ payload: { ...rest, meter: { ...meter, lostSince: START } } });
    await waitFor('the status', () => out.lastStatus?.text === 'device offline');
    assert.equal(out.lastStatus?.fill, 'yellow');
    assert.deepEqual(broker.host.violations, []);
  });

  it('answer what cannot be sent with one sentence and take nothing of it', async () => {
    createEdge();
    const out = create('sparkplug-out', { edge: 'edge', deviceId: '' });
    await waitFor('the edge node', () => out.lastStatus?.text === 'connected');
    const cases: readonly (readonly [unknown, string])[] = [
      ['text', 'MESSAGE_INVALID'],
      [{ metrics: [{ name: 'a', value: 1 }] }, 'MESSAGE_INVALID'],
      [{ deviceId: 'a/b', metrics: [{ name: 'a', value: 1 }] }, 'SPARKPLUG_ID_INVALID'],
      [{ deviceId: 'd', metrics: [{ name: 'a', value: 300, type: 'UInt8' }] }, 'SPARKPLUG_VALUE_INVALID'],
    ];
    for (const [payload, code] of cases) {
      const { error } = await out.receive({ payload });
      assert.ok(hasCode(error, code as 'MESSAGE_INVALID'), code);
      assert.equal(out.lastStatus?.text, 'message refused');
    }
    assert.equal(broker.host.counts['DBIRTH'], undefined);
  });

  it('show a refused meter beside one that is sent, and for how long', async () => {
    const { session } = createEdge() as unknown as SparkplugEdgeNode;
    const out = create('sparkplug-out', { edge: 'edge', deviceId: '' });
    await waitFor('the edge node', () => out.lastStatus?.text === 'connected');
    const values = { frequency: telemetrySample(50, { unit: 'Hz' }) };
    await out.receive({ payload: telemetry(values, 'a/b') });
    const refused = out.statuses.length - 1;
    await out.receive({ payload: telemetry(values, 'incomer') });
    await waitFor('the device', () => session.state.devices.includes('incomer'));
    const since = out.statuses.slice(refused).map(({ text }) => text);
    assert.deepEqual([...new Set(since)], ['message refused']);
    // What concerns every meter is not hidden by what concerns one.
    const alarm = new Pm500Error('SPARKPLUG_ID_DUPLICATE', 'Somebody else publishes as this edge node.');
    const state = { phase: 'born', devices: ['incomer'], alarm } as const;
    Object.defineProperty(session, 'state', { get: () => state, configurable: true });
    await waitFor('the next look', () => out.lastStatus?.text === 'duplicate edge node');
    const before = out.statuses.length;
    // Its error is told with those of the same minute.
    void out.receive({ payload: telemetry(values, 'a/b') });
    await out.receive({ payload: telemetry(values, 'incomer') });
    assert.ok(!out.statuses.slice(before).some(({ text }) => text === 'message refused'));
    Reflect.deleteProperty(session, 'state');
    let now = 0;
    const refusal = new LastRefusal(() => now);
    assert.equal(refusal.shown, undefined);
    refusal.note('notStored');
    now = REFUSAL_SHOWN_MS - 1;
    assert.equal(refusal.shown, 'notStored');
    now++;
    assert.equal(refusal.shown, undefined);
  });

  it('pass over what pm500-normalize sends beside alarms, and pm500-poll beside readings', async () => {
    createEdge();
    const out = create('sparkplug-out', { edge: 'edge', deviceId: '' });
    await waitFor('the edge node', () => out.lastStatus?.text === 'connected');
    for (const schema of ['pm500.normalize-diagnostics/1', 'pm500.diagnostics/1', 'pm500.layout-check/1']) {
      const { error } = await out.receive({ payload: { schema } });
      assert.equal(error, undefined, schema);
    }
    assert.equal(out.lastStatus?.text, 'connected');
  });

  it('show why there is no session', async () => {
    createEdge();
    const { port } = broker;
    await broker.kill();
    const out = create('sparkplug-out', { edge: 'edge', deviceId: 'D' });
    await waitFor('the status', () => out.lastStatus?.text === 'broker unreachable');
    assert.equal(out.lastStatus?.fill, 'red');
    broker = await EmbeddedBroker.start({ port });
    await waitFor('the return', () => out.lastStatus?.text === 'connected');
  });

  it('tell how store and forward goes: at once when it changes, again and again, and what is lost by its cause', async () => {
    const edge = createEdge({ id: 'diagnosed', store: 'memory', maximumMegabytes: 1 });
    const { port } = broker;
    const out = create('sparkplug-out', { edge: 'edge', deviceId: 'D', diagnosticsSeconds: 1 });
    const told = (): DeliveryDiagnostics[] => out.sent.map(({ payload }) => DELIVERY.parse(payload));
    await waitFor('diagnostics', () => told().length > 0);
    assert.deepEqual(
      [told()[0]?.schema, told()[0]?.state, told()[0]?.capacity],
      ['pm500.delivery/1', 'idle', { maximumBytes: 1_000_000 }],
    );
    await broker.kill();
    await waitFor('the outage to be told', () => told().at(-1)?.state === 'retrying');
    for (let at = 0; at < 30; at++) {
      const metrics = [{ name: 'text', value: `${at}`.padEnd(50_000, 'x') }];
      await out.receive({ payload: { metrics } });
    }
    await waitFor('each reading to wait or to be told as lost', () => {
      const { lost = 0, depth = 0 } = told().at(-1) ?? {};
      return lost >= 10 && lost + depth === 30;
    });
    const { lost, losses, depth } = told().at(-1) ?? {};
    assert.equal(lost, losses?.size);
    const metricsPage = red.pages.get('/pm500/metrics');
    let body = '';
    const response = { type: () => response, send: (text: string) => void (body = text) };
    metricsPage?.page({}, response);
    const { id } = edge;
    assert.ok(
      body.includes(`pm500_delivery_lost_records_total{target="${id}",node="${id}",cause="size"} ${lost}\n`),
      body,
    );
    assert.ok(body.includes(`pm500_delivery_limit_bytes{target="${id}",node="${id}"} 1000000\n`));
    broker = await EmbeddedBroker.start({ port });
    await waitFor('the end of the outage', () => told().at(-1)?.depth === 0, { timeoutMs: 15_000 });
    await waitFor('the status', () => out.lastStatus?.text === `lost: ${lost}`);
    assert.equal(told().at(-1)?.written, depth);
  });

  it('tell how it goes without a store too: what nobody will see is counted, what the next birth brings is not', async () => {
    const edge = createEdge({ id: 'storeless', store: 'none' });
    const { port } = broker;
    const out = create('sparkplug-out', { edge: 'edge', deviceId: 'D' });
    const told = (): DeliveryDiagnostics | undefined =>
      out.sent.map(({ payload }) => payload as DeliveryDiagnostics).at(-1);
    const send = (value: number): Promise<unknown> =>
      out.receive({
        payload: {
          metrics: [
            { name: 'a', value },
            { name: 'b', value },
          ],
        },
      });
    // Before there is a session, too, the first values come with the birth.
    await send(0);
    await waitFor('the device', () => broker.host.values.get('D/a') === 0);
    const metricsPage = (): string => {
      let body = '';
      const response = { type: () => response, send: (text: string) => void (body = text) };
      red.pages.get('/pm500/metrics')?.page({}, response);
      return body;
    };
    const { id } = edge;
    assert.ok(metricsPage().includes(`pm500_delivery_up{target="${id}",node="${id}"} 1\n`), metricsPage());
    assert.ok(metricsPage().includes(`cause="notKept"} 0\n`));
    await broker.kill();
    await waitFor('the outage to be told', () => told()?.state === 'retrying');
    assert.ok(metricsPage().includes(`pm500_delivery_up{target="${id}",node="${id}"} 0\n`));
    await send(1);
    assert.ok(metricsPage().includes(`cause="notKept"} 0\n`), 'the birth will bring them');
    for (const value of [2, 3, 4]) await send(value);
    await waitFor('losses to be told', () => told()?.losses.notKept === 6);
    assert.ok(metricsPage().includes(`cause="notKept"} 6\n`));
    assert.match(edge.warnings.join('\n'), /\d values? w\w+ lost because they came while nothing could be sent/);
    broker = await EmbeddedBroker.start({ port }, broker.host);
    await waitFor('the birth with the newest', () => broker.messages.includes('DBIRTH'), { timeoutMs: 20_000 });
    await waitFor('the end of the outage', () => told()?.state === 'idle');
    assert.deepEqual([told()?.lost, told()?.durable, told()?.depth], [6, false, 0]);
  });

  it('show no stored values any more once all were forwarded', async () => {
    createEdge({ id: 'forwards', store: 'memory' });
    const { port } = broker;
    const out = create('sparkplug-out', { edge: 'edge', deviceId: 'D' });
    const send = (value: number): Promise<unknown> => out.receive({ payload: { metrics: [{ name: 'a', value }] } });
    await send(0);
    await waitFor('the device', () => broker.host.values.get('D/a') === 0);
    await broker.kill();
    await waitFor('the outage', () => out.lastStatus?.text === 'broker unreachable');
    for (let value = 1; value <= 5; value++) await send(value);
    broker = await EmbeddedBroker.start({ port }, broker.host);
    await waitFor('the birth with the newest', () => broker.messages.includes('DBIRTH'), { timeoutMs: 20_000 });
    await waitFor(
      'the status of a node that has nothing to forward',
      () => out.lastStatus?.text?.startsWith('sent: ') === true,
    );
    assert.ok(
      out.statuses.some(({ text }) => /^history: \d+$/.test(text ?? '')),
      'while it forwarded it said so',
    );
  });

  it('size their store by time where no megabytes are set: a share of the disk, never less than it holds', () => {
    const userDir = temporaryFolder('store-size');
    red.settings.userDir = userDir;
    const limitOf = (properties: object): number =>
      (createEdge({ store: 'disk', ...properties }) as unknown as SparkplugEdgeNode).session.delivery.capacity
        ?.maximumBytes ?? 0;
    const { bavail, bsize } = statfsSync(userDir);
    const quarter = (bavail * bsize) / 4;
    const automatic = limitOf({ maximumMegabytes: 0 });
    assert.ok(Math.abs(automatic - quarter) < quarter * 0.2, `${automatic} of ${quarter}`);
    assert.equal(limitOf({ maximumMegabytes: '3' }), 3_000_000);
    const inMemory = limitOf({ store: 'memory', maximumMegabytes: 0 });
    assert.ok(inMemory >= 20_000_000 && inMemory < 5e9, String(inMemory));
  });

  it('give the outbox back when the session cannot be made', async () => {
    const properties = { host: '127.0.0.1', groupId: 'plant', edgeNodeId: 'edge', store: 'memory' };
    const depthOf = (edge: FakeNode): number | undefined =>
      (edge as unknown as SparkplugEdgeNode).session.history?.depth;
    const first = createEdge(properties);
    await broker.kill();
    const out = create('sparkplug-out', { edge: 'edge', deviceId: 'D' });
    await out.receive({ payload: { metrics: [{ name: 'a', value: 1 }] } });
    const waiting = depthOf(first) ?? 0;
    assert.ok(waiting > 0);
    await Promise.all([out.close(), first.close()]);
    // The outbox finds the user directory, what is made after it does not.
    let looks = 0;
    const faulty = new FakeRed({
      get userDir(): string {
        if (looks++ > 0) throw new Error('The disk has gone.');
        return '';
      },
    });
    sparkplugEdge(faulty.api);
    const failed = faulty.create('sparkplug-edge', properties);
    assert.equal(failed.lastStatus?.fill, 'red');
    assert.match(failed.errors.join(), /The disk has gone/);
    broker = await EmbeddedBroker.start();
    assert.equal(depthOf(createEdge(properties)), waiting, 'what waited is still there');
  });

  it('turn red with one sentence for a wrong configuration', async () => {
    for (const properties of [
      { groupId: 'a/b' },
      { edgeNodeId: '' },
      { host: '' },
      { host: 'mqtt://127.0.0.1' },
      { host: '127.0.0.1:1883' },
      { host: '127.0.0.1/' },
      { port: 'x' },
      { keepAliveSeconds: 0 },
    ]) {
      const edge = createEdge(properties);
      assert.equal(edge.lastStatus?.fill, 'red', JSON.stringify(properties));
      assert.equal(edge.errors.length, 1);
    }
    const orphan = create('sparkplug-out', { edge: 'edge', deviceId: '' });
    assert.equal(orphan.lastStatus?.fill, 'red');
    assert.match(
      String(orphan.errors[0]),
      /edge points to a configuration node whose settings are wrong; correct them/,
    );
    createEdge();
    assert.match(String(create('sparkplug-out', { edge: 'edge', deviceId: 'a#' }).errors[0]), /device ID "a#"/);
    assert.ok((await orphan.receive({ payload: {} })).error instanceof Error);
  });
});
