import type { DeadLetterEntry } from '../delivery/dead-letters';
import type { OutboxRecord } from '../outbox/outbox';
import type { IotRecord } from './contracts';

/** Neither a topic nor JSON as it is written here holds a control character. */
const BETWEEN = '\t';

/** A record as the outbox keeps it: its topic, and the JSON that will be published. */
export function recordText(topic: string, record: IotRecord): string {
  return topic + BETWEEN + JSON.stringify(record);
}

/** Topic and JSON of a record; a text that is none has an empty topic. */
export function readRecordText(text: string): { readonly topic: string; readonly json: string } {
  const at = text.indexOf(BETWEEN);
  return at === -1 ? { topic: '', json: text } : { topic: text.slice(0, at), json: text.slice(at + 1) };
}

/** Where a record is published. */
export const topicOf = ({ payload }: OutboxRecord): string => readRecordText(payload).topic;

/** A refused record as a line of JSON Lines: when, where to, why, and what would have been published. */
export const refusedLine: DeadLetterEntry = ({ payload, reason: { code, message } }, at) => {
  const { topic, json } = readRecordText(payload);
  return `${JSON.stringify({ at, code, reason: message, topic }).slice(0, -1)},"record":${asJson(json)}}\n`;
};

function asJson(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
}
