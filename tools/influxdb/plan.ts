import { DEFAULTS } from '../../nodes/shared/forms';
import { sourcesOf, type Source } from '../../src/influx/tiers/sources';

/** That of `influx-out` as it is set by default. */
export const MEASUREMENT = DEFAULTS['influx-out'].influxMeasurement;
/** Everything that it writes then. The plan itself: src/influx/tiers. */
export const SOURCES: readonly Source[] = sourcesOf(MEASUREMENT);

/** Tags of the wide and the long shape, of series that may be summed up together. */
export const SERIES_TAGS: readonly string[] = ['site', 'area', 'line', 'asset', 'meter', 'quality', 'phase'];

/** First line of every file. */
export const GENERATED =
  'Generated from the meter table by tools/influxdb; do not edit: npx tsx tools/influxdb/main.ts';
