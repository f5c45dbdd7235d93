import type { ShapedTelemetry } from '../../domain/shapes/units';
import { metricsOf } from './metrics';
import type { Datatype, MetricValue, PropertySet } from '../codec/payload';

/** A metric as `sparkplug-out` and other Sparkplug nodes take it. */
export interface ListedMetric {
  readonly name: string;
  readonly type: Datatype;
  readonly value: MetricValue;
  /** Epoch milliseconds UTC. */
  readonly timestamp: number;
  readonly properties: PropertySet;
}

export interface DeviceMessage {
  /** The name of the meter. */
  readonly deviceId: string;
  readonly metrics: readonly ListedMetric[];
}

/** Telemetry as the metrics that `sparkplug-out` would make of it, for Sparkplug nodes of other people. */
export function metricsShape(telemetry: ShapedTelemetry): DeviceMessage {
  return {
    deviceId: telemetry.meter.name,
    metrics: metricsOf(telemetry).map(({ name, type, value, timestamp, description, condition }) => ({
      name,
      type,
      value,
      timestamp,
      properties: { ...description, ...condition.properties.properties },
    })),
  };
}
