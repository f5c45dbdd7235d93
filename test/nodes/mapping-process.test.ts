import { join } from 'node:path';
import assert from 'node:assert/strict';
import { childrenOf, commandOf, environmentOf, isAlive } from '../../testkit/servers/child-processes';
import { FakeRed, type FakeNode } from '../../testkit/node-red/fake-red';
import { confirmedReading, createNormalize } from '../../testkit/meters/normalize-bench';
import { startProcess } from '../../testkit/servers/processes';
import { waitFor } from '../../testkit/wait';
import pm500Normalize from '../../nodes/pm500-normalize';
import { ROOT } from '../../testkit/root';

/** What a regular expression takes years for; only the first of these holds it. */
const HOLDS = '$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /(a+)+$/)';
const HOSTILE: Readonly<Record<string, { readonly mapping: string; readonly says: RegExp }>> = {
  'a pattern that tries forever': { mapping: HOLDS, says: /it runs longer than 1 s/ },
  'a $zip of millions': {
    mapping: '$zip([1..9000000],[1..9000000],[1..9000000],[1..9000000],[1..9000000])',
    says: /it (needs more memory than 128 MB|ended its process 2 times|runs longer than 1 s)/,
  },
  // In a thread alone, this ends the whole process.
  'a list that V8 cannot make': {
    mapping: '$count($split($pad("", 100000000, "xy"), "y"))',
    says: /it (needs more memory than 128 MB|ended its process 2 times|runs longer than 1 s)/,
  },
  'a string that doubles': {
    mapping: '($f := function($a, $n) {$n = 0 ? $a : $f($a & $a, $n - 1)}; $length($f("abcdefgh", 30)))',
    says: /Invalid string length|it (needs more memory|runs longer|ended its process)/,
  },
};

