import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DRILLS, type Drill } from '../../src/drill/drills';
import { MetricsPage } from '../../src/drill/metrics-page';
import { runDrill, type DrillRecord } from '../../src/drill/run-drill';
import { runHere } from '../cli/run-command';
import { ROOT } from '../../testkit/root';

const START = Date.parse('2026-11-27T10:00:00Z');

const page = (up: number, oldest: number, lost: number, meter = 1, questions = 0): string =>
  [
    '# TYPE pm500_delivery_up gauge',
    `pm500_delivery_up{target="a \\"b\\" } 7"} ${up}`,
    'pm500_delivery_up{target="other"} 1',
    `pm500_delivery_oldest_seconds{target="a"} ${oldest}`,
    `pm500_delivery_lost_records_total{target="a",cause="age"} ${lost}`,
    `pm500_up{meter="m"} ${meter}`,
    `pm500_counter_questions ${questions}`,
  ].join('\n');

const named = (name: string): Drill => {
  const found = DRILLS.find((drill) => drill.name === name);
  assert.ok(found);
  return found;
};

/** The drill over these pages, one each 10 s; it is ended after the last. */
async function drilled(name: string, pages: readonly (string | undefined)[]): Promise<DrillRecord> {
  let at = 0;
  return runDrill(named(name), {
    look: () => {
      const text = pages[at];
      return Promise.resolve(text === undefined ? undefined : new MetricsPage(text));
    },
    wait: () => Promise.resolve((at += 1) < pages.length),
    now: () => START + at * 10_000,
    monotonic: () => at * 10_000,
    say: () => undefined,
    ask: () => undefined,
  });
}

const WELL = page(1, 0, 5);

describe('drills', () => {
  it('end with the time that recovery took and what was lost', async () => {
    const pages = [WELL, page(0, 10, 5), page(0, 20, 5), page(1, 90, 5), page(1, 3, 5), page(1, 2, 5)];
    assert.deepEqual(await drilled('database-lost', pages), {
      schema: 'pm500.drill/1',
      drill: 'database-lost',
      startedAt: '2026-11-27T10:00:00.000Z',
      seenAt: '2026-11-27T10:00:10.000Z',
      overAt: '2026-11-27T10:00:40.000Z',
      rtoSeconds: 30,
      lostRecords: 0,
      passed: true,
    });
  });

  it('fail where records were lost, also over a start of Node-RED that sets its counters to zero', async () => {
    const { lostRecords, passed } = await drilled('failover', [
      WELL,
      page(1, 0, 7),
      undefined,
      undefined,
      page(1, 0, 4),
      page(1, 0, 4),
    ]);
    assert.deepEqual([lostRecords, passed], [6, false]);
  });

  it('take no single look for a state, and have no end where they were ended', async () => {
    const down = page(0, 10, 5);
    const early = await drilled('broker-lost', [WELL, down, WELL, down, WELL]);
    assert.deepEqual([early.seenAt, early.passed], [undefined, false]);
    const late = await drilled('broker-lost', [WELL, down, down, WELL, down]);
    assert.deepEqual([late.seenAt, late.overAt, late.passed], ['2026-11-27T10:00:10.000Z', undefined, false]);
  });

  it('of an exchanged meter are over when the question about its counter was answered', async () => {
    const [away, asked] = [page(1, 0, 5, 0), page(1, 0, 5, 1, 1)];
    // The meter answers at once; the question comes with a later reading.
    const minute = Array.from({ length: 7 }, () => WELL);
    const pages = [WELL, away, away, WELL, WELL, asked, asked, ...minute];
    assert.equal((await drilled('meter-exchanged', pages)).overAt, '2026-11-27T10:01:10.000Z');
    assert.equal((await drilled('meter-exchanged', pages.slice(0, -1))).overAt, undefined);
  });

  it('say before what is to be done, with commands that name the folder of this package', async () => {
    const { code, stdout } = await runHere('drill', 'restore', '--plan');
    assert.equal(code, 0);
    assert.match(stdout, /^ {2}systemctl stop pm500-influxdb$/m);
    const [, script = ''] = /^ {2}sh (\S+restore-v1\.sh) /m.exec(stdout) ?? [];
    assert.ok(existsSync(script), stdout);
  });

  it('are not in a state that a well plant has, begin in none that is over, and name a page that is there', () => {
    const well = new MetricsPage(WELL);
    for (const { name, seen, over, runbook } of DRILLS) {
      assert.equal(seen(well), false, name);
      assert.equal(over(well), true, name);
      assert.equal(over(undefined), false, name);
      assert.ok(existsSync(join(ROOT, 'docs', runbook)), runbook);
    }
  });

  it('are refused in one sentence where there is nothing to look at', async () => {
    const { code, stderr } = await runHere('drill', 'broker-lost', '--url', 'http://127.0.0.1:9/pm500/metrics');
    assert.deepEqual([code, stderr.split('\n').length], [2, 2], stderr);
    assert.match(stderr, /does not answer/);
    assert.match((await runHere('drill', 'none')).stderr, /Name one drill: broker-lost, /);
  });
});
