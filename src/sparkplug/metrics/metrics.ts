import type { ShapedSample, ShapedTelemetry } from '../../domain/shapes/units';
import { ALL_METRICS } from '../../metrics/derived-metrics';
import { type MetricCondition, conditionOf } from './metric-condition';
import { describeMetric } from './description';
import type { Datatype, MetricValue, PropertySet } from '../codec/payload';

/** One value of one metric of a device, ready for the edge node. */
export interface MetricSample {
  readonly name: string;
  readonly type: Datatype;
  readonly value: MetricValue;
  /** When the value was taken, epoch milliseconds UTC. */
  readonly timestamp: number;
  /** Properties that stay the same: sent in births. */
  readonly description: PropertySet;
  readonly condition: MetricCondition;
}

const BY_NAME = new Map(ALL_METRICS.map((metric) => [metric.name, metric]));

/** First index of metrics that only a site or a flow defines, within the aliases of a device. */
export const FIRST_CUSTOM_INDEX = 1024;

/** The fixed place of a canonical metric among the aliases of a device; undefined for others. */
export function canonicalIndex(name: string): number | undefined {
  return BY_NAME.get(name)?.sparkplugAlias;
}

/**
 * The datatype of a sample: from the catalog, else from the value. A site's own metric without a value is a number
 * where it has a unit; without one its type is not known yet.
 */
function typeOf(name: string, sample: ShapedSample): Datatype | undefined {
  const entry = BY_NAME.get(name);
  if (entry !== undefined) return entry.sparkplugType;
  const { value, unit } = sample;
  if (typeof value === 'boolean') return 'Boolean';
  if (typeof value === 'string') return 'String';
  return value === null && unit === '' ? undefined : 'Double';
}

function describe(name: string, { unit, provenance }: ShapedSample): PropertySet {
  const metric = BY_NAME.get(name);
  return Object.freeze({
    ...describeMetric(metric?.label ?? name, unit, metric),
    provenance: { type: 'String', value: provenance },
  });
}

const descriptions = new Map<string, PropertySet>();
/** Names come from messages; a flow that makes up names without end must not fill the memory. */
const MOST_DESCRIPTIONS = 4096;

function descriptionOf(name: string, sample: ShapedSample): PropertySet {
  const key = `${name}\n${sample.unit}\n${sample.provenance}`;
  let description = descriptions.get(key);
  if (description === undefined) {
    description = describe(name, sample);
    if (descriptions.size >= MOST_DESCRIPTIONS) descriptions.clear();
    descriptions.set(key, description);
  }
  return description;
}

/** A number that is not finite is legal on the wire, but few hosts can store it; bad values are sent as null. */
function valueOf(sample: ShapedSample): MetricValue {
  if (sample.quality === 'bad') return null;
  return typeof sample.value === 'number' && !Number.isFinite(sample.value) ? null : sample.value;
}

function conditionFor(sample: ShapedSample): MetricCondition {
  const isNotANumber = typeof sample.value === 'number' && !Number.isFinite(sample.value);
  if (isNotANumber && sample.quality !== 'bad') return conditionOf('bad', 'not_a_number');
  return conditionOf(sample.quality, sample.reason);
}

/**
 * Telemetry as samples of flat metrics: the canonical name, the catalog's datatype, unit, range, label and provenance as
 * properties of births, and the quality as `Quality` (192 good, 500 uncertain, 0 bad), `qualityCode` (OPC, with substatus) and
 * `qualityReason`. A bad value is null. A metric of unknown type without a value is left out until it has one.
 */
export function metricsOf(telemetry: ShapedTelemetry): readonly MetricSample[] {
  const samples: MetricSample[] = [];
  for (const [name, sample] of Object.entries(telemetry.metrics)) {
    const type = typeOf(name, sample);
    if (type === undefined) continue;
    samples.push({
      name,
      type,
      value: valueOf(sample),
      timestamp: sample.timestamp,
      description: descriptionOf(name, sample),
      condition: conditionFor(sample),
    });
  }
  return samples;
}
