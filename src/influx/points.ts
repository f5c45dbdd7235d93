import { OPC_QUALITY_CODES, QUALITIES, worse, type Quality } from '../domain/quality/quality';
import type { ShapedTelemetry } from '../domain/shapes/units';
import type { Metric } from '../metrics/measurement';
import type { FieldValue, Point } from './line-protocol';
import { DEFAULT_MAPPING, kpiMeasurement, QUALITY_FIELD, type Mapping } from './mapping';
import { MetricPlaces, type MetricPlace } from './metric-places';
import { TagSets } from './tag-sets';

export interface TelemetryPoints {
  readonly points: readonly Point[];
  /** Values left out because they are not of the type that the table gives the field. */
  readonly mistyped: number;
}

/** The fields of one point while they are collected. */
interface Group {
  readonly place: GroupPlace;
  readonly fields: Record<string, FieldValue>;
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
    const byQuality = this.mapping.quality === 'tag';
    const groups: (Group | undefined)[] = [];
    const found: Group[] = [];
    let mistyped = 0;
    const open = (place: GroupPlace, quality: Quality): Group => {
      const index = byQuality ? place.group * QUALITIES.length + QUALITIES.indexOf(quality) : place.group;
      const known = groups[index];
      if (known !== undefined) return known;
      const group: Group = { place, fields: {}, quality: undefined, tag: byQuality ? quality : undefined };
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
        const { fields } = open(place.derived ? this.missing.derived : this.missing.read, 'bad');
        const field = badField(sample.reason);
        fields[field] = Number(fields[field] ?? 0) + 1;
      } else if (value === null) continue;
      else if (place.type === undefined || typeof value === place.type) {
        const group = open(place, quality);
        group.fields[place.field] = value;
        group.quality = group.quality === undefined ? quality : worse(group.quality, quality);
      } else mistyped += 1;
    }
    if (byQuality && found.length > 1) found.sort((left, right) => rankOf(left) - rankOf(right));
    return { points: found.map((group) => this.toPoint(group, telemetry, influxMeasurement)), mistyped };
  }

  private toPoint(
    { place, fields, quality, tag }: Group,
    telemetry: ShapedTelemetry,
    influxMeasurement: string,
  ): Point {
    const { meter, timestamp } = telemetry;
    if (this.mapping.quality === 'field') fields[QUALITY_FIELD] = OPC_QUALITY_CODES[quality ?? 'bad'];
    return {
      influxMeasurement: place.derived ? kpiMeasurement(influxMeasurement) : influxMeasurement,
      tags: this.tagSets.of(meter, place, tag),
      fields,
      timestamp,
    };
  }
}

function rankOf({ tag }: Group): number {
  return tag === undefined ? 0 : QUALITIES.indexOf(tag);
}
