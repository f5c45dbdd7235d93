import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { readFlow } from '../../testkit/node-red/reference-flows';

const START_MS = 1_700_000_000_000;
const METERS = 50;
const HOURS = 2;
/** What a chart of the flow may hold, in Node-RED and in every browser. */
const MOST_POINTS = 2000;

interface Point {
  readonly topic: string;
  readonly payload: number;
}

/** A function node as Node-RED runs it, with a clock of the test. */
function runnerOf(func: string): (payload: object, nowMs: number) => Point | null {
  const kept = new Map<string, unknown>();
  const clock = { nowMs: 0 };
  const scope = {
    context: { get: (name: string) => kept.get(name), set: (name: string, value: unknown) => kept.set(name, value) },
    node: { status: () => undefined },
    Date: { now: () => clock.nowMs },
  };
  const run = runInNewContext(`(function (msg) {${func}})`, scope) as (msg: object) => Point | null;
  return (payload, nowMs) => {
    clock.nowMs = nowMs;
    return run({ payload });
  };
}

describe('the trends of the live dashboard', () => {
  const flow = readFlow('flows', 'live-dashboard.json');
  const charts = flow.filter(({ type }) => type === 'ui-chart');

  it('are charts', () => {
    assert.equal(charts.length, 2);
  });

  for (const chart of charts) {
    it(`hold so many points and no more, however many meters there are and however long: ${String(chart.name)}`, () => {
      const [source] = flow.filter(({ wires }) => (wires as string[][] | undefined)?.flat().includes(chart.id));
      const run = runnerOf(String(source?.['func']));
      const perCurve = new Map<string, number[]>();
      for (let second = 0; second < HOURS * 3600; second++) {
        for (let meter = 0; meter < METERS; meter++) {
          const sample = { value: 1000, quality: 'good' };
          const metrics = { active_power_total: sample, voltage_unbalance: sample };
          // One of them has the name of something else.
          const name = meter === 3 ? '__proto__' : `meter-${meter}`;
          const point = run({ meter: { name }, metrics }, START_MS + 1000 * second);
          if (point !== null) perCurve.set(point.topic, [...(perCurve.get(point.topic) ?? []), second].slice(-1000));
        }
      }
      const [perPoints, minutes] = [Number(chart['removeOlderPoints']), Number(chart['removeOlder'])];
      assert.deepEqual([chart['removeOlderUnit'], minutes], ['60', 15]);
      const held = [...perCurve.values()].map(
        (seconds) => seconds.filter((second) => second > HOURS * 3600 - minutes * 60).slice(-perPoints).length,
      );
      assert.ok(
        held.every((count) => count >= 170),
        `curves of ${held.join(', ')} points of 15 min`,
      );
      assert.ok(
        held.reduce((sum, count) => sum + count, 0) <= MOST_POINTS,
        `${held.length} curves of ${held.join(', ')}`,
      );
      assert.equal(run({ meter: { name: 'meter-0' }, metrics: {} }, START_MS), null);
    });
  }
});
