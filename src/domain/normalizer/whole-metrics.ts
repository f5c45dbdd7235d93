import type { ReadingBlock } from '../messages/reading';
import type { Sample, Samples } from '../messages/telemetry';
import { kindOf, type ReadingKind } from '../quality/reading-kind';
import { blankMetrics } from '../quality/sample';

/** Objects with room for what is worked out from readings of a kind, as it was the last time. */
interface Expected {
  readonly count: number;
  readonly derived: Samples;
  /** The metrics of the blocks, and behind them the derived ones. */
  readonly metrics: Samples;
}

/** What is put together for one reading. Where a sample is expected that has not come (yet), it is undefined. */
interface Begun {
  readonly kind: ReadingKind | undefined;
  readonly expected: Expected | undefined;
  /** Gets every metric of the blocks. */
  readonly metrics: Record<string, Sample>;
  /** Gets what is worked out. */
  readonly derived: Record<string, Sample>;
}

/**
 * Puts the metrics of a reading and what is worked out from them into one object. That is mostly the same from one
 * reading to the next, so the objects begin with room for it (see `blankMetrics`), which saves 15 kB of a telemetry with
 * 150 values. What was expected and did not come leaves no trace: then the objects are made anew.
 */
export class WholeMetrics {
  private readonly expected = new WeakMap<ReadingKind, Expected>();

  begin(blocks: readonly ReadingBlock[]): Begun {
    const kind = kindOf(blocks);
    const expected = kind === undefined ? undefined : this.expected.get(kind);
    const [metrics, derived] = expected === undefined ? [kind?.blank, undefined] : [expected.metrics, expected.derived];
    // Of the samples that are undefined none is left after `end`.
    return {
      kind,
      expected,
      metrics: { ...metrics } as Record<string, Sample>,
      derived: { ...derived } as Record<string, Sample>,
    };
  }

  /** @returns `metrics` with everything, and what of it was worked out */
  end({ kind, expected, metrics, derived }: Begun): Pick<Begun, 'metrics' | 'derived'> {
    if (expected !== undefined && isComplete(derived, expected.count)) {
      return { metrics: Object.assign(metrics, derived), derived };
    }
    const told = withoutBlanks(derived);
    const names = Object.keys(told);
    if (kind !== undefined) {
      const [count, room] = [names.length, blankMetrics(kind.names, names)];
      this.expected.set(kind, { count, derived: blankMetrics([], names), metrics: room });
    }
    const read = expected === undefined ? metrics : withoutBlanks(metrics);
    return { metrics: Object.assign(read, told), derived: told };
  }
}

function isComplete(samples: Samples, count: number): boolean {
  let come = 0;
  for (const name in samples) {
    if (samples[name] === undefined) return false;
    come++;
  }
  return come === count;
}

function withoutBlanks(samples: Samples): Record<string, Sample> {
  const come: Record<string, Sample> = {};
  for (const name in samples) {
    const sample = samples[name];
    if (sample !== undefined) come[name] = sample;
  }
  return come;
}
