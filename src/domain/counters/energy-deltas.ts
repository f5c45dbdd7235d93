import { deltaMetricOf, ENERGY_COUNTERS } from '../../metrics/derived-metrics';
import type { Metric } from '../../metrics/measurement';
import { derivedSample, judgmentOf, worseOf, type Judgment } from '../quality/judgment';
import { QUALITY_REASONS, type QualityReason } from '../quality/quality';
import type { MeterReference } from '../messages/reading';
import type { Sample, Telemetry } from '../messages/telemetry';
import { WALL_TIMES, type ReadTimes } from '../time/read-times';
import { answerTrack } from './answer';
import { meanPower, mostIn, type CounterLimits, type CounterStanding } from './line';
import { PowerBound } from './power-bound';
import { CounterBook, momentOf, type CounterEvent, type CounterQuestion, type CounterRecord } from './records';
import { returned } from './replaced';
import { isOther, layoutOf, restoreCounters, savedCounters, type CounterState, type EnergyDeltasState } from './state';
import { stepCounter, type Step } from './step';
import { newestOf, newTrack, type CounterAnswer } from './track';

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
  /** False where that time is not sure, or too short for the amount: the energy belongs to no window. */
  readonly isPlaced: boolean;
  /** Of the amount, not of the wall clock: what that is worth, the time lines say. */
  readonly judgment: Judgment;
}

