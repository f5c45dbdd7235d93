import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { delimiter, join } from 'node:path';
import { createServer } from 'node:tls';
import { DATABASE } from '../../src/influx/tiers/plan';
import { ROOT } from '../../testkit/root';
import { CertificateAuthority } from '../../testkit/servers/certificates';
import { startInflux2Query, type Influx2Query } from '../../testkit/servers/influx-2-query';
import { startInfluxDb, type InfluxDb } from '../../testkit/servers/influxdb';
import { runScript, type Ended, type ShellOptions } from '../../testkit/servers/shell';
import { startVictoriaMetrics, type VictoriaMetrics } from '../../testkit/servers/victoria-metrics';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';
import { runHere } from '../cli/run-command';

const DAY_MS = 86_400_000;
const READER = { user: 'pm500-reader', password: 'a password of the reader' };

/**
 * What the rule TierBehind asks for, from a real InfluxDB 1 into a real VictoriaMetrics, by the script that the timer and the
 * container run. InfluxDB 2 is not to be had here: what answers as it is a stand-in before InfluxDB 1.
 */
describe('how far the tiers have come is in VictoriaMetrics', () => {
  const folder = temporaryFolder('tier-status');
  let influx: InfluxDb;
  let influx2: Influx2Query;
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
    influx2 = await startInflux2Query(influx.url, READER);
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
    await influx2.stop();
    await influx.stop();
    await metrics.stop();
    removeFolder(folder);
  });

  const tell = (env: Readonly<Record<string, string>> = {}, more: Partial<ShellOptions> = {}): Promise<Ended> =>
    runScript(join(ROOT, 'deploy/debian/tier-status.sh'), {
      ...more,
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

  it('goes on in a container until it is asked to end, of InfluxDB 2, whose tiers it finds as those of InfluxDB 1', async () => {
    const told = join(folder, 'told');
    let running: ChildProcess | undefined;
    const env = {
      INFLUX_URL: influx2.url,
      INFLUX_USER: READER.user,
      INFLUX_PASSWORD: READER.password,
      TOLD_FILE: told,
    };
    const ended = tell(env, { args: ['1'], started: (child) => (running = child) });
    await waitFor('minutes are behind', async () => (await behind()).get('1m') === 1);
    await waitFor('the file of the health check', () => existsSync(told));
    running?.kill();
    const { status, output } = await ended;
    assert.equal(status, 0, output);
    assert.match(output, /^Tiers are behind \(1m, 15m, day\); run bootstrap-v2\.sh for tasks that are missing/);
    assert.equal(output.trim().split('\n').length, 1, 'what goes on is said once');
    const before = process.env['INFLUX_PASSWORD'];
    process.env['INFLUX_PASSWORD'] = READER.password;
    try {
      const login = ['--user', READER.user];
      const [one, two] = [
        await runHere('influx', 'status', '--json', '--url', influx.url),
        await runHere('influx', 'status', '--json', '--url', influx2.url, ...login),
      ].map(({ stdout }) => JSON.parse(stdout) as Record<string, unknown>);
      assert.deepEqual(two, { ...one, madeBy: 'tasks' });
      const made = await runHere('influx', 'rollup', '--url', influx2.url, ...login);
      assert.match(made.stderr, /is InfluxDB v2\.7\.12; only InfluxDB 1 is summed up from outside/);
    } finally {
      if (before === undefined) delete process.env['INFLUX_PASSWORD'];
      else process.env['INFLUX_PASSWORD'] = before;
    }
    const refused = await tell({ ...env, INFLUX_PASSWORD: 'another' });
    assert.equal(refused.status, 1);
    assert.match(refused.output, /refuses the query \(unauthorized access\); give --user and the variable/);
  });

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

  it('says when the certificate ends that the broker shows, also where it has ended', async () => {
    const { key, certificate } = new CertificateAuthority().issue('server', -1);
    const broker = createServer({ key: readFileSync(key), cert: readFileSync(certificate) });
    await new Promise<void>((listening) => broker.listen(0, '127.0.0.1', listening));
    const { status, output } = await tell({ BROKER: `127.0.0.1:${(broker.address() as AddressInfo).port}` });
    assert.equal(status, 0, output);
    await new Promise((closed) => broker.close(closed));
    await waitFor('a certificate that ended yesterday, by the expression of the rule', async () => {
      const [found] = await metrics.query('min by (instance, node, part) (pm500_certificate_expires_seconds) - time()');
      const days = (found?.value ?? 0) / 86_400;
      return (
        days > -1.1 && days < -0.9 && found?.metric['node'] === 'broker' && found.metric['instance'] === hostname()
      );
    });
  });

  it('says in one sentence which database does not answer, and ends with 1', async () => {
    const noMetrics = await tell({ METRICS_URL: 'http://127.0.0.1:1' });
    assert.equal(noMetrics.status, 1);
    assert.match(noMetrics.output, /VictoriaMetrics does not answer at http:\/\/127\.0\.0\.1:1: set METRICS_URL/);
    const noTime = await tell({}, { args: ['often'] });
    assert.equal(noTime.status, 1);
    assert.match(noTime.output, /^often is no time between: give a whole number of seconds/);
    const noInflux = await tell({ INFLUX_URL: 'http://127.0.0.1:1' });
    assert.equal(noInflux.status, 1);
    assert.match(noInflux.output, /pm500 influx status does not say how far the tiers have come/);
  });
});
