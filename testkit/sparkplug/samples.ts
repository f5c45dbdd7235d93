import type { Sample, Telemetry } from '../../src/domain/messages/telemetry';
import type { Quality, QualityReason } from '../../src/domain/quality/quality';
import type { Value } from '../../src/domain/messages/reading';
import { conditionOf } from '../../src/sparkplug/metrics/metric-condition';
import type { MetricSample } from '../../src/sparkplug/metrics/metrics';
import { encodePayload } from '../../src/sparkplug/codec/payload';

export const START = Date.UTC(2026, 0, 1);

export interface Given {
  readonly at?: number;
  readonly quality?: Quality;
  readonly reason?: QualityReason;
}

/** A Float sample of good quality, or a null one that failed. */
export function sample(name: string, value: number | null, { at = START, quality, reason }: Given = {}): MetricSample {
  return {
    name,
    type: 'Float',
    value,
    timestamp: at,
    description: { engUnit: { type: 'String', value: 'V' } },
    condition: conditionOf(quality ?? (reason === undefined ? 'good' : 'bad'), reason),
  };
}

export function failed(name: string, at = START): MetricSample {
  return sample(name, null, { at, reason: 'read_failed' });
}

export function telemetrySample(value: Value, over: Partial<Sample> = {}): Sample {
  return { value, unit: 'V', quality: 'good', provenance: 'verified', timestamp: START, ...over };
}

export function telemetry(metrics: Readonly<Record<string, Sample>>, name = 'meter-1'): Telemetry {
  return { schema: 'pm500.telemetry/1', meter: { name, host: '127.0.0.1', tags: {} }, timestamp: START, metrics };
}

/** What a host publishes to ask for all births. */
export function rebirthCommand(value = true): Uint8Array {
  return encodePayload({
    timestamp: START,
    metrics: [{ name: 'Node Control/Rebirth', type: 'Boolean', value, timestamp: START }],
  });
}

/** What a host publishes to send the edge node to its next server. */
export function nextServerCommand(): Uint8Array {
  return encodePayload({
    timestamp: START,
    metrics: [{ name: 'Node Control/Next Server', type: 'Boolean', value: true, timestamp: START }],
  });
}

export function hostState(online: boolean, timestamp: number): Uint8Array {
  return Buffer.from(JSON.stringify({ online, timestamp }));
}
