/** A kind of relation between values, and how far it may be off; docs/layout-check.md shows the rows. */
export interface Tolerance {
  /** What is compared, for the documents. */
  readonly compared: string;
  /** Share of the size up to which it fits. */
  readonly fits: number;
  /** Share beyond which it is broken; infinite where a deviation only leaves it open. */
  readonly breaks: number;
}

/** Shares of the expected value, or of what a relation gives as its size. */
export const TOLERANCES = {
  within: {
    compared:
      'averages are the mean of the phases; totals the sum; VA = sqrt(W² + var²); PF = W / VA, whatever its sign',
    fits: 0.005,
    breaks: 0.01,
  },
  /** Two assemblies are read one after the other. */
  across: { compared: 'VA = V x A, phase by phase; tells W from kW', fits: 0.015, breaks: 0.03 },
  /** 2 % are 4 degrees. */
  angles: {
    compared: 'L-L from the L-N voltages at 120 degrees; L-L average = sqrt(3) x L-N average',
    fits: 0.015,
    breaks: 0.02,
  },
  withoutPhases: { compared: 'VA = sqrt(3) x V x A, where the wiring has no phases', fits: 0.05, breaks: 0.15 },
  neutralBounds: {
    compared: 'neutral current at most the sum of the phase currents; of two phases at least their difference',
    fits: 0.01,
    breaks: 0.03,
  },
  neutralSum: {
    compared: 'neutral current = vector sum of the phase currents; harmonics add to it',
    fits: 0.02,
    breaks: Number.POSITIVE_INFINITY,
  },
  frequency: { compared: 'frequency from 40 to 70 Hz: off the middle, of 15 Hz', fits: 1, breaks: 1 },
  code: { compared: 'phase sequence one of the known codes', fits: 1e-6, breaks: 1e-6 },
  /** Averages of products are not products of averages. */
  demandWithin: { compared: 'demand: means, sums, VA and PF', fits: 0.01, breaks: 0.03 },
  demandAcross: { compared: 'demand: VA at most V x A', fits: 0.03, breaks: 0.08 },
  maximum: { compared: 'a maximum is at least the value at the same moment', fits: 0.005, breaks: 0.02 },
  maximumFrequency: { compared: 'the maximum of the frequency is at most 70 Hz', fits: 0, breaks: 0 },
  maximumFactor: { compared: 'the maximum of a power factor is at most 1', fits: 0.002, breaks: 0.002 },
} as const satisfies Readonly<Record<string, Tolerance>>;

/** Growth of an energy counter beside the integral of power. */
export const GROWTH = {
  /** Share of what should have flowed: the integral of readings a second or more apart is not exact. */
  share: 0.15,
  /** Share of what flowed in both directions. */
  shareOfBoth: 0.02,
  /** Wh or varh: meters may show steps of 0.1 kWh. */
  stepWh: 200,
  /** Wh or varh below which nothing is decided: a single holds no finer steps of 1e6 kWh. */
  enoughWh: 2_000,
} as const;

/** Run hours beside the clock, in hours: meters may count whole minutes. */
export const HOURS_TOLERANCE = 0.05;

/** Largest share by which a counter from EtherNet/IP and one from Modbus differ: a single has 24 bits, reads take time. */
export const SAME_SHARE = 1e-6;
/** The same in steps of the counter, beyond what may have flowed between the two reads. */
export const SAME_STEPS = 2;

/** Whether a counter grew as it should. @param both what flowed in both directions @param uncertainty of the growth */
export function growsAs(grown: number, expected: number, both: number, uncertainty = 0): boolean {
  const { share, shareOfBoth, stepWh } = GROWTH;
  return Math.abs(grown - expected) <= share * expected + shareOfBoth * both + stepWh + uncertainty;
}
