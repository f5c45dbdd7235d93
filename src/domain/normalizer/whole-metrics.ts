import type { ReadingBlock } from '../messages/reading';
import type { Sample, Samples } from '../messages/telemetry';
import { kindOf, type ReadingKind } from '../quality/reading-kind';
import { blankMetrics, type Blank } from '../quality/sample';

/** What is worked out from readings of a kind, as it mostly comes. */
interface Expected {
  readonly count: number;
  readonly derived: Blank;
  /** The metrics of the blocks, and behind them the derived ones. */
  readonly metrics: Blank;
  /** Names of what came instead of it the last time; undefined after it has come. */
  instead: string | undefined;
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
    // Of the samples that are undefined none is left after `end`.
    const metrics = (expected?.metrics ?? kind?.blank)?.() ?? {};
    return { kind, expected, metrics, derived: expected?.derived() ?? {} };
  }

  /** @returns `metrics` with everything, and what of it was worked out */
  end({ kind, expected, metrics, derived }: Begun): Pick<Begun, 'metrics' | 'derived'> {
    if (expected !== undefined && isComplete(derived, expected.count)) {
      expected.instead = undefined;
      return { metrics: Object.assign(metrics, derived), derived };
    }
    const told = withoutBlanks(derived);
    const names = Object.keys(told);
    if (kind !== undefined) this.expect(kind, expected, names);
    const read = expected === undefined ? metrics : withoutBlanks(metrics);
    return { metrics: Object.assign(read, told), derived: told };
  }

  /**
   * Expects from now on what has come twice, one after the other. What comes once, such as the values of an interval with
   * its end, would make two readings anew each time: its own and the next.
   */
  private expect(kind: ReadingKind, expected: Expected | undefined, names: readonly string[]): void {
    const all = names.join();
    if (expected !== undefined && expected.instead !== all) {
      expected.instead = all;
      return;
    }
    const [derived, metrics] = [blankMetrics([], names), blankMetrics(kind.names, names)];
    this.expected.set(kind, { count: names.length, derived, metrics, instead: undefined });
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
