import type { EdgeEffect } from './edge-events';
import type { HistoryRecord } from './history-record';
import { publishBytes } from './message-size';
import type { MqttLink } from './mqtt-link';

/** What became of values that were to be sent as historical. */
export interface Forwarded {
  /**
   * - `sent`: published, or nothing of them can ever be
   * - `incomplete`: the last DBIRTH lacks a metric that readings bring; nothing was published
   * - `impossible`: the device is not born, or no data may be published now
   */
  readonly state: 'sent' | 'incomplete' | 'impossible';
  readonly messages: number;
  readonly bytes: number;
}

/** What an edge node did with values that it published as historical. */
export function forwardedBy(effects: readonly EdgeEffect[]): Forwarded {
  let messages = 0;
  let bytes = 0;
  for (const effect of effects) {
    if (effect.kind !== 'publish') continue;
    messages++;
    bytes += publishBytes(effect.topic, effect.payload);
  }
  return { state: 'sent', messages, bytes };
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
   */
  readonly forward: (record: HistoryRecord, isForced: boolean) => Forwarded;
}
