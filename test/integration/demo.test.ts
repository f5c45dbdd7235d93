import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { isListening } from '../../testkit/servers/ports';
import { startProcess, tailOf, type RunningProcess } from '../../testkit/servers/processes';
import { waitFor } from '../../testkit/wait';
import { ROOT } from '../../testkit/root';

/** As package.json starts it. */
const DEMO = ['--require', 'tsx/cjs', 'tools/demo/main.ts'];

function startDemo(...args: readonly string[]): Promise<RunningProcess> {
  return startProcess({
    name: 'demo',
    command: process.execPath,
    args: [...DEMO, ...args],
    cwd: ROOT,
    ready: (output) => /Ctrl-C ends everything|Checking for/.test(output),
    readyTimeoutMs: 60_000,
  });
}

/** Every port of this machine that the demo said it uses. */
function portsSaid(output: string): readonly number[] {
  return [...new Set([...output.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port)))];
}

async function assertNothingLeft(output: string): Promise<void> {
  const ports = portsSaid(output);
  assert.ok(ports.length >= 3, output);
  for (const port of ports) await waitFor(`the end of port ${port}`, async () => !(await isListening(port)));
}

describe('demo', () => {
  it('verifies itself from outside, over an outage and a kill of Node-RED', async function () {
    // Where something is missing it waits for that, and then says so.
    this.timeout(240_000);
    const demo = await startDemo('--check', '20');
    assert.equal(await demo.exited, 0, tailOf(demo));
    const output = demo.output();
    assert.match(output, /Check passed\./);
    assert.match(output, /realtime +30 of 30 metrics/);
    assert.match(output, /agreement \d+ values compared between broker and database, 0 differ/);
    assert.match(output, /"Overload for 4 s": .* 30 values and 2 KPIs turned bad \(overload\), .* were uncertain/);
    assert.match(output, /database: no value, bad_overload counts [1-9]\d* values and [1-9]\d* KPIs/);
    // Value, unit and quality; samples in the database and values on the broker.
    assert.match(output, /voltage_unbalance +[\d.]+ % +uncertain layout_inferred +[1-9]\d* +[1-9]/);
    assert.match(output, /active_energy_import_day +[1-9]\d* Wh +uncertain layout_assumed +[1-9]\d* +[1-9]/);
    assert.match(output, /phase_loss_l1 \(critical\): since .* raised .* cleared [\d:]+\n +Phase L1 is lost/);
    assert.match(output, /[1-9] raised and [1-9] cleared in .* database: 0 missing/);
    assert.match(output, /database stopped and broker cut off.* Node-RED killed.* started again.* both back/);
    // Readings, values, missing in the database, twice there, missing on the broker.
    const rows = ['before', 'database and broker away', 'away, Node-RED restarted', 'all back'];
    for (const row of rows) assert.match(output, new RegExp(` ${row} +[1-9]\\d* +[1-9]\\d* +0 +0 +0$`, 'm'));
    assert.match(output, /[1-9]\d* of them from the outage/);
    await assertNothingLeft(output);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`${signal} ends everything it has started`, async () => {
      const demo = await startDemo();
      for (const port of portsSaid(demo.output())) await waitFor(`port ${port}`, () => isListening(port));
      process.kill(demo.pid, signal);
      assert.equal(await demo.exited, 0, tailOf(demo));
      await assertNothingLeft(demo.output());
    });
  }

  for (const args of [['--check'], ['--check', 'soon'], ['--check', '0'], ['--chek', '20'], ['--check', '20', '5']]) {
    it(`refuses ${args.join(' ')} with one sentence and 2`, () => {
      const { status, stderr } = spawnSync(process.execPath, [...DEMO, ...args], { cwd: ROOT, encoding: 'utf8' });
      assert.equal(status, 2);
      const sentences = stderr.split('\n').filter((line) => line !== '');
      assert.equal(sentences.length, 1, stderr);
      assert.match(stderr, /npm run demo/);
    });
  }
});
