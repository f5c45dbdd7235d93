import { TELEMETRY } from '../../src/domain/messages/telemetry';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { workingLayout } from '../../src/domain/codec/built-in-layouts';
import { decodeBlock } from '../../src/domain/codec/decode';
import { READING_SCHEMA, type Reading } from '../../src/domain/messages/reading';
import { constantProfile } from '../../src/simulator/model/plain-profiles';
import { SimulatedMeter } from '../../src/simulator/model/simulated-meter';
import { findCatalogNumber } from '../../src/simulator/model/supply';
import { NormalizeBench } from '../../testkit/meters/normalize-bench';
import { PM500 } from '../../src/meters/pm500';

interface ExampleNode {
  readonly type: string;
  readonly info?: string;
}

const EXAMPLE = JSON.parse(readFileSync('examples/kpis-of-one-meter.json', 'utf8')) as readonly ExampleNode[];

function readingOf(meter: SimulatedMeter, timestamp: number): Reading {
  const plans = [...workingLayout(PM500).blocks.values()].filter(({ group }) => ['realtime', 'energy'].includes(group));
  return {
    schema: READING_SCHEMA,
    meter: { name: 'sim', host: '127.0.0.1', tags: {} },
    layout: { name: workingLayout(PM500).name, confirmed: false },
    timestamp,
    blocks: plans.map((plan) => {
      const { group, instance: assembly, provenance } = plan;
      const decoded = decodeBlock(plan, meter.read(assembly) ?? new Uint8Array());
      return { assembly, group, timestamp, latencyMs: 1, provenance, ...decoded };
    }),
  };
}

describe('the example kpis-of-one-meter', () => {
  it('has bad values when its comment says so, those that it names, and no others', async () => {
    const settings = EXAMPLE.find(({ type }) => type === 'pm500-normalize');
    const info = EXAMPLE.find(({ type }) => type === 'comment')?.info ?? '';
    const bench = new NormalizeBench({ ...settings, shape: 'telemetry' });
    const catalogEntry = findCatalogNumber(PM500, '1420-V2-ENT');
    const load = constantProfile(500_000);
    const meter = new SimulatedMeter(PM500, { catalogEntry, serialNumber: 940_000_001, seed: 1, load }, bench.clock, 1);
    const seen = new Set<string>();
    for (let second = 0; second < 200; second++) {
      await bench.clock.advance(1000);
      const [sent] = await bench.accept(readingOf(meter, bench.clock.now()));
      const metrics = Object.entries(TELEMETRY.parse(sent?.payload).metrics);
      const bad = metrics.filter(([, { quality }]) => quality === 'bad').map(([name]) => name);
      if (bad.length > 0) seen.add(`${bad.length} of ${metrics.length} bad: ${bad.toSorted().join(', ')}`);
      assert.ok(second < 150 || bad.length === 0, 'it passes by itself');
    }
    await bench.close();
    const deltas = ['active_export', 'active_import', 'reactive_export', 'reactive_import'];
    assert.deepEqual(
      [...seen],
      [
        `4 of 45 bad: ${deltas.map((each) => `energy_delta_${each}_total`).join(', ')}`,
        // With the figures of the window that ends in this second.
        '2 of 66 bad: load_factor_day, load_factor_month',
        '2 of 63 bad: load_factor_day, load_factor_month',
      ],
    );
    for (const text of ['4 of 45 bad', '2 of 63 bad', 'energy_delta_', 'load_factor_day', 'load_factor_month'])
      assert.ok(info.includes(text), text);
  });
});
