import type { Clock } from '../../support/clock';
import type { Traffic } from '../mqtt/message-size';

/** How fast history may go; live data is not held back by it. */
export interface PaceLimits {
  readonly valuesPerSecond: number;
  /** No limit where absent. */
  readonly messagesPerSecond?: number;
  /** Of MQTT messages; no limit where absent. */
  readonly bytesPerSecond?: number;
}

/** What was sent, or is to be. */
export interface Load extends Traffic {
  readonly values: number;
}

/** How long a load has to last, milliseconds, and whether the number of messages decides that. */
export function paceOf(
  { values, messages, bytes }: Load,
  { valuesPerSecond, messagesPerSecond = Infinity, bytesPerSecond = Infinity }: PaceLimits,
): { readonly dueMs: number; readonly isMessageBound: boolean } {
  const byMessages = (messages * 1000) / messagesPerSecond;
  const byOthers = Math.max((values * 1000) / valuesPerSecond, (bytes * 1000) / bytesPerSecond);
  return { dueMs: Math.max(byMessages, byOthers), isMessageBound: byMessages > byOthers };
}

const SECOND_MS = 1000;

interface Sent extends Load {
  /** Monotonic time until which it counts. */
  untilMs: number;
}

/**
 * Keeps history within its limits in every second, wherever that begins, where the broker reads it: what was sent counts
 * until a second after the broker has confirmed it. What is larger than a limit goes alone, and counts longer.
 */
export class Pace {
  readonly #limits: PaceLimits;
  readonly #clock: Clock;
  /** In the order in which it was sent. */
  readonly #sent: Sent[] = [];
  /** How many of the last ones the broker has not confirmed. */
  #unconfirmed = 0;

  constructor(limits: PaceLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** True while nothing counts: then even what is larger than a limit may go. */
  get isIdle(): boolean {
    this.#forget();
    return this.#sent.length === 0;
  }

  /** What may go now; below zero after something larger than a limit. */
  get room(): Load {
    this.#forget();
    let { values, messages, bytes } = this.#most;
    for (const sent of this.#sent) {
      values -= sent.values;
      messages -= sent.messages;
      bytes -= sent.bytes;
    }
    return { values, messages, bytes };
  }

  /** True for what is within the limits by itself. */
  allows(load: Load): boolean {
    return fits(load, this.#most);
  }

  /** Something was published. */
  note(load: Load): void {
    this.#sent.push({ ...load, untilMs: this.#clock.monotonic() + this.#lastingMs(load) });
    this.#unconfirmed++;
  }

  /** The broker has read everything published, or nobody knows when it did. */
  confirm(): void {
    const now = this.#clock.monotonic();
    for (; this.#unconfirmed > 0; this.#unconfirmed--) {
      const sent = this.#sent[this.#sent.length - this.#unconfirmed];
      if (sent !== undefined) sent.untilMs = now + this.#lastingMs(sent);
    }
  }

  /** After how many milliseconds a load may go. */
  waitMs(load: Load): number {
    const now = this.#clock.monotonic();
    let room = this.room;
    let waitMs = 0;
    for (const sent of this.#sent.toSorted((left, right) => left.untilMs - right.untilMs)) {
      if (fits(load, room)) break;
      const { values, messages, bytes } = room;
      room = { values: values + sent.values, messages: messages + sent.messages, bytes: bytes + sent.bytes };
      waitMs = sent.untilMs - now;
    }
    return waitMs;
  }

  get #most(): Load {
    const { valuesPerSecond, messagesPerSecond = Infinity, bytesPerSecond = Infinity } = this.#limits;
    return { values: valuesPerSecond, messages: messagesPerSecond, bytes: bytesPerSecond };
  }

  #lastingMs(load: Load): number {
    return Math.max(SECOND_MS, paceOf(load, this.#limits).dueMs);
  }

  #forget(): void {
    const now = this.#clock.monotonic();
    const kept = this.#sent.filter(({ untilMs }, index) => {
      return untilMs > now || index >= this.#sent.length - this.#unconfirmed;
    });
    if (kept.length < this.#sent.length) this.#sent.splice(0, this.#sent.length, ...kept);
  }
}

/** Whether a load is no more than there is room for. */
export function fits({ values, messages, bytes }: Load, room: Load): boolean {
  return values <= room.values && messages <= room.messages && bytes <= room.bytes;
}
