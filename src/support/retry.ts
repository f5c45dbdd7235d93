import type { Random } from './random';

export interface RetryPolicy {
  /** First delay in milliseconds. */
  readonly initialMs: number;
  /** No delay grows past this. */
  readonly maximumMs: number;
  /** Each delay is this many times the one before. */
  readonly factor: number;
  /** Share of each delay that is random, 0 to 1, so that many clients do not return together. */
  readonly jitter: number;
}

/** The delays of a retry policy, in milliseconds, without end. */
export function* retryDelays(policy: RetryPolicy, random: Random): Generator<number, never> {
  for (let baseMs = policy.initialMs; ; baseMs = Math.min(baseMs * policy.factor, policy.maximumMs)) {
    yield Math.round(baseMs * (1 - policy.jitter * random()));
  }
}
