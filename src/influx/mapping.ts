/**
 * How a telemetry becomes points:
 * - `wide`: one point of a reading, each metric a field. Least to store, and what belongs together stays in one row.
 * - `long`: one point of each phase, tagged `phase`, the metric without its phase a field. For queries and alerts over
 *   phases (`GROUP BY phase`); about eight times as many points.
 */
export type PointShape = 'wide' | 'long';
export const POINT_SHAPES: readonly PointShape[] = ['wide', 'long'];

/**
 * Where the quality of values stands:
 * - `tag`: values of different quality go into different points of the same time. No series and no row ever mixes
 *   trusted and untrusted values, so `quality = good` finds good ones only, and servers that drop text fields
 *   (VictoriaMetrics) keep it. A telemetry of one quality, the usual case, stays one point.
 * - `field`: `quality_code`, the OPC code of the worst value in the point; fewer series, coarser.
 * - `none`: nowhere. Bad values are left out all the same, but uncertain ones look like good ones.
 */
export type QualityPlace = 'tag' | 'field' | 'none';
export const QUALITY_PLACES: readonly QualityPlace[] = ['tag', 'field', 'none'];

export interface Mapping {
  readonly shape: PointShape;
  readonly quality: QualityPlace;
}

export const DEFAULT_MAPPING: Mapping = { shape: 'wide', quality: 'tag' };

/** Tags that points of a telemetry carry beside the meter's own (site, area, line, asset). */
export const METER_TAG = 'meter';
export const QUALITY_TAG = 'quality';
export const PHASE_TAG = 'phase';
export const QUALITY_FIELD = 'quality_code';

/** The measurement of points unless a site names another. */
export const DEFAULT_MEASUREMENT = 'powermonitor_500';

/** Derived metrics have a measurement of their own: they are kept longer, and by other people. */
export function kpiMeasurement(influxMeasurement: string): string {
  return `${influxMeasurement}_kpi`;
}
