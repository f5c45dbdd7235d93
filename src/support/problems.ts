import { hasCode, type ErrorCode } from './errors';

/** Settings read one by one: what is wrong with one is said and costs no other. */
export interface Problems {
  /** One sentence for everything that could not be used, in the order of reading. */
  readonly sentences: string[];
  /** Gives what `work` gives; undefined where it throws an error of the code, whose sentence is kept. */
  readonly attempt: <Result>(work: () => Result) => Result | undefined;
}

/** @param code of the errors that are problems of settings; all others are thrown on */
export function collectProblems(code: ErrorCode): Problems {
  const sentences: string[] = [];
  return {
    sentences,
    attempt: (work) => {
      try {
        return work();
      } catch (thrown) {
        if (!hasCode(thrown, code)) throw thrown;
        sentences.push((thrown as Error).message);
        return undefined;
      }
    },
  };
}
