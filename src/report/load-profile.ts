/** Energies of a quarter of an hour, as counters added them. */
export interface Energies {
  /** Wh. */
  readonly activeImport: number;
  readonly activeExport: number;
  /** varh. */
  readonly reactiveImport: number;
  readonly reactiveExport: number;
}
export type EnergyKey = keyof Energies;
export const ENERGY_KEYS = [
  'activeImport',
  'activeExport',
  'reactiveImport',
  'reactiveExport',
] as const satisfies readonly EnergyKey[];
export const NO_ENERGY: Energies = { activeImport: 0, activeExport: 0, reactiveImport: 0, reactiveExport: 0 };

/** What is stored of a quarter of an hour in which energies were read. */
export interface StoredQuarter {
  /** Epoch milliseconds UTC. */
  readonly startMs: number;
  /** What was read with quality good; absent where nothing was. Without a quality in the database all is here. */
  readonly good?: Energies;
  /** What was read with quality uncertain. */
  readonly uncertain?: Energies;
  /** True where a counter began without an earlier reading: what was used before is in no delta. */
  readonly isCounterLost: boolean;
  /** How the counter of active import stood at its end, Wh; absent where the database has it not. */
  readonly counterWh?: number;
  /** Energies that the database does not have of it, and that are 0 above. */
  readonly absent?: readonly EnergyKey[];
}

/**
 * measured: the counter was read in it, or said right afterward that nothing had happened. estimated: it was not, and what
 * the counter had gained when it was read again is spread evenly. missing: nobody knows.
 */
export type LoadState = 'measured' | 'estimated' | 'missing';

/** A quarter of an hour of the load profile. */
export interface LoadQuarter extends Energies {
  readonly startMs: number;
  readonly state: LoadState;
  /** Part of its energies that is uncertain, Wh of active import. */
  readonly uncertainImport: number;
  /** Energies of which nobody knows anything at this time, whatever is known of others. They are 0 above. */
  readonly unknown: readonly EnergyKey[];
}

/** Whether the load, which is that of active import, was read in a quarter. */
export const isLoadRead = ({ state, unknown }: LoadQuarter): boolean =>
  state === 'measured' && !unknown.includes('activeImport');

export const QUARTER_MS = 900_000;

const added = (left: Energies, right: Energies = NO_ENERGY, share = 1): Energies => ({
  activeImport: left.activeImport + share * right.activeImport,
  activeExport: left.activeExport + share * right.activeExport,
  reactiveImport: left.reactiveImport + share * right.reactiveImport,
  reactiveExport: left.reactiveExport + share * right.reactiveExport,
});

/** How many quarters usually lie from one that was read to the next. */
function usualStep(starts: readonly number[]): number {
  const steps = starts.slice(1).map((start, place) => Math.round((start - (starts[place] ?? start)) / QUARTER_MS));
  return steps.sort((left, right) => left - right)[Math.floor(steps.length / 2)] ?? 1;
}

interface Hole {
  readonly count: number;
  readonly state: LoadState;
  /** What the quarter at its end has that was used in the hole, too. */
  readonly shared?: Energies;
}

/** A counter that is stored by exception may stand somewhat behind its deltas. */
const MOST_BEHIND = 1.5;

/** Whether a counter gained more since the last quarter that was read than the deltas have: they were there, and are gone. */
function hasLostDeltas(last: StoredQuarter | undefined, { counterWh, good, uncertain }: StoredQuarter): boolean {
  if (last?.counterWh === undefined || counterWh === undefined) return false;
  return counterWh - last.counterWh > MOST_BEHIND * added(good ?? NO_ENERGY, uncertain).activeImport;
}

/**
 * Why there is nothing in between. A good delta covers no more than the time that is allowed between two readings: where
 * the first after a hole is one, the meter was read all the time and nothing was used, or a database has lost it.
 */
