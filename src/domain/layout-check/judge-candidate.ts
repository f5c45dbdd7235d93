import type { EnergyCandidate } from '../../meters/meter-model';
import type { PlaceValue, Sentence } from '../../support/sentence';
import { seriesOf, type CandidateSeries, type CounterSeries } from './candidate-series';
import type { CompiledCandidate } from './candidate-counters';
import { flowOf } from './energy-findings';
import type { EnergyMark } from './energy-trace';
import { multiplyFlows, type Flows } from './flow-integral';
import { sameCounter, type Counters } from './pair-scale';
import { CANDIDATE_SENTENCES, metricPlace } from './sentences';
import { GROWTH, growsAs, HOURS_TOLERANCE, SAME_STEPS } from './tolerances';
import { formatDuration, formatNumber, formatValue, metricValue } from './words';

const { say } = CANDIDATE_SENTENCES;

/** What else is known when candidates are judged. */
export interface CandidateEvidence {
  readonly marks: readonly EnergyMark[];
  /** Turns the powers as they are read into W and var; absent while they prove nothing. */
  readonly powerFactor?: number;
  /** The verified counters over Modbus, and what may have flowed between the two reads, Wh. */
  readonly verified?: Counters;
  readonly driftWh: number;
  /** So many falls of counters may be disturbances; by default the one of a reset. */
  readonly mostFalls?: number;
}

/** A candidate and what speaks against it and for it. */
export interface JudgedCandidate {
  readonly candidate: EnergyCandidate;
  readonly series: CandidateSeries;
  /** Why it cannot be. */
  readonly objection?: Sentence;
  /** Why it is unlikely: it is not named, and set aside where another has nothing of the kind against it. */
  readonly doubt?: Sentence;
  /** What proves its scale. */
  readonly proof?: Sentence;
}

/** Growth proves a scale when it is so many times what it may be off. */
const PROOF_STEPS = 5;
/** A counter that is once lower than before may have been reset while it was watched. */
const MOST_FALLS = 1;
/** Longer than any of these meters can have run: fifty years, in hours. */
const LONGEST_RUN_H = 438_000;
/** Meters may count whole hours: fewer say nothing. */
const ENOUGH_HOURS = 2;
/** Just before the largest count of hours nobody can tell. */
const RUN_LIMIT_H = 99_000_000;
const HOUR_MS = 3_600_000;
/** A counter over Modbus must be so many times the tolerance for its equality to prove anything. */
const TELLING = 10;

const counterOf = ({ counters }: CandidateSeries, name: string): CounterSeries | undefined =>
  counters.find(({ metric }) => metric === name);

function growthFault({ counters, elapsedMs }: CandidateSeries, expected: Flows): Sentence | undefined {
  const active = expected.activeImport + expected.activeExport;
  const all = active + expected.reactiveImport + expected.reactiveExport;
  const time = formatDuration(elapsedMs);
  for (const { metric, unit, grown, uncertainty } of counters) {
    const flow = flowOf(metric);
    if (flow === undefined) continue;
    const about = { metric: metricPlace(metric), grown: formatNumber(grown, unit), time };
    // Which direction of reactive energy is plus was not read; no counter grows by more than everything that flowed.
    if (flow.startsWith('reactive')) {
      if (grown <= (1 + GROWTH.share) * all + GROWTH.stepWh + uncertainty) continue;
      return say('wouldGrowBeyond', { ...about, wanted: formatNumber(all, unit) });
    }
    const wanted = expected[flow];
    if (growsAs(grown, wanted, active, uncertainty)) continue;
    return say('wouldGrow', { ...about, wanted: formatNumber(wanted, unit) });
  }
  return undefined;
}

const grownHours = ({ metric, grown }: CounterSeries): Readonly<Record<'metric' | 'grown', PlaceValue>> => ({
  metric: metricPlace(metric),
  grown: formatNumber(grown, 'h'),
});

function hoursFault(series: CandidateSeries): Sentence | undefined {
  const run = counterOf(series, 'run_hours');
  const hours = series.elapsedMs / HOUR_MS;
  if (run === undefined || run.grown <= 1.05 * hours + HOURS_TOLERANCE + run.uncertainty) return undefined;
  return say('wouldRun', { ...grownHours(run), time: formatNumber(hours, 'h') });
}

function modbusFault(
  { counters }: CandidateSeries,
  candidate: EnergyCandidate,
  { verified, driftWh }: CandidateEvidence,
): Sentence | undefined {
  for (const { metric, latest } of counters) {
    const wanted = verified?.[metric];
    if (wanted === undefined) continue;
    const isSame =
      metric === 'run_hours'
        ? Math.abs(latest.value - wanted) <= HOURS_TOLERANCE + latest.step
        : sameCounter(latest.value, wanted, Math.max(candidate.scale, latest.step), driftWh);
    if (isSame) continue;
    return say('butModbus', { ...metricValue(metric, latest.value), wanted: formatValue(metric, wanted) });
  }
  return undefined;
}

