import type { MeterModel } from '../../meters/meter-model';
import {
  choice,
  closed,
  constant,
  described,
  FLAG,
  INTEGER,
  list,
  NUMBER,
  object,
  optional,
  TEXT,
  type TypeOf,
} from '../../support/shape';
import type { Sentence } from '../../support/sentence';
import { contract, type Contract } from '../messages/contract';
import { EPOCH_MS } from '../messages/parts';

/** What live values say about a place of the layout. */
export type Word = 'confirmed' | 'contradicted' | 'undecided';
const WORDS: readonly Word[] = ['confirmed', 'contradicted', 'undecided'];

export const LAYOUT_CHECK_SCHEMA = 'pm500.layout-check/1';

const WORD = choice(WORDS);
const TEXTS = list(TEXT);

const ELEMENT = closed({
  metric: TEXT,
  element: described(INTEGER, 'number of its first element as the manual prints it'),
  verdict: WORD,
  evidence: described(TEXTS, 'sentences with numbers'),
  alternatives: described(
    TEXTS,
    'metrics of the same assembly that could stand here instead, as far as the values seen tell',
  ),
});
export type ElementVerdict = TypeOf<typeof ELEMENT>;

const ASSEMBLY = closed({ assembly: INTEGER, title: TEXT, verdict: WORD, elements: list(ELEMENT) });
export type AssemblyVerdict = TypeOf<typeof ASSEMBLY>;

const SCALE = closed({
  assembly: INTEGER,
  member: described(choice(['scale', 'pairScale']), 'member of the rows of a layout file'),
  verdict: WORD,
  layoutValue: described(NUMBER, 'what the layout says'),
  suggestion: optional(NUMBER, 'what the layout file should say; absent where it is right or nothing is known'),
  evidence: TEXT,
});
/** A scale of the layout, and the one that the values ask for. */
export type ScaleVerdict = TypeOf<typeof SCALE>;

const CANDIDATE = closed({
  name: described(TEXT, 'stable: what settings and lists of meters call it'),
  description: TEXT,
  source: TEXT,
  verdict: described(WORD, 'confirmed: it fits, its scale is proved, and no other fits'),
  evidence: TEXT,
});
/** What the bytes of the energy counters say about one named way to read them. */
export type CandidateVerdict = TypeOf<typeof CANDIDATE>;

const ENERGY_LAYOUT = closed({
  verdict: described(WORD, 'on the layout in use'),
  inUse: optional(TEXT, 'the candidate that the layout in use is; absent where it is none of them'),
  named: optional(TEXT, 'the candidate that fits, once that is decided'),
  evidence: TEXT,
  candidates: list(CANDIDATE),
});
/** Which of the named layouts of the energy counters the meter has. */
export type EnergyLayoutVerdict = TypeOf<typeof ENERGY_LAYOUT>;

const RATING = closed({
  catalogNumber: TEXT,
  isDirect: described(FLAG, 'false where only a voltage transformer explains the voltages'),
  evidence: TEXT,
});
/** Voltages beside what the device measures directly. Evidence, never a verdict. */
export type RatingEvidence = TypeOf<typeof RATING>;

function outcomeOf({ wiring }: Pick<MeterModel, 'wiring'>) {
  const mode = choice(wiring.rows.map((row) => row.mode));
  return closed({
    schema: constant(LAYOUT_CHECK_SCHEMA),
    meter: object({ name: TEXT, host: TEXT }),
    layout: TEXT,
    readings: INTEGER,
    from: described(EPOCH_MS, 'time of the first reading, epoch milliseconds UTC'),
    to: described(EPOCH_MS, 'time of the last reading, epoch milliseconds UTC'),
    verdict: WORD,
    wiring: closed({ verdict: WORD, configured: optional(mode), candidates: list(mode), evidence: TEXT }),
    scales: list(SCALE),
    assemblies: list(ASSEMBLY),
    energyLayout: optional(
      ENERGY_LAYOUT,
      'which of the named layouts of the energy counters the meter has; absent where their bytes were not seen, or the layout says that its rows were read in the manual',
    ),
    rating: optional(
      RATING,
      'voltages beside what the device measures directly: evidence, never a verdict; absent where either is not known',
    ),
    limits: described(TEXTS, 'what no values can tell'),
  });
}

/** The outcome of a layout check: a message, and what `pm500 check --json` prints. */
export type LayoutVerdict = TypeOf<ReturnType<typeof outcomeOf>>;

/** Its contract, for meters of one model. */
export function layoutCheckContract(model: Pick<MeterModel, 'wiring'>): Contract<LayoutVerdict> {
  const title = 'Outcome of a layout check, output of pm500 check --json';
  return contract(LAYOUT_CHECK_SCHEMA, { title, advice: 'send the outcome of a layout check.' }, outcomeOf(model));
}

/** Contradicted if one is, confirmed if all are, else undecided. */
export function together(words: readonly Word[]): Word {
  if (words.includes('contradicted')) return 'contradicted';
  return words.length > 0 && words.every((word) => word === 'confirmed') ? 'confirmed' : 'undecided';
}

type SentencesFor<Texts> = Texts extends string ? Sentence : readonly Sentence[];

/** An outcome as the check says it: evidence and limits are sentences with keys, for whoever has catalogs. */
export type Told<Outcome> = Outcome extends readonly (infer Item)[]
  ? readonly Told<Item>[]
  : Outcome extends object
    ? {
        readonly [Name in keyof Outcome]: Name extends 'evidence' | 'limits'
          ? SentencesFor<Outcome[Name]>
          : Told<Outcome[Name]>;
      }
    : Outcome;

/** Why metrics stand at the wrong place or in the wrong scale. */
export interface Fault {
  readonly metrics: readonly string[];
  readonly evidence: Sentence;
}
