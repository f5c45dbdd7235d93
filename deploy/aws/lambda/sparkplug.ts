import { isDayOfLake } from './row';

type Members = Readonly<Record<string, unknown>>;

/** What the rule hands on: a decoded payload, and where and when it came. */
interface RuleMessage {
  readonly topic?: unknown;
  readonly received_ms?: unknown;
  readonly payload?: unknown;
}

/** Rows of one message, and the day on which it was sent. */
export interface SparkplugRows {
  readonly day: string;
  readonly rows: readonly Members[];
}

/** The only messages with values of devices. */
const MESSAGES: readonly string[] = ['DBIRTH', 'DDATA'];
/** Templates that are nested deeper are taken for a mistake, here as at the edge. */
const DEEPEST = 8;

/** Bits and sign of whole numbers by datatype (Sparkplug 3.0.0, 6.4.16); DateTime is unsigned. */
const WHOLE: Readonly<Record<number, readonly [bits: number, isSigned: boolean]>> = {
  1: [8, true],
  2: [16, true],
  3: [32, true],
  4: [64, true],
  5: [8, false],
  6: [16, false],
  7: [32, false],
  8: [64, false],
  13: [64, false],
};

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const camelCase = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

/** A field by its name in the definition. The documents of AWS do not say which of the two spellings of protobuf comes out. */
const fieldOf = (message: Members, name: string): unknown => message[name] ?? message[camelCase(name)];

/** A whole number: protobuf writes those of 64 bits into JSON as text, and the documents of AWS do not say what a rule does. */
function wholeOf(value: unknown): bigint | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  return typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? BigInt(value) : undefined;
}

function numberOf(value: unknown): number | undefined {
  const whole = wholeOf(value);
  return whole === undefined ? undefined : Number(whole);
}

/** A whole number as its datatype reads the bits. Without the datatype nobody knows the sign. */
function readWhole(sent: unknown, datatype: number | undefined): Members {
  const bits = wholeOf(sent);
  const type = datatype === undefined ? undefined : WHOLE[datatype];
  if (bits === undefined) return { unread: 'it is no whole number' };
  if (type === undefined) return { text: bits.toString(), unread: 'its datatype was not sent' };
  const [width, isSigned] = type;
  const value = isSigned ? BigInt.asIntN(width, bits) : BigInt.asUintN(width, bits);
  const isExact = BigInt(Number(value)) === value;
  return { value: Number(value), ...(isExact ? {} : { text: value.toString() }) };
}

/** The columns of a value, by the field that holds it. */
function readValue(metric: Members, datatype: number | undefined): Members {
  if (fieldOf(metric, 'is_null') === true) return {};
  for (const name of ['float_value', 'double_value']) {
    const sent = fieldOf(metric, name);
    // JSON has no NaN and no infinity; protobuf writes them as text.
    if (sent !== undefined)
      return typeof sent === 'number' ? { value: sent } : { unread: `it is ${JSON.stringify(sent)}` };
  }
  const flag = fieldOf(metric, 'boolean_value');
  if (typeof flag === 'boolean') return { flag };
  const text = fieldOf(metric, 'string_value');
  if (typeof text === 'string') return { text };
  const whole = fieldOf(metric, 'int_value') ?? fieldOf(metric, 'long_value');
  if (whole !== undefined) return readWhole(whole, datatype);
  return { unread: 'its kind of value has no column' };
}

/** The property `Quality` (Sparkplug 3.0.0, 6.4.14), an Int32. */
function qualityOf(metric: Members): number | undefined {
  const set = fieldOf(metric, 'properties');
  if (!isMembers(set)) return undefined;
  const place = listOf(set['keys']).indexOf('Quality');
  const property = listOf(set['values'])[place];
  return isMembers(property) ? numberOf(fieldOf(property, 'int_value')) : undefined;
}

/** Rows of a metric; the members of a template stand under its name. */
function rowsOf(metric: unknown, common: Members, prefix: string, depth: number): readonly Members[] {
  if (!isMembers(metric)) throw new Error('A metric is no object.');
  const { name } = metric;
  // An alias says nothing to who has not kept the birth.
  if (typeof name !== 'string') throw new Error('A metric has no name: choose "Names in every message, no aliases".');
  const path = `${prefix}${name}`;
  const template = fieldOf(metric, 'template_value');
  const own = { ...common, ...timed(metric) };
  if (isMembers(template)) {
    if (depth >= DEEPEST) throw new Error('Templates are nested too deep.');
    return listOf(template['metrics']).flatMap((each) => rowsOf(each, own, `${path}/`, depth + 1));
  }
  const datatype = numberOf(metric['datatype']);
  const quality = qualityOf(metric);
  return [
    {
      ...{ ...own, metric: path },
      ...readValue(metric, datatype),
      ...(datatype === undefined ? {} : { datatype }),
      ...(quality === undefined ? {} : { quality }),
    },
  ];
}

/** When a value was taken, and whether that was earlier; a member of a template has both of it where it has none of its own. */
function timed(metric: Members): Members {
  const time = numberOf(metric['timestamp']);
  return {
    ...(time === undefined ? {} : { time_ms: time }),
    ...(fieldOf(metric, 'is_historical') === true ? { is_historical: true } : {}),
  };
}

/**
 * Rows of a message as a rule decoded it, one for each value of a metric.
 * @param now epoch milliseconds
 * @throws Error for what could not be decoded, has no time, or refers to metrics by alias
 */
export function sparkplugRows(message: unknown, now: number): SparkplugRows {
  if (!isMembers(message)) throw new Error('It is no object.');
  const { topic, received_ms: received, payload }: RuleMessage = message;
  const [namespace, , type = '', edge = '', device = ''] = typeof topic === 'string' ? topic.split('/') : [];
  if (namespace !== 'spBv1.0' || !MESSAGES.includes(type) || device === '')
    throw new Error(`Its topic ${String(topic)} is none of values of a device.`);
  if (!isMembers(payload)) throw new Error('Its payload could not be decoded by the definition of Sparkplug B.');
  const sent = numberOf(payload['timestamp']);
  if (sent === undefined || !isDayOfLake(sent, now))
    throw new Error(`It was sent at ${String(payload['timestamp'])}, which is of no day that queries see.`);
  const seq = numberOf(payload['seq']);
  const common: Members = {
    ...{ edge, device, message: type, time_ms: sent, sent_ms: sent, is_historical: false },
    ...(typeof received === 'number' ? { received_ms: received } : {}),
    ...(seq === undefined ? {} : { seq }),
  };
  const rows = listOf(payload['metrics']).flatMap((metric) => rowsOf(metric, common, '', 0));
  return { day: new Date(sent).toISOString().slice(0, 10), rows };
}
