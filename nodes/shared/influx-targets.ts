import type { Node, NodeAPI } from 'node-red';
import type { TlsSettings } from '../../src/influx/sender';
import { InfluxTarget } from '../../src/influx/target';
import type { WriterStats } from '../../src/influx/writer';
import { OutboxShelf } from '../../src/outbox/shelf';
import { systemClock } from '../../src/support/clock';
import { Pm500Error } from '../../src/support/errors';
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

/** Points that wait stay here while a flow is deployed again. */
export const outboxShelf = new OutboxShelf(systemClock);

interface TlsConfigNode {
  addTLSOptions(options: object): TlsSettings;
}

function isTlsConfigNode(candidate: unknown): candidate is TlsConfigNode {
  return (
    typeof candidate === 'object' &&
    candidate !== null &&
    'addTLSOptions' in candidate &&
    typeof candidate.addTLSOptions === 'function'
  );
}

/**
 * The settings of a core `tls-config` node; nothing when none is chosen.
 * @throws Pm500Error CONFIG_INVALID when the chosen one is missing
 */
export function readTlsSettings(RED: NodeAPI, id: string): { readonly tls?: TlsSettings } {
  if (id === '') return {};
  const candidate: unknown = RED.nodes.getNode(id);
  if (isTlsConfigNode(candidate)) return { tls: candidate.addTLSOptions({}) };
  throw new Pm500Error(
    'CONFIG_INVALID',
    'influx-target: tls names a configuration node that is missing; choose one in the settings of the node.',
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
