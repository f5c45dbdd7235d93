import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { alarmMeasurement } from '../../src/influx/alarm-points';
import { aggregatesOf, tierField } from '../../src/influx/tiers/aggregates';
import { RAW, TIERS } from '../../src/influx/tiers/plan';
import { ALL_METRICS } from '../../src/metrics/derived-metrics';
import { UNITS, type Metric } from '../../src/metrics/measurement';
import { panelsOf, queriesOf, shippedDashboards } from '../../testkit/grafana/panels';
import { ROOT } from '../../testkit/root';
import { DOCS_VARIABLE, INFLUX_VARIABLE, METRICS_VARIABLE, MIXED_DATASOURCE } from '../../tools/grafana/names';
import { Influx } from '../../tools/grafana/influx';
import { dashboards, GRAFANA_FOLDER, grafanaFiles } from '../../tools/grafana/main';
import { anchorsOf } from '../../testkit/markdown-pages';
import { SOURCES } from '../../tools/influxdb/plan';

const RENEW = 'run npx tsx tools/grafana/main.ts';
const DASHBOARDS = shippedDashboards();
const PANELS = DASHBOARDS.flatMap((dashboard) => panelsOf(dashboard).map((panel) => ({ dashboard, panel })));
const QUERIES = DASHBOARDS.flatMap((dashboard) => queriesOf(dashboard));

/** The fields of a measurement in a tier. */
function fieldsOf(tier: string, influxMeasurement: string): ReadonlySet<string> {
  const source = SOURCES.find((each) => each.influxMeasurement === influxMeasurement);
  assert.ok(source, influxMeasurement);
  return new Set(
    source.fields.flatMap(({ field, aggregates }) =>
      tier === RAW.name ? [field] : aggregates.map((aggregate) => tierField(field, aggregate)),
    ),
  );
}

