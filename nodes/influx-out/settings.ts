import { MEASUREMENT_PATTERN } from '../../src/influx/line-protocol';
import { DEFAULT_MEASUREMENT, POINT_SHAPES, QUALITY_PLACES } from '../../src/influx/mapping';
import { choice, nodeOf, requiredText, text } from '../../src/support/setting';
import { DIAGNOSTICS_SECONDS } from '../shared/common-rows';
import { field, nodeForm } from '../shared/field';

/** What the way to an InfluxDB can be set to. */
export const FORM = nodeForm({
  isConfig: false,
  fields: {
    name: field(text(), { icon: 'tag' }),
    target: field(nodeOf('influx-target', { required: true }), { icon: 'database' }),
    influxMeasurement: field(requiredText(DEFAULT_MEASUREMENT, { pattern: MEASUREMENT_PATTERN }), { icon: 'table' }),
    shape: field(choice('wide', POINT_SHAPES), { icon: 'th-list' }),
    quality: field(choice('tag', QUALITY_PLACES), { icon: 'certificate' }),
    acknowledge: field(choice('queued', ['queued', 'written']), { icon: 'check' }),
    diagnosticsSeconds: field(DIAGNOSTICS_SECONDS, { icon: 'heartbeat' }),
  },
});
