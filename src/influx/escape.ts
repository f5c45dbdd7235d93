/**
 * Escaping of line protocol (InfluxDB v2 reference, "Special characters").
 *
 * A backslash is an ordinary character there, except before a character that has a meaning. Servers disagree on what
 * several backslashes before such a character mean: InfluxDB 1 and 2 only look at the last one, InfluxDB 3 and
 * VictoriaMetrics pair them. An odd number reads the same everywhere, so backslashes before a special character are
 * doubled before the escaping one is added: no server then takes a part of a name for a delimiter. For the same reason
 * no name can end in a backslash (doubled or not, InfluxDB 1 and 2 would swallow the delimiter behind it): a space,
 * escaped, is put behind it. Line breaks cannot stand in line protocol; they become the two characters `\n`, as the
 * clients of InfluxDB write them.
 */
const NAME_SPECIAL = /[,= \\\n\r\t]/;
/** The last part takes backslashes that need nothing whole, so that a long run of them costs linear time. */
const NAME_ESCAPE = /(\\*)([,= ])|(\\+)$|\\+/g;
const STRING_SPECIAL = /["\\\n\r]/;
const STRING_ESCAPE = /["\\\n\r]/g;

const CONTROLS: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Escapes a measurement, tag key, tag value or field key. */
export function escapeName(name: string): string {
  if (!NAME_SPECIAL.test(name)) return name;
  // Control characters first: what they become may stand before a special character or at the end.
  const text = name.replace(/[\n\r\t]/g, (control) => CONTROLS[control] ?? '');
  return text.replace(NAME_ESCAPE, (found: string, before?: string, special?: string, last?: string) => {
    if (special !== undefined) return `${before ?? ''}${before ?? ''}\\${special}`;
    return last === undefined ? found : `${last}${last}\\ `;
  });
}

/** Quotes and escapes the text of a string field. */
export function quoteString(text: string): string {
  if (!STRING_SPECIAL.test(text)) return `"${text}"`;
  const escaped = text.replace(STRING_ESCAPE, (found) => `\\${CONTROLS[found] ?? found}`);
  return `"${escaped}"`;
}
