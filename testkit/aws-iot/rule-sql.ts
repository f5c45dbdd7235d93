import { Root, type Type } from 'protobufjs';
import 'protobufjs/ext/descriptor';
import { LIMITS } from './rules';

/** What the documents of AWS leave open of a decoded message: how fields are spelled, and what 64 bits become. */
export interface DecodedForm {
  readonly fields: 'as defined' | 'camelCase';
  readonly longs: 'text' | 'number';
}

export interface RuleMessage {
  readonly topic: string;
  readonly payload: Buffer;
  /** Epoch milliseconds. */
  readonly receivedMs: number;
}

interface Column {
  readonly name: string;
  readonly call: string;
  readonly args: readonly string[];
}

const QUERY = /^SELECT (.+) FROM '([^']+)'$/;
const COLUMN = /(\w+)\(((?:\*|'[^']*'|\d+|,\s*)*)\) AS (\w+)(?:, |$)/gy;

const camelCase = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

function spelled(value: unknown, form: DecodedForm): unknown {
  if (Array.isArray(value)) return value.map((each: unknown) => spelled(each, form));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      form.fields === 'camelCase' ? camelCase(name) : name,
      spelled(each, form),
    ]),
  );
}

/**
 * A rule as its SQL says, as far as the rules of this project go: calls of `topic`, `timestamp` and `decode` with names
 * (AWS IoT Developer Guide, "AWS IoT SQL reference", "Decoding protobuf message payloads"). Another query is refused.
 */
export class RuleSql {
  private readonly columns: readonly Column[];
  private readonly filter: RegExp;

  /** @param objects of S3, by bucket and key with a slash between */
  constructor(
    sql: string,
    private readonly objects: ReadonlyMap<string, Uint8Array>,
    private readonly form: DecodedForm,
  ) {
    const [, columns = '', filter = ''] = QUERY.exec(sql) ?? [];
    this.columns = [...columns.matchAll(COLUMN)].map(([, call = '', args = '', name = '']) => ({
      ...{ name, call },
      args: args.split(/,\s*/).filter((each) => each !== ''),
    }));
    const read = this.columns.map(({ name, call, args }) => `${call}(${args.join(', ')}) AS ${name}`).join(', ');
    if (read === '' || read !== columns) throw new Error(`The double does not know the query ${sql}`);
    if (this.columns.filter(({ call }) => call === 'decode').length > LIMITS.decodesOfRule)
      throw new Error('A query may decode twice.');
    const levels = filter.split('/').map((level) => (level === '+' ? '[^/]+' : level.replace(/[.$]/g, '\\$&')));
    this.filter = new RegExp(`^${levels.join('/')}$`);
  }

  matches(topic: string): boolean {
    return this.filter.test(topic);
  }

  /** What goes to the actions; undefined where it is larger than AWS lets it be, which no error action is told. */
  run(message: RuleMessage): Readonly<Record<string, unknown>> | undefined {
    const columns = this.columns.map((column) => [column.name, this.valueOf(column, message)]);
    // What is undefined has no member.
    const text = JSON.stringify(Object.fromEntries(columns));
    if (Buffer.byteLength(text) > LIMITS.payloadBytes) return undefined;
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  }

  private valueOf({ call, args }: Column, { topic, payload, receivedMs }: RuleMessage): unknown {
    if (call === 'topic' && args.length === 0) return topic;
    if (call === 'timestamp' && args.length === 0) return receivedMs;
    if (call === 'decode') return this.decode(args, payload);
    throw new Error(`The double does not know ${call}(${args.join(', ')}).`);
  }

  private decode(args: readonly string[], payload: Buffer): unknown {
    const [value, scheme, bucket = '', key = '', file = '', message = ''] = args.map((each) =>
      each.replaceAll("'", ''),
    );
    if (value !== '*' || scheme !== 'proto' || args.length !== 6) throw new Error('The double decodes protobuf alone.');
    try {
      const object = this.typeOf(`${bucket}/${key}`, file, message).toObject(
        this.typeOf(`${bucket}/${key}`, file, message).decode(payload),
        { longs: this.form.longs === 'text' ? String : Number, bytes: String, json: true },
      );
      return spelled(object, this.form);
    } catch {
      return undefined;
    }
  }

  private typeOf(object: string, file: string, message: string): Type {
    const set = this.objects.get(object);
    if (set === undefined || set.length > LIMITS.descriptorBytes) throw new Error('no descriptor set');
    const root = Root.fromDescriptor(set, { keepCase: true });
    if (!JSON.stringify(Buffer.from(set).toString('latin1')).includes(`${file}.proto`))
      throw new Error('no definition');
    return root.lookupType(message);
  }
}
