import type { Clock } from '../support/clock';
import { Pm500Error, toPm500Error } from '../support/errors';
import { MQTT_SENTENCES } from './mqtt-words';
import type { LinkListener, MqttLink } from './mqtt-link';
import type { BrokerSettings } from './mqtt-options';

/** A link that leaves no will: whoever only looks is missed by nobody. */
export type OpenVisit = (settings: BrokerSettings, will: undefined, listener: LinkListener) => MqttLink;

/** How far a visit came: nobody answered, the network connection stood, or the broker had accepted the session. */
export type Reached = 'nothing' | 'network' | 'broker';

/** What came of a visit. */
export interface Visit {
  /** Absent where all went well. */
  readonly error?: Pm500Error;
  readonly reached: Reached;
}

/** What is done once the broker has accepted the session. */
export interface Visitor {
  /** @param maximumBytes of a message that the broker takes, where it says so */
  readonly stay: (link: MqttLink, maximumBytes: number | undefined) => Promise<void>;
  readonly onMessage?: (topic: string, payload: Uint8Array, isRetained: boolean) => void;
}

/** Where a visit takes place. */
export interface Surroundings {
  readonly openVisit: OpenVisit;
  readonly clock: Clock;
  /** Whoever asked has gone. */
  readonly signal: AbortSignal;
  /** Longest time of a visit, ms. */
  readonly longestMs: number;
}

/**
 * Connects to a broker, lets the visitor stay, and leaves: no will, nothing published, no connection left behind. Never
 * rejects.
 */
export function visitBroker(
  settings: BrokerSettings,
  { openVisit, clock, signal, longestMs }: Surroundings,
  visitor: Visitor,
): Promise<Visit> {
  const broker = `${settings.host}:${settings.port}`;
  return new Promise((resolve) => {
    let reached: Reached = 'nothing';
    let isOver = false;
    const finish = (error?: Pm500Error): void => {
      if (isOver) return;
      isOver = true;
      deadline.cancel();
      signal.removeEventListener('abort', giveUp);
      const visit: Visit = { reached, ...(error === undefined ? {} : { error }) };
      void link.end().then(() => {
        resolve(visit);
      });
    };
    const giveUp = (): void => {
      finish(new Pm500Error('ABORTED', MQTT_SENTENCES.say('testEnded', { broker })));
    };
    const deadline = clock.after(longestMs, () => {
      finish(new Pm500Error('MQTT_UNREACHABLE', MQTT_SENTENCES.say('late', { broker, seconds: longestMs / 1000 })));
    });
    const link = openVisit(settings, undefined, {
      onConnecting: () => {
        reached = 'network';
      },
      onConnected: (maximumBytes) => {
        reached = 'broker';
        visitor.stay(link, maximumBytes).then(
          () => {
            finish();
          },
          (thrown: unknown) => {
            finish(toPm500Error(thrown));
          },
        );
      },
      onMessage: (topic, payload, isRetained) => {
        if (!isOver) visitor.onMessage?.(topic, payload, isRetained);
      },
      onDrained: () => undefined,
      onClosed: finish,
    });
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
}
