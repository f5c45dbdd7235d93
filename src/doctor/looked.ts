import { toPm500Error } from '../support/errors';

/** A fact, or why it could not be looked at: never a fact that somebody made up for it. */
export type Looked<Fact> = { readonly seen: Fact } | { readonly unseen: string };

export const seen = <Fact>(fact: Fact): Looked<Fact> => ({ seen: fact });

/** @param reason a clause without a period */
export const unseen = (reason: string): { readonly unseen: string } => ({ unseen: reason });

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
