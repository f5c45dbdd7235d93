/** What a timestamp on the wire counts. */
export type Precision = 'ns' | 'us' | 'ms' | 's';
export const PRECISIONS: readonly Precision[] = ['ms', 'ns', 'us', 's'];

/** InfluxDB 1 names two of them by one letter (InfluxDB 1.8 API reference, /write), InfluxDB 2 and 3 all by their unit. */
const V1_NAMES: Readonly<Record<Precision, string>> = { ns: 'n', us: 'u', ms: 'ms', s: 's' };

export function precisionName(api: 'v1' | 'v2', precision: Precision): string {
  return api === 'v1' ? V1_NAMES[precision] : precision;
}

/** A line ends with its timestamp; none holds a line break. */
const TIMESTAMP = / (-?)(\d+)$/gm;

/**
 * Lines whose timestamps are milliseconds, with timestamps of `precision`. Lines wait with milliseconds and are converted
 * when they are sent: so the setting may change while lines wait. Seconds are rounded toward the past.
 */
export function convertTimestamps(lines: string, precision: Precision): string {
  if (precision === 'ms') return lines;
  if (precision === 's') {
    return lines.replace(
      TIMESTAMP,
      (_found, sign: string, digits: string) => ` ${Math.floor(Number(`${sign}${digits}`) / 1000)}`,
    );
  }
  // Not by arithmetic: nanoseconds do not fit into a number.
  const zeros = precision === 'ns' ? '000000' : '000';
  return lines.replace(TIMESTAMP, (_found, sign: string, digits: string) =>
    Number(digits) === 0 ? ' 0' : ` ${sign}${digits}${zeros}`,
  );
}
