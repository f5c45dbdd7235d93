import type { Clock } from '../support/clock';
import { Pm500Error } from '../support/errors';
import type { Random } from '../support/random';
import { retryDelays } from '../support/retry';

const POLICY = { initialMs: 500, maximumMs: 30_000, factor: 2, jitter: 0.2 };

/** How long a meter that does not answer is left alone: ever longer, until it answers again. */
export class BackOff {
  private delays: Iterator<number, never> | undefined;
  private retryAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /** An attempt has failed: the next one waits longer than this one did. */
  extend(): void {
    this.delays ??= retryDelays(POLICY, this.random);
    this.retryAt = this.clock.monotonic() + this.delays.next().value;
  }

  /** It answers. */
  reset(): void {
    this.delays = undefined;
  }

  /** Nothing was attempted, so nothing is waited for. */
  skip(): void {
    this.retryAt = Number.NEGATIVE_INFINITY;
  }

  /** Why there is no attempt now; undefined when there may be one. @param reason what kept the last one from success */
  refusal(reason: Pm500Error | undefined, where: string): Pm500Error | undefined {
    const waitMs = this.retryAt - this.clock.monotonic();
    if (waitMs <= 0) return undefined;
    const sentence = reason?.message ?? `${where} does not answer.`;
    return new Pm500Error('METER_BACKING_OFF', `${sentence} The next attempt is in ${Math.ceil(waitMs / 1000)} s.`, {
      cause: reason,
      retryable: true,
    });
  }
}
