import { isRecord } from '../support/expect';
import type { Complaint } from './refused-lines';

/** Refused lines that are looked at in one answer; InfluxDB names 100 at most. */
const MOST_LINES = 1000;

/**
 * What the body of an answer says: InfluxDB 2 why in `message` and perhaps which line in `line`, InfluxDB 1 and its kin
 * why in `error`, InfluxDB 3 also line by line in `data`, proxies as text.
 * @param json the body, where it is JSON
 */
export function readComplaint(body: string, json: unknown): Complaint {
  if (!isRecord(json)) return { text: body };
  const { message, error, data, line } = json;
  if (typeof message === 'string') return { text: message, ...numbers(isCount(line) ? [line] : []) };
  if (typeof error !== 'string') return { text: body };
  const lines = (Array.isArray(data) ? data.slice(0, MOST_LINES) : [data]).filter(isRecord);
  const reason = lines.map((found) => found['error_message']).find((found) => typeof found === 'string');
  return {
    text: reason === undefined ? error : `${error}: ${reason}`,
    ...numbers(lines.map((found) => found['line_number']).filter(isCount)),
  };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0;
}

function numbers(found: readonly number[]): { lineNumbers?: readonly number[] } {
  return found.length === 0 ? {} : { lineNumbers: found };
}
