import type { Node, NodeAPI } from 'node-red';
import { totalLoss, type DeliveryStats } from '../../src/delivery/stats';
import type { DeviceUser, DeviceUsers } from '../../src/sparkplug/session/device-users';
import type { BrokerTls } from '../../src/mqtt/mqtt-options';
import { EdgeSession } from '../../src/sparkplug/session/session';
import type { EdgeState } from '../../src/sparkplug/session/session-settings';
import { type SessionStore, fileSessionStore, memorySessionStore } from '../../src/sparkplug/session/session-store';
import { hoursText } from '../../src/sparkplug/history/store-forecast';
import type { ErrorCode } from '../../src/support/errors';
import type { Logger } from '../../src/support/logger';
import type { Users } from '../../src/support/users';
import { sendDiagnostics } from './delivery-diagnostics';
import { grouped } from './delivery-status';
import { repeat } from './repeat';
import type { StatusLine } from './status';
import { readTlsOptions } from './tls';
import { ownPath } from './user-dir';

/** What `sparkplug-edge` offers to `sparkplug-out`. */
export interface SparkplugEdgeNode extends Node {
  readonly session: EdgeSession;
  /** A new publisher; the first one makes the edge node connect. */
  readonly attach: () => EdgePublisher;
}

/** One publisher among those that share an edge node. */
export interface EdgePublisher extends Pick<DeviceUser, 'publish'> {
  /** Lets go of its devices once no more messages can come to the node. */
  close(): Promise<void>;
}

/** What a `sparkplug-out` node gets of its edge node, which stays open until all of them have left. */
export function openPublisher(devices: DeviceUsers, users: Users): EdgePublisher {
  const leave = users.enter();
  const user = devices.open();
  return {
    publish: (...update) => user.publish(...update),
    close: () =>
      users.leaveLate(() => {
        user.close();
        leave();
      }),
  };
}

/** True for a `sparkplug-edge` node whose configuration was right. */
export function isSparkplugEdgeNode(candidate: unknown): candidate is SparkplugEdgeNode {
  return (
    typeof candidate === 'object' &&
    candidate !== null &&
    'session' in candidate &&
    candidate.session instanceof EdgeSession
  );
}

/**
 * The settings of a core `tls-config` node; those of Node.js when none is chosen.
 * @throws Pm500Error CONFIG_INVALID when the chosen one is missing
 */
export function readBrokerTls(RED: NodeAPI, id: string): BrokerTls {
  const chosen = readTlsOptions(RED, 'sparkplug-edge', id, 'MQTT_TLS_FAILED');
  const { ALPNProtocols, rejectUnauthorized = true, ...options } = chosen ?? {};
  return { ...options, rejectUnauthorized, ...(ALPNProtocols === undefined ? {} : { alpnProtocols: ALPNProtocols }) };
}

/** Where an edge node keeps its bdSeq and client ID: a file in Node-RED's user folder, memory where there is none. */
export function sessionStoreOf(RED: NodeAPI, nodeId: string, logger: Logger): SessionStore {
  const path = ownPath(RED, 'pm500', `sparkplug-${encodeURIComponent(nodeId)}.bdseq`);
  return path === undefined ? memorySessionStore() : fileSessionStore(path, logger);
}

/** Catalog keys of the statuses that say why there is no session; others say that it is offline. */
const ERROR_KEYS: Readonly<Partial<Record<ErrorCode, string>>> = {
  MQTT_REFUSED: 'refused',
  MQTT_UNREACHABLE: 'unreachable',
  MQTT_TLS_FAILED: 'tlsFailed',
};

interface EdgeParts {
  readonly ownDevices: ReadonlySet<string>;
  readonly messages: number;
  readonly delivery: DeliveryStats;
}

/**
 * Sends diagnostics of what an edge node stores and forwards, from a node that publishes over it.
 * @param lookMs how often it is looked at beside changes of the session, of which losses are none
 * @returns stops it
 */
export function sendEdgeDiagnostics(
  node: Pick<Node, 'send'>,
  session: EdgeSession,
  seconds: number,
  lookMs: number,
): () => void {
  const sink = {
    get stats() {
      return session.delivery;
    },
    onChange: (listener: () => void) => {
      const stopListening = [session.onState(listener), repeat(lookMs, listener)];
      return () => {
        for (const stop of stopListening) stop();
      };
    },
  };
  return sendDiagnostics(node, sink, seconds);
}

/** A store that will be full before a person comes back is more urgent than why nothing is sent. */
const FULL_SOON_HOURS = 24;

/** Shows how the edge node and the devices of one publisher stand. */
export function showEdge(
  status: StatusLine,
  { phase, error, alarm, devices }: EdgeState,
  { ownDevices, messages, delivery }: EdgeParts,
): void {
  const waiting = delivery.waiting.records;
  const lost = totalLoss(delivery);
  const fullInHours = waiting === 0 ? Infinity : (delivery.capacity?.fullInHours ?? Infinity);
  if (phase === 'closed') status.clear();
  else if (alarm?.code === 'SPARKPLUG_ID_DUPLICATE') status.show('failed', 'duplicate');
  else if (phase !== 'born' && fullInHours < FULL_SOON_HOURS) {
    status.show('failed', 'fullIn', { time: hoursText(fullInHours) });
  } else if (phase === 'waiting') status.show('waiting', 'waitingForHost');
  else if (phase !== 'born') {
    if (error === undefined) status.show('busy', 'connecting');
    else status.show('failed', ERROR_KEYS[error.code] ?? 'offline');
  } else if (alarm !== undefined) status.show('partial', 'notReturned');
  else if (ownDevices.size === 0) status.show('idle', 'ready');
  else if (!devices.some((device) => ownDevices.has(device))) status.show('partial', 'deviceDead');
  else if (lost > 0) status.show('partial', 'lost', { records: grouped(lost) });
  else if (waiting > 0) status.show('partial', 'forwarding', { records: grouped(waiting) });
  else status.show('ok', 'published', { messages: grouped(messages) });
}
