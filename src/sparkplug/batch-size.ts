const SMALLEST = 20;
const LARGEST = 5000;
/** Live data may be late by what history has in the socket before it: an answer within this is soon enough. */
const SOON_MS = 50;
const LATE_MS = 100;

/**
 * How many historical values go out before the broker is asked for an answer: as many as it reads within a twentieth
 * of a second, found by trying, so that live data behind them is not delayed on a slow link.
 */
export class BatchSize {
  readonly #usual: number;
  readonly #most: number;
  #values = SMALLEST;

  /** @param valuesPerSecond a batch has at most a tenth of that; all of it where there may be only so many messages */
  constructor(valuesPerSecond: number) {
    this.#usual = Math.min(LARGEST, Math.max(SMALLEST, Math.floor(valuesPerSecond / 10)));
    this.#most = Math.min(LARGEST, Math.max(SMALLEST, valuesPerSecond));
  }

  get values(): number {
    return this.#values;
  }

  /**
   * @param answeredMs from the end of a batch to the broker's answer
   * @param isMessageBound true where the number of messages is what history has to wait for: more values in each help
   */
  learn(answeredMs: number, isMessageBound = false): void {
    if (answeredMs <= SOON_MS) this.#values = Math.min(isMessageBound ? this.#most : this.#usual, this.#values * 2);
    else if (answeredMs > LATE_MS) this.#values = Math.max(SMALLEST, Math.floor(this.#values / 2));
  }
}
