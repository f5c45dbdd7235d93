import { deserialize, serialize } from 'node:v8';
import { isRecord } from '../../../src/support/expect';

/** More values of one message are not looked at. */
const MOST_VALUES = 500_000;
/** What a flow reads of an HTTP request; all else of it belongs to the server. */
const OF_REQUEST = ['body', 'headers', 'cookies', 'query', 'params', 'method', 'url', 'path', 'ip'];

type Walk = (value: unknown) => unknown;

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** A copy without functions, and of objects of a class only what they are as JSON. */
function plainCopy(message: unknown): unknown {
  const copies = new Map<object, unknown>();
  let count = 0;
  const copy: Walk = (value) => {
    count++;
    if (count > MOST_VALUES) throw new RangeError(`it has more than ${MOST_VALUES} values`);
    if (typeof value === 'function' || typeof value === 'symbol') return undefined;
    if (typeof value !== 'object' || value === null) return value;
    if (ArrayBuffer.isView(value) || value instanceof Date) return value;
    const known = copies.get(value);
    if (known !== undefined) return known;
    if (Array.isArray(value)) {
      const list: unknown[] = [];
      copies.set(value, list);
      for (const one of value as readonly unknown[]) list.push(copy(one));
      return list;
    }
    if (!isPlain(value)) {
      const { toJSON } = value as { readonly toJSON?: () => unknown };
      return typeof toJSON === 'function' ? copy(toJSON.call(value)) : undefined;
    }
    const record: Record<string, unknown> = {};
    copies.set(value, record);
    for (const [key, one] of Object.entries(value)) {
      const copied = copy(one);
      if (copied !== undefined && key !== '__proto__') record[key] = copied;
    }
    return record;
  };
  if (!isRecord(message)) return copy(message);
  const { req } = message;
  if (!isRecord(req)) return copy(message);
  return copy({ ...message, req: Object.fromEntries(OF_REQUEST.map((name) => [name, req[name]])), res: undefined });
}

/**
 * A value as bytes for another process: functions, sockets and the like are left out.
 * @throws RangeError when it is larger than any honest one
 */
export function packValue(value: unknown): Uint8Array {
  try {
    return serialize(value);
  } catch {
    // Most messages are plain; looking at each of their values first would cost as much as packing them.
    return serialize(plainCopy(value));
  }
}

export function unpackValue(bytes: Uint8Array): unknown {
  return deserialize(bytes) as unknown;
}
