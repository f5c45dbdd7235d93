import assert from 'node:assert/strict';
import { interpolate } from '../../testkit/grafana/interpolate';
import { metricsPage } from '../../testkit/grafana/metrics-page';
import { allQueries, queriesNamed } from '../../testkit/grafana/panels';
import { startVictoriaMetrics, type VictoriaMetrics } from '../../testkit/servers/victoria-metrics';

const QUERIES = allQueries();

describe('panels on a real VictoriaMetrics that has read the metrics page', function () {
  let server: VictoriaMetrics;
  /** Scraped every 15 s until now. */
  const nowMs = Math.floor(Date.now() / 15_000) * 15_000;
  const SCRAPES = 80;

  before(async () => {
    server = await startVictoriaMetrics();
    for (let scrape = 0; scrape < SCRAPES; scrape++) {
      const timestamp = nowMs - (SCRAPES - 1 - scrape) * 15_000;
      const body = metricsPage(15 * (scrape + 1));
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
  });

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
    const value = async (title: string, place = 0): Promise<readonly (readonly [unknown, number])[]> => {
      const query = queriesNamed('pm500-fleet', title)[place];
      assert.ok(query);
      // At the time of the last scrape, not whenever the test comes to it.
      const parameters = { query: interpolate(query, {}, nowMs), time: String(nowMs / 1000) };
      const response = await fetch(`${server.url}/api/v1/query?${new URLSearchParams(parameters).toString()}`);
      const { data } = (await response.json()) as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      return data.result.map(({ metric, value: [, text] }) => [
        metric['meter'] ?? metric['quality'],
        Number(Number(text).toPrecision(4)),
      ]);
    };
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
});
