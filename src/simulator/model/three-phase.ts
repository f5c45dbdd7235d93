/** What one phase carries and what feeds it. */
export interface PhaseLoad {
  /** Magnitude of the line-to-neutral voltage, V, and its angle in radians. */
  readonly volts: number;
  readonly angle: number;
  readonly activeW: number;
  readonly reactiveVar: number;
}

export type ThreePhases<Item> = readonly [Item, Item, Item];

interface Phasor {
  readonly re: number;
  readonly im: number;
}

const polar = (size: number, angle: number): Phasor => ({ re: size * Math.cos(angle), im: size * Math.sin(angle) });
const distance = (left: Phasor, right: Phasor): number => Math.hypot(left.re - right.re, left.im - right.im);
const mean = (first: number, second: number, third: number): number => (first + second + third) / 3;

/** P / S. Where nothing flows nothing is displaced, so the factor is one. */
export function powerFactor(activeW: number, apparentVa: number): number {
  return apparentVa === 0 ? 1 : activeW / apparentVa;
}

function currentPhasor(load: PhaseLoad): Phasor {
  // Lagging current (positive reactive power) stands behind its voltage.
  const amperes = Math.hypot(load.activeW, load.reactiveVar) / load.volts;
  return polar(amperes, load.angle - Math.atan2(load.reactiveVar, load.activeW));
}

/**
 * Every instantaneous value of a four-wire meter from what its phases carry: line-to-line voltages and the neutral
 * current as differences and sums of phasors, apparent power as the vector sum, so that all values fit each other.
 */
export function measurePhases(phases: ThreePhases<PhaseLoad>, frequencyHz: number): Record<string, number> {
  const [first, second, third] = phases;
  const [v1, v2, v3] = [first, second, third].map(({ volts, angle }) => polar(volts, angle)) as [
    Phasor,
    Phasor,
    Phasor,
  ];
  const [i1, i2, i3] = [currentPhasor(first), currentPhasor(second), currentPhasor(third)];
  const [s1, s2, s3] = [first, second, third].map((load) => Math.hypot(load.activeW, load.reactiveVar)) as [
    number,
    number,
    number,
  ];
  const activeW = first.activeW + second.activeW + third.activeW;
  const reactiveVar = first.reactiveVar + second.reactiveVar + third.reactiveVar;
  const apparentVa = Math.hypot(activeW, reactiveVar);
  const [v12, v23, v31] = [distance(v1, v2), distance(v2, v3), distance(v3, v1)];
  return {
    voltage_l1_n: first.volts,
    voltage_l2_n: second.volts,
    voltage_l3_n: third.volts,
    voltage_ln_avg: mean(first.volts, second.volts, third.volts),
    voltage_l1_l2: v12,
    voltage_l2_l3: v23,
    voltage_l3_l1: v31,
    voltage_ll_avg: mean(v12, v23, v31),
    current_l1: s1 / first.volts,
    current_l2: s2 / second.volts,
    current_l3: s3 / third.volts,
    current_n: Math.hypot(i1.re + i2.re + i3.re, i1.im + i2.im + i3.im),
    active_power_l1: first.activeW,
    active_power_l2: second.activeW,
    active_power_l3: third.activeW,
    active_power_total: activeW,
    apparent_power_l1: s1,
    apparent_power_l2: s2,
    apparent_power_l3: s3,
    apparent_power_total: apparentVa,
    reactive_power_l1: first.reactiveVar,
    reactive_power_l2: second.reactiveVar,
    reactive_power_l3: third.reactiveVar,
    reactive_power_total: reactiveVar,
    power_factor_l1: powerFactor(first.activeW, s1),
    power_factor_l2: powerFactor(second.activeW, s2),
    power_factor_l3: powerFactor(third.activeW, s3),
    power_factor_total: powerFactor(activeW, apparentVa),
    frequency: frequencyHz,
  };
}
