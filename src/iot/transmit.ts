import { type Clock, delay, type Timer } from '../support/clock';
import type { Pm500Error } from '../support/errors';
import type { Standing } from './connection';
import { abortedOnTheWay, unacknowledged } from './failures';
import type { Message } from './pack';
import type { PublishPace } from './pace';

export interface RefusedPublish {
  readonly message: Message;
  readonly error: Pm500Error;
}

export interface Transmitted {
  /** Messages that the broker has refused by its PUBACK. */
  readonly refused: readonly RefusedPublish[];
  /** Messages of which nobody knows whether the broker has them. */
  readonly unknown: readonly Message[];
  /** Those of them that were on their way, in the order in which they left. */
  readonly inFlight: readonly Message[];
  /** Why some are unknown. */
  readonly error?: Pm500Error;
}

export interface TransmitSettings {
  readonly clock: Clock;
  readonly pace: PublishPace;
  /** Messages that may be unacknowledged at a time. */
  readonly window: number;
  /** Whether messages of a topic wait until those of the topic before are acknowledged. */
  readonly isOneTopicAtATime: boolean;
  /** How long the broker may acknowledge nothing while something waits for it. */
  readonly patienceMs: number;
  /** Host and port, for sentences. */
  readonly broker: string;
  readonly signal: AbortSignal;
}

/** Publishes messages in order, some at a time, until each is acknowledged or refused, or the connection is in doubt. */
export function transmit(
  messages: readonly Message[],
  standing: Standing,
  { clock, pace, window, isOneTopicAtATime, patienceMs, broker, signal }: TransmitSettings,
): Promise<Transmitted> {
  return new Promise((resolve) => {
    const refused: RefusedPublish[] = [];
    const inFlight = new Set<Message>();
    let next = 0;
    let topic: string | undefined;
    let isDone = false;
    let isPausing = false;
    let heardAt = clock.monotonic();
    let watch: Timer | undefined;

    const finish = (error?: Pm500Error): void => {
      if (isDone) return;
      isDone = true;
      watch?.cancel();
      stopListening();
      signal.removeEventListener('abort', abort);
      const unknown = [...inFlight, ...messages.slice(next)];
      resolve({ refused, unknown, inFlight: [...inFlight], ...(error === undefined ? {} : { error }) });
    };
    const abort = (): void => {
      finish(abortedOnTheWay());
    };
    const stopListening = standing.onEnded(finish);
    const look = (): void => {
      const silentMs = clock.monotonic() - heardAt;
      if (inFlight.size > 0 && silentMs >= patienceMs) finish(unacknowledged(broker, inFlight.size, patienceMs));
      else watch = clock.after(inFlight.size > 0 ? patienceMs - silentMs : patienceMs, look, true);
    };
    const answered = (message: Message, error: Pm500Error | undefined): void => {
      if (isDone || !inFlight.delete(message)) return;
      heardAt = clock.monotonic();
      if (error !== undefined) refused.push({ message, error });
      go();
    };
    const go = (): void => {
      while (!isDone && !isPausing && next < messages.length && inFlight.size < window) {
        const message = messages[next];
        if (message === undefined) break;
        if (isOneTopicAtATime && inFlight.size > 0 && message.topic !== topic) return;
        const waitMs = pace.waitMs(clock.monotonic());
        if (waitMs > 0) {
          isPausing = true;
          void delay(clock, waitMs, signal).then(() => {
            isPausing = false;
            go();
          });
          return;
        }
        next += 1;
        ({ topic } = message);
        if (inFlight.size === 0) heardAt = clock.monotonic();
        inFlight.add(message);
        pace.take(clock.monotonic(), message.payload.length);
        standing.link.publishAcknowledged(message.topic, message.payload, (error) => {
          answered(message, error);
        });
      }
      if (next >= messages.length && inFlight.size === 0) finish();
    };

    if (signal.aborted) abort();
    else if (standing.ended !== undefined) finish(standing.ended);
    else {
      signal.addEventListener('abort', abort, { once: true });
      watch = clock.after(patienceMs, look, true);
      go();
    }
  });
}
