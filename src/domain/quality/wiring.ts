import type { MeterModel, WiringMode, WiringRow } from '../../meters/meter-model';
import { oncePer } from '../../support/once-per';

const PREFIXES = ['', 'max_', 'demand_'] as const;

type Absent = ReadonlyMap<WiringMode, ReadonlySet<string>>;

/** Every metric, maxima and demands included, that the wirings of a model do not have. */
const absentOf = oncePer(
  ({ wiring: { rows, metrics } }: MeterModel): Absent =>
    new Map(
      rows.map(({ mode, exists }) => [
        mode,
        new Set(metrics.filter((name) => !exists.has(name)).flatMap((name) => PREFIXES.map((prefix) => prefix + name))),
      ]),
    ),
);

/** The row of a wiring mode. */
export function wiringRow({ wiring }: MeterModel, mode: WiringMode): WiringRow {
  const row = wiring.rows.find((candidate) => candidate.mode === mode);
  if (row === undefined) throw new RangeError(`no wiring mode ${mode}`);
  return row;
}

/** Metrics that do not exist in a wiring mode; inferred from the wiring. */
export function absentMetrics(model: MeterModel, mode: WiringMode): ReadonlySet<string> {
  return absentOf(model).get(mode) ?? new Set();
}
