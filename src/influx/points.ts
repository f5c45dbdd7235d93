import { OPC_QUALITY_CODES, QUALITIES, worse, type Quality } from '../domain/quality/quality';
import type { ShapedTelemetry } from '../domain/shapes/units';
import type { Metric } from '../metrics/measurement';
import type { FieldValue, Point, PointColumns } from './line-protocol';
import { DEFAULT_MAPPING, kpiMeasurement, QUALITY_FIELD, type Mapping } from './mapping';
import { MetricPlaces, type MetricPlace } from './metric-places';
import { TagSets } from './tag-sets';

export interface TelemetryPoints<Of extends Point | PointColumns = Point> {
  readonly points: readonly Of[];
  /** Values left out because they are not of the type that the table gives the field. */
  readonly mistyped: number;
}

/** The fields of one point while they are collected. */
interface PointGroup {
  readonly place: GroupPlace;
  readonly names: string[];
  readonly values: FieldValue[];
  /** How many values are missing, by the field that says why. */
  missing: Record<string, number> | undefined;
  /** Of the values in it; absent while it only counts what is missing. */
  quality: Quality | undefined;
  /** Of the whole group, where quality is a tag. */
  readonly tag: Quality | undefined;
}

type GroupPlace = Pick<MetricPlace, 'phase' | 'derived' | 'group'>;

/** A bad sample has no value: how many there are is counted by reason, in numbers, which every server keeps. */
export function badField(reason: string | undefined): string {
  return `bad_${reason ?? 'unexplained'}`;
}

/** Turns telemetry into points. Not shared state but speed: it remembers where metrics go. */
export class PointMapper {
  private readonly places: MetricPlaces;
  private readonly tagSets = new TagSets();
  /** What is missing is counted for the meter, not for each phase. */
  private readonly missing: Readonly<Record<'read' | 'derived', GroupPlace>>;

  /** @param derivedMetrics those that go into the KPI measurement */
  constructor(
    private readonly mapping: Mapping = DEFAULT_MAPPING,
    derivedMetrics: readonly Metric[] = [],
  ) {
    this.places = new MetricPlaces(mapping.shape, derivedMetrics);
    this.missing = {
      read: { derived: false, group: this.places.groupOf(false, undefined) },
      derived: { derived: true, group: this.places.groupOf(true, undefined) },
    };
  }

  /**
   * The points of a telemetry, best quality first, all with its timestamp. A value that is bad has no field of its own,
   * so that nobody takes it for a number: fields say how many values are missing and why (`bad_read_failed=12`), so an
   * outage is not silence.
   */
  map(telemetry: ShapedTelemetry, influxMeasurement: string): TelemetryPoints {
    const { points, mistyped } = this.mapColumns(telemetry, influxMeasurement);
    return { points: points.map(withMembers), mistyped };
  }

  /** The same, the fields in columns. */
  mapColumns(telemetry: ShapedTelemetry, influxMeasurement: string): TelemetryPoints<PointColumns> {
    const byQuality = this.mapping.quality === 'tag';
    const groups: (PointGroup | undefined)[] = [];
    const found: PointGroup[] = [];
    let mistyped = 0;
    // Neighbors mostly go into the same point.
    let last: PointGroup | undefined;
    const open = (place: GroupPlace, quality: Quality): PointGroup => {
      const index = byQuality ? place.group * QUALITIES.length + QUALITIES.indexOf(quality) : place.group;
      const known = groups[index];
      if (known !== undefined) return known;
      const tag = byQuality ? quality : undefined;
      const group: PointGroup = { place, names: [], values: [], missing: undefined, quality: undefined, tag };
      groups[index] = group;
      found.push(group);
      return group;
    };
    const { metrics } = telemetry;
    for (const name in metrics) {
      const sample = metrics[name];
      if (sample === undefined) continue;
      const { quality, value } = sample;
      const place = this.places.of(name);
      if (quality === 'bad') {
        const missing = (open(place.derived ? this.missing.derived : this.missing.read, 'bad').missing ??= {});
        const field = badField(sample.reason);
        missing[field] = (missing[field] ?? 0) + 1;
      } else if (value === null) continue;
      else if (place.type === undefined || typeof value === place.type) {
        if (last?.place.group !== place.group || last.quality !== quality) {
          last = open(place, quality);
          last.quality = last.quality === undefined ? quality : worse(last.quality, quality);
        }
        last.names.push(place.field);
        last.values.push(value);
      } else mistyped += 1;
    }
    if (byQuality && found.length > 1) found.sort((left, right) => rankOf(left) - rankOf(right));
    return { points: found.map((group) => this.toPoint(group, telemetry, influxMeasurement)), mistyped };
  }

  private toPoint(
    { place, names, values, missing = {}, quality, tag }: PointGroup,
    telemetry: ShapedTelemetry,
    influxMeasurement: string,
  ): PointColumns {
    const { meter, timestamp } = telemetry;
    for (const field in missing) {
      names.push(field);
      values.push(missing[field] ?? 0);
    }
    if (this.mapping.quality === 'field') {
      names.push(QUALITY_FIELD);
      values.push(OPC_QUALITY_CODES[quality ?? 'bad']);
    }
    return {
      influxMeasurement: place.derived ? kpiMeasurement(influxMeasurement) : influxMeasurement,
      tags: this.tagSets.of(meter, place, tag),
      names,
      values,
      timestamp,
    };
  }
}

function withMembers({ names, values, ...point }: PointColumns): Point {
  const fields: Record<string, FieldValue> = {};
  for (let at = 0; at < names.length; at += 1) fields[names[at] ?? ''] = values[at] ?? 0;
  return { ...point, fields };
}

function rankOf({ tag }: PointGroup): number {
  return tag === undefined ? 0 : QUALITIES.indexOf(tag);
}
