/**
 * Acknowledgments in order, each kept by the disk while the next batch is on its way already. No more than one is under
 * way: what comes again after a crash is bounded by two batches.
 */
export class Acknowledging {
  private underWay: Promise<void> | undefined;
  private isFailed = false;

  /** True when the last one has failed and nobody was told: what it was about is given again. */
  get hasFailed(): boolean {
    return this.isFailed;
  }

  /**
   * Begins an acknowledgment when the one before is over.
   * @throws what that one failed with
   */
  async begin(acknowledge: () => Promise<void>): Promise<void> {
    await this.over();
    this.underWay = acknowledge();
    // What it fails with is told to who waits for it.
    this.underWay.catch(() => (this.isFailed = true));
  }

  /**
   * Resolves when none is under way.
   * @throws what the last one failed with, once
   */
  async over(): Promise<void> {
    const { underWay } = this;
    this.underWay = undefined;
    try {
      await underWay;
    } finally {
      this.isFailed = false;
    }
  }
}
