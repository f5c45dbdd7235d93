import type { Pm500Error } from '../../support/errors';
import type { Traffic } from '../mqtt/message-size';
import type { HistoryRecord } from '../history/history-record';
import type { MetricSample } from '../metrics/metrics';
import type { DeviceMessageType, NodeMessage } from './topic';

/** What an edge node is told. Times (`at`) are epoch milliseconds UTC. */
export type EdgeEvent =
  /** A CONNECT is about to be made, with this number. */
  | { readonly kind: 'connecting'; readonly bdSeq: number; readonly at: number }
  /** The broker has accepted the session, and takes messages of so many bytes at most. */
  | { readonly kind: 'connected'; readonly maximumBytes?: number }
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
      /** Whether the meter is lost; absent where nobody said, then it stands as before. */
      readonly isLost?: boolean | undefined;
      readonly at: number;
    }
  /** The time that a `settle` effect asked for has passed. */
  | { readonly kind: 'settled'; readonly deviceId: string; readonly at: number }
  /** Nobody publishes this device any more. */
  | { readonly kind: 'removed'; readonly deviceId: string; readonly at: number }
  /** The time that a `quiet` effect asked for has passed. */
  | { readonly kind: 'quietOver'; readonly at: number }
  /** The time that a `health` effect asked for has passed. */
  | { readonly kind: 'healthDue'; readonly at: number }
  /** The time that an `oversized` effect asked for has passed; the broker takes messages of so many bytes now. */
  | { readonly kind: 'sizeDue'; readonly maximumBytes: number; readonly at: number }
  /** The broker takes messages more slowly than they come. */
  | { readonly kind: 'congested' }
  | { readonly kind: 'drained'; readonly at: number }
  /** The primary host has not come online on this server for so long that another one is worth a try. */
  | { readonly kind: 'hostMissing'; readonly at: number }
  /**
   * Values taken earlier, to be sent as historical. Nothing is published where that is not possible now, or where the
   * last DBIRTH lacked one of the metrics that readings bring; `isForced` gives a device that is born another DBIRTH with
   * them first, as alarms and derived metrics get it anyhow.
   */
  | {
      readonly kind: 'history';
      readonly deviceId: string;
      readonly samples: readonly MetricSample[];
      readonly isForced: boolean;
      /** Messages and bytes that the values may need at most, or they are `held`; no limit where absent. */
      readonly allowed?: Traffic;
      readonly at: number;
    }
  | { readonly kind: 'closing'; readonly at: number };

/** What an edge node wants done, in this order. */
export type EdgeEffect =
  /** CONNECT with this will: QoS 1, not retained, clean session. */
  | { readonly kind: 'connect'; readonly will: { readonly topic: string; readonly payload: Uint8Array } }
  /**
   * SUBSCRIBE with QoS 1. The session stands without `watched`, where another edge node of the same IDs would show, and
   * without `unlikely`, where a primary host of another version would.
   */
  | {
      readonly kind: 'subscribe';
      readonly topics: readonly string[];
      readonly watched?: string;
      readonly unlikely?: string;
    }
  /** PUBLISH with QoS 0, not retained, at once: its `seq` is allocated. */
  | {
      readonly kind: 'publish';
      readonly message: NodeMessage | DeviceMessageType;
      readonly topic: string;
      readonly payload: Uint8Array;
      readonly metricCount: number;
      /** The present values in it, of which device: what has to be sent again as historical where it did not arrive. */
      readonly live?: HistoryRecord | undefined;
    }
  /** DISCONNECT; but for `closing` connect again, to the next server where there are several. */
  | {
      readonly kind: 'disconnect';
      readonly reason: LeaveReason;
      /** True: there was no NDEATH, which the will has to say then. */
      readonly leavesWill: boolean;
    }
  /** Say `settled` when the other groups of this device have had time to come. */
  | { readonly kind: 'settle'; readonly deviceId: string }
  /** Say `quietOver` when the next rebirth may be made. */
  | { readonly kind: 'quiet' }
  /** Say `healthDue` when the health of the edge node is to be published again. */
  | { readonly kind: 'health' }
  /** The DBIRTH of a device is larger than the broker takes: say `sizeDue` when it is to be tried again. */
  | { readonly kind: 'oversized' }
  /** Values that no message has carried as present ones and perhaps none will: store and forward keeps them. */
  | { readonly kind: 'unsent'; readonly deviceId: string; readonly samples: readonly MetricSample[] }
  /** Stored values that do not fit the datatypes that their metrics have now: they are done with, and lost. */
  | { readonly kind: 'unfit'; readonly deviceId: string; readonly count: number }
  /** Stored values need more than was allowed: none of them was published. */
  | { readonly kind: 'held'; readonly needs: Traffic }
  /** Somebody else was born with the IDs of this edge node. */
  | { readonly kind: 'duplicate' }
  /** The own NBIRTH came back from the broker. */
  | { readonly kind: 'returned' }
  /** The session cannot go on like this. */
  | { readonly kind: 'failed'; readonly error: Pm500Error }
  | { readonly kind: 'warn'; readonly message: string };

/**
 * - `host_offline`: the primary host is not online here
 * - `next_server`: a host asked for it
 * - `too_large`: the broker would not take the NBIRTH
 * - `closing`: for good
 */
export type LeaveReason = 'host_offline' | 'next_server' | 'too_large' | 'closing';

/** What the log says of why an edge node leaves a server. */
export const LEAVE_WORDS: Readonly<Partial<Record<LeaveReason, string>>> = {
  host_offline: 'The primary host is not online; waiting for it.',
  next_server: 'A host asked for the next server.',
};

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
  /** Values that could not be published when they came; store and forward keeps them, else only the newest goes out. */
  readonly suppressed: number;
  /** Values published as historical; those that were not acknowledged are published, and counted, again. */
  readonly historical: number;
  /** NBIRTHs of another edge node with the same IDs. */
  readonly foreignBirths: number;
  /** Values larger than the broker takes, sent as bad instead. */
  readonly leftOut: number;
  /** Commands that were refused: nothing here can be written. */
  readonly refusedCommands: number;
}
