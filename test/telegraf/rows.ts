import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Telemetry } from '../../src/domain/messages/telemetry';
import { DEFAULT_MAPPING } from '../../src/influx/mapping';
import { PointMapper } from '../../src/influx/points';
import { DERIVED_METRICS } from '../../src/metrics/derived-metrics';
import { TELEGRAF_FOLDER } from '../../tools/telegraf/main';
import type { FieldValue, TelegrafMetric } from '../../testkit/telegraf/metric';

/** Whatever stands in the same series at the same time is one row: measurement, tags and time to fields. */
type Rows = Readonly<Record<string, Readonly<Record<string, FieldValue>>>>;

export function rowsOf(metrics: readonly TelegrafMetric[]): Rows {
  const rows: Record<string, Record<string, FieldValue>> = {};
  for (const { name, tags, fields, timestamp } of metrics) {
    const series = Object.entries(tags).filter(([, value]) => value !== '');
    const key = [name, ...series.map((tag) => tag.join('=')).sort(), timestamp].join(' ');
    for (const [field, value] of Object.entries(fields)) {
      // What is counted is counted for every reason; a count of nothing is no field of influx-out.
      if (field.startsWith('bad_') && value === 0) continue;
      const row = (rows[key] ??= {});
      assert.ok(!(field in row), `${field} of ${key} comes twice`);
      row[field] = value;
    }
  }
  return rows;
}

/** What influx-out writes of a telemetry. */
export function written(telemetry: Telemetry): readonly TelegrafMetric[] {
  const { points } = new PointMapper(DEFAULT_MAPPING, DERIVED_METRICS).map(telemetry, 'powermonitor_500');
  return points.map(({ influxMeasurement, tags, fields, timestamp }) => ({
    name: influxMeasurement,
    tags,
    // Numbers, texts, true and false: a telemetry has nothing else.
    fields: fields as TelegrafMetric['fields'],
    timestamp,
  }));
}

export const fileOf = (name: string): string => join(TELEGRAF_FOLDER, name);
