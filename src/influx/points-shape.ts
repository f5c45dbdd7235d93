import type { ShapedTelemetry } from '../domain/shapes/units';
import type { FieldValue } from './line-protocol';
import type { PointMapper } from './points';

/** A point as the common InfluxDB nodes take it. */
export interface PointMessage {
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, FieldValue>>;
  /** Epoch milliseconds UTC. */
  readonly timestamp: number;
}

/** Telemetry as an array of points, the same that `influx-out` writes; for the InfluxDB nodes of other people. */
export function pointsShape(
  telemetry: ShapedTelemetry,
  mapper: PointMapper,
  influxMeasurement: string,
): readonly PointMessage[] {
  return mapper
    .map(telemetry, influxMeasurement)
    .points.map(({ influxMeasurement: measurement, tags, fields, timestamp }) => ({
      measurement,
      tags,
      fields,
      timestamp,
    }));
}
