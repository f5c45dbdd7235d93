import assert from 'node:assert/strict';
import { normalizeReading } from '../../../src/domain/quality/normalize';
import { flattenTelemetry } from '../../../src/domain/shapes/flat';
import { QUALITY_REASONS } from '../../../src/domain/quality/quality';
import type { Reading, ReadingBlock } from '../../../src/domain/messages/reading';
import { ASSEMBLIES } from '../../../src/meters/pm500/assemblies';
import { CATALOG } from '../../../src/metrics/catalog';
import { seededRandom } from '../../../src/support/random';
import { sampleReading } from '../../../testkit/meters/readings';

const ALL = ASSEMBLIES.map(({ instance }) => instance);

function withBlock(reading: Reading, change: Partial<ReadingBlock>): Reading {
  return { ...reading, blocks: reading.blocks.map((block) => ({ ...block, ...change })) };
}

describe('normalizeReading', () => {
  const reading = sampleReading(ALL, seededRandom(1));

  it('gives every metric of the catalog its unit, provenance and time', () => {
    const { metrics } = normalizeReading(reading);
    assert.deepEqual(Object.keys(metrics).sort(), CATALOG.map(({ name }) => name).sort());
    for (const { name, unit } of CATALOG) {
      assert.equal(metrics[name]?.unit, unit, name);
      assert.equal(metrics[name].timestamp, reading.timestamp);
    }
  });

  it('never shows an unconfirmed place as good: inferred and assumed are uncertain with the value kept', () => {
    const { metrics } = normalizeReading(reading);
    for (const { name } of CATALOG) {
      const sample = metrics[name];
      assert.ok(sample !== undefined, name);
      assert.equal(sample.quality, sample.provenance === 'verified' ? 'good' : 'uncertain', name);
      assert.notEqual(sample.value, null, name);
    }
    assert.equal(metrics['active_energy_import_total']?.reason, 'layout_assumed');
    assert.equal(metrics['voltage_l1_n']?.reason, 'layout_inferred');
  });

  it('trusts the layout once a person confirmed it, but keeps its provenance', () => {
    const { metrics } = normalizeReading({ ...reading, layout: { ...reading.layout, confirmed: true } });
    assert.ok(Object.values(metrics).every(({ quality }) => quality === 'good'));
    assert.equal(metrics['active_energy_import_total']?.provenance, 'assumed');
  });

  it('makes every metric of a failed block bad and null, and leaves the other blocks alone', () => {
    const failed = {
      ...reading,
      blocks: reading.blocks.map((block) =>
        block.assembly === 101
          ? { ...block, values: {}, error: { code: 'ENIP_REPLY_TIMEOUT' as const, message: 'no reply' } }
          : block,
      ),
    };
    const { metrics } = normalizeReading(failed);
    assert.deepEqual(
      [metrics['voltage_l1_n']?.value, metrics['voltage_l1_n']?.quality, metrics['voltage_l1_n']?.reason],
      [null, 'bad', 'read_failed'],
    );
    assert.equal(metrics['alarm_1']?.quality, 'good');
  });

  it('takes impossible values out, at both ends and beyond', () => {
    const range = CATALOG.find(({ name }) => name === 'frequency')?.range;
    assert.ok(range !== undefined);
    const qualityAt = (frequency: number): string | undefined =>
      normalizeReading(withBlock(sampleReading([102], seededRandom(2)), { values: { frequency } })).metrics['frequency']
        ?.reason;
    assert.equal(qualityAt(range.min), 'layout_inferred');
    assert.equal(qualityAt(range.max), 'layout_inferred');
    assert.equal(qualityAt(range.min - 0.01), 'out_of_range');
    assert.equal(qualityAt(range.max + 0.01), 'out_of_range');
  });

  it('carries the reason of values that were no numbers', () => {
    const source = sampleReading([101], seededRandom(3));
    const { metrics } = normalizeReading(
      withBlock(source, { values: { current_l1: null }, problems: { current_l1: 'overload' } }),
    );
    assert.deepEqual([metrics['current_l1']?.quality, metrics['current_l1']?.reason], ['bad', 'overload']);
  });

  it('treats a metric that the block promised but did not hold as failed', () => {
    const { metrics } = normalizeReading(withBlock(sampleReading([101], seededRandom(4)), { values: {} }));
    assert.equal(metrics['voltage_l1_n']?.reason, 'read_failed');
  });

  it('keeps nothing of a reading before: what is missing now is missing, whoever may change the blocks', () => {
    const before = sampleReading([101, 102], seededRandom(6));
    for (let round = 0; round < 3; round++) normalizeReading(before);
    const withoutSecond = { ...before, blocks: before.blocks.slice(0, 1) };
    const [first, second] = before.blocks;
    assert.ok(first !== undefined && second !== undefined);
    const { voltage_l1_n, ...lessProvenance } = first.provenance;
    const cases: readonly Reading[] = [
      withoutSecond,
      withBlock(before, { values: {} }),
      { ...before, blocks: [{ ...first, provenance: lessProvenance }, second] },
      { ...before, blocks: [second, first] },
      {
        ...before,
        blocks: [first, { ...second, provenance: Object.freeze({ active_power_l1: 'inferred' as const }) }],
      },
      sampleReading([101, 107], seededRandom(7)),
    ];
    assert.equal(voltage_l1_n, 'inferred');
    for (const reading of cases) {
      const cloned = structuredClone(reading);
      for (let round = 0; round < 3; round++) {
        const { metrics } = normalizeReading(reading);
        assert.deepEqual(metrics, normalizeReading(cloned).metrics);
        const names = reading.blocks.flatMap(({ provenance }) => Object.keys(provenance));
        assert.deepEqual(Object.keys(metrics), names);
      }
    }
    assert.deepEqual(normalizeReading(structuredClone(before)), normalizeReading(before));
  });

  it('trusts nothing of a device that is not a PowerMonitor 500', () => {
    const { metrics } = normalizeReading({ ...reading, meter: { ...reading.meter, identityMismatch: true } });
    assert.ok(Object.values(metrics).every(({ quality }) => quality === 'uncertain'));
    assert.equal(metrics['alarm_1']?.reason, 'identity_mismatch');
  });

  it("knows the metrics of a site's own layout", () => {
    const source = sampleReading([108], seededRandom(5));
    const own = CATALOG[0];
    assert.ok(own !== undefined);
    const { metrics } = normalizeReading({
      ...withBlock(source, { values: { voltage_asymmetry: 1.5 }, provenance: { voltage_asymmetry: 'verified' } }),
      definitions: [{ ...own, name: 'voltage_asymmetry', unit: '' }],
    });
    assert.equal(metrics['voltage_asymmetry']?.quality, 'good');
  });

  it('never keeps a value whose quality is bad', () => {
    for (const { quality, meaning } of Object.values(QUALITY_REASONS))
      assert.ok(quality !== 'bad' || meaning.length > 0);
    const flat = flattenTelemetry(
      normalizeReading(withBlock(sampleReading([102], seededRandom(6)), { values: { frequency: 500 } })),
    );
    assert.equal(flat['frequency'], null);
  });
});
