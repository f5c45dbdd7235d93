import type { Sample, Samples } from '../domain/messages/telemetry';
import { currentUnbalance, voltageUnbalance } from '../domain/kpis/unbalance';
import type { Quality } from '../domain/quality/quality';

/**
 * Angles of voltages and currents from what a meter measures: it gives magnitudes and powers, no angles. The three
 * voltages to neutral and the three between the lines are the sides of triangles, which have only one shape. A current
 * lies behind its voltage by the angle between its active and its reactive power.
 */

const PHASES = ['l1', 'l2', 'l3'] as const;
export type PhaseName = (typeof PHASES)[number];

/** Why an arrow has no angle. */
export type NoAngle = 'no_voltage' | 'no_current' | 'not_measured' | 'contradiction';

/** One arrow of the diagram. */
export interface MeterPhasor {
  readonly phase: PhaseName;
  /** Magnitude, V or A; null where there is no value. */
  readonly value: number | null;
  /** Degrees, counterclockwise from the voltage of the first phase; absent where it cannot be known. */
  readonly angle?: number;
  readonly noAngle?: NoAngle;
  /** Of the magnitude and of everything that the angle comes from, the worst. */
  readonly quality: Quality;
  readonly reason: string;
  /** When the oldest of these was read, epoch milliseconds UTC; 0 for never. */
  readonly timestamp: number;
}

/** L1-L2-L3, L1-L3-L2, or what cannot be told. */
export type PhaseOrder = '123' | '132' | 'unknown';

export interface PhasorDiagram {
  readonly voltages: readonly MeterPhasor[];
  readonly currents: readonly MeterPhasor[];
  readonly order: PhaseOrder;
  readonly orderQuality: Quality;
  /** Percent by NEMA MG-1; absent while its values are. */
  readonly voltageUnbalance?: Sample;
  readonly currentUnbalance?: Sample;
}

/** What a meter gives for L1-L2-L3 and for L1-L3-L2; the coding is that of sister products, nobody read it. */
const ORDER_CODES: ReadonlyMap<number, PhaseOrder> = new Map([
  [0, '123'],
  [-1, '132'],
]);
/** Below this share of the largest one a magnitude has no direction worth showing. */
const LEAST_SHARE = 0.05;
/** So far the angles of three triangles may miss each other, degrees. */
const MOST_ERROR = 5;
/** A cosine may be so far outside of what exists before it is a contradiction: magnitudes are rounded. */
const COSINE_ROOM = 0.02;
const WORST: readonly Quality[] = ['bad', 'uncertain', 'good'];

interface Judged {
  readonly quality: Quality;
  readonly reason: string;
  readonly timestamp: number;
}

const toDegrees = (radians: number): number => (radians * 180) / Math.PI;

/** An angle from -180, which is excluded, to 180 degrees. */
export function wrapped(angle: number): number {
  const turned = (((angle % 360) + 360) % 360) % 360;
  return turned > 180 ? turned - 360 : turned;
}

function numberOf(sample: Sample | undefined): number | undefined {
  return typeof sample?.value === 'number' && sample.quality !== 'bad' ? sample.value : undefined;
}

function worst(samples: readonly (Sample | undefined)[]): Judged {
  const known = samples.filter((sample) => sample !== undefined);
  const quality = WORST.find((each) => known.some((sample) => sample.quality === each)) ?? 'bad';
  const reason = known.find((sample) => sample.quality === quality)?.reason ?? '';
  return { quality, reason, timestamp: known.length === 0 ? 0 : Math.min(...known.map((each) => each.timestamp)) };
}

/** Degrees between two voltages to neutral with the voltage between their lines; undefined where no triangle has these sides. */
function between(first: number, second: number, across: number): number | undefined {
  const cosine = (first ** 2 + second ** 2 - across ** 2) / (2 * first * second);
  if (!(Math.abs(cosine) <= 1 + COSINE_ROOM)) return undefined;
  return toDegrees(Math.acos(Math.min(1, Math.max(-1, cosine))));
}

type Three<Value> = readonly [Value, Value, Value];

/** Angles of the voltages to neutral, or why each has none. `turn` is -1 for L1-L2-L3, where L2 lies behind L1, else 1. */
function voltageAngles(
  toNeutral: Three<number | undefined>,
  acrossLines: Three<number | undefined>,
  turn: 1 | -1,
): Three<number | NoAngle> {
  const largest = Math.max(...toNeutral.map((each) => each ?? 0));
  const missing = toNeutral.map((volts): NoAngle | undefined => {
    if (volts === undefined) return 'not_measured';
    return volts > 0 && volts >= LEAST_SHARE * largest ? undefined : 'no_voltage';
  });
  const present = [0, 1, 2].filter((place) => missing[place] === undefined);
  const [first] = present;
  const angles: (number | NoAngle)[] = missing.map((reason) => reason ?? 'not_measured');
  const result = (): Three<number | NoAngle> => angles as unknown as Three<number | NoAngle>;
  if (first === undefined) return result();
  const [l12, l23, l31] = acrossLines;
  const separation = (from: number, to: number): number | NoAngle => {
    const across = [l12, l23, l31][from + to === 1 ? 0 : from + to === 3 ? 1 : 2];
    if (across === undefined) return 'not_measured';
    return between(toNeutral[from] ?? 0, toNeutral[to] ?? 0, across) ?? 'contradiction';
  };
  // The first one with a voltage lies where it would in a balanced system.
  angles[first] = wrapped(turn * 120 * first);
  const start = angles[first];
  const others = present.slice(1);
  for (const place of others) {
    const apart = separation(first, place);
    // From L1 to L2 and from L2 to L3 the angle turns one way, from L1 to L3 the other.
    const way = place - first === 2 ? -turn : turn;
    angles[place] = typeof apart === 'number' ? wrapped(start + way * apart) : apart;
  }
  const [second, third] = others;
  if (second === undefined || third === undefined) return result();
  const apart = separation(second, third);
  const [there, here] = [angles[second], angles[third]];
  if (typeof apart !== 'number' || typeof there !== 'number' || typeof here !== 'number') return result();
  if (Math.abs(Math.abs(wrapped(here - there)) - apart) > MOST_ERROR) {
    angles[second] = 'contradiction';
    angles[third] = 'contradiction';
  }
  return result();
}

