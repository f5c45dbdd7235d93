import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alertRules } from '../../tools/alerts/rules';
import { vmalertFile } from '../../tools/alerts/vmalert';
import { findProgram } from '../../testkit/servers/programs';
import { startVictoriaMetrics, type VictoriaMetrics } from '../../testkit/servers/victoria-metrics';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { PlantYear, YEAR_STARTS_MS, type Faults } from '../deploy/plant-year';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const YEAR_DAYS = 365;
/** Each recorded value once, so that a year takes a minute; rules judge it for the six minutes that they look back. */
const EVERY_MS = 15 * MINUTE_MS;
/** Cycles that are written at once. */
const CYCLES = 1000;
/** Rules about the supply, the layout and the sinks: what the replayed values and the metrics page have. */
const REPLAYED = alertRules().filter(
  ({ group, id }) => group === 'supply' || group === 'delivery' || id === 'LayoutContradicted' || id === 'ClockStepped',
);
/** As the rules say it, and as seldom as values come. */
const EVALUATED_EVERY_SECONDS = 60;
/** How many points the database gives in one answer. */
const POINTS = 29_000;

/** Writes what a meter and its gateway give over so many days, as vmalert would find it. */
async function replay(
  database: VictoriaMetrics,
  meter: string,
  days: number,
  everyMs: number,
  faults: Faults,
): Promise<void> {
  const expressions = REPLAYED.map(({ value }) => value).join('\n');
  const year = new PlantYear(meter, everyMs, faults, (family) => expressions.includes(family));
  const post = async (path: string, body: string): Promise<void> => {
    const response = await fetch(`${database.url}${path}`, { method: 'POST', body });
    assert.equal(response.status, 204, await response.text());
  };
  const labels = 'extra_label=job=pm500&extra_label=instance=gateway:1880';
  const cycles = (days * DAY_MS) / everyMs;
  for (let done = 0; done < cycles; done += CYCLES) {
    const [lines, pages]: [string[], string[]] = [[], []];
    for (let each = done; each < Math.min(cycles, done + CYCLES); each += 1) {
      const cycle = await year.next();
      lines.push(...cycle.lines);
      pages.push(cycle.page);
    }
    await post('/api/v2/write?precision=ms', lines.join('\n'));
    await post(`/api/v1/import/prometheus?${labels}`, pages.join(''));
  }
  await year.close();
}

/** How often each rule fires from a time on, by vmalert itself. */
async function firings(
  database: VictoriaMetrics,
  meter: string,
  fromMs: number,
  days: number,
): Promise<Map<string, number>> {
  const folder = temporaryFolder('alerts-year');
  writeFileSync(
    join(folder, 'rules.yml'),
    vmalertFile(REPLAYED).replaceAll(/interval: \d+s/g, `interval: ${EVALUATED_EVERY_SECONDS}s`),
  );
  const time = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');
  const child = spawn(
    findProgram('vmalert', 'vmalert-prod'),
    [
      `-rule=${join(folder, 'rules.yml')}`,
      `-datasource.url=${database.url}`,
      `-remoteWrite.url=${database.url}`,
      `-replay.timeFrom=${time(fromMs)}`,
      `-replay.timeTo=${time(fromMs + days * DAY_MS)}`,
      `-replay.maxDatapointsPerQuery=${POINTS}`,
      `-datasource.queryStep=${EVALUATED_EVERY_SECONDS}s`,
      '-replay.rulesDelay=0s',
      '-replay.disableProgressBar',
      '-external.label=environment=production',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
  const code = await new Promise((ended) => child.on('close', ended));
  removeFolder(folder);
  assert.equal(code, 0, said);
  const counts = new Map(REPLAYED.map(({ id }) => [id, 0]));
  // Samples that are further apart than two evaluations belong to two firings.
  for (const { metric, timestamps } of await database.export('ALERTS{alertstate="firing"}')) {
    if (metric['meter'] !== meter && metric['target'] !== meter) continue;
    const id = metric['alertname'] ?? '';
    const starts = timestamps.filter(
      (at, place) => at - (timestamps[place - 1] ?? -Infinity) > 2000 * EVALUATED_EVERY_SECONDS,
    );
    counts.set(id, (counts.get(id) ?? 0) + starts.length);
  }
  return counts;
}

describe('alert rules over the recorded year of the plant, judged by vmalert', function () {
  this.timeout(600_000);
  let database: VictoriaMetrics;

  before(async () => {
    database = await startVictoriaMetrics();
  });

  after(() => database.stop());

  it('no false alarm of phases, rotation, layout and sinks in a year without a fault', async () => {
    await replay(database, 'plant', YEAR_DAYS, EVERY_MS, {});
    const counts = await firings(database, 'plant', YEAR_STARTS_MS, YEAR_DAYS);
    console.log(`      ${[...counts].map(([id, count]) => `${id} ${count}`).join(', ')}`);
    assert.deepEqual(
      [...counts].filter(([, count]) => count > 0),
      [],
    );
  });

  it('each of them once where there is a fault, so that they do see the replayed values', async () => {
    const start = (days: number, from: number, minutes: number) => (timeMs: number) => {
      const since = timeMs - from - days * DAY_MS;
      return since >= 0 && since < minutes * MINUTE_MS;
    };
    const begin = YEAR_STARTS_MS + 10 * HOUR_MS;
    const faults = {
      isPhaseLost: start(1, begin, 20),
      isReversed: start(2, begin, 10),
      isSinkAway: start(3, begin, 20),
      sends: 'counters-64-bit-wh',
    };
    await replay(database, 'control', 4, MINUTE_MS, faults);
    const counts = await firings(database, 'control', YEAR_STARTS_MS, 4);
    console.log(`      ${[...counts].map(([id, count]) => `${id} ${count}`).join(', ')}`);
    for (const id of ['PhaseLoss', 'RotationChanged', 'RotationWrong', 'SinkDown']) assert.equal(counts.get(id), 1, id);
    assert.ok((counts.get('LayoutContradicted') ?? 0) >= 1);
  });
});
