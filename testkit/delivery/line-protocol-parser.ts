/**
 * A small parser of line protocol, written from the documentation and independent of the serializer: the oracle of
 * its tests. Servers read backslashes before a special character in two ways, and it can read both.
 * - `last`: only the last backslash counts, the others are text (InfluxDB 1 and 2)
 * - `pairs`: two backslashes are one character, so an even number leaves the special character its meaning
 *   (InfluxDB 3, VictoriaMetrics)
 */
export type BackslashReading = 'last' | 'pairs';

export interface ParsedPoint {
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, ParsedField>>;
  readonly timestamp: string;
}

export type ParsedField =
  | { readonly type: 'float' | 'integer' | 'unsigned'; readonly text: string }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string };

class Cursor {
  at = 0;

  constructor(
    readonly line: string,
    private readonly reading: BackslashReading,
  ) {}

  get next(): string {
    return this.line.charAt(this.at);
  }

  expect(character: string): void {
    if (this.next !== character)
      throw new Error(`expected "${character}" at ${this.at} of ${JSON.stringify(this.line)}`);
    this.at += 1;
  }

  /** A name up to an unescaped character of `stops`, unescaped; every one of `, =` may be escaped in it. */
  name(stops: string): string {
    let name = '';
    for (; this.at < this.line.length; this.at += 1) {
      const character = this.next;
      if (character === '\\') {
        const following = this.line.charAt(this.at + 1);
        const escaped = ', ='.includes(following) || (this.reading === 'pairs' && following === '\\');
        if (following !== '' && escaped) {
          name += following;
          this.at += 1;
          continue;
        }
      } else if (stops.includes(character)) break;
      if (character === '\n') throw new Error('a line break in a name');
      name += character;
    }
    if (name === '') throw new Error(`an empty name at ${this.at} of ${JSON.stringify(this.line)}`);
    return name;
  }

  quoted(): string {
    this.expect('"');
    let text = '';
    while (this.next !== '"') {
      if (this.next === '') throw new Error('a text field without an end');
      if (this.next === '\n') throw new Error('a line break in a text field');
      if (this.next === '\\' && '"\\'.includes(this.line.charAt(this.at + 1))) this.at += 1;
      text += this.next;
      this.at += 1;
    }
    this.expect('"');
    return text;
  }

  match(pattern: RegExp): string {
    const found = new RegExp(pattern.source, 'y');
    found.lastIndex = this.at;
    const text = found.exec(this.line)?.[0];
    if (text === undefined) throw new Error(`no ${pattern.source} at ${this.at} of ${JSON.stringify(this.line)}`);
    this.at += text.length;
    return text;
  }
}

/** Parses one line, or throws. */
export function parseLine(line: string, reading: BackslashReading): ParsedPoint {
  const cursor = new Cursor(line, reading);
  const measurement = cursor.name(', ');
  const tags: Record<string, string> = {};
  while (cursor.next === ',') {
    cursor.expect(',');
    const key = cursor.name('=, ');
    cursor.expect('=');
    tags[key] = cursor.name(', =');
  }
  const fields: Record<string, ParsedField> = {};
  do {
    cursor.at += 1;
    const key = cursor.name('=, ');
    cursor.expect('=');
    fields[key] = parseField(cursor);
  } while (cursor.next === ',');
  cursor.expect(' ');
  const timestamp = cursor.match(/-?\d+/);
  if (cursor.next !== '') throw new Error(`more behind the timestamp of ${JSON.stringify(line)}`);
  return { measurement, tags, fields, timestamp };
}

function parseField(cursor: Cursor): ParsedField {
  if (cursor.next === '"') return { type: 'string', value: cursor.quoted() };
  if ('tf'.includes(cursor.next)) return { type: 'boolean', value: cursor.match(/true|false/) === 'true' };
  const text = cursor.match(/-?\d+(\.\d+)?(e[+-]?\d+)?/);
  if (!'iu'.includes(cursor.next) || cursor.next === '') return { type: 'float', text };
  const type = cursor.next === 'i' ? 'integer' : 'unsigned';
  cursor.at += 1;
  return { type, text };
}
