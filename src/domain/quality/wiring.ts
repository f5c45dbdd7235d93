import type { WiringMode } from '../../meters/pm500/identity';
import { WIRED_METRICS, WIRING_ROWS, type WiringRow } from '../../meters/pm500/wiring-modes';

const PREFIXES = ['', 'max_', 'demand_'] as const;

/** Every metric, maxima and demands included, that a wiring mode does not have. */
const ABSENT: ReadonlyMap<WiringMode, ReadonlySet<string>> = new Map(
  WIRING_ROWS.map(({ mode, exists }) => [
    mode,
    new Set(
      WIRED_METRICS.filter((name) => !exists.has(name)).flatMap((name) => PREFIXES.map((prefix) => prefix + name)),
    ),
  ]),
);

/** The row of a wiring mode. */
export function wiringRow(mode: WiringMode): WiringRow {
  const row = WIRING_ROWS.find((candidate) => candidate.mode === mode);
  if (row === undefined) throw new RangeError(`no wiring mode ${mode}`);
  return row;
}

/** Metrics that do not exist in a wiring mode; inferred from the wiring. */
export function absentMetrics(mode: WiringMode): ReadonlySet<string> {
  return ABSENT.get(mode) ?? new Set();
}
