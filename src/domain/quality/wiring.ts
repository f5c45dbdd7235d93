import type { MeterModel, WiringMode, WiringRow } from '../../meters/meter-model';

const PREFIXES = ['', 'max_', 'demand_'] as const;

type Absent = ReadonlyMap<WiringMode, ReadonlySet<string>>;

const absent = new WeakMap<MeterModel, Absent>();

/** Every metric, maxima and demands included, that the wirings of a model do not have. */
function absentOf(model: MeterModel): Absent {
  const known = absent.get(model);
  if (known !== undefined) return known;
  const { rows, metrics } = model.wiring;
  const made = new Map(
    rows.map(({ mode, exists }) => [
      mode,
      new Set(metrics.filter((name) => !exists.has(name)).flatMap((name) => PREFIXES.map((prefix) => prefix + name))),
    ]),
  );
  absent.set(model, made);
  return made;
}

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