function holeBefore(
  last: StoredQuarter | undefined,
  quarter: StoredQuarter,
  count: number,
  step: number,
  isLostWithin: boolean,
): Hole {
  const { good, uncertain } = quarter;
  if (isLostWithin) return { count, state: 'missing' };
  if (count < step) return { count, state: 'measured', shared: added(good ?? NO_ENERGY, uncertain) };
  if (hasLostDeltas(last, quarter)) return { count, state: 'missing' };
  if (uncertain !== undefined) return { count, state: 'estimated', shared: uncertain };
  return { count, state: 'measured' };
}

/**
 * By exception an energy that stays zero is written once in the maximum interval, which is a day at most. One that other
 * energies leave behind for longer is not zero: nobody knows it.
 */
export const MOST_SILENT_MS = 86_400_000;

interface UnknownSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

function unknownSpans(read: readonly StoredQuarter[], key: EnergyKey, mostSilentMs: number): readonly UnknownSpan[] {
  const spans: UnknownSpan[] = [];
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
function unknownEnergies(
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

/**
 * The load profile of a time, a row for each of its quarters of an hour.
 * @param stored in the order of time, without doubles; also some time before and after it, so that what was counted over an
 * edge is shared
 * @param fromMs with `toMs` the time, at full quarters of an hour
 * @param mostSilentMs how long an energy that is left out is zero
 */
export function loadProfile(
  stored: readonly StoredQuarter[],
  fromMs: number,
  toMs: number,
  mostSilentMs = MOST_SILENT_MS,
): readonly LoadQuarter[] {
  const rows = new Map<number, LoadQuarter>();
  const read = stored.filter(({ good, uncertain }) => good !== undefined || uncertain !== undefined);
  const unknownAt = unknownEnergies(read, mostSilentMs);
  const put = (startMs: number, energies: Energies, state: LoadState, uncertainImport: number): void => {
    if (startMs >= fromMs && startMs < toMs)
      rows.set(startMs, { startMs, ...energies, state, uncertainImport, unknown: unknownAt(startMs) });
  };
  const step = usualStep(read.map(({ startMs }) => startMs));
  const lost = stored.filter(({ isCounterLost }) => isCounterLost).map(({ startMs }) => startMs);
  let last: StoredQuarter | undefined;
  for (const quarter of read) {
    const { startMs, good } = quarter;
    const lastMs = last?.startMs;
    // What was counted before the first reading that is known may be of any time: it is left out.
    const uncertain = lastMs === undefined ? undefined : quarter.uncertain;
    const all = added(good ?? NO_ENERGY, uncertain);
    const count = lastMs === undefined ? 0 : Math.round((startMs - lastMs) / QUARTER_MS) - 1;
    const isLostWithin = lost.some((at) => at > (lastMs ?? startMs) && at <= startMs);
    const hole = count > 0 ? holeBefore(last, quarter, count, step, isLostWithin) : undefined;
    const { shared } = hole ?? {};
    const share = 1 / (count + 1);
    const uncertainShare = (uncertain?.activeImport ?? 0) * (shared === undefined ? 1 : share);
    for (let place = 1; place <= count; place += 1) {
      const energies = shared === undefined ? NO_ENERGY : added(NO_ENERGY, shared, share);
      const isUncertain = shared !== undefined;
      put(startMs - place * QUARTER_MS, energies, hole?.state ?? 'missing', isUncertain ? uncertainShare : 0);
    }
    const own = shared === undefined ? all : added(all, shared, -(count * share));
    const isKnown = lastMs !== undefined || good !== undefined;
    put(startMs, own, isKnown ? 'measured' : 'missing', uncertainShare);
    last = quarter;
  }
  for (let at = fromMs; at < toMs; at += QUARTER_MS) if (!rows.has(at)) put(at, NO_ENERGY, 'missing', 0);
  return [...rows.values()].sort((left, right) => left.startMs - right.startMs);
}