describe('laws of deploy/grafana', () => {
  it('the dashboards and provisioning files are those that the meter table gives, and no others', () => {
    const files = grafanaFiles();
    for (const [path, text] of files)
      assert.equal(readFileSync(join(ROOT, path), 'utf8'), text, `${path} is old; ${RENEW}`);
    for (const folder of ['dashboards', 'provisioning/datasources', 'provisioning/dashboards']) {
      const found = readdirSync(join(ROOT, GRAFANA_FOLDER, folder)).map(
        (name) => `${GRAFANA_FOLDER}/${folder}/${name}`,
      );
      for (const path of found) assert.ok(files.has(path), `${path} is not generated`);
    }
  });

  it('no data source is the default, for a Grafana that has one already would start with none', () => {
    const path = 'deploy/grafana/provisioning/datasources/pm500.yaml';
    const { datasources } = parse(readFileSync(join(ROOT, path), 'utf8')) as { datasources: { isDefault: boolean }[] };
    assert.deepEqual(
      datasources.map(({ isDefault }) => isDefault),
      [false, false],
    );
  });

  it('a site with a Grafana of its own is told to copy no folder that takes the place of what it has', () => {
    const page = readFileSync(join(ROOT, 'docs/dashboards.md'), 'utf8');
    const copied = [...page.matchAll(/^cp .*$/gm)].flatMap(([line]) => line.split(' ').slice(1, -1));
    for (const path of copied) assert.doesNotMatch(path, /alerting|provisioning\/?\.?$/);
    assert.ok(copied.includes('deploy/grafana/provisioning/datasources'));
  });

  it('every panel has an id of its own, a title, a unit, a description, a text for no data and a query', () => {
    assert.equal(new Set(DASHBOARDS.map(({ uid }) => uid)).size, DASHBOARDS.length);
    for (const dashboard of DASHBOARDS) {
      const ids = (dashboard.panels ?? []).map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length, dashboard.title);
      const titles = panelsOf(dashboard).map(({ title }) => title);
      assert.equal(new Set(titles).size, titles.length, dashboard.title);
    }
    for (const { dashboard, panel } of PANELS) {
      const where = `${String(dashboard.title)}: ${String(panel.title)}`;
      const { unit, noValue } = panel.fieldConfig?.defaults ?? {};
      assert.ok(unit !== undefined && noValue !== undefined && noValue.length > 5, where);
      assert.ok((panel.title ?? '').length > 3 && (panel.description ?? '').length > 5, where);
      assert.ok((panel.targets ?? []).length > 0, where);
    }
  });

  it('panels lie beside each other, none over another or beyond the edge', () => {
    for (const { title, panels = [] } of DASHBOARDS) {
      const taken = new Set<string>();
      for (const { gridPos } of panels) {
        assert.ok(gridPos && gridPos.x + gridPos.w <= 24, title);
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
            assert.ok(!taken.has(`${x},${y}`), `${String(title)}: two panels at ${x}, ${y}`);
            taken.add(`${x},${y}`);
          }
        }
      }
    }
  });

  it('every data source is chosen by a variable that the dashboard has', () => {
    for (const { dashboard, panel } of PANELS) {
      const names = (dashboard.templating?.list ?? []).map(({ name }) => name);
      const sources = [panel.datasource, ...(panel.targets ?? []).map(({ datasource }) => datasource as never)];
      for (const source of sources as { readonly uid?: string }[]) {
        const [, variable = ''] = /^\$\{(\w+)\}$/.exec(source.uid ?? '') ?? [];
        if (source.uid === MIXED_DATASOURCE) {
          // Only the panel: each of its queries names its own, and there are two kinds of them.
          const kinds = new Set((panel.targets ?? []).map(({ datasource }) => (datasource as { type?: string }).type));
          assert.deepEqual([source === panel.datasource, kinds.size], [true, 2], panel.title);
          continue;
        }
        assert.ok([INFLUX_VARIABLE, METRICS_VARIABLE].includes(variable) && names.includes(variable), panel.title);
      }
    }
    // Placeholders of an export are filled in by an import only, and stay as they are when a dashboard is provisioned.
    for (const dashboard of DASHBOARDS) assert.ok(!JSON.stringify(dashboard).includes('DS_'));
  });

  it('every dashboard and every panel leads to a heading of a page of the docs', () => {
    const linked = [
      ...DASHBOARDS.map(({ title, links = [] }) => ({ title, url: links.find(({ type }) => type === 'link')?.url })),
      ...PANELS.map(({ panel }) => ({ title: panel.title, url: panel.links?.[0]?.url })),
    ];
    for (const { title, url } of linked) {
      const [, page = '', anchor] =
        new RegExp(`^\\$\\{${DOCS_VARIABLE}\\}/([\\w-]+\\.md)(?:#(.*))?$`).exec(url ?? '') ?? [];
      const file = join(ROOT, 'docs', page);
      assert.ok(page !== '' && existsSync(file), `${String(title)}: ${String(url)}`);
      if (anchor === undefined) continue;
      assert.ok(anchorsOf(`docs/${page}`).has(anchor), `${String(title)}: ${page} has no heading ${anchor}`);
    }
  });

  it('every field that a query asks for is one of its measurement in its tier', () => {
    const tiers = new Set(TIERS.map(({ name }) => name));
    for (const { dashboard, panel, text, language } of QUERIES) {
      if (language !== 'influxql') continue;
      const where = `${String(dashboard.title)}: ${String(panel.title)}: ${text}`;
      const sources = [...text.matchAll(/FROM "([^"]+)"\."([^"]+)"/g)].map(([, tier = '', name = '']) => ({
        tier,
        name,
      }));
      assert.equal(sources.length, 1, where);
      const [{ tier, name }] = sources as [{ tier: string; name: string }];
      assert.ok(tiers.has(tier), where);
      const fields = fieldsOf(tier, name);
      const given = new Set([...text.matchAll(/ AS "([^"]+)"/g)].map(([, alias]) => alias));
      const asked = [...text.matchAll(/\b(?:min|max|last|sum|count|mean|percentile)\("([^"]+)"/g)].map(
        ([, field = '']) => field,
      );
      for (const field of asked) assert.ok(fields.has(field) || given.has(field), `${field} in ${where}`);
      assert.ok(asked.length > 0 || text.includes('last(/'), where);
      assert.doesNotMatch(text, /\b(?:spread|stddev|derivative|difference)\(/, where);
      if (name !== alarmMeasurement(SOURCES[0]?.influxMeasurement ?? '')) assert.match(text, /\$timeFilter/);
    }
  });

  it('a mean of a time, a code, a counter or a signed power factor, and a sum of a counter, cannot be asked for', () => {
    const influx = new Influx();
    for (const metric of ALL_METRICS) {
      const kept = aggregatesOf(metric);
      for (const wanted of ['mean', 'sum'] as const) {
        const isKept = wanted === 'mean' ? kept.includes('count') : kept.includes('sum');
        for (const { name } of TIERS) {
          if (isKept) influx.figure(metric.name, wanted, name);
          else
            assert.throws(() => influx.figure(metric.name, wanted, name), /has a meaning/, `${wanted} ${metric.name}`);
        }
      }
    }
  });

  it('power quality says that it is indicative', () => {
    for (const { title, panels = [] } of DASHBOARDS) {
      for (const text of [title, ...panels.map((panel) => panel.title)]) {
        if (text?.includes('EN 50160') === true) assert.match(text, /indicative/i);
      }
    }
  });
});

describe('dashboards and changes of the meter table', () => {
  const now = JSON.stringify(dashboards());
  const used = ALL_METRICS.filter(({ name }) => new RegExp(`"${name}(?:_(?:min|max|last|sum|count))?\\\\"`).test(now));
  /** Whether a check would turn red: the generator refuses, or the files are others. */
  const isNoticed = (metrics: readonly Metric[]): boolean => {
    try {
      return JSON.stringify(dashboards(metrics)) !== now;
    } catch {
      return true;
    }
  };

  it('nothing is noticed while the table is the same', () => {
    assert.equal(isNoticed([...ALL_METRICS]), false);
    assert.ok(used.length > 50, String(used.length));
  });

  it('a metric of a panel that is renamed, removed or given another unit is noticed, each of them', () => {
    const missed: string[] = [];
    for (const metric of used) {
      const others = ALL_METRICS.filter((each) => each !== metric);
      const unit = UNITS.find((each) => each !== metric.unit && each !== '') ?? 'V';
      const mutants: Readonly<Record<string, readonly Metric[]>> = {
        renamed: [...others, { ...metric, name: `${metric.name}_of_old` }],
        removed: others,
        'in another unit': [...others, { ...metric, unit }],
      };
      for (const [what, metrics] of Object.entries(mutants))
        if (!isNoticed(metrics)) missed.push(`${metric.name} ${what}`);
    }
    assert.deepEqual(missed, []);
  });
});
