import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FakeNode, FakeRed } from '../../testkit/node-red/fake-red';
import { fillOf, InfluxNodes, textOf, untilShown } from '../../testkit/node-red/influx-nodes';
import type { ScriptedInflux } from '../../testkit/servers/scripted-influx';
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
    const found = red.pages.get('/pm500/metrics');
    assert.equal(found?.permission, 'pm500.read');
    let body = '';
    const response = { type: () => response, send: (text: string) => void (body = text) };
    found.page({}, response);
    assert.match(body, /^pm500_delivery_written_records_total\{target="f00d",node="f00d"\} 1$/m);
    await Promise.all([target.close(true), out.close(true)]);
    nodes.forget();
    found.page({}, response);
    assert.doesNotMatch(body, /pm500_delivery/);
  });
});
