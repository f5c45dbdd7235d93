import type { Metric, Provenance } from '../../metrics/measurement';
import { kindOf, promisedBy, type Promised } from './reading-kind';
import { sampleOf } from './sample';
import { QUALITY_REASONS, type QualityReason } from './quality';
import { meterForMessage, type MeterReference, type Reading, type ReadingBlock, type Value } from '../messages/reading';
import { TELEMETRY_SCHEMA, type Sample, type Telemetry } from '../messages/telemetry';
import { EARLIEST_MS, FUTURE_TOLERANCE_MS } from '../time/meter-time';
import type { QualityTally } from '../normalizer/tally';

/** Why a value of an unconfirmed layout is not good, by how well its place is known. */
const LAYOUT_REASONS: Readonly<Record<Provenance, QualityReason | undefined>> = {
  verified: undefined,
  inferred: 'layout_inferred',
  assumed: 'layout_assumed',
};

/** Shared reads may come a little out of order, ms; a clock that was set back goes further. */
const BACK_TOLERANCE_MS = 1_000;

/** What is known beside the reading; whatever is absent is not judged. */
export interface NormalizeContext {
  /** The host's clock, epoch milliseconds UTC. */
  readonly nowMs?: number | undefined;
  /** Values read longer ago than this are stale, ms; needs `nowMs`. */
  readonly staleAfterMs?: number | undefined;
  /** Time of the reading before of the same meter, epoch milliseconds UTC. */
  readonly previousTimestamp?: number | undefined;
  /** True while the wall clock shows what is not believed: it was set just before. */
  readonly isClockDoubtful?: boolean;
  /** Metrics that do not exist in the configured wiring. */
  readonly absent?: ReadonlySet<string> | undefined;
  /** What the layout check has found, by metric. */
  readonly layoutVerdicts?: ReadonlyMap<string, 'confirmed' | 'contradicted' | 'undecided'> | undefined;
}

function isOutOfRange(metric: Metric | undefined, value: Value): boolean {
  const range = metric?.range;
  return typeof value === 'number' && range !== undefined && (value < range.min || value > range.max);
}

interface Judge {
  /** Of the whole meter: identity. */
  readonly meterReason: QualityReason | undefined;
  readonly confirmed: boolean;
  readonly context: NormalizeContext;
  readonly absent: ReadonlySet<string> | undefined;
  readonly verdicts: NormalizeContext['layoutVerdicts'];
  readonly tally: QualityTally | undefined;
  /** Metrics that only a site's own layout defines. */
  readonly own: Reading['definitions'];
}

function reasonOfMeter({
  identityMismatch,
  serialNumber,
  catalogNumber,
  firmware,
}: MeterReference): QualityReason | undefined {
  if (identityMismatch === true) return 'identity_mismatch';
  return (serialNumber ?? catalogNumber ?? firmware) === undefined ? 'identity_unknown' : undefined;
}

/** Why all values of a block that was read are uncertain. */
function reasonOfTime({ timestamp }: ReadingBlock, context: NormalizeContext): QualityReason | undefined {
  const { nowMs, staleAfterMs, previousTimestamp } = context;
  if (
    context.isClockDoubtful === true ||
    timestamp < EARLIEST_MS ||
    (previousTimestamp !== undefined && timestamp < previousTimestamp - BACK_TOLERANCE_MS) ||
    (nowMs !== undefined && timestamp > nowMs + FUTURE_TOLERANCE_MS)
  ) {
    return 'clock_doubtful';
  }
  if (nowMs !== undefined && staleAfterMs !== undefined && nowMs - timestamp > staleAfterMs) return 'stale';
  return undefined;
}

function layoutReason({ confirmed, verdicts }: Judge, name: string, provenance: Provenance): QualityReason | undefined {
  const verdict = verdicts?.get(name);
  if (verdict === 'contradicted') return 'layout_contradicted';
  return confirmed || verdict === 'confirmed' ? undefined : LAYOUT_REASONS[provenance];
}

function definitionOf(name: string, own: Reading['definitions']): Metric | undefined {
  return own?.find((metric) => metric.name === name);
}

function addBlock(
  metrics: Record<string, Sample>,
  block: ReadingBlock,
  promised: readonly Promised[],
  judge: Judge,
): void {
  const { timestamp, values, problems, error } = block;
  const failure = error?.code === 'METER_SIZE_MISMATCH' ? 'size_mismatch' : 'read_failed';
  const common = reasonOfTime(block, judge.context) ?? judge.meterReason;
  const { absent, tally, own } = judge;
  const reasonOf = (name: string, provenance: Provenance): QualityReason | undefined => {
    const ofLayout = layoutReason(judge, name, provenance);
    return ofLayout === 'layout_contradicted' ? ofLayout : (common ?? ofLayout);
  };
  for (const { name, provenance, metric: known } of promised) {
    const metric = known ?? definitionOf(name, own);
    const read = error === undefined ? values[name] : undefined;
    const unit = metric?.unit ?? '';
    const reason =
      read === undefined
        ? failure
        : absent?.has(name) === true
          ? 'not_in_wiring'
          : (problems?.[name] ?? (isOutOfRange(metric, read) ? 'out_of_range' : reasonOf(name, provenance)));
    tally?.add(name, reason);
    const quality = reason === undefined ? 'good' : QUALITY_REASONS[reason].quality;
    const value = quality === 'bad' ? null : (read ?? null);
    metrics[name] = sampleOf(value, unit, quality, reason, provenance, timestamp);
  }
}

const NOTHING_KNOWN: NormalizeContext = {};

/**
 * Turns a reading into telemetry: every metric with unit, quality and the time it was read. A value that cannot be
 * trusted never comes out as good: what failed, is impossible or is no number becomes null and *bad*; what stands at a
 * place that nobody confirmed on this meter, was read at a doubtful time or long ago, or comes from a device that is not
 * known to be the right one, is *uncertain*.
 * @param tally counts the values of the reading by quality and reason
 * @param metrics to put the samples into: nobody else has it
 */
export function normalizeReading(
  reading: Reading,
  context: NormalizeContext = NOTHING_KNOWN,
  tally?: QualityTally,
  metrics?: Record<string, Sample>,
): Telemetry {
  const judge = {
    meterReason: reasonOfMeter(reading.meter),
    confirmed: reading.layout.confirmed,
    context,
    verdicts: context.layoutVerdicts,
    absent: context.absent,
    tally,
    own: reading.definitions,
  };
  const { blocks } = reading;
  const kind = kindOf(blocks);
  const filled = metrics ?? kind?.blank() ?? {};
  blocks.forEach((block, at) => {
    addBlock(filled, block, kind?.promised[at] ?? promisedBy(block.provenance), judge);
  });
  const meter = meterForMessage(reading.meter, reading.layout);
  return { schema: TELEMETRY_SCHEMA, meter, timestamp: reading.timestamp, metrics: filled };
}
