/** What proves a statement of the security pages: a test by its file and the words of its title. */
export interface Proof {
  /** From the root of the repository on. */
  readonly file: string;
  /** As it stands in the file; where it holds a variable, the part before that. */
  readonly title: string;
}

export const proof = (file: string, title: string): Proof => ({ file: `test/${file}`, title });

/** Proofs as a cell of a table. */
export const proofWords = (proofs: readonly Proof[]): string =>
  proofs.map(({ file, title }) => `\`${file}\`: ${title}`).join('<br>');
