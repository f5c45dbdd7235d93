import type { EdgeEffect } from '../edge/edge-events';
import type { HistoryRecord } from './history-record';
import { type Traffic, trafficOf } from '../mqtt/message-size';
import type { MqttLink } from '../../mqtt/mqtt-link';

/** What became of values that were to be sent as historical. */
export interface Forwarded extends Traffic {
  /**
   * - `sent`: published, or nothing of them can ever be
   * - `later`: they need more messages or bytes than were allowed; none of the values was published
   * - `incomplete`: the last DBIRTH lacks a metric that readings bring; nothing was published
   * - `impossible`: the device is not born, or no data may be published now
   */
  readonly state: 'sent' | 'later' | 'incomplete' | 'impossible';
  /** What values that go `later` need. */
  readonly needs?: Traffic;
}

/**
 * What an edge node did with values that it published as historical, or held back.
 * @param isPossible whether data of the device may be published
 */
export function forwardedBy(effects: readonly EdgeEffect[], isPossible: boolean): Forwarded {
  if (effects.length === 0) return { state: isPossible ? 'incomplete' : 'impossible', messages: 0, bytes: 0 };
  const traffic = trafficOf(effects.filter((effect) => effect.kind === 'publish'));
  const held = effects.find((effect) => effect.kind === 'held');
  return held === undefined ? { state: 'sent', ...traffic } : { state: 'later', ...traffic, needs: held.needs };
}

/** What draining needs of the session. */
export interface DrainPort {
  readonly linkOf: () => Pick<MqttLink, 'confirm' | 'isBacklogged'> | undefined;
  /** True while data may be published. */
  readonly isFlowing: () => boolean;
  readonly isBorn: (deviceId: string) => boolean;
  /**
   * Publishes values as historical.
   * @param isForced bear the device again where its last DBIRTH lacks a metric
   * @param allowed what they may need; a DBIRTH is not held back by it
   */
  readonly forward: (record: HistoryRecord, isForced: boolean, allowed: Traffic) => Forwarded;
}
