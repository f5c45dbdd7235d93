import { toPm500Error } from '../support/errors';

/** A fact, or why it could not be looked at: never a fact that somebody made up for it. */
export type Looked<Fact> = { readonly seen: Fact } | Unseen;

export interface Unseen {
  readonly unseen: string;
  /** True where it was looked at, and is of no use to Node-RED either: that is a finding of its check. */
  readonly isBroken?: true;
}

export const seen = <Fact>(fact: Fact): Looked<Fact> => ({ seen: fact });

/** @param reason a clause without a period */
export const unseen = (reason: string): Unseen => ({ unseen: reason });

/** @param reason a clause without a period */
export const broken = (reason: string): Unseen => ({ unseen: reason, isBroken: true });

/** The same of what is worked out from a fact. */
export function lookFurther<Fact, Further>(looked: Looked<Fact>, further: (fact: Fact) => Further): Looked<Further> {
  return 'unseen' in looked ? looked : seen(further(looked.seen));
}

/** What looking gives; why not, where it fails. */
export function attemptLook<Fact>(what: string, look: () => Fact): Looked<Fact> {
  try {
    return seen(look());
  } catch (thrown) {
    return unseen(`${what} cannot be read (${toPm500Error(thrown).message})`);
  }
}