export interface EnergyDeltasSettings {
  /** Names of the counters that deltas are wanted of; by default the four totals. */
  readonly counters?: readonly string[];
  /** No load behind the meter takes more, W or var; by default it is learned. */
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
/** The last digit of the display, 0.1 kWh (1420-UM001D p.66 Table 37): one step above the largest value is zero. */
const DISPLAY_STEP = 100;
/** The counters of a meter are reset one after the other within this time, ms. */
const TOGETHER_MS = 5 * 60_000;

type Changeable<Row> = { -readonly [Key in keyof Row]: Row[Key] };

interface Tracked {
  readonly metric: Metric;
  readonly delta: string;
  readonly limits: Changeable<CounterLimits>;
  /** Undefined before the first reading. */
  state: CounterState | undefined;
}

function caused(reason: QualityReason, inputs: Judgment): Judgment {
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
  private readonly power: PowerBound;
  /** What happened to the counters. */
  readonly book: CounterBook;
  private times: ReadTimes = WALL_TIMES;
  /** When a counter was last found reset, on the axis. */
  private resetAtMs = Number.NEGATIVE_INFINITY;
  /** True when the last telemetry held a total whose energy is not known (yet). */
  isWaiting = false;

  /** @param saved what `state()` gave; anything else is a start without a past */
  constructor(settings: EnergyDeltasSettings = {}, saved?: unknown) {
    const { counters = TOTAL_COUNTERS, maxPower, maxGapMs = DEFAULT_MAX_GAP_MS } = settings;
    const state = (saved ?? {}) as { readonly power?: unknown; readonly book?: unknown };
    this.counters = restoreCounters(saved);
    this.power = new PowerBound(maxPower, state.power);
    this.book = new CounterBook(state.book);
    this.tracked = ENERGY_COUNTERS.filter(({ name }) => counters.includes(name)).map((metric) => ({
      metric,
      delta: deltaMetricOf(metric.name),
      limits: {
        maxPower: this.power.watts,
        isGiven: this.power.isGiven,
        maxGapMs,
        modulus: (metric.rollover ?? 0) + DISPLAY_STEP,
        isPartial: metric.name.endsWith('_partial'),
        spans: this.times.spans,
      },
      state: this.counters.get(metric.name),
    }));
  }

  /**
   * Takes the counters that the telemetry holds.
   * @param out gets an `energy_delta_...` for each of them
   * @param times where the samples lie on the axis of the meter: bounds and spans count on it, not on the wall clock
   * @returns the deltas that are known
   */
  update(telemetry: Telemetry, out: Record<string, Sample>, times: ReadTimes = WALL_TIMES): EnergyDelta[] {
    this.times = times;
    this.isWaiting = false;
    this.power.see(telemetry.metrics);
    const deltas: EnergyDelta[] = [];
    let fastest = 0;
    for (const tracked of this.tracked) {
      const sample = telemetry.metrics[tracked.metric.name];
      if (sample === undefined) continue;
      const delta = this.take(tracked, sample, telemetry.meter, out);
      if (delta === undefined) continue;
      deltas.push(delta);
      if (delta.judgment.quality === 'good' || delta.judgment.reason?.startsWith('layout_') === true) {
        fastest = Math.max(fastest, meanPower(delta.added, delta.toMs - delta.fromMs));
      }
    }
    this.power.count(fastest);
    return deltas;
  }

  /** What a person is asked about. */
  get questions(): readonly CounterQuestion[] {
    return this.tracked.flatMap(({ metric, state }) => {
      if (state?.track.level?.isAsked !== true) return [];
      const { standing, level } = state.track;
      const [before, after, now] = [momentOf(standing), momentOf(level.first), momentOf(level.last)];
      return [{ counter: metric.name, before, after, now }];
    });
  }

  /**
   * What a person says about the levels that are asked about.
   * @param counter all of them where absent
   * @returns how many questions this answers
   */
  answer(answer: CounterAnswer, nowMs: number, counter?: string): number {
    let answered = 0;
    for (const { metric, limits, state } of this.tracked) {
      if (state?.track.level?.isAsked !== true || (counter !== undefined && counter !== metric.name)) continue;
      const { standing, level } = state.track;
      this.note('answered', metric.name, nowMs, standing, level.last, { answer });
      state.track = answerTrack(state.track, answer, limits);
      answered++;
    }
    return answered;
  }

  /** Plain JSON to go on from. */
  state(): EnergyDeltasState {
    return {
      format: 'pm500.counters/1',
      counters: savedCounters(this.counters),
      power: this.power.state(),
      book: this.book.all,
    };
  }

  private take(
    tracked: Tracked,
    sample: Sample,
    meter: MeterReference,
    out: Record<string, Sample>,
  ): EnergyDelta | undefined {
    const { metric, state: last } = tracked;
    const { timestamp } = sample;
    const value = typeof sample.value === 'number' ? Math.round(sample.value) : Number.NaN;
    const isDoubtful = sample.reason === 'clock_doubtful';
    // What has no place in time cannot be counted from.
    const atMs = isDoubtful && this.times.isWallClock ? undefined : this.times.axisOf(timestamp);
    if (sample.quality === 'bad' || atMs === undefined || !Number.isSafeInteger(value) || value < 0) {
      const reason = sample.reason ?? 'out_of_range';
      this.putUnknown(tracked, timestamp, { quality: 'bad', reason, provenance: sample.provenance }, out);
      return undefined;
    }
    // An older reading, or the same once more, adds nothing.
    if (last !== undefined && atMs <= newestOf(last.track)) return undefined;
    const now = { value, timestamp: atMs, readMs: timestamp };
    // The place in time is known, so a doubtful clock says nothing of the amount: it is worth what it was before.
    const seen = isDoubtful && last !== undefined ? last.judgment : judgmentOf(sample, last?.judgment);
    const step = last === undefined ? undefined : this.step(tracked, last, now, meter);
    if (last === undefined || step === undefined) {
      const reason = this.start(tracked, now, seen, meter);
      this.putUnknown(tracked, timestamp, caused(reason, seen), out);
      return undefined;
    }
    const { added, from } = step;
    const inputs = worseOf(seen, last.judgment);
    last.track = step.track;
    last.judgment = added === undefined ? inputs : seen;
    last.serialNumber = meter.serialNumber ?? last.serialNumber;
    last.layout = layoutOf(meter) ?? last.layout;
    const { spans } = this.times;
    const spanMs = spans.elapsedMs(from.timestamp, atMs);
    const why = spanMs === undefined ? 'clock_doubtful' : step.reason;
    const judgment = why === undefined ? inputs : caused(why, inputs);
    const isSure = spans.isSure(from.timestamp, atMs);
    const shown = isDoubtful || !isSure ? worseOf(judgment, caused('clock_doubtful', inputs)) : judgment;
    if (added === undefined) {
      this.putUnknown(tracked, timestamp, isDoubtful ? shown : judgment, out);
      return undefined;
    }
    const fromMs = atMs - (spanMs ?? 0);
    const delta: Changeable<Sample> = derivedSample(added, metric.unit, timestamp, shown);
    delta.spanMs = spanMs ?? 0;
    out[tracked.delta] = delta;
    const isPlaced = isSure && added <= mostIn(atMs - fromMs, tracked.limits);
    return { counter: metric.name, added, fromMs, toMs: atMs, timestamp, isPlaced, judgment };
  }

  /** Begins to count from here. */
  private start(tracked: Tracked, now: CounterStanding, judgment: Judgment, meter: MeterReference): QualityReason {
    const { metric, state: last } = tracked;
    const serialNumber = meter.serialNumber ?? last?.serialNumber;
    const isReplaced = last !== undefined && isOther(last, meter);
    const left = isReplaced
      ? {
          standing: last.track.standing,
          counted: 0,
          ...(last.serialNumber === undefined ? {} : { serialNumber: last.serialNumber }),
        }
      : undefined;
    const state = { track: newTrack(now, { left }), judgment, serialNumber, layout: layoutOf(meter) ?? last?.layout };
    tracked.state = state;
    this.counters.set(metric.name, state);
    return isReplaced ? 'counter_replaced' : 'counter_started';
  }

  /** What a reading means for a counter that is known; undefined when it has nothing to be counted from. */
  private step(
    { metric, limits }: Tracked,
    last: CounterState,
    now: CounterStanding,
    meter: MeterReference,
  ): Step | undefined {
    const { track } = last;
    // The same bytes read with another layout are another number, which nothing flowed to.
    const isSameLayout = last.layout === undefined || last.layout === (layoutOf(meter) ?? last.layout);
    if (!isSameLayout || now.timestamp - track.standing.timestamp > LONGEST_MS) return undefined;
    limits.maxPower = this.power.watts;
    limits.spans = this.times.spans;
    if (isOther(last, meter)) return returned(track, now, meter.serialNumber, limits);
    const since = track.level?.first ?? now;
    const isResetNearby = Math.abs(since.timestamp - this.resetAtMs) <= TOGETHER_MS;
    const step = stepCounter(track, now, limits, isResetNearby);
    const { event, proved } = step;
    if (event !== undefined) {
      this.note(event, metric.name, now.readMs, track.standing, step.track.level?.first ?? now);
      if (event === 'adopted' && step.reason === 'counter_reset') this.resetAtMs = since.timestamp;
    }
    if (proved !== undefined) this.power.prove(proved);
    return step;
  }

  private putUnknown(
    { metric, delta, limits }: Tracked,
    timestamp: number,
    why: Judgment,
    out: Record<string, Sample>,
  ) {
    if (!limits.isPartial) this.isWaiting = true;
    out[delta] = derivedSample(null, metric.unit, timestamp, why);
  }

  private note(
    event: CounterEvent,
    counter: string,
    timestamp: number,
    before: CounterStanding,
    after: CounterStanding,
    more: Pick<CounterRecord, 'answer'> = {},
  ): void {
    this.book.write({ event, counter, timestamp, before: before.value, after: after.value, ...more });
  }
}
