import type { Sentence } from '../../support/sentence';
import type { EnergyMark } from './energy-trace';
import { readCounter, type CompiledCandidate, type CounterReading, type Oddity } from './candidate-counters';
import { addFlows, NO_FLOWS, type Flows } from './flow-integral';
import { CANDIDATE_SENTENCES, metricPlace } from './sentences';

/** One counter over all marks, as a candidate reads it. */
export interface CounterSeries {
  readonly metric: string;
  readonly unit: string;
  readonly latest: CounterReading;
  /** Growth over all segments, each from its first mark to its last, in the catalog's unit. */
  readonly grown: number;
  /** It passed its largest value and began again. */
  readonly passed: boolean;
  /** How far that growth may be off because of the steps. */
  readonly uncertainty: number;
}

/** What a candidate makes of all marks. */
export interface CandidateSeries {
  readonly counters: readonly CounterSeries[];
  /** Marks that cannot be counters, and why the last of them cannot. */
  readonly oddMarks: number;
  readonly odd?: Sentence;
  /** Marks at which a counter was lower than before, without having passed its largest value. */
  readonly falls: number;
  readonly fallen?: string;
  /** What the integral of power says over the same segments, as the powers are read. */
  readonly flows: Flows;
  readonly elapsedMs: number;
}

/** Share of the largest value above which a counter that starts again has passed it. */
const NEAR_LIMIT = 0.99;
/** The last digit of the display, 0.1 kWh: one step above the largest value is zero. */
const DISPLAY_STEP = 100;

type Row = CompiledCandidate['rows'][number];

/** True where a counter passed its largest value between two readings. */
function hasPassed({ metric }: Row, before: CounterReading, now: CounterReading): boolean {
  const limit = metric.rollover ?? Number.POSITIVE_INFINITY;
  return before.value > NEAR_LIMIT * limit && now.value < (1 - NEAR_LIMIT) * limit;
}

/** Growth from one reading to the next; negative where it fell. */
function growth(row: Row, before: CounterReading, now: CounterReading): number {
  const change = now.value - before.value;
  return hasPassed(row, before, now) ? change + (row.metric.rollover ?? 0) + DISPLAY_STEP : change;
}

interface Read {
  readonly mark: EnergyMark;
  readonly readings: readonly CounterReading[];
}

/** Growth over all segments. */
class Growth {
  readonly grown: number[];
  readonly uncertainty: number[];
  readonly passed: boolean[];
  flows = NO_FLOWS;
  elapsedMs = 0;
  falls = 0;
  fallen: string | undefined;

  constructor(private readonly rows: readonly Row[]) {
    this.grown = rows.map(() => 0);
    this.uncertainty = rows.map(() => 0);
    this.passed = rows.map(() => false);
  }

  add(before: Read, now: Read): void {
    const steps = this.rows.map((_, place) => stepsAt(before, now, place));
    const changes = this.rows.map((row, place) => growth(row, readingAt(before, place), readingAt(now, place)));
    this.rows.forEach((row, place) => {
      if (hasPassed(row, readingAt(before, place), readingAt(now, place))) this.passed[place] = true;
    });
    const lower = changes.findIndex((change, place) => change < -2 * (steps[place] ?? 0));
    if (lower >= 0) {
      this.falls++;
      this.fallen = this.rows[lower]?.metric.name ?? '';
    }
    // What flowed between these two is not known, or a counter started anew.
    if (before.mark.segment !== now.mark.segment || lower >= 0) return;
    this.flows = addFlows(this.flows, addFlows(now.mark.flows, before.mark.flows, -1));
    this.elapsedMs += now.mark.timestamp - before.mark.timestamp;
    changes.forEach((change, place) => {
      this.grown[place] = (this.grown[place] ?? 0) + change;
      this.uncertainty[place] = Math.max(this.uncertainty[place] ?? 0, 2 * (steps[place] ?? 0));
    });
  }
}

const NOTHING: CounterReading = { value: Number.NaN, step: 0 };
const readingAt = ({ readings }: Read, place: number): CounterReading => readings[place] ?? NOTHING;
const stepsAt = (before: Read, now: Read, place: number): number =>
  Math.max(readingAt(before, place).step, readingAt(now, place).step);

const saidOf = ([key, places = {}]: Oddity, metric: string): Sentence =>
  CANDIDATE_SENTENCES.say(key, { metric: metricPlace(metric), ...places });

/** Reads all marks as one candidate has it. Marks that cannot be counters are counted and left out. */
export function seriesOf({ rows }: CompiledCandidate, marks: readonly EnergyMark[]): CandidateSeries {
  const all = marks.map((mark): Read => ({ mark, readings: rows.map((plan) => readCounter(mark.bytes, plan)) }));
  const isOdd = ({ readings }: Read): boolean => readings.some(({ odd }) => odd !== undefined);
  const usable = all.filter((read) => !isOdd(read));
  const growths = new Growth(rows);
  usable.forEach((now, index) => {
    const before = usable[index - 1];
    if (before !== undefined) growths.add(before, now);
  });
  const last = usable.at(-1) ?? all.at(-1) ?? { readings: [] };
  const counters = rows.map(({ metric }, place): CounterSeries => ({
    metric: metric.name,
    unit: metric.unit,
    latest: last.readings[place] ?? NOTHING,
    grown: growths.grown[place] ?? 0,
    passed: growths.passed[place] ?? false,
    uncertainty: growths.uncertainty[place] ?? 0,
  }));
  const oddRead = all.findLast(isOdd);
  const oddPlace = oddRead?.readings.findIndex(({ odd }) => odd !== undefined) ?? -1;
  const odd = oddRead?.readings[oddPlace]?.odd;
  const { flows, elapsedMs, falls, fallen } = growths;
  return {
    counters,
    oddMarks: all.length - usable.length,
    ...(odd === undefined ? {} : { odd: saidOf(odd, rows[oddPlace]?.metric.name ?? '') }),
    falls,
    ...(fallen === undefined ? {} : { fallen }),
    flows,
    elapsedMs,
  };
}
