import assert from 'node:assert/strict';
import { normalizeReading } from '../../src/domain/quality/normalize';
import { Pm500Error } from '../../src/support/errors';
import { seededRandom } from '../../src/support/random';
import type { FakeNode } from '../../testkit/node-red/fake-red';
import { fillOf, InfluxNodes, textOf, untilShown } from '../../testkit/node-red/influx-nodes';
import { sampleReading } from '../../testkit/meters/readings';
import { replyJson, ScriptedInflux, written } from '../../testkit/servers/scripted-influx';

/** As InfluxDB 2 says it. */
const CONFLICT =
  'field type conflict: input field "a" on measurement "powermonitor_500" is type float, already exists as type string';

describe('influx-target and influx-out', function () {
  this.timeout(60_000);
  let server: ScriptedInflux;
  let nodes: InfluxNodes;

  beforeEach(async () => {
    nodes = await InfluxNodes.start();
    ({ server } = nodes);
  });

  afterEach(() => nodes.stop());

  const createTarget = (properties: object = {}): FakeNode => nodes.createTarget(properties);
  const createOut = (properties: object = {}): FakeNode => nodes.createOut(properties);
  const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

  it('writes telemetry and shows how many points were written', async () => {
    createTarget();
    const out = createOut();
    assert.deepEqual(out.lastStatus, { fill: 'grey', shape: 'ring', text: 'ready' });
    const telemetry = normalizeReading(sampleReading([101], seededRandom(1)));
    assert.equal((await out.receive({ payload: telemetry })).error, undefined);
    await server.until(() => server.stored.size > 0);
    const [line = ''] = server.stored;
    assert.match(
      line,
      /^powermonitor_500,area=melt,asset=transformer-1,line=1,meter=main-incomer,quality=\w+,site=gwangyang /,
    );
    assert.ok(line.endsWith(` ${telemetry.timestamp}`));
    await untilShown(() => fillOf(out) === 'green');
    assert.match(textOf(out), /^written: \d$/);
  });

  it('takes measurement and timestamp of the message for other shapes', async () => {
    createTarget();
    const out = createOut({ influxMeasurement: 'room', acknowledge: 'written' });
    const beside: object = { measurement: 'hall', timestamp: 77 };
    await out.receive({ payload: [{ a: 1 }, { t: 'x' }] });
    await out.receive({ payload: { a: 2 }, ...beside });
    const [first = '', second] = server.stored;
    assert.match(first, /^room,t=x a=1 \d{13}$/);
    assert.equal(second, 'hall a=2 77');
  });

  it('is done when queued, and shows what waits while the database is away', async () => {
    await server.stop();
    createTarget();
    const out = createOut();
    assert.equal((await out.receive({ payload: { a: 1 } })).error, undefined);
    await untilShown(() => fillOf(out) === 'yellow');
    assert.match(textOf(out), /^away, \d queued$/);
    await server.start();
    await server.until(() => server.stored.size === 1);
    await untilShown(() => fillOf(out) === 'green');
  });

  it('is done when written, where that was chosen', async () => {
    createTarget();
    const out = createOut({ acknowledge: 'written' });
    assert.equal((await out.receive({ payload: [{ fields: { a: 1 } }, { fields: { a: 2 } }] })).error, undefined);
    assert.equal(server.stored.size, 2);
    server.answer(replyJson(422, `failure writing points to database: partial write: ${CONFLICT} dropped=1`));
    const { error } = await out.receive({ payload: { a: 3 } });
    assert.match(messageOf(error), /field type conflict/);
    assert.deepEqual(out.errors, [], 'Catch hears of it once');
  });

  it('reports a refused point of a message that is done already', async () => {
    createTarget();
    const out = createOut();
    server.answer(
      replyJson(422, 'failure writing points to database: partial write: points beyond retention policy dropped=1'),
    );
    await out.receive({ payload: { a: 1 } });
    await untilShown(() => out.errors.length > 0);
    assert.match(String(out.errors[0]), /points beyond retention policy/);
  });

  it('turns red and keeps the points while the token is refused', async () => {
    server.answer(replyJson(401, 'unauthorized access'));
    const target = createTarget();
    const out = createOut();
    await out.receive({ payload: { a: 1 } });
    await untilShown(() => fillOf(out) === 'red');
    assert.match(textOf(out), /^held: 1$/);
    assert.match(String(target.warnings[0]), /check the token/);
  });

  it('refuses what it cannot understand in one sentence, and goes on', async () => {
    createTarget();
    const out = createOut({ acknowledge: 'written' });
    for (const payload of [undefined, 5, 'text', [], [1, 2, 3], { schema: 'pm500.reading/1' }, { a: {} }]) {
      const { error } = await out.receive({ payload });
      assert.ok(error instanceof Pm500Error && error.code === 'MESSAGE_INVALID', messageOf(error));
      assert.equal(fillOf(out), 'red');
    }
    assert.equal((await out.receive({ payload: { a: 1 } })).error, undefined);
    assert.equal(server.stored.size, 1);
  });

  it('says once that values were left out', async () => {
    createTarget();
    const out = createOut();
    for (let count = 0; count < 3; count += 1) await out.receive({ payload: { a: NaN, b: 1 } });
    assert.equal(out.warnings.length, 1);
    assert.equal((await out.receive({ payload: { a: NaN } })).error, undefined, 'a message without a value is done');
  });

  it('keeps waiting points over a new deployment, also to another address', async () => {
    const other = new ScriptedInflux(written);
    await other.start();
    await server.stop();
    const target = createTarget();
    const out = createOut();
    for (let count = 0; count < 5; count += 1) await out.receive({ payload: { a: count, time: count } });
    await Promise.all([target.close(false), out.close(false)]);
    nodes.forget();
    createTarget({ url: other.url });
    createOut();
    await other.until(() => other.stored.size === 5);
    await other.stop();
  });

  it('says what is lost when a target is removed', async () => {
    await server.stop();
    const target = createTarget();
    const out = createOut();
    await out.receive({ payload: { a: 1 } });
    await Promise.all([target.close(true), out.close(true)]);
    assert.match(String(target.warnings.at(-1)), /^1 records/);
    nodes.forget();
    await server.start();
    createTarget();
    await new Promise(setImmediate);
    assert.equal(server.received.length, 0);
  });

  it('ends the wait of a message when the nodes are removed', async () => {
    await server.stop();
    const target = createTarget();
    const out = createOut({ acknowledge: 'written' });
    const receiving = out.receive({ payload: { a: 1 } });
    await new Promise(setImmediate);
    await Promise.all([target.close(true), out.close(true)]);
    assert.match(messageOf((await receiving).error), /still wait/);
  });

  it('takes messages that were on their way when all nodes are closed for a deployment', async () => {
    await server.stop();
    const target = createTarget();
    const out = createOut();
    const closing = [target.close(false), out.close(false)];
    const late = out.receive({ payload: { a: 1 } });
    await new Promise(setImmediate);
    const later = out.receive({ payload: { a: 2 } });
    assert.deepEqual([(await late).error, (await later).error], [undefined, undefined]);
    await Promise.all(closing);
    nodes.forget();
    createTarget();
    createOut();
    await server.start();
    await server.until(() => server.stored.size === 2);
    assert.deepEqual([target.errors, out.errors], [[], []]);
  });

  it('neither ends nor fails a message that waits over a deployment for its points to be written', async () => {
    await server.stop();
    const target = createTarget();
    const out = createOut({ acknowledge: 'written' });
    let ended = false;
    void out.receive({ payload: { a: 1 } }).then(() => {
      ended = true;
    });
    await Promise.all([target.close(false), out.close(false)]);
    await new Promise(setImmediate);
    assert.equal(ended, false);
    nodes.forget();
    createTarget();
    createOut();
    await server.start();
    await server.until(() => server.stored.size === 1);
  });

  const wrongTargets: readonly (readonly [what: string, properties: object, sentence: RegExp])[] = [
    ['no URL', { url: '' }, /url/],
    // The sentence does not repeat a URL, which may hold a password.
    ['a URL that is none', { url: 'user:secret@db:8086' }, /^The InfluxDB URL cannot be used: (?!.*secret)/],
    ['no bucket', { bucket: ' ' }, /bucket/],
    ['no batch', { batchLines: 0 }, /batchLines/],
    ['a timeout that is text', { timeoutMs: 'long' }, /timeoutMs/],
    ['no room', { maximumMegabytes: 0 }, /maximumMegabytes/],
    ['a TLS configuration that is missing', { tls: 'gone' }, /tls/],
  ];
  for (const [what, properties, sentence] of wrongTargets) {
    it(`refuses a target with ${what}, and what depends on it`, async () => {
      const target = createTarget(properties);
      assert.match(String(target.errors[0]), sentence);
      const out = createOut();
      assert.deepEqual([fillOf(out), textOf(out)], ['red', 'check settings']);
      const { error } = await out.receive({ payload: { a: 1 } });
      assert.match(messageOf(error), /target points to a configuration node whose settings are wrong; correct them/);
    });
  }

  for (const properties of [
    { target: '' },
    { influxMeasurement: '' },
    { influxMeasurement: '#x' },
    { acknowledge: 'never' },
  ]) {
    it(`refuses ${JSON.stringify(properties)}`, async () => {
      createTarget();
      const out = createOut(properties);
      assert.equal(fillOf(out), 'red');
      const { error } = await out.receive({ payload: { a: 1 } });
      assert.ok(error instanceof Pm500Error);
    });
  }
});
