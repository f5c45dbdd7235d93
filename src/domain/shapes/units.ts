import type { Unit } from '../../metrics/measurement';
import type { Value } from '../messages/reading';
import type { Sample, Telemetry } from '../messages/telemetry';

export const POWER_UNITS = ['W', 'kW', 'MW'] as const;
export const ENERGY_UNITS = ['Wh', 'kWh', 'MWh'] as const;

/** The units that a receiver wants; the telemetry itself always has those of the table. */
export interface UnitChoice {
  /** Of active power; VA and var take the same prefix. */
  readonly power: (typeof POWER_UNITS)[number];
  /** Of active energy; varh takes the same prefix. */
  readonly energy: (typeof ENERGY_UNITS)[number];
  /** What the unit `currency` is called here, for instance EUR. */
  readonly currency?: string;
}

/** A sample whose unit may have a prefix. */
export interface ShapedSample extends Omit<Sample, 'unit'> {
  readonly unit: string;
}

/** Telemetry for a receiver outside this package, or a mapper of this one. */
export interface ShapedTelemetry extends Omit<Telemetry, 'metrics'> {
  readonly metrics: Readonly<Record<string, ShapedSample>>;
}

interface Conversion {
  readonly unit: string;
  readonly divisor: number;
}

const DIVISORS = { '': 1, k: 1e3, M: 1e6 } as const;
type Prefix = keyof typeof DIVISORS;

const POWERS: readonly Unit[] = ['W', 'VA', 'var'];
const ENERGIES: readonly Unit[] = ['Wh', 'varh'];

/** How many of the base unit one of `unit` is; undefined where it is no prefix of that unit. */
export function divisorOf(unit: string, base: Unit): number | undefined {
  if (!unit.endsWith(base)) return undefined;
  const prefix = unit.slice(0, unit.length - base.length);
  return Object.hasOwn(DIVISORS, prefix) ? DIVISORS[prefix as Prefix] : undefined;
}

function prefixOf(unit: string, base: string): Prefix {
  return unit.slice(0, unit.length - base.length) as Prefix;
}

function conversionsOf({ power, energy, currency }: UnitChoice): ReadonlyMap<Unit, Conversion> {
  const conversions = new Map<Unit, Conversion>();
  const add = (units: readonly Unit[], prefix: Prefix): void => {
    if (prefix === '') return;
    for (const unit of units) conversions.set(unit, { unit: prefix + unit, divisor: DIVISORS[prefix] });
  };
  add(POWERS, prefixOf(power, 'W'));
  add(ENERGIES, prefixOf(energy, 'Wh'));
  if (currency !== undefined && currency !== '') conversions.set('currency', { unit: currency, divisor: 1 });
  return conversions;
}

function divide(value: Value, divisor: number): Value {
  return typeof value === 'number' && divisor !== 1 ? value / divisor : value;
}

/** Turns telemetry into the units of a receiver. With the units of the table it gives back what it got. */
export class UnitConverter {
  private readonly conversions: ReadonlyMap<string, Conversion>;

  constructor(choice: UnitChoice) {
    this.conversions = conversionsOf(choice);
  }

  convert(telemetry: Telemetry): ShapedTelemetry {
    if (this.conversions.size === 0) return telemetry;
    const metrics: Record<string, ShapedSample> = {};
    for (const [name, sample] of Object.entries(telemetry.metrics)) {
      const conversion = this.conversions.get(sample.unit);
      metrics[name] =
        conversion === undefined
          ? sample
          : { ...sample, unit: conversion.unit, value: divide(sample.value, conversion.divisor) };
    }
    return { ...telemetry, metrics };
  }
}
