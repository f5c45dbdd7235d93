import type { Clock } from '../support/clock';
import { hasCode, Pm500Error } from '../support/errors';
import type { Random } from '../support/random';
import { retryDelays } from '../support/retry';

/** A meter that never answered: a wrong address, one that is not installed yet. */
const UNKNOWN = { initialMs: 500, maximumMs: 30_000, factor: 2, jitter: 0.2 };
/** A meter that answered before comes back within seconds, however long it was away. */
const KNOWN = { ...UNKNOWN, maximumMs: 5000 };
/** The same while nothing at all answers there: an attempt costs the meter nothing then. */
const UNREACHABLE_MS = 1000;
/** Between the end of an attempt and the next one, so that whoever reads meanwhile is answered at once. */
const PAUSE_MS = 500;
/** There was no answer to the attempt to connect. */
const UNREACHABLE = [
  'ENIP_CONNECT_FAILED',
  'ENIP_CONNECT_TIMEOUT',
  'MODBUS_CONNECT_FAILED',
  'MODBUS_CONNECT_TIMEOUT',
] as const;

/**
 * How long a meter that does not answer is left alone: ever longer, until it answers again. Times count from the beginning
 * of one attempt to the beginning of the next, so that the time that an attempt waited in vain is not waited twice.
 */
export class BackOff {
  private delays: Iterator<number, never> | undefined;
  private isKnown = false;
  private startedAt: number | undefined;
  private retryAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /** An attempt begins. */
  begin(): void {
    this.startedAt = this.clock.monotonic();
  }

  /**
   * An attempt has failed, or what it opened was lost: the next one waits longer than this one did, and at least as long
   * as its failure says (`retryAfterMs` of its details: a unit of a shared Modbus line must not hold the others up).
   */
  extend(reason?: Pm500Error): void {
    this.delays ??= retryDelays(this.isKnown ? KNOWN : UNKNOWN, this.random);
    const now = this.clock.monotonic();
    const delayMs = this.delays.next().value;
    const isFree = this.isKnown && hasCode(reason, ...UNREACHABLE);
    const due = (this.startedAt ?? now) + (isFree ? Math.min(delayMs, UNREACHABLE_MS) : delayMs);
    this.startedAt = undefined;
    const atLeastMs = Number(reason?.details['retryAfterMs'] ?? 0);
    this.retryAt = Math.max(due, now + Math.max(atLeastMs, Math.min(delayMs, PAUSE_MS)));
  }

  /** It answers. */
  reset(): void {
    this.isKnown = true;
    this.delays = undefined;
    this.startedAt = undefined;
  }

  /** Nothing was attempted, so nothing is waited for. */
  skip(): void {
    this.retryAt = Number.NEGATIVE_INFINITY;
  }

  /**
   * Why there is no attempt now; undefined when there may be one. It has the code of what kept the last one from success,
   * and says in `details.nextAttemptInMs` when the next one is.
   * @param reason what that was
   */
  refusal(reason: Pm500Error | undefined, where: string): Pm500Error | undefined {
    const waitMs = this.retryAt - this.clock.monotonic();
    if (waitMs <= 0) return undefined;
    const sentence = reason?.message ?? `${where} does not answer.`;
    return new Pm500Error(
      reason?.code ?? 'METER_BACKING_OFF',
      `${sentence} The next attempt is in ${Math.ceil(waitMs / 1000)} s.`,
      { cause: reason, retryable: true, details: { ...reason?.details, nextAttemptInMs: Math.ceil(waitMs) } },
    );
  }
}

/** True for the refusal of a request that was never sent, because its meter is left alone for now. */
export function isLeftAlone({ details }: Pm500Error): boolean {
  return 'nextAttemptInMs' in details;
}
