/** A value of a field. Telegraf keeps 64-bit integers, with and without sign; here both are bigints. */
export type FieldValue = number | bigint | string | boolean;

const NANOSECONDS = 1_000_000n;

/** A metric of Telegraf: what becomes one point. */
export interface TelegrafMetric {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, FieldValue>>;
  /** Epoch milliseconds; the configurations here never need finer ones. */
  readonly timestamp: number;
}

const escapeName = (text: string): string => text.replaceAll(/[, ]/g, String.raw`\$&`);
const escapeKey = (text: string): string => text.replaceAll(/[,= ]/g, String.raw`\$&`);

function fieldText(value: FieldValue): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined;
  // Without influx_uint_support unsigned integers are written as signed ones (plugins/serializers/influx).
  if (typeof value === 'bigint') return `${value}i`;
  if (typeof value === 'boolean') return String(value);
  return `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/**
 * A line of line protocol as plugins/serializers/influx writes it: without tags that are empty, and without fields that
 * are no numbers; undefined where no field is left.
 */
export function lineOf({ name, tags, fields, timestamp }: TelegrafMetric): string | undefined {
  const written = Object.entries(fields).flatMap(([key, value]) => {
    const text = fieldText(value);
    return text === undefined ? [] : [`${escapeKey(key)}=${text}`];
  });
  if (written.length === 0) return undefined;
  const tagged = Object.entries(tags)
    .filter(([, value]) => value !== '')
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, value]) => `,${escapeKey(key)}=${escapeKey(value)}`);
  return `${escapeName(name)}${tagged.join('')} ${written.join(',')} ${BigInt(timestamp) * NANOSECONDS}`;
}
