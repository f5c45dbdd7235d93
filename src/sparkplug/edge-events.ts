import type { MetricSample } from './metrics';
import type { DeviceMessage, NodeMessage } from './topic';

/** What an edge node is told. Times (`at`) are epoch milliseconds UTC. */
export type EdgeEvent =
  /** A CONNECT is about to be made, with this number. */
  | { readonly kind: 'connecting'; readonly bdSeq: number; readonly at: number }
  /** The broker has accepted the session. */
  | { readonly kind: 'connected' }
  /** The broker has confirmed all subscriptions. */
  | { readonly kind: 'subscribed'; readonly at: number }
  | {
      readonly kind: 'message';
      readonly topic: string;
      readonly payload: Uint8Array;
      readonly isRetained: boolean;
      readonly at: number;
    }
  /** The session has ended, for whatever reason, or was never made. */
  | { readonly kind: 'disconnected' }
  | {
      readonly kind: 'samples';
      readonly deviceId: string;
      readonly samples: readonly MetricSample[];
      readonly at: number;
    }
  /** The time that a `settle` effect asked for has passed. */
  | { readonly kind: 'settled'; readonly deviceId: string; readonly at: number }
  /** Nobody publishes this device any more. */
  | { readonly kind: 'removed'; readonly deviceId: string; readonly at: number }
  /** The time that a `quiet` effect asked for has passed. */
  | { readonly kind: 'quietOver'; readonly at: number }
  /** The broker takes messages more slowly than they come. */
  | { readonly kind: 'congested' }
  | { readonly kind: 'drained'; readonly at: number }
  | { readonly kind: 'closing'; readonly at: number };

/** What an edge node wants done, in this order. */
export type EdgeEffect =
  /** CONNECT with this will: QoS 1, not retained, clean session. */
  | { readonly kind: 'connect'; readonly will: { readonly topic: string; readonly payload: Uint8Array } }
  /** SUBSCRIBE with QoS 1. */
  | { readonly kind: 'subscribe'; readonly topics: readonly string[] }
  /** PUBLISH with QoS 0, not retained, at once: its `seq` is allocated. */
  | {
      readonly kind: 'publish';
      readonly message: NodeMessage | DeviceMessage;
      readonly topic: string;
      readonly payload: Uint8Array;
      readonly metricCount: number;
    }
  /** DISCONNECT; after `host_offline` connect again and wait for the host. */
  | { readonly kind: 'disconnect'; readonly reason: 'host_offline' | 'closing' }
  /** Say `settled` when the other groups of this device have had time to come. */
  | { readonly kind: 'settle'; readonly deviceId: string }
  /** Say `quietOver` when the next rebirth may be made. */
  | { readonly kind: 'quiet' }
  /** These values were never published and newer ones have taken their place: the seam for store and forward. */
  | { readonly kind: 'superseded'; readonly deviceId: string; readonly samples: readonly MetricSample[] }
  | { readonly kind: 'warn'; readonly message: string };

/**
 * - `offline`: no session
 * - `connecting`: CONNECT is out
 * - `subscribing`: connected, subscriptions not confirmed
 * - `waiting`: everything stands, the primary host is not online
 * - `born`: NBIRTH and DBIRTHs are out, data may follow
 * - `closed`: ended on purpose
 */
export type EdgePhase = 'offline' | 'connecting' | 'subscribing' | 'waiting' | 'born' | 'closed';

/** Counts since the edge node was made. */
export interface EdgeCounts {
  /** Messages published, births and deaths included. */
  readonly messages: number;
  /** Metrics in them. */
  readonly metrics: number;
  /** NBIRTH messages. */
  readonly births: number;
  /** Rebirth commands received; a storm of them shares a birth. */
  readonly rebirthRequests: number;
  /** Values that were never published because a newer one came while there was no way to send. */
  readonly suppressed: number;
  /** Commands that were refused: nothing here can be written. */
  readonly refusedCommands: number;
}
