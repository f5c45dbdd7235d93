import type { WiringMode } from '../../meters/meter-model';

/** What live values say about a place of the layout. */
export type Word = 'confirmed' | 'contradicted' | 'undecided';
export const WORDS: readonly Word[] = ['confirmed', 'contradicted', 'undecided'];

export const LAYOUT_CHECK_SCHEMA = 'pm500.layout-check/1';

export interface ElementVerdict {
  readonly metric: string;
  /** Number of its first element as the manual prints it. */
  readonly element: number;
  readonly verdict: Word;
  /** Sentences with numbers. */
  readonly evidence: readonly string[];
  /** Metrics of the same assembly that could stand here instead, as far as the values seen tell. */
  readonly alternatives: readonly string[];
}

export interface AssemblyVerdict {
  readonly assembly: number;
  readonly title: string;
  readonly verdict: Word;
  readonly elements: readonly ElementVerdict[];
}

/** A scale of the layout, and the one that the values ask for. */
export interface ScaleVerdict {
  readonly assembly: number;
  /** Member of the rows of a layout file. */
  readonly member: 'scale' | 'pairScale';
  readonly verdict: Word;
  /** What the layout says. */
  readonly layoutValue: number;
  /** What it should say; absent where it is right or nothing is known. */
  readonly suggestion?: number;
  readonly evidence: string;
}

/** What the bytes of the energy counters say about one named way to read them. */
export interface CandidateVerdict {
  /** Stable: what settings and lists of meters call it. */
  readonly name: string;
  readonly description: string;
  readonly source: string;
  /** `confirmed`: it fits, its scale is proved, and no other fits. */
  readonly verdict: Word;
  readonly evidence: string;
}

/** Which of the named layouts of the energy counters the meter has. */
export interface EnergyLayoutVerdict {
  /** On the layout in use. */
  readonly verdict: Word;
  /** Name of the candidate that the layout in use is; absent where it is none of them. */
  readonly inUse?: string;
  /** The one that fits; absent while that is not decided. */
  readonly named?: string;
  readonly evidence: string;
  readonly candidates: readonly CandidateVerdict[];
}

/** Voltages beside what the device measures directly. Evidence, never a verdict. */
export interface RatingEvidence {
  readonly catalogNumber: string;
  /** False where only a voltage transformer explains the voltages. */
  readonly isDirect: boolean;
  readonly evidence: string;
}

/** The outcome of a layout check: a message, and what `pm500 check --json` prints. */
export interface LayoutVerdict {
  readonly schema: typeof LAYOUT_CHECK_SCHEMA;
  readonly meter: { readonly name: string; readonly host: string };
  readonly layout: string;
  readonly readings: number;
  /** Times of the first and the last reading, epoch milliseconds UTC. */
  readonly from: number;
  readonly to: number;
  readonly verdict: Word;
  readonly wiring: {
    readonly verdict: Word;
    readonly configured?: WiringMode;
    readonly candidates: readonly WiringMode[];
    readonly evidence: string;
  };
  readonly scales: readonly ScaleVerdict[];
  readonly assemblies: readonly AssemblyVerdict[];
  /** Absent where the bytes of the energy counters were not seen, or the layout says that its rows were read in the manual. */
  readonly energyLayout?: EnergyLayoutVerdict;
  /** Absent where the catalog number or the voltages are not known. */
  readonly rating?: RatingEvidence;
  /** What no values can tell. */
  readonly limits: readonly string[];
}

/** Contradicted if one is, confirmed if all are, else undecided. */
export function together(words: readonly Word[]): Word {
  if (words.includes('contradicted')) return 'contradicted';
  return words.length > 0 && words.every((word) => word === 'confirmed') ? 'confirmed' : 'undecided';
}

/** Why metrics stand at the wrong place or in the wrong scale. */
export interface Fault {
  readonly metrics: readonly string[];
  readonly evidence: string;
}
