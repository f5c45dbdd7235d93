import type { Clock } from '../support/clock';
import { hasCode, Pm500Error } from '../support/errors';
import type { Random } from '../support/random';
import { retryDelays } from '../support/retry';

/** A meter that never answered: a wrong address, one that is not installed yet. */
const UNKNOWN = { initialMs: 500, maximumMs: 30_000, factor: 2, jitter: 0.2 };
/** A meter that answered before comes back within seconds, however long it was away. */
const KNOWN = { ...UNKNOWN, maximumMs: 5000 };
/** The same while nothing at all answers there: an attempt costs the meter nothing then. Every cycle of a second finds it due. */
const UNREACHABLE_MS = 900;
/** The same where it could be connected and then no data came: UDP may be blocked, the meter itself is well. */
const NO_DATA_MS = 2000;
/** Between the end of an attempt and the next one, so that whoever reads meanwhile is answered at once. */
const PAUSE_MS = 500;
/** The same after attempts that are short. */
const SHORT_PAUSE_MS = 100;
/**
 * How long a meter that answered before may take to accept a connection: it does so at once, or it is not there. A host
 * repeats the first segment of a connection ever later, after a second at best; a new attempt is heard sooner.
 */
const RETURN_MS = 750;
/** Of what it took last, for meters behind slow links. */
const SLOWEST = 4;
/** Every twentieth attempt in vain has all the time of the settings, since a link may have become slow. */
const FULL_EVERY = 20;
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
  /** What it took to connect last, ms. */
  private connectMs = 0;
  /** Attempts in a row that nothing answered. */
  private unreached = 0;
  private retryAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /** An attempt begins. */
  begin(): void {
    this.startedAt = this.clock.monotonic();
  }

  /** Notes what it takes to connect. */
  async timed(connecting: Promise<void>): Promise<void> {
    const startedAt = this.clock.monotonic();
    await connecting;
    this.connectMs = this.clock.monotonic() - startedAt;
  }

  /**
   * How long the next attempt to connect may take.
   * @param longestMs by the settings
   */
  connectTimeoutMs(longestMs: number): number {
    if (!this.isKnown || this.unreached % FULL_EVERY === FULL_EVERY - 1) return longestMs;
    return Math.min(longestMs, Math.max(RETURN_MS, SLOWEST * this.connectMs));
  }

  /**
   * An attempt has failed, or what it opened was lost: the next one waits longer than this one did, and at least as long
   * as its failure says (`retryAfterMs` of its details: a unit of a shared Modbus line must not hold the others up). One
   * that has just answered that it forgot what was opened is asked again at once (`answersAgain`).
   * @param wasOpen what the attempt opened was lost
   */
  extend(reason?: Pm500Error, wasOpen = false): void {
    this.delays ??= retryDelays(this.isKnown ? KNOWN : UNKNOWN, this.random);
    const now = this.clock.monotonic();
    const delayMs = this.delays.next().value;
    const isUnreached = hasCode(reason, ...UNREACHABLE);
    const isFree = this.isKnown && isUnreached;
    if (isUnreached) this.unreached++;
    // Where it gave data since the last attempt: who gives none is not asked over and over.
    const isBack = reason?.details['answersAgain'] === true && this.startedAt === undefined;
    const longestMs = isFree ? UNREACHABLE_MS : this.isKnown && wasOpen ? NO_DATA_MS : delayMs;
    const due = isBack ? now : (this.startedAt ?? now) + Math.min(delayMs, longestMs);
    this.startedAt = undefined;
    const atLeastMs = Number(reason?.details['retryAfterMs'] ?? 0);
    this.retryAt = Math.max(
      due,
      now + Math.max(atLeastMs, Math.min(delayMs, isFree || isBack ? SHORT_PAUSE_MS : PAUSE_MS)),
    );
  }

  /** It answers. */
  reset(): void {
    this.isKnown = true;
    this.unreached = 0;
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
