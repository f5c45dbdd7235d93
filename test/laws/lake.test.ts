import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALL_METRICS } from '../../src/metrics/derived-metrics';
import { findProgram } from '../../testkit/servers/programs';
import { temporaryFolder } from '../../testkit/temporary-folder';
import { lakeTable, type LakeTableFile } from '../../tools/lake/columns';
import { DESCRIPTOR_FILE, sparkplugDescriptor } from '../../tools/lake/descriptor';
import { LAKE_FILE, lakeFile } from '../../tools/lake/main';
import { PROTO_FILE } from '../../tools/telegraf/sparkplug';
import { TELEGRAF_FOLDER } from '../../tools/telegraf/main';

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

describe('laws of deploy/aws/sparkplug', () => {
  const descriptor = readFileSync(DESCRIPTOR_FILE);

  it('the descriptor set is what the fields of Sparkplug are now', () => {
    assert.deepEqual(descriptor, Buffer.from(sparkplugDescriptor()), 'it is old; run npx tsx tools/lake/main.ts');
  });

  it('the descriptor set is, byte for byte, what protoc makes of the definition that Telegraf has', () => {
    const folder = temporaryFolder('descriptor');
    const made = join(folder, 'made.desc');
    const options = [`--descriptor_set_out=${made}`, `--proto_path=${TELEGRAF_FOLDER}`];
    execFileSync(findProgram('protoc'), [...options, PROTO_FILE]);
    assert.deepEqual(descriptor, readFileSync(made));
  });

  it('the descriptor set is within what AWS IoT takes', () => {
    // 32 KiB (Developer Guide, "Decoding protobuf message payloads").
    assert.ok(descriptor.length <= 32 * 1024);
  });
});
