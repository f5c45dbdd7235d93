import assert from 'node:assert/strict';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FakeNode, FakeRed } from '../../testkit/node-red/fake-red';
import { fillOf, InfluxNodes, textOf, untilShown } from '../../testkit/node-red/influx-nodes';
import { replyJson, written, type ScriptedInflux } from '../../testkit/servers/scripted-influx';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

describe('what influx-out shows and tells of its outbox', function () {
  this.timeout(60_000);
  let server: ScriptedInflux;
  let red: FakeRed;
  let nodes: InfluxNodes;

  beforeEach(async () => {
    nodes = await InfluxNodes.start();
    ({ server, red } = nodes);
  });

  afterEach(() => nodes.stop());

  const create = (target: object = {}, properties: object = {}): readonly [target: FakeNode, out: FakeNode] => [
    nodes.createTarget(target),
    nodes.createOut(properties),
  ];

  const metrics = (): string => {
    let body = '';
    const response = { type: () => response, send: (text: string) => void (body = text) };
    red.pages.get('/pm500/metrics')?.page({}, response);
    return body;
  };

  it('shows what was lost, red while it goes on, and sends diagnostics of it', async () => {
    await server.stop();
    const [, out] = create({ maximumMegabytes: 1 });
    for (let count = 0; count < 3; count += 1)
      await out.receive({ payload: { text: 'x'.repeat(400_000), time: count } });
    await untilShown(() => fillOf(out) === 'red');
    assert.equal(textOf(out), 'lost: 1');
    const dropped = (): unknown[] => out.sent.map(({ payload }) => (payload as { dropped: number }).dropped);
    await untilShown(() => dropped().includes(1));
    await server.start();
    await server.until(() => server.stored.size === 2);
    await untilShown(() => fillOf(out) === 'yellow');
    assert.equal(textOf(out), 'lost: 1');
  });

  it('shows that its outbox cannot be used, and goes on by itself', async () => {
    const userDir = temporaryFolder('influx-nodes');
    red.settings.userDir = userDir;
    writeFileSync(join(userDir, 'pm500'), 'a file in the way');
    const [, out] = create({}, { acknowledge: 'written' });
    await untilShown(() => fillOf(out) === 'red');
    assert.equal(textOf(out), 'outbox unavailable');
    assert.match(String((await out.receive({ payload: { a: 1 } })).error), /cannot be opened.*choose another folder/);
    const seen = (): string[] =>
      out.sent.map(({ payload }) => (payload as { lastError: { code: string } | null }).lastError?.code ?? 'none');
    assert.equal(seen().at(-1), 'OUTBOX_UNAVAILABLE');
    rmSync(join(userDir, 'pm500'));
    await untilShown(() => seen().at(-1) === 'none');
    assert.equal((await out.receive({ payload: { a: 1 } })).error, undefined);
    await untilShown(() => fillOf(out) === 'green');
    removeFolder(userDir);
  });

  it('tells Prometheus how delivery goes until it is removed', async () => {
    const [target, out] = create({}, { acknowledge: 'written' });
    await out.receive({ payload: { a: 1 } });
    assert.equal(red.pages.get('/pm500/metrics')?.permission, 'pm500.read');
    assert.match(metrics(), /^pm500_delivery_written_records_total\{target="f00d",node="f00d"\} 1$/m);
    await Promise.all([target.close(true), out.close(true)]);
    nodes.forget();
    assert.doesNotMatch(metrics(), /pm500_delivery/);
  });

  it('shows a refusal of everything in red, to Prometheus and in diagnostics, keeps all, and is green when it is over', async () => {
    server.fallback = replyJson(422, 'Update to schema would exceed limit of 5 tables per database');
    const [target, out] = create();
    for (let count = 0; count < 3; count += 1) await out.receive({ payload: { a: count, time: count } });
    await untilShown(() => fillOf(out) === 'red');
    await untilShown(() => textOf(out) === 'held: 3');
    assert.match(metrics(), /^pm500_delivery_up\{target="f00d",node="f00d"\} 0$/m);
    const told = (): unknown[] =>
      out.sent.map(({ payload }) => {
        const { state, lastError } = payload as { state: string; lastError: { code: string } | null };
        return [state, lastError?.code];
      });
    await untilShown(() => JSON.stringify(told().at(-1)) === '["held","DELIVERY_REFUSED"]');
    assert.ok(
      target.warnings.some((warning) => /refuses every line alike.*exceed limit of 5 tables/.test(String(warning))),
    );
    server.fallback = written;
    await server.until(() => server.stored.size === 3);
    await untilShown(() => fillOf(out) === 'green');
    assert.match(metrics(), /^pm500_delivery_up\{target="f00d",node="f00d"\} 1$/m);
    assert.deepEqual(out.errors, [], 'nothing was set aside');
  });

  it('keeps as much of what is refused as its setting says, and counts, shows and says what was overwritten', async () => {
    const userDir = temporaryFolder('influx-refused');
    red.settings.userDir = userDir;
    server.fallback = (response, received, socket) => {
      const count = received.lines.filter((line) => line.includes('bad')).length;
      const answer = count === 0 ? written : replyJson(422, `partial write: beyond retention policy dropped=${count}`);
      answer(response, received, socket);
    };
    const [target, out] = create({ refusedMegabytes: 1 }, { acknowledge: 'written' });
    const given = 40;
    for (let at = 0; at < given; at += 1) {
      const bad = { fields: { text: `bad ${'x'.repeat(40_000)}` }, timestamp: at };
      const { error } = await out.receive({ payload: [{ fields: { ok: at }, timestamp: at }, bad] });
      assert.match(String(error), /beyond retention policy/);
    }
    const path = join(userDir, 'pm500/refused/f00d.lp');
    const files = [path, `${path}.1`];
    const kept = files.flatMap((each) => readFileSync(each, 'utf8').match(/^powermonitor_500 text=/gm) ?? []).length;
    for (const each of files) assert.ok(statSync(each).size <= 500_000);
    const lost = given - kept;
    assert.ok(kept > 10 && lost > 10, `${kept} are kept`);
    await untilShown(() => textOf(out) === `lost: ${lost}`);
    assert.match(metrics(), new RegExp(`^pm500_delivery_lost_records_total\\{.*cause="overwritten"\\} ${lost}$`, 'm'));
    assert.match(metrics(), new RegExp(`^pm500_delivery_set_aside_records_total\\{.*\\} ${given}$`, 'm'));
    assert.ok(
      target.warnings.some((warning) => String(warning).includes('set aside as refused by InfluxDB and overwritten')),
    );
    assert.equal(server.stored.size, given, 'every good point');
    await Promise.all([target.close(true), out.close(true)]);
    nodes.forget();
    removeFolder(userDir);
  });
});
