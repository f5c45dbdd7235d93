import type { Node, NodeAPI } from 'node-red';
import { DeadLetters, type DeadLetterEntry } from '../../src/delivery/dead-letters';
import { Delivery } from '../../src/delivery/delivery';
import type { Destination, Health } from '../../src/delivery/destination';
import { deliveryMetrics } from '../../src/delivery/metrics';
import type { DeliverySettings } from '../../src/delivery/settings';
import type { DeliveryStats } from '../../src/delivery/stats';
import type { OutboxLimits } from '../../src/outbox/outbox';
import { systemClock } from '../../src/support/clock';
import { toPm500Error } from '../../src/support/errors';
import { addMetrics, registerAdmin } from './admin';
import { onClose } from './close';
import { nodeLogger } from './logger';
import { addSink } from './overview';
import type { OutboxKind } from './outbox-kinds';
import { takeOutbox } from './outboxes';
import { ownPath } from './user-dir';

/** What the configuration node of a sink offers to the nodes that hand records in. */
export interface SinkNode extends Node {
  readonly sink: Delivery;
}

/** True for a node of this type whose configuration was right. */
export function isSinkNode(candidate: unknown, type: string): candidate is SinkNode {
  return (
    typeof candidate === 'object' &&
    candidate !== null &&
    'type' in candidate &&
    candidate.type === type &&
    'sink' in candidate &&
    candidate.sink instanceof Delivery
  );
}

export interface SinkSettings {
  readonly delivery: DeliverySettings;
  /** Where records wait. */
  readonly outbox: OutboxKind;
  readonly limits: OutboxLimits;
  /** The file for records that are refused: how much it holds, the ending of its name, and how a record stands in it. */
  readonly refused: { readonly megabytes: number; readonly extension: string; readonly entryOf?: DeadLetterEntry };
}

const BYTES_PER_MEGABYTE = 1_000_000;

/** The file for refused records; none where Node-RED has no user directory. */
function openDeadLetters(
  RED: NodeAPI,
  { id }: Node,
  { megabytes, extension, entryOf }: SinkSettings['refused'],
): { readonly deadLetters?: DeadLetters } {
  const path = ownPath(RED, 'pm500', 'refused', `${encodeURIComponent(id)}.${extension}`);
  if (path === undefined) return {};
  const bytes = megabytes * BYTES_PER_MEGABYTE;
  return { deadLetters: new DeadLetters(path, systemClock, bytes, undefined, entryOf) };
}

/**
 * Tells Prometheus how delivery of a node goes, by `GET pm500/metrics`, and whoever looks at the overview.
 * @param statsNow undefined while there is nothing to tell
 * @returns stops it
 */
export function publishDelivery(
  RED: NodeAPI,
  node: Node,
  statsNow: () => DeliveryStats | undefined,
  healthNow: () => Health | undefined = () => undefined,
): () => void {
  registerAdmin(RED);
  const { id, type, name = '' } = node;
  const labels = { target: name === '' ? id : name, node: id };
  const stops = [
    addMetrics(() => {
      const stats = statsNow();
      return stats === undefined ? [] : deliveryMetrics(stats, labels);
    }),
    addSink(() => {
      const stats = statsNow();
      const health = healthNow();
      if (stats === undefined) return [];
      return [{ node: id, name: name === '' ? type : name, type, stats, ...(health === undefined ? {} : { health }) }];
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/**
 * Delivery to a destination for as long as a configuration node is there: its outbox, what becomes of refused records, what
 * the log and Prometheus are told, and an end that loses nothing. Nodes that hand records in find it by `isSinkNode`.
 */
export function openSink(RED: NodeAPI, node: Node, destination: Destination, settings: SinkSettings): void {
  const { outbox, giveBack } = takeOutbox(RED, node, settings.outbox, settings.limits);
  const logger = nodeLogger(node);
  const sink = new Delivery(settings.delivery, {
    outbox,
    maximumBytes: settings.limits.maximumBytes,
    destination,
    clock: systemClock,
    random: Math.random,
    logger,
    ...openDeadLetters(RED, node, settings.refused),
  });
  Object.assign<Node, Pick<SinkNode, 'sink'>>(node, { sink });
  const stopMetrics = publishDelivery(
    RED,
    node,
    () => sink.stats,
    () => sink.health,
  );
  const closing = new AbortController();
  sink.examine(closing.signal).catch((thrown: unknown) => {
    logger.warn(toPm500Error(thrown).message);
  });
  onClose(node, async (removed) => {
    closing.abort();
    stopMetrics();
    await sink.close();
    await giveBack(removed);
  });
}
