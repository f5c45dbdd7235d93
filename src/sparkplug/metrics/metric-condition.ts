import { opcQualityCode, QUALITY_REASONS, type Quality, type QualityReason } from '../../domain/quality/quality';
import { type EncodedPropertySet, encodePropertySet, type PropertySet } from '../codec/payload';

/** What a sample's quality adds to its metric: one object per quality and reason, shared by all samples. */
export interface MetricCondition {
  /** Equal keys mean equal properties. */
  readonly key: string;
  readonly properties: EncodedPropertySet;
  /** What data repeats while the condition lasts. */
  readonly lasting: EncodedPropertySet;
  /** True: nothing has to be repeated in data. */
  readonly isGood: boolean;
  /** True: the meter did not answer, so that this is no value to keep for later. */
  readonly isReadFailed: boolean;
}

/** Values of the property `Quality` (Sparkplug 3.0.0, 6.4.14): good, stale, bad. It has no word for uncertain. */
const SPARKPLUG_QUALITY: Readonly<Record<Quality, number>> = { good: 192, uncertain: 500, bad: 0 };

function createCondition(quality: Quality, reason: QualityReason | undefined): MetricCondition {
  const lasting: PropertySet = { Quality: { type: 'Int32', value: SPARKPLUG_QUALITY[quality] } };
  const properties: PropertySet = {
    ...lasting,
    qualityCode: { type: 'Int32', value: opcQualityCode(quality, reason) },
    qualityReason: { type: 'String', value: reason ?? '' },
  };
  return {
    key: `${quality}:${reason ?? ''}`,
    properties: encodePropertySet(properties),
    lasting: encodePropertySet(lasting),
    isGood: quality === 'good',
    isReadFailed: reason === 'read_failed',
  };
}

const SHARED = new Map<string, MetricCondition>();

/** The condition of a quality and its reason. */
export function conditionOf(quality: Quality, reason?: QualityReason): MetricCondition {
  const known = reason !== undefined && Object.hasOwn(QUALITY_REASONS, reason) ? reason : undefined;
  const key = `${quality}:${known ?? ''}`;
  let condition = SHARED.get(key);
  if (condition === undefined) {
    condition = createCondition(quality, known);
    SHARED.set(key, condition);
  }
  return condition;
}

const CUSTOM = new Map<string, MetricCondition>();
/** Properties come from messages; a flow that makes up others without end must not fill the memory. */
const MOST_CUSTOM = 1024;
/** Longer ones are not shared. */
export const LONGEST_SHARED_KEY = 1024;

/** Exact where JSON is not: no two different values have the same text. */
function exactly(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  const isExact = typeof value !== 'number' || (Number.isFinite(value) && !Object.is(value, -0));
  return isExact ? value : `number ${Object.is(value, -0) ? '-0' : value}`;
}

/** The condition of a metric whose properties a flow gave itself; shared by those with the same ones. */
export function customCondition(properties: PropertySet): MetricCondition {
  const key = JSON.stringify(properties, exactly);
  const known = CUSTOM.get(key);
  if (known !== undefined) return known;
  const quality = properties['Quality']?.value;
  const encoded = encodePropertySet(properties, 'properties');
  const condition: MetricCondition = {
    key,
    properties: encoded,
    lasting: encoded,
    isGood: quality === undefined || quality === SPARKPLUG_QUALITY.good,
    isReadFailed: false,
  };
  if (key.length <= LONGEST_SHARED_KEY) {
    if (CUSTOM.size >= MOST_CUSTOM) CUSTOM.clear();
    CUSTOM.set(key, condition);
  }
  return condition;
}
