/**
 * `npx tsx tools/grafana/photograph.ts [folder]`: the pictures of dashboards in `docs/images/`. Their queries are run on an
 * InfluxDB that the pipeline fills with the recorded plant and on a VictoriaMetrics that has read the metrics page for some
 * hours, and the answers are drawn in a browser, without Grafana.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Panel } from '@grafana/schema';
import { chromium, type Page } from 'playwright-core';
import { DATABASE } from '../../src/influx/tiers/plan';
import { interpolate, windowOf } from '../../testkit/grafana/interpolate';
import { NOMINAL } from '../../testkit/grafana/panel-answers';
import { queriesOf, shippedDashboards, type PanelQuery } from '../../testkit/grafana/panels';
import { fillWithPlant } from '../../testkit/grafana/plant-database';
import { plantsOfSite, SITE, WHOLE_YEAR } from '../../testkit/grafana/plant-site';
import { ROOT } from '../../testkit/root';
import { startInfluxDb, type InfluxDb, type QuerySeries } from '../../testkit/servers/influxdb';
import { findProgram } from '../../testkit/servers/programs';
import { startVictoriaMetrics, type VictoriaMetrics } from '../../testkit/servers/victoria-metrics';
import { scrapeHours } from './scraped-hours';

const ROW_PX = 34;
const WIDTH_PX = 1500;

const STYLE = `
  body { font: 13px sans-serif; margin: 0; padding: 12px; background: #f4f5f5; color: #24292e; width: ${WIDTH_PX}px; }
  h1 { font-size: 20px; margin: 0 0 8px; }
  main { display: grid; grid-template-columns: repeat(24, 1fr); grid-auto-rows: ${ROW_PX}px; gap: 0; }
  section { background: #fff; border: 1px solid #dcdde0; margin: 3px; padding: 4px 8px; overflow: hidden; }
  section.row { background: none; border: none; padding: 0; }
  section.row h2 { font-size: 15px; }
  h2 { font-size: 13px; margin: 2px 0; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  .legend { font-size: 11px; } .legend i { display: inline-block; width: 12px; height: 4px; margin: 2px 4px 2px 10px; }
  .stats { display: flex; justify-content: space-around; align-items: center; }
  .stat { text-align: center; } .stat small { display: block; color: #666; } .stat b { font-size: 24px; }
  .bars { display: flex; align-items: flex-end; gap: 6px; }
  .bar { flex: 1; min-width: 0; height: 100%; display: flex; flex-direction: column; justify-content: flex-end; align-items: center; }
  .bar div { width: 80%; background: #3274d9cc; } .bar small { font-size: 11px; text-align: center; }
  table { border-collapse: collapse; width: 100%; font-size: 12px; }
  td, th { text-align: left; padding: 2px 8px; border-bottom: 1px solid #eee; }
`;

interface Override {
  readonly matcher: { readonly options?: unknown };
  readonly properties: readonly { readonly id: string; readonly value?: unknown }[];
}

/** Only downward: that is all that the dashboards do. */
interface Sorting {
  readonly sort: readonly { readonly field: string }[];
}

interface Renaming {
  readonly regex: string;
  readonly renamePattern: string;
}

/** What a column of a table is called, and how its numbers are shown. */
function columnOf(name: string, { fieldConfig }: Panel): object {
  const { unit = 'none', decimals } = fieldConfig?.defaults ?? {};
  const heading = name === 'time' ? 'Time' : name;
  const found = (fieldConfig?.overrides as readonly Override[] | undefined)?.find(
    ({ matcher }) => matcher.options === heading,
  );
  const property = (id: string): unknown => found?.properties.find((each) => each.id === id)?.value;
  const [mapping] = (property('mappings') ?? []) as { options: Record<string, { text: string }> }[];
  const texts = Object.entries(mapping?.options ?? {}).map(([value, { text }]) => [value, text] as const);
  return {
    name: property('displayName') ?? heading,
    unit: name === 'time' ? 'dateTimeAsIso' : (property('unit') ?? unit),
    decimals,
    texts: Object.fromEntries(texts),
  };
}

const aliasOf = (alias: string, { tags = {} }: QuerySeries, column: string): string =>
  alias
    .replaceAll(/\$tag_(\w+)|\{\{(\w+)\}\}/g, (_, tag = '', label = '') => tags[String(tag) || String(label)] ?? '')
    .replaceAll('$col', column);

const textOf = (text: unknown): string => (typeof text === 'string' ? text : '');

/** Rows of all queries of a table, as Grafana merges them: the tags of a series are columns. */
function tableOf(answers: readonly (readonly QuerySeries[])[], panel: Panel): object {
  const names = [
    ...new Set(answers.flat().flatMap(({ tags = {}, columns }) => ['time', ...Object.keys(tags), ...columns])),
  ];
  const rows = answers
    .flat()
    .flatMap(({ tags = {}, columns, values }) =>
      values.map((row) => names.map((name) => tags[name] ?? row[columns.indexOf(name)] ?? null)),
    );
  const transformed = (wanted: string): unknown => panel.transformations?.find(({ id }) => id === wanted)?.options;
  const from = transformed('filterFieldsByName') === undefined ? 0 : 1;
  const [newest] = (transformed('sortBy') as Sorting | undefined)?.sort ?? [];
  const place = newest === undefined ? 0 : names.indexOf(newest.field);
  const direction = newest === undefined ? 1 : -1;
  const shown = rows
    .sort((left, right) => direction * (Number(left[place]) - Number(right[place])))
    .map((row) => row.slice(from));
  return {
    columns: names.slice(from).map((name) => columnOf(name, panel)),
    rows: [...new Map(shown.map((row) => [JSON.stringify(row), row])).values()],
  };
}

