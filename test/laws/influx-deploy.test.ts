import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALL_METRICS } from '../../src/metrics/derived-metrics';
import { DEPLOY_FOLDER, deployFiles } from '../../tools/influxdb/main';
import { aggregatesOf, SUMMARIES } from '../../tools/influxdb/plan';

describe('laws of deploy/influxdb', () => {
  const files = deployFiles();

  it('the files are those that the meter table gives, and no others', () => {
    const found = readdirSync(DEPLOY_FOLDER, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(DEPLOY_FOLDER.length + 1));
    assert.deepEqual(found.sort(), [...files.keys()].sort());
    for (const [path, text] of files) {
      const message = `${path} is old; run npx tsx tools/influxdb/main.ts`;
      assert.equal(readFileSync(join(DEPLOY_FOLDER, path), 'utf8'), text, message);
    }
  });

  it('every metric is summed up in every tier, for every version', () => {
    for (const metric of ALL_METRICS) {
      const names = aggregatesOf(metric).map((aggregate) => `${metric.name}_${aggregate}`);
      assert.ok(names.length > 0);
      const influxQl = files.get('v1.influxql') ?? '';
      for (const name of names) assert.equal(influxQl.split(`AS "${name}"`).length - 1, SUMMARIES.length, name);
      for (const ending of ['.flux', '.sql']) {
        const matching = [...files].filter(([path, text]) => path.endsWith(ending) && text.includes(metric.name));
        assert.ok(matching.length >= SUMMARIES.length, `${metric.name} ${ending}`);
      }
    }
  });

  it('no counter is averaged, and no state is added up', () => {
    for (const metric of ALL_METRICS) {
      const aggregates = aggregatesOf(metric);
      if (metric.kind === 'counter') assert.ok(!aggregates.includes('mean') && aggregates.includes('spread'));
      if (metric.influxType !== 'float') assert.deepEqual(aggregates, ['last'], metric.name);
    }
  });

  it('a summary is kept at least as long as what it is made of, and made again for long enough to catch up', () => {
    const days = (text: string): number => parseInt(text) * { m: 1 / 1440, h: 1 / 24, d: 1 }[text.slice(-1)]!;
    for (const { every, again, keepDays } of SUMMARIES) {
      assert.ok(days(again) >= days(every) && days(again) < 30);
      assert.ok(keepDays === 0 || keepDays >= 30);
    }
  });
});
