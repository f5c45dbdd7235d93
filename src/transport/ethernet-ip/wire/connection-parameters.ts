import type { MeterModel } from '../../../meters/meter-model';
import { CIP_CLASS } from './cip';
import type { ConnectionPath } from './connection-path';

/** What makes a connection unique among all originators (CIP Vol 1, 3-5.5.1.4 to 3-5.5.1.6). */
export interface ConnectionIds {
  readonly connectionSerial: number;
  readonly vendorId: number;
  readonly originatorSerial: number;
}

/** How T->O data travels: to this originator alone, or to a group that others may have joined. */
export const DELIVERIES = ['point-to-point', 'multicast'] as const;
export type CyclicDelivery = (typeof DELIVERIES)[number];

/** An I/O connection that only receives. Its O->T side is a heartbeat without data. */
export interface IoConnection {
  readonly kind: 'input-only' | 'listen-only';
  /** Assembly instance, which is the T->O connection point too. */
  readonly instance: number;
  /** Of the assembly; the sequence count that goes before the data is added here. */
  readonly sizeBytes: number;
  readonly delivery: CyclicDelivery;
  /** Connection point of the heartbeat, which depends on the kind. */
  readonly heartbeatPoint: number;
  /** Instance that stands for the configuration in the path. */
  readonly configurationInstance: number;
}

/** Explicit messages to the Message Router, transport class 3. */
export interface RouterConnection {
  readonly kind: 'message-router';
}

/** Every connection that this software can ask for. An Exclusive Owner has no place in it. */
export type ReadingConnection = IoConnection | RouterConnection;

/** One direction of a connection (CIP Vol 1, figure 3-5.8, 16-bit form). */
export interface Flow {
  readonly type: 'null' | CyclicDelivery | 'reserved';
  readonly priority: 'low' | 'high' | 'scheduled' | 'urgent';
  readonly variable: boolean;
  readonly sizeBytes: number;
  readonly redundantOwner: boolean;
}

export interface ReceivedFlow extends Flow {
  readonly rpiMicroseconds: number;
}

/** Bytes of the sequence count that class 1 and class 3 put before their data. */
export const SEQUENCE_COUNT_BYTES = 2;

/** Transport class and trigger: class 1 cyclic, client; class 3 triggered by the application, server. */
export const TRANSPORT_CLASS = { cyclic: 0x01, explicit: 0xa3 } as const;

/** Longest message of a class 3 connection, enough for every reply of a meter and within the 16-bit form. */
const EXPLICIT_BYTES = 504;
/** The Message Router, class 0x02 instance 1. */
export const MESSAGE_ROUTER_PATH: ConnectionPath = { classId: 0x02, instanceId: 1, points: [] };

const TYPES = ['null', 'multicast', 'point-to-point', 'reserved'] as const;
const PRIORITIES = ['low', 'high', 'scheduled', 'urgent'] as const;
const REDUNDANT_OWNER = 0x8000;
const VARIABLE = 0x0200;
const SIZE_MASK = 0x01ff;

export function encodeFlow({ type, priority, variable, sizeBytes, redundantOwner }: Flow): number {
  return (
    (redundantOwner ? REDUNDANT_OWNER : 0) |
    (TYPES.indexOf(type) << 13) |
    (PRIORITIES.indexOf(priority) << 10) |
    (variable ? VARIABLE : 0) |
    (sizeBytes & SIZE_MASK)
  );
}

export function decodeFlow(word: number): Flow {
  return {
    type: TYPES[(word >> 13) & 3] ?? 'reserved',
    priority: PRIORITIES[(word >> 10) & 3] ?? 'low',
    variable: (word & VARIABLE) !== 0,
    sizeBytes: word & SIZE_MASK,
    redundantOwner: (word & REDUNDANT_OWNER) !== 0,
  };
}

/** Everything in a Forward Open that follows from the kind of connection. */
export interface TransportParameters {
  readonly path: ConnectionPath;
  readonly originatorToTarget: Flow;
  readonly targetToOriginator: Flow;
  readonly transport: number;
}

/** Fixed size; the manual does not say which priority the meter expects, PLCs use scheduled for I/O. */
const cyclicFlow = (type: CyclicDelivery, sizeBytes: number): Flow => ({
  type,
  priority: 'scheduled',
  variable: false,
  sizeBytes: SEQUENCE_COUNT_BYTES + sizeBytes,
  redundantOwner: false,
});
const explicitFlow: Flow = {
  type: 'point-to-point',
  priority: 'low',
  variable: true,
  sizeBytes: EXPLICIT_BYTES,
  redundantOwner: false,
};

/** The connection points of the heartbeats of a meter model. */
export function heartbeatPointsOf({
  quirks,
}: Pick<MeterModel, 'quirks'>): Readonly<Record<IoConnection['kind'], number>> {
  return { 'input-only': quirks.heartbeatInputOnly.value, 'listen-only': quirks.heartbeatListenOnly.value };
}

/** What a meter model wants in the path of a connection of this kind. */
export function connectionPointsOf(
  model: Pick<MeterModel, 'quirks'>,
  kind: IoConnection['kind'],
): Pick<IoConnection, 'heartbeatPoint' | 'configurationInstance'> {
  const configurationInstance = model.quirks.configurationInstance.value;
  return { heartbeatPoint: heartbeatPointsOf(model)[kind], configurationInstance };
}

/**
 * The parameters of a connection. The heartbeat points and the configuration instance are facts of the
 * meter; the fixed size and the missing run/idle header are inferred from what other adapters of this kind expect.
 */
export function transportParameters(connection: ReadingConnection): TransportParameters {
  if (connection.kind === 'message-router') {
    return {
      path: MESSAGE_ROUTER_PATH,
      originatorToTarget: explicitFlow,
      targetToOriginator: explicitFlow,
      transport: TRANSPORT_CLASS.explicit,
    };
  }
  const { instance, sizeBytes, delivery, heartbeatPoint, configurationInstance } = connection;
  return {
    path: {
      classId: CIP_CLASS.assembly,
      instanceId: configurationInstance,
      points: [heartbeatPoint, instance],
    },
    originatorToTarget: cyclicFlow('point-to-point', 0),
    targetToOriginator: cyclicFlow(delivery, sizeBytes),
    transport: TRANSPORT_CLASS.cyclic,
  };
}

/** How long a connection lives without a message: this many intervals. */
export function timeoutMultiplier(code: number): number {
  return 4 << code;
}
