import { CATALOGUE } from '../meter/catalogue';
import type { Metric, Provenance } from '../meter/measurement';
import { QUALITY_REASONS, type QualityReason } from './quality';
import type { Reading, ReadingBlock, Value } from './reading';
import { TELEMETRY_SCHEMA, type Sample, type Telemetry } from './telemetry';

const CATALOGUE_BY_NAME: ReadonlyMap<string, Metric> = new Map(CATALOGUE.map((metric) => [metric.name, metric]));

/** Why a value of an unconfirmed layout is not good, by how well its place is known. */
const LAYOUT_REASONS: Readonly<Record<Provenance, QualityReason | undefined>> = {
  verified: undefined,
  inferred: 'layout_inferred',
  assumed: 'layout_assumed',
};

function isOutOfRange(metric: Metric | undefined, value: Value): boolean {
  const range = metric?.range;
  return typeof value === 'number' && range !== undefined && (value < range.min || value > range.max);
}

interface Judge {
  readonly identityMismatch: boolean;
  readonly confirmed: boolean;
}

/** The first reason that applies, worst first. */
function reasonFor(judge: Judge, metric: Metric | undefined, value: Value, provenance: Provenance) {
  if (isOutOfRange(metric, value)) return 'out_of_range';
  if (judge.identityMismatch) return 'identity_mismatch';
  return judge.confirmed ? undefined : LAYOUT_REASONS[provenance];
}

function addBlock(
  metrics: Record<string, Sample>,
  block: ReadingBlock,
  judge: Judge,
  lookUp: (name: string) => Metric | undefined,
): void {
  const { timestamp, values, problems, error } = block;
  for (const name in block.provenance) {
    const metric = lookUp(name);
    const provenance = block.provenance[name] ?? 'assumed';
    const read = error === undefined ? values[name] : undefined;
    const unit = metric?.unit ?? '';
    const reason =
      error !== undefined || read === undefined
        ? 'read_failed'
        : (problems?.[name] ?? reasonFor(judge, metric, read, provenance));
    if (reason === undefined) {
      metrics[name] = { value: read ?? null, unit, quality: 'good', provenance, timestamp };
      continue;
    }
    const { quality } = QUALITY_REASONS[reason];
    const value = quality === 'bad' ? null : (read ?? null);
    metrics[name] = { value, unit, quality, reason, provenance, timestamp };
  }
}

/**
 * Turns a reading into telemetry: every metric with unit, quality and the time it was read. A value that cannot be
 * trusted never comes out as good: what failed, is impossible or is no number becomes null and *bad*; what stands at a
 * place that nobody confirmed on this meter, or comes from a device of another kind, is *uncertain*.
 */
export function normalizeReading(reading: Reading): Telemetry {
  const judge = {
    identityMismatch: reading.meter.identityMismatch === true,
    confirmed: reading.layout.confirmed,
  };
  const own = reading.definitions;
  const lookUp =
    own === undefined
      ? (name: string) => CATALOGUE_BY_NAME.get(name)
      : (name: string) => CATALOGUE_BY_NAME.get(name) ?? own.find((metric) => metric.name === name);
  const metrics: Record<string, Sample> = {};
  for (const block of reading.blocks) addBlock(metrics, block, judge, lookUp);
  return { schema: TELEMETRY_SCHEMA, meter: reading.meter, timestamp: reading.timestamp, metrics };
}

/** Metric name to value, for dashboards and templates; values of bad quality are null. */
export function flattenTelemetry(telemetry: Telemetry): Record<string, Value> {
  const flat: Record<string, Value> = {};
  for (const name in telemetry.metrics) flat[name] = telemetry.metrics[name]?.value ?? null;
  return flat;
}
