import { OPC_QUALITY_CODES, QUALITIES, worse, type Quality } from '../domain/quality';
import type { ShapedSample, ShapedTelemetry } from '../domain/shapes/units';
import type { Metric } from '../meter/measurement';
import type { FieldValue, Point } from './line-protocol';
import {
  DEFAULT_MAPPING,
  kpiMeasurement,
  METER_TAG,
  PHASE_TAG,
  QUALITY_FIELD,
  QUALITY_TAG,
  type Mapping,
} from './mapping';
import { MetricPlaces, type MetricPlace } from './metric-places';

export interface TelemetryPoints {
  readonly points: readonly Point[];
  /** Values left out because they are not of the type that the table gives the field. */
  readonly mistyped: number;
}

/** The fields of one point while they are collected. */
interface Group {
  readonly place: Pick<MetricPlace, 'phase' | 'derived'>;
  readonly fields: Record<string, FieldValue>;
  /** Of the values in it; absent while it only counts what is missing. */
  quality?: Quality;
  /** Of the whole group, where quality is a tag. */
  readonly tag: Quality | undefined;
}

/** A bad sample has no value: how many there are is counted by reason, in numbers, which every server keeps. */
function badField({ reason }: ShapedSample): string {
  return `bad_${reason ?? 'unexplained'}`;
}

/** Turns telemetry into points. Not shared state but speed: it remembers where metrics go. */
export class PointMapper {
  private readonly places: MetricPlaces;

  /** @param derivedMetrics those that go into the KPI measurement */
  constructor(
    private readonly mapping: Mapping = DEFAULT_MAPPING,
    derivedMetrics: readonly Metric[] = [],
  ) {
    this.places = new MetricPlaces(mapping.shape, derivedMetrics);
  }

  /**
   * The points of a telemetry, best quality first, all with its timestamp. A value that is bad has no field of its own,
   * so that nobody takes it for a number: fields say how many values are missing and why (`bad_read_failed=12`), so an
   * outage is not silence.
   */
  map(telemetry: ShapedTelemetry, influxMeasurement: string): TelemetryPoints {
    const groups = new Map<string, Group>();
    const byQuality = this.mapping.quality === 'tag';
    let mistyped = 0;
    const { metrics } = telemetry;
    for (const name in metrics) {
      const sample = metrics[name];
      if (sample === undefined) continue;
      const { quality, value } = sample;
      const place = this.places.of(name);
      if (quality === 'bad') {
        // What is missing is counted for the meter, not for each phase.
        const { fields } = open(
          groups,
          `${place.derived ? 'derived' : 'read'} `,
          { derived: place.derived },
          byQuality,
          'bad',
        );
        const field = badField(sample);
        fields[field] = Number(fields[field] ?? 0) + 1;
      } else if (value === null) continue;
      else if (place.type === undefined || typeof value === place.type) {
        const group = open(groups, place.group, place, byQuality, quality);
        group.fields[place.field] = value;
        group.quality = group.quality === undefined ? quality : worse(group.quality, quality);
      } else mistyped += 1;
    }
    const found = [...groups.values()];
    if (byQuality && found.length > 1) found.sort((left, right) => rankOf(left) - rankOf(right));
    return { points: found.map((group) => this.toPoint(group, telemetry, influxMeasurement)), mistyped };
  }

  private toPoint(
    { place, fields, quality, tag }: Group,
    telemetry: ShapedTelemetry,
    influxMeasurement: string,
  ): Point {
    const { meter, timestamp } = telemetry;
    const tags: Record<string, string> = { ...meter.tags, [METER_TAG]: meter.name };
    if (tag !== undefined) tags[QUALITY_TAG] = tag;
    if (place.phase !== undefined) tags[PHASE_TAG] = place.phase;
    if (this.mapping.quality === 'field') fields[QUALITY_FIELD] = OPC_QUALITY_CODES[quality ?? 'bad'];
    return {
      influxMeasurement: place.derived ? kpiMeasurement(influxMeasurement) : influxMeasurement,
      tags,
      fields,
      timestamp,
    };
  }
}

function open(
  groups: Map<string, Group>,
  key: string,
  place: Group['place'],
  byQuality: boolean,
  quality: Quality,
): Group {
  const fullKey = byQuality ? key + quality : key;
  let group = groups.get(fullKey);
  if (group === undefined) {
    group = { place, fields: {}, tag: byQuality ? quality : undefined };
    groups.set(fullKey, group);
  }
  return group;
}

function rankOf({ tag }: Group): number {
  return tag === undefined ? 0 : QUALITIES.indexOf(tag);
}
