import { ENERGY_KEYS, QUARTER_MS, type EnergyKey, type StoredQuarter } from './load-profile';

/**
 * By exception an energy that stays zero is written once in the maximum interval, which is a day at most. One that other
 * energies leave behind for longer is not zero: nobody knows it.
 */
export const MOST_SILENT_MS = 86_400_000;

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

function unknownSpans(read: readonly StoredQuarter[], key: EnergyKey, mostSilentMs: number): readonly Span[] {
  const spans: Span[] = [];
  /** End of the last quarter that has it; before the first one nothing is known of it. */
  let knownUntilMs = Number.NEGATIVE_INFINITY;
  let silentFromMs: number | undefined;
  let silentToMs = 0;
  const endSilence = (toMs: number): void => {
    const isLong = !Number.isFinite(knownUntilMs) || silentToMs - (silentFromMs ?? silentToMs) > mostSilentMs;
    if (silentFromMs !== undefined && isLong) spans.push({ fromMs: knownUntilMs, toMs });
    silentFromMs = undefined;
  };
  for (const { startMs, absent } of read) {
    if (absent?.includes(key) === true) {
      silentFromMs ??= startMs;
      silentToMs = startMs + QUARTER_MS;
    } else {
      endSilence(startMs);
      knownUntilMs = startMs + QUARTER_MS;
    }
  }
  endSilence(Number.POSITIVE_INFINITY);
  return spans;
}

/**
 * Which energies are not known at a time although others are: a counter that was added, or taken out of the layout, in the
 * middle of a period. Their zeros are none.
 * @param read quarters in which something was read, in the order of time
 * @param mostSilentMs how long an energy may be left out while others are there, and is zero
 */
export function unknownEnergies(
  read: readonly StoredQuarter[],
  mostSilentMs: number,
): (startMs: number) => readonly EnergyKey[] {
  const all = ENERGY_KEYS.map((key) => [key, unknownSpans(read, key, mostSilentMs)] as const).filter(
    ([, spans]) => spans.length > 0,
  );
  if (all.length === 0) return () => [];
  return (startMs) =>
    all.flatMap(([key, spans]) => (spans.some(({ fromMs, toMs }) => startMs >= fromMs && startMs < toMs) ? [key] : []));
}
