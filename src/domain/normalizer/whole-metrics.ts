import type { ReadingBlock } from '../messages/reading';
import type { Sample } from '../messages/telemetry';
import { kindOf, type ReadingKind } from '../quality/reading-kind';
import { blankMetrics } from '../quality/sample';

/** What was worked out from the last reading of a kind. */
interface Expected {
  readonly derived: readonly string[];
  readonly blank: Readonly<Record<string, Sample | undefined>>;
}

/**
 * The metrics of a reading and what is worked out from them, in one object that belongs to the flow. What is worked out is
 * mostly the same from one reading to the next, so the object begins with room for it (see `blankMetrics`): of a
 * telemetry of 150 values that saves 10 kB. Where it turns out to be something else the object is made anew.
 */
export class WholeMetrics {
  private readonly expected = new WeakMap<ReadingKind, Expected>();
  private kind: ReadingKind | undefined;

  /** An object that gets every metric of these blocks. What is expected beside them is undefined, as if it were not there. */
  begin(blocks: readonly ReadingBlock[]): Record<string, Sample> {
    this.kind = kindOf(blocks);
    if (this.kind === undefined) return {};
    return { ...(this.expected.get(this.kind)?.blank ?? this.kind.blank) } as Record<string, Sample>;
  }

  /** Exactly the metrics that were read, and then those that were worked out. @param metrics what `begin` gave, filled */
  end(metrics: Record<string, Sample>, derived: Readonly<Record<string, Sample>>): Record<string, Sample> {
    const { kind } = this;
    const expected = kind === undefined ? undefined : this.expected.get(kind);
    if (kind === undefined) return Object.assign(metrics, derived);
    if (expected === undefined || !isAsExpected(expected, derived)) {
      const names = Object.keys(derived);
      this.expected.set(kind, { derived: names, blank: blankMetrics(kind.names, names) });
      if (expected === undefined) return Object.assign(metrics, derived);
      const read = Object.fromEntries(
        kind.names.flatMap((name) => (metrics[name] === undefined ? [] : [[name, metrics[name]]])),
      );
      return Object.assign(read, derived);
    }
    for (const name in derived) {
      const sample = derived[name];
      if (sample !== undefined) metrics[name] = sample;
    }
    return metrics;
  }
}

function isAsExpected({ derived: names }: Expected, derived: Readonly<Record<string, Sample>>): boolean {
  let place = 0;
  for (const name in derived) if (names[place++] !== name) return false;
  return place === names.length;
}
