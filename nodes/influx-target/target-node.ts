import { isSinkNode, type SinkNode } from '../shared/sinks';

/** What `influx-target` offers to `influx-out`. */
export interface InfluxTargetNode extends SinkNode {
  /** That of an InfluxDB 1; empty for its default and for others. */
  readonly retentionPolicy: string;
}

export function isInfluxTargetNode(candidate: unknown): candidate is InfluxTargetNode {
  return isSinkNode(candidate, 'influx-target') && 'retentionPolicy' in candidate;
}
