import type { NominalValues } from '../../meters/meter-model';
import type { Reading } from '../messages/reading';

/** A dip or a swell is over before, ms. */
const LASTS_MS = 60_000;
/** A few readings may all be of one disturbance. */
const FEWEST_READINGS = 10;
/** EN 50160 leaves a voltage within -15 % and +10 % of nominal at all times. */
const FAR_SHARE = 0.15;
/** Between 50 and 60 Hz, and farther off than any grid is. */
const FAR_HERTZ = 5;
/** Phases that differ by more are a fault of the supply, not of the settings. */
const ALIKE_SHARE = 0.05;

const PHASES = ['voltage_l1_n', 'voltage_l2_n', 'voltage_l3_n'] as const;

/** What a reading says of the supply; undefined for what it does not have. */
interface MeasuredSupply {
  /** Mean of the three voltages between line and neutral, V; undefined where they are not alike. */
  readonly volts: number | undefined;
  readonly hertz: number | undefined;
}

function numberIn({ blocks }: Reading, name: string): number | undefined {
  for (const { values } of blocks) {
    const value = values[name];
    if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  }
  return undefined;
}

function supplyOf(reading: Reading): MeasuredSupply {
  const phases = PHASES.map((name) => numberIn(reading, name)).filter((volts) => volts !== undefined);
  const volts = phases.reduce((sum, phase) => sum + phase / PHASES.length, 0);
  const isAlike =
    phases.length === PHASES.length && phases.every((phase) => Math.abs(phase - volts) < ALIKE_SHARE * volts);
  return { volts: isAlike ? volts : undefined, hertz: numberIn(reading, 'frequency') };
}

/**
 * Sees that the nominal values of a node are not those of the site, for instance those of an example that was imported:
 * the default alarms would judge by wrong limits. A meter is judged until it was said once.
 */
export class NominalWatch {
  private since: number | undefined;
  private readings = 0;
  private isTold = false;

  constructor(private readonly nominal: Pick<NominalValues, 'lineToNeutralVolts' | 'frequencyHz'>) {}

  /**
   * @param elapsedMs of a clock that nobody sets
   * @returns one sentence, once, when the supply has been another one for a minute
   */
  accept(reading: Reading, elapsedMs: number): string | undefined {
    if (this.isTold) return undefined;
    const supply = supplyOf(reading);
    if (supply.volts === undefined && supply.hertz === undefined) return undefined;
    if (!this.isFar(supply)) {
      this.since = undefined;
      return undefined;
    }
    if (this.since === undefined) this.readings = 0;
    this.since ??= elapsedMs;
    this.readings++;
    if (elapsedMs - this.since < LASTS_MS || this.readings < FEWEST_READINGS) return undefined;
    this.isTold = true;
    return this.describe(reading.meter.name, supply);
  }

  private isFar({ volts, hertz }: MeasuredSupply): boolean {
    const { lineToNeutralVolts, frequencyHz } = this.nominal;
    const isOtherVoltage = volts !== undefined && Math.abs(volts / lineToNeutralVolts - 1) > FAR_SHARE;
    return isOtherVoltage || (hertz !== undefined && Math.abs(hertz - frequencyHz) > FAR_HERTZ);
  }

  private describe(meter: string, { volts, hertz }: MeasuredSupply): string {
    const { lineToNeutralVolts, frequencyHz } = this.nominal;
    const measured = [
      ...(volts === undefined ? [] : [`${volts.toFixed(0)} V`]),
      ...(hertz === undefined ? [] : [`${hertz.toFixed(1)} Hz`]),
    ].join(' and ');
    const isLineToLine =
      volts !== undefined && Math.abs((Math.sqrt(3) * volts) / lineToNeutralVolts - 1) < FAR_SHARE / 2;
    const hint = isLineToLine ? ' (the voltage is that between line and neutral)' : '';
    return (
      `Meter "${meter}": ${measured} measured for a minute, but the nominal values of this node are ` +
      `${lineToNeutralVolts} V and ${frequencyHz} Hz${hint}; correct them, or the default alarms judge by wrong limits.`
    );
  }
}
