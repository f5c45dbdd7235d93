import type { Node } from 'node-red';
import { InfluxTarget } from '../../src/influx/target';
import type { WriterStats } from '../../src/influx/writer';
import type { StatusLine } from './status';

/** What `influx-target` offers to `influx-out`. */
export interface InfluxTargetNode extends Node {
  readonly target: InfluxTarget;
}

export function isInfluxTargetNode(candidate: unknown): candidate is InfluxTargetNode {
  return (
    typeof candidate === 'object' &&
    candidate !== null &&
    'target' in candidate &&
    candidate.target instanceof InfluxTarget
  );
}

/** Shows how delivery to a target goes. */
export function showDelivery(status: StatusLine, { state, outbox, linesWritten }: WriterStats): void {
  const count = (lines: number): string => lines.toLocaleString('en-US').replaceAll(',', ' ');
  if (state === 'held') status.show('failed', 'held', { lines: count(outbox.depth) });
  else if (state === 'retrying') status.show('partial', 'waiting', { lines: count(outbox.depth) });
  else if (state === 'closed') status.clear();
  else if (linesWritten > 0) status.show('ok', 'written', { lines: count(linesWritten) });
  else status.show('idle', 'ready');
}
