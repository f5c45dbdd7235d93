import type { Node, NodeAPI } from 'node-red';
import { createLinkTransport } from '../../src/acquisition/link-transport';
import { MeterRegistry } from '../../src/acquisition/meter-registry';
import type { MeterSession } from '../../src/acquisition/meter-session';
import { resolveSystemHost } from '../../src/acquisition/resolve-host';
import { systemClock } from '../../src/support/clock';
import { processLogger } from './logger';
import { simulatorsStarted } from './simulator-starts';

/** A `pm500-meter` configuration node that started: what other nodes get from it. */
export interface MeterNode extends Node {
  readonly session: MeterSession;
}

/** True for a `pm500-meter` node whose configuration was right. */
export function isMeterNode(candidate: unknown): candidate is MeterNode {
  return (
    typeof candidate === 'object' &&
    candidate !== null &&
    'type' in candidate &&
    candidate.type === 'pm500-meter' &&
    'session' in candidate &&
    candidate.session !== undefined
  );
}

let registry: MeterRegistry | undefined;

function createRegistry(RED: NodeAPI): MeterRegistry {
  const logger = processLogger(RED);
  return new MeterRegistry({
    clock: systemClock,
    random: Math.random,
    logger,
    resolveHost: resolveSystemHost,
    whenReady: simulatorsStarted,
    createTransport: (settings, route) =>
      createLinkTransport(settings, { clock: systemClock, logger, random: Math.random }, route),
  });
}

/** The meters of this Node-RED process: all nodes share one connection per address. */
export function sharedMeters(RED: NodeAPI): MeterRegistry {
  registry ??= createRegistry(RED);
  return registry;
}
