import type { Random } from '../support/random';
import { type RetryPolicy, retryDelays } from '../support/retry';

/** An MQTT server. */
export interface Server {
  readonly host: string;
  readonly port: number;
}

const RETRY: RetryPolicy = { initialMs: 1000, maximumMs: 30_000, factor: 2, jitter: 0.3 };

/** The servers of one edge node, which is connected to at most one of them at a time, and when to try which. */
export class ServerList {
  readonly #servers: readonly [Server, ...Server[]];
  readonly #random: Random;
  #delays: Generator<number, never>;
  #index = 0;

  constructor(first: Server, further: readonly Server[], random: Random) {
    this.#servers = [first, ...further];
    this.#random = random;
    this.#delays = retryDelays(RETRY, random);
  }

  get current(): Server {
    return this.#servers[this.#index] ?? this.#servers[0];
  }

  /** True where there is another one to go to. */
  get hasFurther(): boolean {
    return this.#servers.length > 1;
  }

  /** The server took the session: pauses are short again. */
  onStanding(): void {
    this.#delays = retryDelays(RETRY, this.#random);
  }

  /**
   * A connection is over. After the last server comes the first; pauses grow each time that all of them were tried.
   * @param isWorthAnother true to try the same server again
   * @returns after how many milliseconds to connect to `current`
   */
  next(isWorthAnother: boolean): number {
    if (!isWorthAnother) this.#index = (this.#index + 1) % this.#servers.length;
    const hasTriedAll = isWorthAnother || this.#index === 0;
    return (hasTriedAll ? this.#delays : retryDelays(RETRY, this.#random)).next().value;
  }
}
