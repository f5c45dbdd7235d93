import { CATALOGUE } from '../../meter/catalogue';
import { deltaMetricOf, ENERGY_COUNTERS } from '../../meter/derived-metrics';
import type { Metric } from '../../meter/measurement';
import { derivedSample, worseOf, type Judgement } from '../judgement';
import { QUALITY_REASONS, type QualityReason } from '../quality';
import type { Sample, Telemetry } from '../telemetry';
import { WALL_TIMES, type ReadTimes } from '../time/read-times';
import { restoreCounters, type CounterState, type EnergyDeltasState } from './state';
import { stepCounter, type CounterLimits } from './step';

/** What was added to one counter between two readings. */
export interface EnergyDelta {
  /** The counter's metric. */
  readonly counter: string;
  /** Whole Wh or varh, never negative. */
  readonly added: number;
  /**
   * From when to when, on the axis of the meter (see `ReadTimes`): both are the same where nobody knows what elapsed, and
   * then the energy belongs to no window.
   */
  readonly fromMs: number;
  readonly toMs: number;
  /** When it was read by the wall clock, epoch milliseconds UTC. */
  readonly timestamp: number;
  /** Of the amount, not of the wall clock: what that is worth, the time lines say. */
  readonly judgement: Judgement;
}

export interface EnergyDeltasSettings {
  /** Names of the counters that deltas are wanted of; by default the four totals. */
  readonly counters?: readonly string[];
  /** No load behind the meter takes more, W or var; by default what the catalogue holds for possible. */
  readonly maxPower?: number;
  /** A delta over more than this is marked, milliseconds; by default the 15 minutes of a metering interval. */
  readonly maxGapMs?: number;
}

export const TOTAL_COUNTERS: readonly string[] = ENERGY_COUNTERS.filter(({ name }) => name.endsWith('_total')).map(
  ({ name }) => name,
);
const DEFAULT_MAX_GAP_MS = 15 * 60_000;
/** Over more than 400 days a delta belongs to no period that anybody asks for, and more likely a clock was wrong. */
const LONGEST_MS = 400 * 24 * 3_600_000;
const POSSIBLE_POWER = CATALOGUE.find(({ name }) => name === 'active_power_total')?.range?.max ?? Number.MAX_VALUE;
/** The last digit of the display, 0.1 kWh (1420-UM001D p.66 Table 37): one step above the largest value is zero. */
const DISPLAY_STEP = 100;

interface Tracked {
  readonly metric: Metric;
  readonly delta: string;
  readonly limits: CounterLimits;
}

function caused(reason: QualityReason, inputs: Judgement): Judgement {
  return worseOf({ quality: QUALITY_REASONS[reason].quality, reason, provenance: inputs.provenance }, inputs);
}

/**
 * Energy since the last reading, for each counter of one meter.
 *
 * Counters are rounded to whole Wh first and subtracted then, so that deltas add up to the difference of the readings
 * without an error: 9 999 999 999.9 kWh are 1e13 Wh, below 2^53. State is plain JSON. To count nothing twice over a
 * restart, save `state()` before what `update` gave is sent on.
 */
export class EnergyDeltas {
  private readonly tracked: readonly Tracked[];
  private readonly counters: Map<string, CounterState>;

  /** @param saved what `state()` gave; anything else is a start without a past */
  constructor(settings: EnergyDeltasSettings = {}, saved?: unknown) {
    const { counters = TOTAL_COUNTERS, maxPower = POSSIBLE_POWER, maxGapMs = DEFAULT_MAX_GAP_MS } = settings;
    this.tracked = ENERGY_COUNTERS.filter(({ name }) => counters.includes(name)).map((metric) => ({
      metric,
      delta: deltaMetricOf(metric.name),
      limits: { maxPower, maxGapMs, modulus: (metric.rollover ?? 0) + DISPLAY_STEP },
    }));
    this.counters = restoreCounters(saved);
  }

