import { PROVENANCES, UNITS } from '../../metrics/measurement';
import type { ErrorCode } from '../../support/errors';
import { choice, described, FLAG, NUMBER, object, optional, record, text, TEXT, type Shape } from '../../support/shape';
import { QUALITIES, REASONS } from '../quality/quality';

/** What several messages are made of. */

export type Value = number | boolean | string | null;

const fitsValue = (value: unknown): boolean =>
  Number.isFinite(value) || typeof value === 'string' || typeof value === 'boolean' || value === null;

export const VALUE: Shape<Value> = {
  schema: { type: ['number', 'boolean', 'string', 'null'] },
  fits: fitsValue,
  fitEach: (values, fitsName, most) => {
    let count = 0;
    for (const name in values) {
      const value = values[name];
      if (++count > most || !fitsName(name) || (!Number.isFinite(value) && !fitsValue(value))) return false;
    }
    return true;
  },
  explain: (expect, path, value) => {
    if (!fitsValue(value)) expect.fail(path, value, 'a finite number, text, true, false or null');
  },
};

export const EPOCH_MS = described(NUMBER, 'epoch milliseconds UTC');
/** The time of the read, never that of sending. */
export const READ_AT = described(NUMBER, 'epoch milliseconds UTC, the time of the read');
export const QUALITY = choice(QUALITIES);
export const REASON = choice(REASONS);
export const PROVENANCE = choice(PROVENANCES);
export const UNIT = choice(UNITS);

/** Names that every object has: as the name of a metric one would be found where nobody put it. */
const INHERITED_NAMES: readonly string[] = Object.getOwnPropertyNames(Object.prototype);
const INHERITED: ReadonlySet<unknown> = new Set(INHERITED_NAMES);

/** Metrics of one message, which has some hundreds; more would hold up everything. */
export const MOST_METRICS = 10_000;

export const METRIC_NAME: Shape<string> = {
  schema: { not: { enum: INHERITED_NAMES } },
  fits: (name) => !INHERITED.has(name),
  explain: (expect, path, name) => {
    if (INHERITED.has(name)) expect.fail(path, name, 'the name of a metric');
  },
};

export const FAILURE = object({ code: text<ErrorCode>(), message: TEXT });

/** Where the places of the values come from. `confirmed`: a person has confirmed on this meter that the layout fits. */
export const LAYOUT = object({ name: TEXT, confirmed: FLAG });

const METER_NAME = described(TEXT, 'unique on a site; the Sparkplug device and the InfluxDB tag meter by default');
export const TAGS = described(record(TEXT), 'site, area, line, asset and whatever else meters are sorted by');

/** Which meter a message is about. */
export const METER = object({
  name: METER_NAME,
  host: TEXT,
  tags: TAGS,
  catalogNumber: optional(TEXT, 'of the Identity object, once read'),
  serialNumber: optional(NUMBER, 'of the Identity object, once read'),
  firmware: optional(TEXT, 'over Modbus, which tells neither of these: base firmware, for instance A.7'),
  transport: optional(TEXT, 'how it was read: ucmm, class3, input-only, listen-only, auto, modbus-tcp, modbus-rtu ...'),
  layout: optional(LAYOUT, 'telemetry only: where the places of the values come from'),
  lostSince: optional(
    NUMBER,
    'epoch milliseconds UTC: since then nothing could be read of it; absent while it answers, and while a single reply is missing',
  ),
  identityMismatch: optional(FLAG, 'true: it is no PowerMonitor 500, or not the configured catalog number'),
});
