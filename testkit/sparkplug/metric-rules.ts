import { type SeenMetric, type SeenPayload, type SeenValue, bdSeqOf, valueOf } from './independent-decoder';

const INT32 = 3;
const INT64 = 4;
const BOOLEAN = 11;
const GOOD_STALE_BAD = [192, 500, 0];

/** A metric as the last birth announced it. */
export interface KnownMetric {
  readonly name: string;
  readonly datatype: number;
}

type Complain = (fault: string) => void;

/** Quality is an Int32 of one of three values. */
export function checkQuality(name: string, { properties }: SeenMetric, complain: Complain): void {
  const quality = properties.get('Quality');
  if (quality === undefined) return;
  if (quality.type !== INT32 || !GOOD_STALE_BAD.includes(Number(quality.value)))
    complain(`${name} has a wrong Quality`);
}

function checkContent(name: string, metric: SeenMetric, complain: Complain): void {
  const { timestamp, isNull, field } = metric;
  if (timestamp === undefined) complain(`${name} without timestamp`);
  if (isNull === (field !== undefined)) complain(`${name} is neither null nor has a value, or both`);
  checkQuality(name, metric, complain);
}

/** A metric of a birth has name, datatype, timestamp and a value or null. @returns undefined where nothing can be known of it */
export function checkBirthMetric(metric: SeenMetric, complain: Complain): KnownMetric | undefined {
  const { name, datatype } = metric;
  if (name === undefined) {
    complain('a metric without name in a birth');
    return undefined;
  }
  if (datatype === undefined) {
    complain(`${name} without datatype`);
    return undefined;
  }
  checkContent(name, metric, complain);
  if (valueOf(metric, datatype) === undefined) complain(`${name} has no value of its datatype`);
  if (metric.isHistorical) complain(`${name} is historical in a birth`);
  return { name, datatype };
}

/** A metric of a data message has the alias alone, or the name where there is none, a timestamp, and a value of the datatype that the birth gave, or null. */
export function checkDataMetric(
  metric: SeenMetric,
  { name, datatype }: KnownMetric,
  complain: Complain,
): SeenValue | undefined {
  if (metric.name !== undefined && metric.alias !== undefined) complain(`${name}: name and alias in data`);
  if (metric.datatype !== undefined) complain(`${name}: datatype in data`);
  checkContent(name, metric, complain);
  const value = valueOf(metric, datatype);
  if (value === undefined) complain(`${name} is not of datatype ${datatype}`);
  return value;
}

/** Metrics that are not historical stand in order of time. */
export function checkOrder(metrics: readonly SeenMetric[], complain: Complain): void {
  let newest = 0;
  for (const { timestamp = 0, isHistorical } of metrics) {
    if (isHistorical) continue;
    if (timestamp < newest) complain('metrics not in order of time');
    newest = Math.max(newest, timestamp);
  }
}

/** NDEATH, published or as a will, has bdSeq alone and no seq. @returns the bdSeq */
export function checkDeath({ seq, metrics }: SeenPayload, complain: Complain): bigint | undefined {
  const [metric] = metrics;
  if (seq !== undefined) complain('seq in NDEATH');
  if (metrics.length !== 1 || metric?.name !== 'bdSeq' || metric.datatype !== INT64)
    complain('NDEATH without exactly bdSeq as Int64');
  return bdSeqOf(metric);
}

/** NBIRTH has bdSeq, and the rebirth control, which is false and has no alias. @returns the bdSeq */
export function checkNodeControls({ metrics }: SeenPayload, complain: Complain): bigint | undefined {
  const bdSeq = metrics.find(({ name }) => name === 'bdSeq');
  if (bdSeq?.datatype !== INT64) complain('NBIRTH without bdSeq as Int64');
  const rebirth = metrics.find(({ name }) => name === 'Node Control/Rebirth');
  const isFalse = rebirth?.field === 'booleanValue' && rebirth.wire.booleanValue === false;
  if (!isFalse || rebirth.datatype !== BOOLEAN || rebirth.alias !== undefined) complain('wrong Node Control/Rebirth');
  return bdSeqOf(bdSeq);
}
