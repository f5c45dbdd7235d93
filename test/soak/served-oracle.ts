import { workingLayout } from '../../src/domain/codec/built-in-layouts';
import { assemblyPlans, registerReadPlans, type ReadPlan } from '../../src/acquisition/read-plan';
import type { ReadingBlock, Value } from '../../src/domain/messages/reading';
import type { Served } from '../../src/simulator/served';
import { PM500 } from '../../src/meters/pm500';

/** Older data is held to judge it: whoever shows it shows something stale. */
const KEPT_MS = 5000;
/** Wall clocks give whole milliseconds. */
const CLOCK_MS = 2;
/** A busy machine takes the processor away between two looks at a clock. What is stale is older by an interval. */
const PREEMPTED_MS = 20;
/** An overload may leave so few values that a millisecond changes none of their 24 bits. */
const FEWEST_NUMBERS = 8;
/** What a single holds of a number: 24 bits. */
const SINGLE = 2 ** -24;
/** The pair of assembly 107 has a low half of up to a million kWh: 31 Wh and a bit. */
const PAIR_WH = 32;
const MINUTE_HOURS = 1 / 60;

const PLANS: ReadonlyMap<number, ReadPlan> = new Map(
  [...assemblyPlans(workingLayout(PM500)), ...registerReadPlans(PM500)].map((plan) => [plan.id, plan]),
);

interface Frame {
  readonly served: Served;
  /** What the bytes say; undefined for bytes that no reader may accept. */
  readonly says: Readonly<Record<string, Value>> | undefined;
}

export interface TransitLimits {
  /** True for data that the meter sends by itself: it may have been served before it was asked for. */
  readonly comesByItself: boolean;
  /** Longest way of a frame that comes by itself, ms. */
  readonly transitMs: number;
  /** Oldest that such data may be when it is read, ms. */
  readonly ageMs: number;
  /** Milliseconds between two moments in which the process stood still. */
  readonly stalledMs: (from: number, to: number) => number;
}

function isEqual(left: Readonly<Record<string, Value>>, right: Readonly<Record<string, Value>>): boolean {
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => Object.is(left[name], right[name]));
}

/** A reply was served after its request; a frame that came by itself was on its way only so long. */
function isTimely({ timestamp, latencyMs }: ReadingBlock, servedAt: number, limits: TransitLimits): boolean {
  if (servedAt > timestamp + CLOCK_MS) return false;
  if (!limits.comesByItself) return servedAt >= timestamp - latencyMs - CLOCK_MS - PREEMPTED_MS;
  return timestamp - servedAt <= limits.transitMs + limits.stalledMs(servedAt, timestamp) + CLOCK_MS;
}

function isOld({ timestamp, latencyMs }: ReadingBlock, { ageMs, stalledMs }: TransitLimits): boolean {
  return latencyMs > ageMs + stalledMs(timestamp, timestamp + latencyMs) + CLOCK_MS;
}

function describeLimit({ latencyMs }: ReadingBlock, { comesByItself, transitMs }: TransitLimits): string {
  return comesByItself ? `on its way for at most ${transitMs} ms` : `requested ${latencyMs.toFixed(1)} ms before`;
}

/** What travels has fewer digits than what was measured, but is the same thing. */
function isRoundingOf(name: string, measured: Value | undefined, read: Value): boolean {
  if (typeof measured !== 'number' || typeof read !== 'number') return measured === read;
  if (name === 'run_hours') return Math.abs(measured - read) <= MINUTE_HOURS + 1e-6;
  if (name.includes('_energy_')) return Math.abs(measured - read) <= PAIR_WH;
  return Math.abs(measured - read) <= SINGLE * Math.abs(measured);
}

/**
 * Judges readings of one meter by what that meter has really served: the values of a block must be those of one frame,
 * all of them and bit by bit, the frame must have been served when the block says so, and frames must not go backward.
 */
