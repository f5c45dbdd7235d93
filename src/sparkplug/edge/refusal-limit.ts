/** Sentences about refused commands in one interval; whoever sends more is told of in numbers. */
const MOST_SENTENCES = 5;
const INTERVAL_MS = 60_000;

/** Keeps the log readable while somebody sends commands without end. Each command is counted all the same. */
export class RefusalLimit {
  private startedAt = -Infinity;
  private told = 0;
  private untold = 0;

  /**
   * The sentences that may be said now.
   * @param at wall clock, milliseconds; a step backward begins a new interval
   */
  tell(sentences: readonly string[], at: number): readonly string[] {
    const allowed: string[] = [];
    const isOver = at - this.startedAt >= INTERVAL_MS || at < this.startedAt;
    if (isOver) {
      if (this.untold > 0) allowed.push(`Sparkplug NCMD refused: ${this.untold} more since the last such sentence.`);
      this.startedAt = at;
      this.told = 0;
      this.untold = 0;
    }
    for (const sentence of sentences) {
      if (this.told < MOST_SENTENCES) allowed.push(sentence);
      else this.untold += 1;
      this.told += 1;
    }
    return allowed;
  }
}
