import { isRecord } from '../../support/expect';
import { constant, NUMBER, object, optional, record, described, type TypeOf } from '../../support/shape';
import { usually } from '../../support/quick-shape';
import { contract } from './contract';
import { METER, METRIC_NAME, MOST_METRICS, PROVENANCE, QUALITY, READ_AT, REASON, UNIT, VALUE } from './parts';

export const TELEMETRY_SCHEMA = 'pm500.telemetry/1';

const SAMPLE = object({
  value: described(VALUE, 'in the unit; null when the quality is bad and no value exists'),
  unit: UNIT,
  quality: QUALITY,
  reason: optional(REASON, 'why the quality is not good'),
  provenance: described(PROVENANCE, "how well the place of this value in the meter's data is known"),
  timestamp: described(READ_AT, 'when this value was read, epoch milliseconds UTC'),
  spanMs: optional(NUMBER, 'deltas only: the time that the value covers, milliseconds up to the timestamp'),
});

export type Sample = TypeOf<typeof SAMPLE>;
/** Values of one reading by the names of their metrics. */
export type Samples = Readonly<Record<string, Sample | undefined>>;

/** By member, not by name: a telemetry has hundreds of samples. */
function isUsualSample(value: unknown): boolean {
  if (!isRecord(value)) return false;
  return (
    Number.isFinite(value['value']) &&
    UNIT.fits(value['unit']) &&
    QUALITY.fits(value['quality']) &&
    PROVENANCE.fits(value['provenance']) &&
    Number.isFinite(value['timestamp']) &&
    (value['reason'] === undefined || REASON.fits(value['reason'])) &&
    value['spanMs'] === undefined
  );
}

/** The message contract of `pm500-normalize`: canonical metrics of one meter with unit, quality and time. */
export const TELEMETRY = contract(
  TELEMETRY_SCHEMA,
  {
    title: 'Telemetry of one meter, message of pm500-normalize',
    advice: 'send the message of a pm500-normalize node.',
  },
  object({
    schema: constant(TELEMETRY_SCHEMA),
    meter: METER,
    timestamp: READ_AT,
    metrics: described(
      record(usually(SAMPLE, isUsualSample), METRIC_NAME, { most: MOST_METRICS, what: 'metrics' }),
      'canonical metric name to sample',
    ),
  }),
);

export type Telemetry = ReturnType<typeof TELEMETRY.parse>;