interface Servers {
  readonly database: InfluxDb;
  readonly metrics: VictoriaMetrics;
}

const POINTS = 100;

/** What the servers answer to a query; series of metrics in the form of the others. */
async function answerTo(query: PanelQuery, { database, metrics }: Servers): Promise<readonly QuerySeries[]> {
  const text = interpolate(query, NOMINAL, SITE.nowMs);
  if (query.language === 'influxql') return database.query(text, DATABASE);
  const [from, to] = Object.values(windowOf(query, SITE.nowMs)).map((ms: number) => ms / 1000) as [number, number];
  // Without its cache the server leaves the range as it is.
  const range = { start: String(from), end: String(to), step: String((to - from) / POINTS), nocache: '1' };
  const response = await fetch(
    `${metrics.url}/api/v1/query_range?${new URLSearchParams({ query: text, ...range }).toString()}`,
  );
  if (!response.ok) throw new Error(`${text}: ${await response.text()}`);
  const { data } = (await response.json()) as {
    data: { result: { metric: Record<string, string>; values: [number, string][] }[] };
  };
  return data.result.map(({ metric, values }) => ({
    name: text,
    tags: metric,
    columns: ['time', 'value'],
    values: values.map(([seconds, value]) => [1000 * seconds, Number(value)]),
  }));
}

/** Whether the series of this query are a line among bars. */
function isLine({ fieldConfig }: Panel, query: PanelQuery | undefined): boolean {
  const overrides = (fieldConfig?.overrides ?? []) as readonly Override[];
  return overrides.some(
    ({ matcher, properties }) =>
      matcher.options === query?.refId &&
      properties.some(({ id, value }) => id === 'custom.drawStyle' && value === 'line'),
  );
}

async function pictureOf(panel: Panel, queries: readonly PanelQuery[], servers: Servers): Promise<object> {
  const answers: (readonly QuerySeries[])[] = [];
  for (const query of queries) answers.push(await answerTo(query, servers));
  const renaming = panel.transformations?.find(({ id }) => id === 'renameByRegex')?.options as Renaming | undefined;
  const regex = new RegExp(renaming?.regex ?? '$');
  const { renamePattern = '' } = renaming ?? {};
  const series = answers.flatMap((answer, place) =>
    answer.flatMap((each) =>
      each.columns.slice(1).map((column, at) => ({
        name: aliasOf(
          textOf(panel.targets?.[place]?.['alias'] ?? panel.targets?.[place]?.['legendFormat']),
          each,
          column,
        ).replace(regex, renamePattern),
        points: each.values.map((row) => [row[0], row[at + 1]]),
        isLine: isLine(panel, queries[place]),
      })),
    ),
  );
  const { unit, decimals, custom } = panel.fieldConfig?.defaults ?? {};
  return {
    title: panel.title,
    kind: panel.type,
    gridPos: panel.gridPos,
    unit,
    decimals,
    series: series.filter(({ points }) => points.some(([, value]) => value !== null)),
    isBars: custom?.['drawStyle'] === 'bars',
    isStacked: custom?.['stacking'] !== undefined,
    longestSilenceMs: custom?.['spanNulls'],
    window: queries[0] === undefined ? undefined : windowOf(queries[0], SITE.nowMs),
    ...(panel.type === 'table' ? tableOf(answers, panel) : {}),
  };
}

async function photograph(page: Page, picture: object, path: string): Promise<void> {
  const uplot = join(ROOT, 'node_modules/uplot/dist');
  await page.setContent(`<!doctype html><style>${readFileSync(join(uplot, 'uPlot.min.css'), 'utf8')}${STYLE}</style>`);
  await page.evaluate((given: object) => Object.assign(globalThis, { picture: given }), picture);
  await page.addScriptTag({ path: join(uplot, 'uPlot.iife.min.js') });
  await page.addScriptTag({ path: join(__dirname, 'picture-page.js') });
  await page.screenshot({ path, fullPage: true });
}

async function main(folder: string): Promise<void> {
  const [database, metrics] = [await startInfluxDb(), await startVictoriaMetrics()];
  const browser = await chromium.launch({
    executablePath: findProgram('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'),
    args: ['--no-sandbox'],
  });
  try {
    await fillWithPlant(database, plantsOfSite(WHOLE_YEAR), WHOLE_YEAR.fromMs);
    await scrapeHours(metrics);
    const page = await browser.newPage({ viewport: { width: WIDTH_PX + 30, height: 900 } });
    for (const dashboard of shippedDashboards()) {
      const queries = queriesOf(dashboard);
      const panels: object[] = [];
      for (const panel of dashboard.panels ?? []) {
        if (!('targets' in panel)) panels.push({ title: panel.title, kind: 'row', gridPos: panel.gridPos });
        else
          panels.push(
            await pictureOf(
              panel,
              queries.filter((query) => query.panel === panel),
              { database, metrics },
            ),
          );
      }
      const picture = { title: dashboard.title, panels, rowPx: ROW_PX, zone: SITE.zone };
      await photograph(page, picture, join(folder, `dashboard-${String(dashboard.uid).replace('pm500-', '')}.png`));
    }
  } finally {
    await browser.close();
    await database.stop();
    await metrics.stop();
  }
}

void main(resolve(process.argv[2] ?? join(ROOT, 'docs/images'))).then(
  () => process.exit(0),
  (thrown: unknown) => {
    console.error(`photograph: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`);
    process.exit(1);
  },
);
