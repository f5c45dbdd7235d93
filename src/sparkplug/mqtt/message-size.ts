/** First byte, length of the rest (at most four bytes), length of the topic, and in MQTT 5 the length of no properties. */
const HEAD_BYTES = 1 + 4 + 2 + 1;
/** A broker that does not take a message for its size ends the connection at once; a slow network takes its time. */
const SOON_MS = 3000;
/** So many times in a row the same message has to be followed by the end of the connection. */
const STRIKES = 4;
/** No broker is set up for less: what ends connections after smaller messages is something else. */
const LEAST_LIMIT_BYTES = 1000;
/** Where a limit was learned already, a smaller one needs less proof. */
const FURTHER_STRIKES = 2;
/** A learned limit is tried again after this: brokers get other settings. */
const FORGET_AFTER_MS = 3_600_000;
/** Values change by a few bytes from one birth to the next. */
const SAME_SHARE = 0.9;

/** Bytes of a PUBLISH with QoS 0, at most (MQTT 5.0, 3.3). */
export function publishBytes(topic: string, payload: Uint8Array): number {
  return HEAD_BYTES + Buffer.byteLength(topic) + payload.byteLength;
}

/** MQTT messages, and their bytes on the wire. */
export interface Traffic {
  readonly messages: number;
  readonly bytes: number;
}

/** What publishing these costs. */
export function trafficOf(published: readonly { readonly topic: string; readonly payload: Uint8Array }[]): Traffic {
  const bytes = published.reduce((sum, { topic, payload }) => sum + publishBytes(topic, payload), 0);
  return { messages: published.length, bytes };
}

/** What the end of a connection may have to do with the size of messages. */
export interface SizeLoss {
  /** What was published shortly before that is larger than anything the broker took. */
  readonly what: string;
  readonly bytes: number;
  /**
   * - `possible`: once is no proof
   * - `learned`: so often that it is a limit from now on
   * - `ruled out`: all that a session needs is followed by the end too, so size is not what can be avoided
   */
  readonly verdict: 'possible' | 'learned' | 'ruled out';
}

/** The largest message of which nobody knows yet whether the broker takes it. */
interface Suspect {
  readonly what: string;
  readonly bytes: number;
  readonly atMs: number;
}

/**
 * How large a message may be: what a setting and the broker's CONNACK say (MQTT 5.0, 3.2.2.3.6), and what connections
 * taught that ended each time soon after the same large message. Times are monotonic milliseconds.
 */
export class SizeLimit {
  private readonly configured: number;
  private announced = Number.POSITIVE_INFINITY;
  private learned = Number.POSITIVE_INFINITY;
  private learnedAt = 0;
  /** The limit that was learned last, also when it is forgotten; none after the broker has taken more. */
  private learnedBefore = Number.POSITIVE_INFINITY;
  private taken = 0;
  /** Bytes of the last NBIRTH: no session can do without it. */
  private needed = 0;
  /** True from when size was ruled out until the broker has read a birth. */
  private isRuledOut = false;
  private suspect: Suspect | undefined;
  private strikes = 0;
  private struck: number | undefined;

  /** @param configured bytes; no limit where absent */
  constructor(configured = Number.POSITIVE_INFINITY) {
    this.configured = configured;
  }

  /** Bytes of a message at most. */
  get bytes(): number {
    return Math.min(this.configured, this.announced, this.learned);
  }

  /** A session begins. @param announced what the CONNACK says; no limit where absent */
  begin(nowMs: number, announced = Number.POSITIVE_INFINITY): void {
    this.announced = announced;
    this.suspect = undefined;
    this.forget(nowMs);
  }

  /** Bytes of a message at most; what was learned long ago is to be tried again. */
  bytesAt(nowMs: number): number {
    this.forget(nowMs);
    return this.bytes;
  }

  /** True for a message of a size that the broker is not known to take. */
  isUnknown(bytes: number): boolean {
    return bytes > this.taken && bytes > this.unknownBytes;
  }

  /** A message was handed to the socket. @param isNeeded true for one that no session can do without */
  onPublish(what: string, bytes: number, nowMs: number, isNeeded = false): void {
    if (isNeeded) this.needed = bytes;
    if (this.isUnknown(bytes)) this.suspect = { what, bytes, atMs: nowMs };
  }

  /** Bytes of the largest message so far of which nobody knows whether the broker takes it; 0 where there is none. */
  get unknownBytes(): number {
    return this.suspect?.bytes ?? 0;
  }

  /** The broker has read a message of so many bytes. */
  onTaken(bytes: number): void {
    this.taken = Math.max(this.taken, bytes);
    this.isRuledOut = false;
    if (bytes >= this.learnedBefore) this.learnedBefore = Number.POSITIVE_INFINITY;
    if (this.suspect === undefined || this.suspect.bytes > bytes) return;
    this.suspect = undefined;
    this.strikes = 0;
  }

  /** How many ends of connections it takes to learn a limit. */
  private proof(bytes: number): number {
    // What was learned and is tried again must not cost the session as often once more.
    if (bytes >= this.learnedBefore) return 1;
    return this.learned === Number.POSITIVE_INFINITY ? STRIKES : FURTHER_STRIKES;
  }

  private forget(nowMs: number): void {
    if (nowMs - this.learnedAt > FORGET_AFTER_MS) this.learned = Number.POSITIVE_INFINITY;
  }

  /** The connection ended without having been asked to. @returns undefined where size cannot be the cause */
  onLost(nowMs: number): SizeLoss | undefined {
    const suspect = this.suspect;
    this.suspect = undefined;
    if (suspect === undefined || nowMs - suspect.atMs > SOON_MS) return undefined;
    const { what, bytes } = suspect;
    const isSmall = bytes < LEAST_LIMIT_BYTES;
    // Where nothing was learned, a small message says nothing of size.
    if (isSmall && this.learned === Number.POSITIVE_INFINITY) return undefined;
    const isSame = this.struck !== undefined && bytes >= this.struck * SAME_SHARE;
    this.strikes = isSame ? this.strikes + 1 : 1;
    this.struck = bytes;
    const proof = this.proof(bytes);
    if (this.isRuledOut || this.strikes < proof) return { what, bytes, verdict: 'possible' };
    this.strikes = 0;
    this.struck = undefined;
    const learned = Math.floor(bytes * SAME_SHARE);
    this.isRuledOut = isSmall || learned <= this.needed;
    // What was avoided until now was not the cause.
    this.learned = this.isRuledOut ? Number.POSITIVE_INFINITY : learned;
    this.learnedAt = nowMs;
    this.learnedBefore = this.learned;
    return { what, bytes, verdict: this.isRuledOut ? 'ruled out' : 'learned' };
  }
}
