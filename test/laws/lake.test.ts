import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ALL_METRICS } from '../../src/metrics/derived-metrics';
import { lakeTable, type LakeTableFile } from '../../tools/lake/columns';
import { LAKE_FILE, lakeFile } from '../../tools/lake/main';

const TABLE = JSON.parse(readFileSync(LAKE_FILE, 'utf8')) as LakeTableFile;
const [FIRST] = ALL_METRICS;
assert.ok(FIRST);
const NEW = { ...FIRST, name: 'brand_new', label: 'Brand new' };

/** How many columns were published, and the hash of their names and types. A new metric is behind them and changes neither. */
const PUBLISHED = { columns: 215, sha256: '54f110012e1c94b1d912a2f140558161fa6ecd85d20fdb51a4e6c99984285742' };

describe('laws of deploy/aws/lake', () => {
  it('the table is what the metric table says now', () => {
    assert.equal(readFileSync(LAKE_FILE, 'utf8'), lakeFile(), 'it is old; run npx tsx tools/lake/main.ts');
  });

  it('a column that was published keeps its name, its type and its place', () => {
    const published = TABLE.columns.slice(0, PUBLISHED.columns).map(({ name, type }) => `${name} ${type}`);
    assert.equal(createHash('sha256').update(published.join('\n')).digest('hex'), PUBLISHED.sha256);
  });

  it('every metric has a column of its type, with its unit', () => {
    for (const { name, label, unit, influxType } of ALL_METRICS) {
      const column = TABLE.columns.find((each) => each.name === name);
      assert.equal(column?.type, influxType === 'float' ? 'double' : influxType, name);
      assert.equal(column.comment, unit === '' ? label : `${label}, ${unit}`);
    }
  });

  it('names are those that Glue takes, each once, also in lower case', () => {
    const names = [...TABLE.columns, ...TABLE.partitions].map(({ name }) => name);
    assert.equal(new Set(names.map((name) => name.toLowerCase())).size, names.length);
    for (const { name, comment } of [...TABLE.columns, ...TABLE.partitions]) {
      assert.match(name, /^[a-z][a-z0-9_]*$/);
      assert.ok(comment.length > 0 && comment.length <= 255, name);
    }
  });

  it('a new metric comes behind all others, wherever it stands in the metric table', () => {
    const { columns } = lakeTable(TABLE, [NEW, ...ALL_METRICS]);
    assert.deepEqual(columns.slice(0, -1), TABLE.columns);
    assert.equal(columns.at(-1)?.name, 'brand_new');
  });

  it('a metric that is gone keeps its column, and one that changed its type is refused', () => {
    assert.deepEqual(lakeTable(TABLE, ALL_METRICS.slice(1)).columns, TABLE.columns);
    const changed = ALL_METRICS.map((each) => (each === FIRST ? { ...each, influxType: 'string' as const } : each));
    assert.throws(() => lakeTable(TABLE, changed), /cannot become string; give the metric another name/);
  });

  it('a metric may not have the name of another column', () => {
    assert.throws(() => lakeTable(TABLE, [...ALL_METRICS, { ...NEW, name: 'meter' }]), /one name/);
  });
});
