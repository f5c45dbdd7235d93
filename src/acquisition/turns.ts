/** Requests that go one after another, in the order in which they came; the first goes at once. */
export class Turns {
  private last: Promise<unknown> | undefined;
  private count = 0;

  /** @param run sends one request; its promise settles with the outcome, and `end` is called before that */
  take<Result>(run: () => Promise<Result>): Promise<Result> {
    this.count++;
    const result = this.last === undefined ? run() : this.last.then(run, run);
    this.last = result;
    return result;
  }

  /** A request has its outcome. */
  end(): void {
    this.count--;
    if (this.count === 0) this.last = undefined;
  }
}
