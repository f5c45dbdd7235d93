/** Least, greatest and mean of a quantity over a period. */
export interface Measured {
  readonly mean: number;
  readonly least: number;
  readonly greatest: number;
  /** The quarter of an hour of the greatest, epoch milliseconds UTC. */
  readonly greatestMs: number;
}

/** Voltages of a quarter of an hour, V; a phase that was not read is absent. */
export interface SupplyQuarter {
  readonly startMs: number;
  readonly phases: Readonly<Record<string, Measured>>;
}

/** A phase over the period. */
export interface PhaseVoltage extends Measured {
  readonly phase: string;
  /** Percent of its quarters whose mean is within 10 % of the nominal voltage; absent where none is given. */
  readonly within?: number;
}

/** EN 50160: 95 % of the means of 10 minutes of a week within 10 % of the nominal voltage. */
const BAND = 0.1;

/** @param nominalVolts line to neutral */
export function phaseVoltages(quarters: readonly SupplyQuarter[], nominalVolts?: number): readonly PhaseVoltage[] {
  const phases = [...new Set(quarters.flatMap(({ phases: found }) => Object.keys(found)))].sort();
  return phases.flatMap((phase) => {
    const own = quarters.flatMap(({ phases: { [phase]: found } }) => (found === undefined ? [] : [found]));
    const [first] = own;
    if (first === undefined) return [];
    const greatest = own.reduce((most, each) => (each.greatest > most.greatest ? each : most), first);
    const isWithin = ({ mean }: Measured): boolean =>
      nominalVolts !== undefined && Math.abs(mean - nominalVolts) <= BAND * nominalVolts;
    return {
      phase,
      // Of quarters alike, so that an hour with fewer readings counts like any other.
      mean: own.reduce((sum, { mean }) => sum + mean, 0) / own.length,
      least: own.reduce((least, each) => Math.min(least, each.least), first.least),
      greatest: greatest.greatest,
      greatestMs: greatest.greatestMs,
      ...(nominalVolts === undefined ? {} : { within: (100 * own.filter(isWithin).length) / own.length }),
    };
  });
}
