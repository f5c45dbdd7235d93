import type { Quality, QualityReason } from '../quality/quality';
import type { Value } from '../messages/reading';
import type { ShapedTelemetry } from './units';

/** One message of one metric. */
export interface MetricMessage {
  /** `meter/metric`. */
  readonly topic: string;
  readonly payload: Value;
  readonly metric: string;
  readonly unit: string;
  readonly quality: Quality;
  readonly reason?: QualityReason;
  /** When this value was read, epoch milliseconds UTC. */
  readonly timestamp: number;
}

/** A level of an MQTT topic holds no separator and no wildcard. */
function topicLevel(name: string): string {
  return name.replaceAll(/[/+#]/g, '_');
}

/** A message for every metric, for nodes that take one value at a time: gauges, charts, the core `mqtt out`. */
export function messagesOf({ meter, metrics }: ShapedTelemetry): MetricMessage[] {
  const prefix = topicLevel(meter.name);
  return Object.entries(metrics).map(([metric, { value, unit, quality, reason, timestamp }]) => ({
    topic: `${prefix}/${metric}`,
    payload: value,
    metric,
    unit,
    quality,
    ...(reason === undefined ? {} : { reason }),
    timestamp,
  }));
}
