import { DEFAULTS } from '../../nodes/shared/forms';
import { sourcesOf, type Source } from '../../src/influx/tiers/sources';

/** The measurements of `influx-out` as it is set by default. The plan itself: src/influx/tiers. */
export const SOURCES: readonly Source[] = sourcesOf(DEFAULTS['influx-out'].influxMeasurement);

/** Tags of the wide and the long shape, of series that may be summed up together. */
export const SERIES_TAGS: readonly string[] = ['site', 'area', 'line', 'asset', 'meter', 'quality', 'phase'];

/** First line of every file. */
export const GENERATED =
  'Generated from the meter table by tools/influxdb; do not edit: npx tsx tools/influxdb/main.ts';