function orderOf(sample: Sample | undefined): { readonly order: PhaseOrder; readonly orderQuality: Quality } {
  const code = numberOf(sample);
  const order = code === undefined ? undefined : ORDER_CODES.get(code);
  return { order: order ?? 'unknown', orderQuality: sample?.quality ?? 'bad' };
}

const withAngle = (angle: number | NoAngle): Pick<MeterPhasor, 'angle' | 'noAngle'> =>
  typeof angle === 'number' ? { angle } : { noAngle: angle };

const threeOf = <Value>(make: (phase: PhaseName) => Value): Three<Value> => [make('l1'), make('l2'), make('l3')];

/** The angle of a current, from that of its voltage and from its powers. */
function currentAngle(
  voltage: number | NoAngle,
  amperes: number | undefined,
  largest: number,
  active: number | undefined,
  reactive: number | undefined,
): number | NoAngle {
  if (amperes === undefined) return 'not_measured';
  if (!(amperes > 0 && amperes >= LEAST_SHARE * largest)) return 'no_current';
  if (typeof voltage !== 'number') return voltage;
  if (active === undefined || reactive === undefined) return 'not_measured';
  if (active === 0 && reactive === 0) return 'no_current';
  return wrapped(voltage - toDegrees(Math.atan2(reactive, active)));
}

/**
 * The diagram of one meter. What is bad has no value and no angle; no angle is good while the sequence is not known.
 * Reactive power above zero is taken as inductive, so that the current lies behind.
 * @param floors below these means, V and A, an unbalance says nothing
 */
export function phasorDiagram(
  samples: Samples,
  floors: { readonly volts: number; readonly amperes: number },
): PhasorDiagram {
  const sequence = samples['phase_sequence'];
  const { order, orderQuality } = orderOf(sequence);
  const voltages = threeOf((phase) => samples[`voltage_${phase}_n`]);
  const across: Three<Sample | undefined> = [
    samples['voltage_l1_l2'],
    samples['voltage_l2_l3'],
    samples['voltage_l3_l1'],
  ];
  const [v1, v2, v3] = voltages.map(numberOf);
  const [l12, l23, l31] = across.map(numberOf);
  const angles = voltageAngles([v1, v2, v3], [l12, l23, l31], order === '132' ? 1 : -1);
  const currents = threeOf((phase) => samples[`current_${phase}`]);
  const largest = Math.max(...currents.map((sample) => numberOf(sample) ?? 0));
  const shape = [...voltages, ...across, sequence];
  // Without a sequence L1-L2-L3 is only what is usual; the picture would be the mirror image of the other one.
  const turned = (from: Judged): Judged =>
    order !== 'unknown' || from.quality !== 'good'
      ? from
      : { ...from, quality: 'uncertain', reason: sequence?.reason ?? '' };
  const phasorOf = (
    phase: PhaseName,
    sample: Sample | undefined,
    angle: number | NoAngle,
    from: Judged,
  ): MeterPhasor => ({
    phase,
    value: numberOf(sample) ?? null,
    ...withAngle(angle),
    ...from,
  });
  const unbalances = {
    voltage: samples['voltage_unbalance'] ?? voltageUnbalance(samples, floors.volts),
    current: samples['current_unbalance'] ?? currentUnbalance(samples, floors.amperes),
  };
  return {
    voltages: PHASES.map((phase, place) => {
      const angle = angles[place] ?? 'not_measured';
      // Its magnitude is its own; its angle is of all six.
      if (typeof angle !== 'number') return phasorOf(phase, voltages[place], angle, worst([voltages[place]]));
      return phasorOf(phase, voltages[place], angle, turned(worst([voltages[place], ...shape.filter(isUsable)])));
    }),
    currents: PHASES.map((phase, place) => {
      const [active, reactive] = [samples[`active_power_${phase}`], samples[`reactive_power_${phase}`]];
      const angle = currentAngle(
        angles[place] ?? 'not_measured',
        numberOf(currents[place]),
        largest,
        numberOf(active),
        numberOf(reactive),
      );
      const behind = [active, reactive, voltages[place], ...shape.filter(isUsable)];
      if (typeof angle !== 'number') return phasorOf(phase, currents[place], angle, worst([currents[place]]));
      return phasorOf(phase, currents[place], angle, turned(worst([currents[place], ...behind])));
    }),
    order,
    orderQuality,
    ...(unbalances.voltage === undefined ? {} : { voltageUnbalance: unbalances.voltage }),
    ...(unbalances.current === undefined ? {} : { currentUnbalance: unbalances.current }),
  };
}

const isUsable = (sample: Sample | undefined): boolean => sample !== undefined && sample.quality !== 'bad';
