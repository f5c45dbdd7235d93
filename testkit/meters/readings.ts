import { workingLayout } from '../../src/domain/codec/built-in-layouts';
import { READING_SCHEMA, type Reading, type ReadingBlock, type Value } from '../../src/domain/messages/reading';
import type { Random } from '../../src/support/random';
import { PM500 } from '../../src/meters/pm500';

export const READ_AT = Date.UTC(2026, 0, 5, 8, 0, 0);

/** A block of the built-in layout with a plausible value for every metric. */
function sampleBlock(instance: number, random: Random, timestamp = READ_AT): ReadingBlock {
  const plan = workingLayout(PM500).blocks.get(instance);
  if (plan === undefined) throw new Error(`no assembly ${instance}`);
  const values: Record<string, Value> = {};
  for (const { metric } of plan.rows) {
    if (metric.kind === 'state') values[metric.name] = random() < 0.5;
    else if (metric.kind === 'text') values[metric.name] = 'A.1';
    else if (metric.quantity === 'frequency') values[metric.name] = 59 + random() * 2;
    else if (metric.quantity === 'power_factor') values[metric.name] = random();
    else values[metric.name] = Math.round(random() * 1000);
  }
  return { assembly: instance, group: plan.group, timestamp, latencyMs: 1.5, values, provenance: plan.provenance };
}

/** A reading of the given assemblies as `pm500-poll` sends it. */
export function sampleReading(assemblies: readonly number[], random: Random, timestamp = READ_AT): Reading {
  return {
    schema: READING_SCHEMA,
    meter: {
      name: 'main-incomer',
      host: '127.0.0.1',
      tags: { site: 'gwangyang', area: 'melt', line: '1', asset: 'transformer-1' },
      catalogNumber: '1420-V2-ENT',
      serialNumber: 940_000_001,
    },
    layout: { name: workingLayout(PM500).name, confirmed: false },
    timestamp,
    blocks: assemblies.map((instance) => sampleBlock(instance, random, timestamp)),
  };
}
