import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { QUALITY_REASONS } from '../../src/domain/quality/quality';
import { aggregatesOf, mergeOf, tierField } from '../../src/influx/tiers/aggregates';
import { RAW, SUMMARY_TIERS, tierNamed, WINDOW_TIERS } from '../../src/influx/tiers/plan';
import { ALL_METRICS } from '../../src/metrics/derived-metrics';
import { splitPhase } from '../../src/metrics/phases';
import { DEPLOY_FOLDER, deployFiles, SIZE_PAGE, WRITTEN_BY_HAND } from '../../tools/influxdb/main';
import { SOURCES } from '../../tools/influxdb/plan';
import { METRICS_DATABASE, sizePage } from '../../tools/influxdb/size-page';

const METRIC_FIELDS = ALL_METRICS.flatMap((metric) =>
  aggregatesOf(metric).map((aggregate) => ({ field: metric.name, aggregate })),
);

describe('laws of deploy/influxdb', () => {
  const files = deployFiles();
  const influxQl = files.get('v1.influxql') ?? '';
  const continuous = influxQl.split('\n').filter((line) => line.startsWith('CREATE CONTINUOUS'));

  it('the files are those that the meter table gives, those written by hand, and no others', () => {
    const found = readdirSync(DEPLOY_FOLDER, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(DEPLOY_FOLDER.length + 1));
    assert.deepEqual(found.sort(), [...files.keys(), ...WRITTEN_BY_HAND].sort());
    for (const [path, text] of files) {
      const message = `${path} is old; run npx tsx tools/influxdb/main.ts`;
      assert.equal(readFileSync(join(DEPLOY_FOLDER, path), 'utf8'), text, message);
    }
  });

  it('the page of sizes is that of the plan and the meter table', () => {
    assert.equal(readFileSync(SIZE_PAGE, 'utf8'), sizePage(), 'it is old; run npx tsx tools/influxdb/main.ts');
  });

  it('the database of alerts keeps as long as that page says, in containers and on Debian', () => {
    for (const path of ['compose/compose.yaml', 'systemd/pm500-victoria-metrics.service']) {
      const text = readFileSync(join(DEPLOY_FOLDER, '..', path), 'utf8');
      assert.deepEqual(text.match(/-retentionPeriod=\S+/g), [`-retentionPeriod=${METRICS_DATABASE.keepDays}d`], path);
    }
  });

  it('every metric is summed up in every window tier of InfluxDB 1, each tier made of the one before', () => {
    for (const { name, from } of WINDOW_TIERS) {
      const queries = continuous.filter((line) => line.includes(` INTO "energy"."${name}".`));
      assert.ok(queries.every((line) => line.includes(` FROM "energy"."${from}".`)));
      for (const { field, aggregate } of METRIC_FIELDS) {
        const target = tierField(field, aggregate);
        const call = from === RAW.name ? `${aggregate}("${field}")` : `${mergeOf(aggregate)}("${target}")`;
        const found = queries.filter((line) => line.includes(` ${call} AS "${target}"`));
        assert.equal(found.length, 1, `${name}: ${call}`);
      }
    }
  });

  it('every metric is in every tier of InfluxDB 2 and 3', () => {
    for (const tier of SUMMARY_TIERS) {
      const of = (ending: string): string =>
        SOURCES.map(({ influxMeasurement }) => {
          const file = files.get(`${ending === 'sql' ? 'v3' : 'v2'}/${influxMeasurement}-${tier.name}.${ending}`);
          assert.ok(file, `${influxMeasurement} ${tier.name} ${ending}`);
          return file;
        }).join('\n');
      const [flux, sql] = [of('flux'), of('sql')];
      for (const { field, aggregate } of METRIC_FIELDS) {
        assert.match(sql, new RegExp(` AS ${tierField(field, aggregate)}[,\n]`), `${tier.name} ${field}`);
        if (tier.from !== RAW.name) assert.ok(flux.includes(`/_${aggregate}$/, fn: ${mergeOf(aggregate)},`));
        else assert.match(flux, new RegExp(`[(|]${field}[)|].*fn: ${aggregate},`), `${field} ${aggregate}`);
      }
    }
  });

  it('what comes up to two days late is in every tier of InfluxDB 2, and days end in any time zone', () => {
    const task = /^option task = .*$/m;
    for (const { influxMeasurement } of SOURCES) {
      const of = (name: string): string => files.get(`v2/${influxMeasurement}-${name}.flux`) ?? '';
      for (const { name, again } of WINDOW_TIERS) {
        const [usual, repair] = [of(name), of(`${name}-repair`)];
        assert.match(repair, /^option task = \{name: "\w+ \w+ repair", every: 1d, /m);
        assert.equal(repair.replace(task, '').replace('t: -2d', `t: -${again}`), usual.replace(task, ''), name);
        assert.notEqual(repair, usual);
      }
      for (const name of ['day', 'month']) assert.match(of(name), /^option task = \{.* every: 1h, /m);
    }
  });

  it('points tagged with a phase, counts of bad values and alarms are in the tiers too', () => {
    const fields = new Set(SOURCES.flatMap((source) => source.fields.map(({ field }) => field)));
    for (const { name } of ALL_METRICS) assert.ok(fields.has(splitPhase(name).base) || fields.has(name), name);
    for (const [reason, { quality }] of Object.entries(QUALITY_REASONS)) {
      assert.equal(fields.has(`bad_${reason}`), quality === 'bad', reason);
    }
    assert.deepEqual(
      SOURCES.map(({ influxMeasurement }) => influxMeasurement),
      ['powermonitor_500', 'powermonitor_500_kpi', 'powermonitor_500_alarm'],
    );
  });

  it('energies are sums of what was added, and nothing is added up or averaged that has no sum', () => {
    for (const { name, kind, quantity, statistic, influxType } of ALL_METRICS) {
      const metric = ALL_METRICS.find((each) => each.name === name);
      assert.ok(metric);
      const aggregates = aggregatesOf(metric);
      const isAdded = aggregates.includes('sum');
      if (statistic === 'delta') assert.deepEqual(aggregates, ['sum'], name);
      else if (['power_factor', 'phase_sequence', 'time'].includes(quantity)) assert.ok(!isAdded, name);
      else if (kind !== 'gauge' || statistic !== 'instant') assert.ok(!isAdded, name);
      // A sum alone gives no mean, and a count alone says nothing of a value.
      if (statistic !== 'delta') assert.equal(isAdded, aggregates.includes('count'), name);
      if (influxType === 'string') assert.deepEqual(aggregates, ['last'], name);
    }
  });

  it('a tier is kept at least as long as what it is made of, which is there for long enough to make it again', () => {
    const kept = (days: number): number => (days === 0 ? Number.POSITIVE_INFINITY : days);
    for (const tier of SUMMARY_TIERS) {
      const from = tierNamed(tier.from);
      assert.ok(kept(tier.keepDays) >= kept(from.keepDays), tier.name);
      assert.ok(kept(from.keepDays) > 2 * from.shardDays, tier.name);
    }
    for (const { again, every, windowMs } of WINDOW_TIERS) {
      assert.ok(parseInt(again) >= 2 * parseInt(every) && parseInt(again) * 60_000 >= 2 * windowMs);
    }
  });
});