export class ServedOracle {
  private readonly frames = new Map<number, Frame[]>();
  private readonly lastShown = new Map<number, Frame>();
  /** Blocks that were judged. */
  judged = 0;
  /** Frames with new values whose bytes were those of the frame before. */
  alike = 0;
  served = 0;

  /** @param keptMs for how long what was served is held, ms; who judges late needs more */
  constructor(private readonly keptMs = KEPT_MS) {}

  /** Takes what the meter serves. */
  take(served: Served): void {
    const id = served.assembly ?? served.register ?? 0;
    const plan = PLANS.get(id);
    if (plan === undefined) return;
    const size = plan.block.kind === 'assembly' ? plan.block.sizeBytes : 2 * plan.block.words;
    const frames = this.frames.get(id) ?? [];
    this.frames.set(id, frames);
    this.served++;
    const says = served.bytes.length === size ? plan.decode(served.bytes).values : undefined;
    if (says !== undefined && plan.group === 'realtime') this.compare(frames.at(-1), { served, says });
    frames.push({ served, says });
    while ((frames[0]?.served.timestamp ?? Infinity) < served.timestamp - this.keptMs) frames.shift();
  }

  /** @returns what is wrong with a block; undefined when nothing is */
  judge(block: ReadingBlock, limits: TransitLimits): string | undefined {
    const id = block.assembly ?? block.register ?? 0;
    const what = `block ${id} of ${block.timestamp}`;
    if (block.error !== undefined) return Object.keys(block.values).length === 0 ? undefined : `${what}: failed values`;
    this.judged++;
    const frames = this.frames.get(id) ?? [];
    const equal = frames.filter(({ says }) => says !== undefined && isEqual(says, block.values));
    if (equal.length === 0) return `${what}: ${this.describeMix(block, frames)}`;
    const newest = equal.findLast(({ served }) => isTimely(block, served.timestamp, limits));
    if (newest === undefined) {
      const ages = equal.map(({ served }) => block.timestamp - served.timestamp);
      const others = frames
        .slice(-5)
        .map(({ served }) => `${Buffer.from(served.bytes).toString('hex')} ${block.timestamp - served.timestamp} ms`);
      return `${what}: served ${ages.join(', ')} ms before, ${describeLimit(block, limits)}; last were ${others.join(', ')}`;
    }
    if (limits.comesByItself && isOld(block, limits)) return `${what}: ${block.latencyMs} ms old when it was read`;
    const before = this.lastShown.get(id);
    if (before !== undefined && frames.includes(before) && frames.indexOf(newest) < frames.indexOf(before)) {
      return `${what}: older than the block before`;
    }
    this.lastShown.set(id, newest);
    return this.misplaced(what, block, newest.served);
  }

  private misplaced(what: string, { values }: ReadingBlock, { values: measured }: Served): string | undefined {
    const wrong = Object.entries(values).find(
      ([name, value]) => value !== null && !isRoundingOf(name, measured[name], value),
    );
    return wrong === undefined
      ? undefined
      : `${what}: ${wrong[0]} is ${String(wrong[1])}, measured ${String(measured[wrong[0]])}`;
  }

  /** A reading can only be traced when new values make new bytes. */
  private compare(before: Frame | undefined, { served, says }: Frame): void {
    const numbers = Object.values(says ?? {}).filter((value) => typeof value === 'number').length;
    const hasNumbers = numbers >= FEWEST_NUMBERS;
    if (before === undefined || !hasNumbers || before.served.simulatedTimeMs === served.simulatedTimeMs) return;
    if (Buffer.compare(before.served.bytes, served.bytes) === 0) this.alike++;
  }

  /** Where the values may come from, when not from one frame. */
  private describeMix({ values, timestamp }: ReadingBlock, frames: readonly Frame[]): string {
    const sources = Object.entries(values).map(([name, value]) => {
      const from = frames.findLast(({ says }) => says !== undefined && Object.is(says[name], value));
      return `${name} ${String(value)} ${from === undefined ? 'never served' : `${timestamp - from.served.timestamp} ms`}`;
    });
    return `no frame says all of ${sources.join(', ')}`;
  }
}