function objectionTo(
  candidate: EnergyCandidate,
  series: CandidateSeries,
  expected: Flows | undefined,
  evidence: CandidateEvidence,
): Sentence | undefined {
  const { oddMarks, odd, falls, fallen = '' } = series;
  if (2 * oddMarks > evidence.marks.length) return odd;
  if (falls > (evidence.mostFalls ?? MOST_FALLS))
    return say('wouldFall', { metric: metricPlace(fallen), count: falls });
  return (
    modbusFault(series, candidate, evidence) ??
    hoursFault(series) ??
    (expected === undefined ? undefined : growthFault(series, expected))
  );
}

/** Reactive counters follow their flows, with plus and minus as named or all of them exchanged. */
function reactiveDoubt({ counters }: CandidateSeries, expected: Flows): Sentence | undefined {
  const sum = expected.reactiveImport + expected.reactiveExport;
  const swapped: Flows = {
    ...expected,
    reactiveImport: expected.reactiveExport,
    reactiveExport: expected.reactiveImport,
  };
  const stray = (flows: Flows): CounterSeries | undefined =>
    counters.find(({ metric, grown, uncertainty }) => {
      const flow = flowOf(metric);
      if (flow?.startsWith('reactive') !== true) return false;
      return !growsAs(grown, flows[flow], sum, uncertainty);
    });
  const one = stray(expected);
  if (one === undefined || stray(swapped) === undefined) return undefined;
  return say('notReactive', { metric: metricPlace(one.metric), grown: formatNumber(one.grown, one.unit) });
}

function hoursDoubt(series: CandidateSeries, isLoaded: boolean): Sentence | undefined {
  const run = counterOf(series, 'run_hours');
  if (run === undefined) return undefined;
  const hours = run.latest.value;
  if (hours > LONGEST_RUN_H && hours < RUN_LIMIT_H) {
    return say('ranTooLong', { metric: metricPlace(run.metric), value: formatNumber(hours, 'h') });
  }
  const elapsed = series.elapsedMs / HOUR_MS;
  if (!isLoaded || elapsed < ENOUGH_HOURS || run.grown + run.uncertainty >= 0.9 * elapsed - 1) return undefined;
  return say('ranTooLittle', { ...grownHours(run), time: formatNumber(elapsed, 'h') });
}

function doubtAbout(series: CandidateSeries, expected: Flows | undefined): Sentence | undefined {
  const isLoaded = expected !== undefined && expected.activeImport + expected.activeExport > GROWTH.enoughWh;
  const unlikely =
    hoursDoubt(series, isLoaded) ?? (expected === undefined ? undefined : reactiveDoubt(series, expected));
  if (unlikely !== undefined) return unlikely;
  for (const { metric, unit, latest } of series.counters) {
    const total = counterOf(series, metric.replace('_partial', '_total'));
    if (!metric.endsWith('_partial') || total === undefined || total.passed) continue;
    if (latest.value <= total.latest.value + GROWTH.stepWh + latest.step + total.latest.step) continue;
    return say('partAboveTotal', {
      ...{ part: metricPlace(metric), partial: formatNumber(latest.value, unit) },
      ...{ whole: metricPlace(total.metric), total: formatNumber(total.latest.value, unit) },
    });
  }
  return undefined;
}

function proofOf(
  candidate: EnergyCandidate,
  series: CandidateSeries,
  expected: Flows | undefined,
  { verified, driftWh }: CandidateEvidence,
): Sentence | undefined {
  const telling = series.counters.find(({ metric, latest }) => {
    const tolerance = SAME_STEPS * Math.max(candidate.scale, latest.step) + driftWh;
    return flowOf(metric) !== undefined && (verified?.[metric] ?? 0) > TELLING * tolerance;
  });
  if (telling !== undefined) return say('byModbus');
  if (expected === undefined) return undefined;
  const isImport = expected.activeImport >= expected.activeExport;
  const wanted = isImport ? expected.activeImport : expected.activeExport;
  const counter = counterOf(series, isImport ? 'active_energy_import_total' : 'active_energy_export_total');
  if (counter === undefined || wanted < GROWTH.enoughWh || wanted < PROOF_STEPS * counter.uncertainty) return undefined;
  return say('byGrowth', {
    metric: metricPlace(counter.metric),
    grown: formatNumber(counter.grown, counter.unit),
    time: formatDuration(series.elapsedMs),
    wanted: formatNumber(wanted, counter.unit),
  });
}

/** What the bytes say about one candidate. */
export function judgeCandidate(compiled: CompiledCandidate, evidence: CandidateEvidence): JudgedCandidate {
  const { candidate } = compiled;
  const series = seriesOf(compiled, evidence.marks);
  const { powerFactor } = evidence;
  const expected = powerFactor === undefined ? undefined : multiplyFlows(series.flows, powerFactor);
  const objection = objectionTo(candidate, series, expected, evidence);
  if (objection !== undefined) return { candidate, series, objection };
  const doubt = doubtAbout(series, expected);
  const proof = proofOf(candidate, series, expected, evidence);
  return {
    candidate,
    series,
    ...(doubt === undefined ? {} : { doubt }),
    ...(proof === undefined ? {} : { proof }),
  };
}
