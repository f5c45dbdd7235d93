import assert from 'node:assert/strict';
import { readFileSync, statfsSync } from 'node:fs';
import { certificateMetrics } from '../../nodes/shared/certificate-metrics';
import { diskMetrics } from '../../nodes/shared/disk-metrics';
import { interpolate } from '../../testkit/grafana/interpolate';
import { metricsPage, OUTBOX_BYTES } from '../../testkit/grafana/metrics-page';
import { allQueries, queriesNamed } from '../../testkit/grafana/panels';
import { SITE } from '../../testkit/grafana/plant-site';
import { FakeRed } from '../../testkit/node-red/fake-red';
import { CertificateAuthority } from '../../testkit/servers/certificates';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { startVictoriaMetrics, type VictoriaMetrics } from '../../testkit/servers/victoria-metrics';

const QUERIES = allQueries();

describe('panels on a real VictoriaMetrics that has read the metrics page', function () {
  let server: VictoriaMetrics;
  /** Scraped every 15 s until now: when its turn comes, and not when the file was read. */
  let nowMs: number;
  const SCRAPES = 80;
  const userDir = temporaryFolder('grafana-fleet');
  const DAYS = 9;
  let disk: readonly [free: number, size: number];

  before(async () => {
    nowMs = Math.floor(Date.now() / 15_000) * 15_000;
    server = await startVictoriaMetrics();
    const red = new FakeRed({ userDir });
    const cert = readFileSync(new CertificateAuthority().issue('sink', DAYS).certificate);
    red.definitions.push({ id: 'sink', type: 'influx-target', tls: 'tls' } as never);
    red.configurations.set('tls', { addTLSOptions: () => ({ cert }) });
    const { bavail, blocks, bsize } = statfsSync(userDir);
    disk = [bavail * bsize, blocks * bsize];
    const gateway = [...diskMetrics(red.api), ...certificateMetrics(red.api)];
    for (let scrape = 0; scrape < SCRAPES; scrape++) {
      const timestamp = nowMs - (SCRAPES - 1 - scrape) * 15_000;
      const body = metricsPage(15 * (scrape + 1), gateway);
      const response = await fetch(
        `${server.url}/api/v1/import/prometheus?timestamp=${timestamp}&extra_label=instance=gateway:1880`,
        { method: 'POST', body },
      );
      assert.equal(response.status, 204, await response.text());
    }
    // Makes them visible.
    await server.query('pm500_up');
  });

  after(async () => {
    await server.stop();
    removeFolder(userDir);
  });

  /** The answers of a query at the time of the last scrape, not whenever the test comes to it: a label, and four digits. */
  const value = async (
    title: string,
    place = 0,
    uid = 'pm500-fleet',
  ): Promise<readonly (readonly [unknown, number])[]> => {
    const query = queriesNamed(uid, title)[place];
    assert.ok(query);
    const parameters = { query: interpolate(query, {}, nowMs), time: String(nowMs / 1000) };
    const response = await fetch(`${server.url}/api/v1/query?${new URLSearchParams(parameters).toString()}`);
    const { data } = (await response.json()) as {
      data: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    return data.result.map(({ metric, value: [, text] }) => [
      ['meter', 'quality', 'target', 'path', 'part'].map((label) => metric[label]).find((each) => each !== undefined),
      Number(Number(text).toPrecision(4)),
    ]);
  };

  it('every query runs, and no panel is empty', async () => {
    const empty: string[] = [];
    for (const query of QUERIES.filter(({ language }) => language === 'promql')) {
      const expression = interpolate(query, {}, nowMs);
      const parameters = {
        query: expression,
        start: String(nowMs / 1000 - 600),
        end: String(nowMs / 1000),
        step: '15',
      };
      const response = await fetch(`${server.url}/api/v1/query_range?${new URLSearchParams(parameters).toString()}`);
      assert.equal(response.status, 200, `${expression}: ${await response.clone().text()}`);
      const { data } = (await response.json()) as { data: { result: { values: [number, string][] }[] } };
      const numbers = data.result.flatMap(({ values }) => values.map(([, value]) => Number(value)));
      if (!numbers.some((number) => Number.isFinite(number)))
        empty.push(`${String(query.panel.title)} ${query.refId}: ${expression}`);
    }
    assert.deepEqual(empty, []);
  });

  it('every variable offers what the page has', async () => {
    const [query] = queriesNamed('pm500-fleet', 'Reads');
    assert.ok(query);
    const offered = new Map<string, readonly string[]>();
    for (const { name, type, query: asked } of query.dashboard.templating?.list ?? []) {
      if (type !== 'query' || typeof asked !== 'string') continue;
      const [, selector = '', label = ''] =
        /^label_values\((.*), (\w+)\)$/.exec(interpolate({ ...query, text: asked }, {}, nowMs)) ?? [];
      const address = `${server.url}/api/v1/label/${label}/values?match[]=${encodeURIComponent(selector)}`;
      const { data } = (await (await fetch(address)).json()) as { data: string[] };
      offered.set(name, data);
    }
    assert.deepEqual(
      [...offered],
      [
        ['site', ['plant']],
        ['area', ['melt shop']],
        ['line', ['l1']],
        ['meter', ['furnace', 'main-incomer']],
      ],
    );
  });

  it('figures are those of the page: connections, data age, rates and the quantile of latencies', async () => {
    assert.deepEqual(await value('Meters that are connected'), [[undefined, 1]]);
    assert.deepEqual(await value('Meters that are connected', 1), [[undefined, 2]]);
    assert.deepEqual(await value('Oldest data'), [[undefined, 42]]);
    assert.deepEqual(
      new Map(await value('Reads')),
      new Map([
        ['furnace', 4],
        ['main-incomer', 4],
      ]),
    );
    assert.deepEqual(
      new Map(await value('Values by quality')),
      new Map([
        ['good', 90],
        ['uncertain', 9],
        ['bad', 1],
      ]),
    );
    const [latency] = await value('Latency, 95 of 100 reads');
    assert.ok(latency !== undefined && latency[1] > 0.005 && latency[1] <= 0.02, String(latency));
  });
  it('outbox, disk and certificates are those of this computer, the contract is that of the meter', async () => {
    assert.deepEqual(await value('Outbox, of its limit'), [['influx-target', 24_000 / OUTBOX_BYTES]]);
    assert.deepEqual(await value('Bytes that may wait'), [['influx-target', OUTBOX_BYTES]]);
    const [share] = await value('Disk that is free, of its size');
    const [free] = await value('Disk that is free');
    assert.ok(share && free);
    // Others write to the disk meanwhile.
    assert.ok(Math.abs(free[1] / disk[0] - 1) < 0.01, `${free[1]}, by the system ${disk[0]}`);
    assert.ok(Math.abs(share[1] / (disk[0] / disk[1]) - 1) < 0.01, `${share[1]} of ${disk[1]}, free ${disk[0]}`);
    const [left, ...others] = await value('Certificates: time until they end');
    assert.deepEqual([left?.[0], others], ['cert', []]);
    assert.ok(Math.abs((left?.[1] ?? 0) - DAYS * 86_400) < 600, String(left?.[1]));
    for (const [uid, title] of [
      ['pm500-site', 'Demand of each window, with the contract'],
      ['pm500-leadership', 'Peak demand by month, with the contract'],
    ] as const)
      assert.deepEqual(await value(title, 1, uid), [['main-incomer', SITE.contractWatts]]);
  });
});
