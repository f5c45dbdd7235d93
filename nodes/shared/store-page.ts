import type { NodeAPI } from 'node-red';
import type { DeliveryCapacity } from '../../src/delivery/stats';
import { isSparkplugEdgeNode } from './sparkplug-edges';

/** What `GET pm500/stores/:id` answers of a deployed edge node; empty where there is none, or it stores nothing. */
export type StoreAnswer = Partial<DeliveryCapacity>;

export function describeStore(RED: NodeAPI, id: string): StoreAnswer {
  const node: unknown = RED.nodes.getNode(id);
  return isSparkplugEdgeNode(node) ? (node.session.delivery.capacity ?? {}) : {};
}
