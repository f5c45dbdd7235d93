import type { Sample, Telemetry } from '../../src/domain/messages/telemetry';
import { TELEMETRY_SCHEMA } from '../../src/domain/messages/telemetry';
import { ALL_METRICS } from '../../src/metrics/derived-metrics';
import type { Value } from '../../src/domain/messages/reading';

const UNITS = new Map(ALL_METRICS.map(({ name, unit }) => [name, unit]));

/** A good sample of a catalog metric; a null value is bad. */
export function sampleOf(name: string, value: Value, timestamp: number, change: Partial<Sample> = {}): Sample {
  const known = value === null ? ({ quality: 'bad', reason: 'read_failed' } as const) : ({ quality: 'good' } as const);
  return { value, unit: UNITS.get(name) ?? '', provenance: 'verified', timestamp, ...known, ...change };
}

/** Telemetry of the given values at one moment. */
export function telemetryOf(
  timestamp: number,
  values: Readonly<Record<string, Value>>,
  serialNumber?: number,
  change: Partial<Sample> = {},
): Telemetry {
  const metrics = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, sampleOf(name, value, timestamp, change)]),
  );
  const identity = serialNumber === undefined ? {} : { serialNumber };
  return {
    schema: TELEMETRY_SCHEMA,
    meter: { name: 'm1', host: '127.0.0.1', tags: {}, ...identity },
    timestamp,
    metrics,
  };
}