  /**
   * Takes the counters that the telemetry holds.
   * @param out gets an `energy_delta_...` for each of them
   * @param times where the samples lie on the axis of the meter: bounds and spans count on it, not on the wall clock
   * @returns the deltas that are known
   */
  update(telemetry: Telemetry, out: Record<string, Sample>, times: ReadTimes = WALL_TIMES): EnergyDelta[] {
    const deltas: EnergyDelta[] = [];
    for (const tracked of this.tracked) {
      const sample = telemetry.metrics[tracked.metric.name];
      if (sample === undefined) continue;
      const delta = this.take(tracked, sample, telemetry.meter.serialNumber, out, times);
      if (delta !== undefined) deltas.push(delta);
    }
    return deltas;
  }

  /** Plain JSON to go on from. */
  state(): EnergyDeltasState {
    return { format: 'pm500.counters/1', counters: Object.fromEntries(this.counters) };
  }

  private take(
    { metric, delta, limits }: Tracked,
    sample: Sample,
    serialNumber: number | undefined,
    out: Record<string, Sample>,
    times: ReadTimes,
  ): EnergyDelta | undefined {
    const { timestamp } = sample;
    const unknown = (judgement: Judgement): void => {
      out[delta] = derivedSample(null, metric.unit, timestamp, judgement);
    };
    const value = typeof sample.value === 'number' ? Math.round(sample.value) : Number.NaN;
    const isDoubtful = sample.reason === 'clock_doubtful';
    // What has no place in time cannot be counted from.
    const atMs = isDoubtful && times.isWallClock ? undefined : times.axisOf(timestamp);
    if (sample.quality === 'bad' || atMs === undefined || !Number.isSafeInteger(value) || value < 0) {
      const reason = sample.reason ?? 'out_of_range';
      unknown({ quality: 'bad', reason, provenance: sample.provenance });
      return undefined;
    }
    const now = { value, timestamp: atMs };
    const last = this.counters.get(metric.name);
    // The place in time is known, so a doubtful clock says nothing of the amount: it is worth what it was before.
    const seen = isDoubtful && last !== undefined ? last.judgement : judgementOf(sample);
    // An older reading, or the same once more, adds nothing.
    if (last !== undefined && atMs <= (last.suspect ?? last.standing).timestamp) return undefined;
    const serial = serialNumber ?? last?.serialNumber;
    const identity = serial === undefined ? {} : { serialNumber: serial };
    const replaced = last?.serialNumber !== undefined && last.serialNumber !== serial;
    const forgotten = last !== undefined && atMs - last.standing.timestamp > LONGEST_MS;
    if (last === undefined || replaced || forgotten) {
      this.counters.set(metric.name, { standing: now, judgement: seen, ...identity });
      unknown(caused(replaced ? 'counter_replaced' : 'counter_started', seen));
      return undefined;
    }
    const isTimed = times.elapsedMs(last.standing.timestamp, atMs) !== undefined;
    const from = isTimed ? last.standing : { ...last.standing, timestamp: atMs - LONGEST_MS };
    const { standing, suspect, added, fromMs, reason } = stepCounter(from, last.suspect, now, limits);
    const inputs = worseOf(seen, last.judgement);
    const held = suspect === undefined ? {} : { suspect };
    this.counters.set(metric.name, { standing, judgement: suspect ? inputs : seen, ...identity, ...held });
    const judgement = isTimed
      ? reason === undefined
        ? inputs
        : caused(reason, inputs)
      : caused('clock_doubtful', inputs);
    const shown = isDoubtful ? worseOf(judgement, caused('clock_doubtful', inputs)) : judgement;
    if (added === undefined) {
      unknown(shown);
      return undefined;
    }
    const spanMs = isTimed ? atMs - fromMs : 0;
    out[delta] = { ...derivedSample(added, metric.unit, timestamp, shown), spanMs };
    return { counter: metric.name, added, fromMs: atMs - spanMs, toMs: atMs, timestamp, judgement };
  }
}

function judgementOf({ quality, reason, provenance }: Sample): Judgement {
  return reason === undefined ? { quality, provenance } : { quality, reason, provenance };
}
