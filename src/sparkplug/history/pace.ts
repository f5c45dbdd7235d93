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
const NOTHING: Load = { values: 0, messages: 0, bytes: 0 };

interface Sent extends Load {
  /** Monotonic time until which it counts. */
  untilMs: number;
}

/**
 * Keeps history within its limits in every second, wherever that begins, where the broker reads it: what was sent counts
 * until a second after the broker has confirmed it. What is larger than a limit goes alone, and counts longer.
 */
export class Pace {
  private readonly limits: PaceLimits;
  private readonly clock: Clock;
  /** In the order in which it was sent. */
  private sent: Sent[] = [];
  /** What all of them have: room is asked for with every message, and there may be thousands in a second. */
  private counting = NOTHING;
  /** How many of the last ones the broker has not confirmed. */
  private unconfirmed = 0;
  /** Monotonic time at which the first of the confirmed ones counts no more. */
  private freeAt = Infinity;

  constructor(limits: PaceLimits, clock: Clock) {
    this.limits = limits;
    this.clock = clock;
  }

  /** True while nothing counts: then even what is larger than a limit may go. */
  get isIdle(): boolean {
    this.forget();
    return this.sent.length === 0;
  }

  /** What may go now; below zero after something larger than a limit. */
  get room(): Load {
    this.forget();
    const { values, messages, bytes } = this.most;
    const { values: sentValues, messages: sentMessages, bytes: sentBytes } = this.counting;
    return { values: values - sentValues, messages: messages - sentMessages, bytes: bytes - sentBytes };
  }

  /** True for what is within the limits by itself. */
  allows(load: Load): boolean {
    return fits(load, this.most);
  }

  /** Something was published. */
  note(load: Load): void {
    this.sent.push({ ...load, untilMs: this.clock.monotonic() + this.lastingMs(load) });
    this.counting = sumOf(this.counting, load);
    this.unconfirmed++;
  }

  /** The broker has read everything published, or nobody knows when it did. */
  confirm(): void {
    const now = this.clock.monotonic();
    for (; this.unconfirmed > 0; this.unconfirmed--) {
      const sent = this.sent[this.sent.length - this.unconfirmed];
      if (sent === undefined) continue;
      sent.untilMs = now + this.lastingMs(sent);
      this.freeAt = Math.min(this.freeAt, sent.untilMs);
    }
  }

  /** After how many milliseconds a load may go. */
  waitMs(load: Load): number {
    const now = this.clock.monotonic();
    let room = this.room;
    let waitMs = 0;
    for (const sent of this.sent.toSorted((left, right) => left.untilMs - right.untilMs)) {
      if (fits(load, room)) break;
      room = sumOf(room, sent);
      waitMs = sent.untilMs - now;
    }
    return waitMs;
  }

  private get most(): Load {
    const { valuesPerSecond, messagesPerSecond = Infinity, bytesPerSecond = Infinity } = this.limits;
    return { values: valuesPerSecond, messages: messagesPerSecond, bytes: bytesPerSecond };
  }

  private lastingMs(load: Load): number {
    return Math.max(SECOND_MS, paceOf(load, this.limits).dueMs);
  }

  private forget(): void {
    const now = this.clock.monotonic();
    if (now < this.freeAt) return;
    const confirmed = this.sent.length - this.unconfirmed;
    const kept = this.sent.filter(({ untilMs }, index) => untilMs > now || index >= confirmed);
    this.freeAt = Infinity;
    for (const { untilMs } of kept.slice(0, kept.length - this.unconfirmed)) {
      this.freeAt = Math.min(this.freeAt, untilMs);
    }
    this.sent = kept;
    this.counting = kept.reduce(sumOf, NOTHING);
  }
}

function sumOf(one: Load, other: Load): Load {
  return {
    values: one.values + other.values,
    messages: one.messages + other.messages,
    bytes: one.bytes + other.bytes,
  };
}

/** Whether a load is no more than there is room for. */
export function fits({ values, messages, bytes }: Load, room: Load): boolean {
  return values <= room.values && messages <= room.messages && bytes <= room.bytes;
}
