import { CATALOGUE } from '../meter/catalogue';
import type { Metric } from '../meter/measurement';
import { QUALITIES, type Quality } from '../domain/quality';
import type { Value } from '../domain/reading';
import type { Sample, Telemetry } from '../domain/telemetry';
import type { FieldValue, Point } from './line-protocol';

/** Tags that a telemetry point always carries beside the meter's own (site, area, line, asset). */
export const METER_TAG = 'meter';
/**
 * Quality is a tag, and values of different quality go into different points of the same timestamp: no series and no
 * row ever mixes trusted and untrusted values, so `quality = good` finds good ones only, and servers that drop text
 * fields (VictoriaMetrics) keep it. A telemetry of one quality, the usual case, stays one wide point.
 */
export const QUALITY_TAG = 'quality';

export interface TelemetryPoints {
  readonly points: readonly Point[];
  /** Values left out because they are not of the type that the catalogue gives the field. */
  readonly mistyped: number;
}

const FIELD_TYPES: ReadonlyMap<string, Metric['influxType']> = new Map(
  CATALOGUE.map(({ name, influxType }) => [name, influxType]),
);
const TYPE_NAMES = { float: 'number', boolean: 'boolean', string: 'string' } as const;

/** A bad sample has no value: how many there are is counted by reason, in numbers, which every server keeps. */
function badField({ reason }: Sample): string {
  return `bad_${reason ?? 'unexplained'}`;
}

/**
 * Telemetry as points: one for each quality that occurs, best first, each with all its metrics as fields. A value that
 * is bad has no field of its own, so that nobody takes it for a number: the point of quality *bad* says how many values
 * are missing and why (`bad_read_failed=12`), so an outage is not silence. All points carry the telemetry's timestamp.
 */
export function telemetryToPoints(telemetry: Telemetry, influxMeasurement: string): TelemetryPoints {
  const fields: Partial<Record<Quality, Record<string, FieldValue>>> = {};
  let mistyped = 0;
  const { metrics } = telemetry;
  for (const name in metrics) {
    const sample = metrics[name];
    if (sample === undefined) continue;
    if (sample.quality === 'bad') {
      const bad = (fields.bad ??= {});
      const field = badField(sample);
      bad[field] = Number(bad[field] ?? 0) + 1;
    } else if (sample.value === null) continue;
    else if (hasFieldType(name, sample.value)) (fields[sample.quality] ??= {})[name] = sample.value;
    else mistyped += 1;
  }
  const points: Point[] = [];
  for (const quality of QUALITIES) {
    const found = fields[quality];
    if (found === undefined) continue;
    const tags = { ...telemetry.meter.tags, [METER_TAG]: telemetry.meter.name, [QUALITY_TAG]: quality };
    points.push({ influxMeasurement, tags, fields: found, timestamp: telemetry.timestamp });
  }
  return { points, mistyped };
}

/** Metrics of a site's own layout have no entry: the JavaScript type of their values is the type of the field. */
function hasFieldType(name: string, value: NonNullable<Value>): boolean {
  const type = FIELD_TYPES.get(name);
  return type === undefined || typeof value === TYPE_NAMES[type];
}
