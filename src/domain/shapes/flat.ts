import type { Value } from '../messages/reading';
import type { ShapedTelemetry } from './units';

/** Metric name to value, for dashboards and templates; values of bad quality are null. */
export function flattenTelemetry({ metrics }: ShapedTelemetry): Record<string, Value> {
  const flat: Record<string, Value> = {};
  for (const name in metrics) flat[name] = metrics[name]?.value ?? null;
  return flat;
}
