import type { OutboxRecord } from '../outbox/outbox';
import { IOT_BATCH_SCHEMA } from './contracts';
import { readRecordText, topicOf } from './record-text';
import { splitRecord } from './split-record';

/** A message to publish, and which of the records it carries. */
export interface Message {
  readonly topic: string;
  readonly payload: Buffer;
  /** Places of its records among those that were given; a part of a record has one. */
  readonly places: readonly number[];
}

export interface PackLimits {
  /** Bytes of a payload at most. */
  readonly payloadBytes: number;
  /** Records in a message at most; with 1 each is a message as it is, with more it is always a batch. */
  readonly records: number;
}

export interface Packed {
  readonly messages: readonly Message[];
  /** Places of records that fit into no message and cannot be cut. */
  readonly tooLarge: readonly number[];
}

const HEAD = `{"schema":${JSON.stringify(IOT_BATCH_SCHEMA)},"records":[`;
const TAIL = ']}';
const FRAME_BYTES = HEAD.length + TAIL.length;

/** Bytes of a PUBLISH besides topic and payload, at most: head, length, length of the topic, packet ID, no properties. */
const HEAD_BYTES = 1 + 4 + 2 + 2 + 1;
/** A message of less is worth nothing; a broker that announces less is not meant for this. */
const LEAST_BYTES = 200;

interface Open {
  readonly texts: string[];
  readonly places: number[];
  bytes: number;
}

/**
 * Messages of records: records of a topic together as long as they fit, in their order. A record that is too large alone
 * is cut into parts.
 */
export function pack(records: readonly OutboxRecord[], { payloadBytes, records: most }: PackLimits): Packed {
  const messages: Message[] = [];
  const tooLarge: number[] = [];
  const open = new Map<string, Open>();
  const isBatched = most > 1;
  const room = isBatched ? payloadBytes - FRAME_BYTES : payloadBytes;
  const close = (topic: string, { texts, places }: Open): void => {
    open.delete(topic);
    const text = isBatched ? HEAD + texts.join(',') + TAIL : (texts[0] ?? '');
    messages.push({ topic, payload: Buffer.from(text), places });
  };
  const add = (topic: string, text: string, bytes: number, place: number): void => {
    const begun = open.get(topic);
    if (begun !== undefined && begun.bytes + 1 + bytes <= room) {
      begun.texts.push(text);
      begun.places.push(place);
      begun.bytes += 1 + bytes;
      if (begun.texts.length >= most) close(topic, begun);
      return;
    }
    if (begun !== undefined) close(topic, begun);
    const next = { texts: [text], places: [place], bytes };
    if (most === 1) close(topic, next);
    else open.set(topic, next);
  };
  records.forEach(({ payload }, place) => {
    const { topic, json } = readRecordText(payload);
    const bytes = Buffer.byteLength(json);
    if (bytes <= room) {
      add(topic, json, bytes, place);
      return;
    }
    const parts = splitRecord(json, room);
    if (parts === undefined) tooLarge.push(place);
    else for (const part of parts) add(topic, part, Buffer.byteLength(part), place);
  });
  for (const [topic, begun] of open) close(topic, begun);
  return { messages, tooLarge };
}

/**
 * Limits for a broker that takes packets of `maximumBytes`, which may be fewer than those given.
 * @param records what is to be packed, for the length of their topics
 */
export function limitsWithin(maximumBytes: number, limits: PackLimits, records: readonly OutboxRecord[]): PackLimits {
  if (maximumBytes === Infinity) return limits;
  const topics = new Set(records.map(topicOf));
  const longest = Math.max(...[...topics].map((topic) => Buffer.byteLength(topic)));
  const room = Math.max(maximumBytes - HEAD_BYTES - longest, LEAST_BYTES);
  return { ...limits, payloadBytes: Math.min(limits.payloadBytes, room) };
}

/** Messages of a topic behind one another, in their order. */
export function byTopic(messages: readonly Message[]): readonly Message[] {
  const topics = new Map<string, Message[]>();
  for (const message of messages) {
    const own = topics.get(message.topic);
    if (own === undefined) topics.set(message.topic, [message]);
    else own.push(message);
  }
  return [...topics.values()].flat();
}
