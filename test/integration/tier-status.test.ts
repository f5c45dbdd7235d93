import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { delimiter, join } from 'node:path';
import { DATABASE } from '../../src/influx/tiers/plan';
import { ROOT } from '../../testkit/root';
import { startInfluxDb, type InfluxDb } from '../../testkit/servers/influxdb';
import { runScript, type Ended } from '../../testkit/servers/shell';
import { startVictoriaMetrics, type VictoriaMetrics } from '../../testkit/servers/victoria-metrics';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';
import { runHere } from '../cli/run-command';

const DAY_MS = 86_400_000;

/** What the rule TierBehind asks for, from a real InfluxDB 1 into a real VictoriaMetrics, by the script that the timer runs. */
describe('how far the tiers have come is in VictoriaMetrics', () => {
  const folder = temporaryFolder('tier-status');
  let influx: InfluxDb;
  let metrics: VictoriaMetrics;

  before(async () => {
    const program = join(folder, 'pm500');
    const source = join(ROOT, 'src/cli/main.ts');
    writeFileSync(
      program,
      `#!/bin/sh\ncd "${ROOT}" && exec "${process.execPath}" --require tsx/cjs "${source}" "$@"\n`,
    );
    chmodSync(program, 0o755);
    influx = await startInfluxDb();
    metrics = await startVictoriaMetrics();
    const ended = await runScript(join(ROOT, 'deploy/influxdb/bootstrap-v1.sh'), { env: { INFLUX_URL: influx.url } });
    assert.equal(ended.status, 0, ended.output);
    // For three days, and nothing of it summed up: the continuous queries have not seen them.
    const now = Date.now();
    const lines = Array.from({ length: 300 }, (_, place) => {
      const time = now - 3 * DAY_MS + place * ((3 * DAY_MS - 60_000) / 300);
      return `powermonitor_500,meter=m1,quality=good power_active_total=${place} ${Math.floor(time)}`;
    });
    const response = await fetch(`${influx.url}/write?db=${DATABASE}&precision=ms`, {
      method: 'POST',
      body: lines.join('\n'),
    });
    assert.equal(response.status, 204, await response.text());
  });

  after(async () => {
    await influx.stop();
    await metrics.stop();
    removeFolder(folder);
  });

  const tell = (env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
    runScript(join(ROOT, 'deploy/debian/tier-status.sh'), {
      env: {
        PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`,
        INFLUX_URL: influx.url,
        METRICS_URL: metrics.url,
        ...env,
      },
    });
  /** Whether each tier is behind, by the expression of the rule, with the labels that it needs. */
  const behind = async (): Promise<ReadonlyMap<string, number>> => {
    const values = await metrics.query('max by (instance, tier) (pm500_tier_is_behind)');
    for (const { metric } of values) assert.equal(metric['instance'], hostname());
    return new Map(values.map(({ metric, value }) => [metric['tier'] ?? '', value]));
  };

  it('says 1 of a tier that is behind, and 0 after the roll-up', async () => {
    const first = await tell();
    assert.equal(first.status, 0, first.output);
    // An instant query does not see what came in its own second.
    await waitFor('minutes and days are behind', async () => {
      const tiers = await behind();
      return tiers.get('1m') === 1 && tiers.get('day') === 1;
    });
    const { code, stderr } = await runHere('influx', 'rollup', '--url', influx.url, '--days', '4', '--quiet');
    assert.equal(code, 0, stderr);
    const then = await tell();
    assert.equal(then.status, 0, then.output);
    await waitFor('no tier is behind', async () => {
      const tiers = [...(await behind()).values()];
      return tiers.length === 4 && tiers.every((value) => value === 0);
    });
  });

  it('says in one sentence which database does not answer, and ends with 1', async () => {
    const noMetrics = await tell({ METRICS_URL: 'http://127.0.0.1:1' });
    assert.equal(noMetrics.status, 1);
    assert.match(noMetrics.output, /VictoriaMetrics does not answer at http:\/\/127\.0\.0\.1:1: set METRICS_URL/);
    const noInflux = await tell({ INFLUX_URL: 'http://127.0.0.1:1' });
    assert.equal(noInflux.status, 1);
    assert.match(noInflux.output, /pm500 influx status does not say how far the tiers have come/);
  });
});