describe('the process of JSONata mappings', function () {
  this.timeout(60_000);
  const created: FakeNode[] = [];

  function create(mapping: string, red?: FakeRed): FakeNode {
    if (red === undefined) created.push(createNormalize({ shape: 'jsonata', mapping }));
    else {
      pm500Normalize(red.api);
      created.push(red.create('pm500-normalize', { shape: 'jsonata', mapping }));
    }
    return created.at(-1)!;
  }
  const payload = (): object => confirmedReading([101], Date.now(), { voltage_l1_n: 230 });
  const processes = (): readonly number[] =>
    childrenOf(process.pid).filter((pid) => commandOf(pid).includes('mapping-process'));

  afterEach(async () => {
    await Promise.all(created.splice(0).map((node) => node.close()));
    await waitFor('no process of mappings', () => processes().length === 0);
  });

  for (const [what, { mapping, says }] of Object.entries(HOSTILE)) {
    it(`${what} costs its message and nothing else; the loop of Node-RED runs on`, async () => {
      const node = create(`topic = "bad" ? ${mapping} : topic`);
      const other = create('topic');
      let turns = 0;
      const turning = setInterval(() => turns++, 10);
      const topics = ['a', 'bad', 'b', 'c'];
      const order: string[] = [];
      const ends = await Promise.all([
        ...topics.map((topic) =>
          node.receive({ topic, payload: payload() }).then((end) => {
            order.push(topic);
            return end;
          }),
        ),
        other.receive({ topic: 'other', payload: payload() }),
      ]);
      clearInterval(turning);
      assert.deepEqual(order, topics);
      assert.deepEqual(
        ends.map(({ sent }) => sent[0]?.payload),
        ['a', undefined, 'b', 'c', 'other'],
      );
      assert.match(String(ends[1]?.error), says);
      assert.ok(turns > 5, `${turns} turns`);
    });
  }

  it('is one for all nodes, starts with the first message and ends with the last node', async () => {
    const [one, two] = [create('topic'), create('topic')];
    assert.deepEqual(processes(), []);
    await one.receive({ topic: 'a', payload: payload() });
    await two.receive({ topic: 'b', payload: payload() });
    assert.equal(processes().length, 1);
    await one.close();
    assert.equal(processes().length, 1);
    await two.close();
    await waitFor('the end of it', () => processes().length === 0);
  });

  it('knows nothing of the environment but how times are written', async () => {
    process.env['PM500_TEST_SECRET'] = 'hunter2';
    try {
      await create('topic').receive({ topic: 'a', payload: payload() });
    } finally {
      delete process.env['PM500_TEST_SECRET'];
    }
    const [pid = 0] = processes();
    const names = environmentOf(pid)
      .split('\0')
      .map((entry) => entry.split('=')[0] ?? '');
    const known = ['', 'TZ', 'LANG', 'LC_ALL', 'NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE'];
    assert.deepEqual(
      names.filter((name) => !known.includes(name)),
      [],
    );
  });

  it('ended from outside four times, it loses no message, sends none twice and keeps their order', async () => {
    const node = create('$number(topic)');
    const sent: unknown[] = [];
    const count = 600;
    let kills = 0;
    for (let place = 0; place < count; place++) {
      void node.receive({ topic: String(place), payload: payload() }).then((end) => {
        sent.push(end.error ?? end.sent[0]?.payload);
        if (sent.length % 150 !== 75) return;
        kills++;
        for (const pid of processes()) process.kill(pid, 'SIGKILL');
      });
    }
    await waitFor('all of them', () => sent.length === count, { timeoutMs: 50_000 });
    assert.equal(kills, 4);
    assert.deepEqual(
      sent,
      Array.from({ length: count }, (_one, place) => place),
    );
  });

  it('what the node has accepted is sent before it is closed', async () => {
    const node = create('$number(topic)');
    const received = [1, 2, 3].map((topic) => node.receive({ topic: String(topic), payload: payload() }));
    await node.close();
    const payloads = (await Promise.all(received)).map(({ sent }) => sent[0]?.payload);
    assert.deepEqual(payloads, [1, 2, 3]);
  });

  it('ends when Node-RED is killed, also while a pattern holds it', async () => {
    const parent = await startProcess({
      name: 'the parent',
      command: process.execPath,
      args: ['--require', 'tsx/cjs', join(ROOT, 'testkit/node-red/mapping-parent.ts')],
      cwd: ROOT,
      ready: (output) => /mapping process \d+\n/.test(output),
      readyTimeoutMs: 30_000,
    });
    const pid = Number(/mapping process (\d+)/.exec(parent.output())?.[1]);
    assert.ok(isAlive(pid));
    await parent.kill();
    await waitFor('the end of the process of mappings', () => !isAlive(pid), { timeoutMs: 10_000 });
  });

  it('gives JSONata what it has in all nodes of Node-RED: contexts, environment, moment, requests', async () => {
    const red = new FakeRed();
    const node = create(
      '{"flow": $flowContext("rate"), "global": $globalContext("site", "disk"), "env": $env("PLANT"), ' +
        '"year": $moment("2026-05-01T00:00:00Z").utc().format("YYYY"), "clone": $clone({"a": 1}), ' +
        '"query": req.query.line, "raw": $type(raw), "none": $flowContext("none")}',
      red,
    );
    Object.assign(node, {
      context: () => ({
        flow: {
          get: (key: string, _store: unknown, done: (error: unknown, value: unknown) => void) => {
            done(null, key === 'rate' ? 2 : undefined);
          },
        },
        global: {
          get: (key: string, store: unknown, done: (e: unknown, v: unknown) => void) => {
            setTimeout(done, 5, null, { name: `${key} of ${String(store)}`, close: () => undefined });
          },
        },
      }),
      _flow: { getSetting: (name: string) => (name === 'PLANT' ? 'north' : undefined) },
    });
    const req = { query: { line: '4' }, socket: { on: () => undefined } };
    const { sent, error } = await node.receive({ payload: payload(), req, raw: Buffer.from('x') });
    assert.equal(error, undefined);
    assert.deepEqual(sent[0]?.payload, {
      flow: 2,
      global: { name: 'site of disk' },
      env: 'north',
      year: '2026',
      clone: { a: 1 },
      query: '4',
      raw: 'object',
    });
    assert.equal((sent[0] as { req?: unknown }).req, req);
  });
});
