/** The share of a line's time that units which do not answer may take while others do. */
export const SILENT_SHARE = 0.04;
/** So many failures in a row of a unit that used to answer are asked ahead of units that have been silent for long. */
const QUICK_FAILURES = 4;
/** A unit that has not answered for so long is no reason any more to hold others back. */
const PRESENT_MS = 600_000;
/** A unit that nobody has asked for so long is forgotten. */
const FORGOTTEN_MS = 3_600_000;

/** A place in the queue for a line. */
export interface Ticket {
  readonly unit: number;
}

interface LineUnit {
  /** When it answered last; undefined before its first answer. */
  answeredAt: number | undefined;
  /** Since when it has answered without a failure. */
  steadySince: number;
  /** Requests in a row that it did not answer. */
  failures: number;
  /** What the last of them cost the line. */
  costMs: number;
  /** From when on a single failure is forgiven again. */
  forgivenFrom: number;
  /** True while it is asked ahead of units that have been silent for long. */
  isQuick: boolean;
  seenAt: number;
}

/**
 * Who may use a line that several units share, and when. All times are milliseconds of one monotonic clock; nothing here
 * waits or sends.
 *
 * - Units that answer take turns, first come, first served.
 * - A unit that used to answer is forgiven one failure at a time: it may be asked again at once.
 * - One that fails again, or has never answered, is demoted: while others answer, all demoted units together get
 *   `SILENT_SHARE` of the time. They are asked one after the other, and each knows how long it has to wait.
 * - Where no unit answers nobody is held back: the line itself may be down, and the first that returns shall be heard.
 *   When one does, the others are forgiven, since they may be back with it.
 */
export class LineSchedule {
  private readonly units = new Map<number, LineUnit>();
  private readonly queue: Ticket[] = [];
  /** Demoted units in the order in which they are asked. */
  private readonly demoted: number[] = [];
  /** The last request without an answer: when the line was free again, and what it cost. */
  private lastSilence = { endedAt: Number.NEGATIVE_INFINITY, costMs: 0 };
  /** From when on all may be forgiven again. */
  private allForgivenFrom = Number.NEGATIVE_INFINITY;

  /** How long a unit may not be asked from now on; 0 when it may. */
  waitMs(unit: number, now: number): number {
    const place = this.demoted.indexOf(unit);
    if (place < 0 || !this.othersAnswer(unit, now)) return 0;
    const before = this.demoted.slice(0, place).reduce((sum, other) => sum + this.costOf(other) / SILENT_SHARE, 0);
    return Math.max(0, this.silenceAllowedAt() + before - now);
  }

  /** True for a unit that has been asked and has neither answered nor failed to. */
  isUntried(number: number): boolean {
    const unit = this.units.get(number);
    return unit?.failures === 0 && unit.answeredAt === undefined;
  }

  /** Takes a place in the queue. */
  join(unit: number, now: number): Ticket {
    this.unit(unit, now).seenAt = now;
    const ticket = { unit };
    this.queue.push(ticket);
    return ticket;
  }

  /** Gives a place in the queue up. */
  leave(ticket: Ticket): void {
    const place = this.queue.indexOf(ticket);
    if (place >= 0) this.queue.splice(place, 1);
  }

  /** True while somebody waits. */
  get isWanted(): boolean {
    return this.queue.length > 0;
  }

  /**
   * Takes the ticket whose turn it is from the queue, to be called when the line is free. Units that answer go first,
   * but for the share of those that do not, or of which nobody knows yet.
   */
  next(now: number): Ticket | undefined {
    const good = this.queue.find(({ unit }) => this.isGood(unit));
    const other = this.queue.find(({ unit }) => !this.isGood(unit));
    const isOverdue = now >= this.silenceAllowedAt();
    const chosen = isOverdue ? (other ?? good) : (good ?? other);
    if (chosen !== undefined) this.leave(chosen);
    return chosen;
  }

  /** A unit has answered, be it with a refusal of its own. */
  answered(number: number, now: number): void {
    const unit = this.unit(number, now);
    if (unit.failures > 0 && !this.othersAnswer(number, now)) this.forgiveAll(now);
    if (unit.answeredAt === undefined || unit.failures > 0) unit.steadySince = now;
    unit.answeredAt = now;
    unit.failures = 0;
    unit.isQuick = false;
    this.promote(number);
  }

  /**
   * A unit has not answered.
   * @param costMs how long the line was of no use for others
   * @param now when it is free again
   */
  silent(number: number, costMs: number, now: number): void {
    const unit = this.unit(number, now);
    unit.failures++;
    unit.costMs = costMs;
    this.lastSilence = { endedAt: now, costMs };
    this.promote(number);
    const budgetMs = costMs / SILENT_SHARE;
    if (unit.failures === 1 && unit.answeredAt !== undefined) {
      unit.isQuick = now - unit.steadySince >= budgetMs;
      if (now >= unit.forgivenFrom) {
        unit.forgivenFrom = now + budgetMs;
        return;
      }
    }
    unit.isQuick &&= unit.failures <= QUICK_FAILURES;
    this.demote(number, unit.isQuick);
    this.forget(now);
  }

  private demote(number: number, isQuick: boolean): void {
    // Behind the one whose turn is next, so that those who have waited for long get theirs in between.
    const place = this.demoted.findIndex((other, index) => index > 0 && this.units.get(other)?.isQuick !== true);
    if (isQuick && place > 0) this.demoted.splice(place, 0, number);
    else this.demoted.push(number);
  }

  /** Each demoted unit may be asked once, as far as the share of all allows it. */
  private forgiveAll(now: number): void {
    if (now < this.allForgivenFrom) return;
    const costMs = this.demoted.reduce((sum, number) => sum + this.costOf(number), 0);
    this.allForgivenFrom = now + costMs / SILENT_SHARE;
    this.demoted.length = 0;
  }

  private promote(number: number): void {
    const place = this.demoted.indexOf(number);
    if (place >= 0) this.demoted.splice(place, 1);
  }

  private forget(now: number): void {
    for (const [number, { seenAt }] of this.units) {
      if (now - seenAt < FORGOTTEN_MS) continue;
      this.units.delete(number);
      this.promote(number);
    }
  }

  private unit(number: number, now: number): LineUnit {
    let unit = this.units.get(number);
    if (unit === undefined) {
      unit = {
        answeredAt: undefined,
        steadySince: now,
        failures: 0,
        costMs: 0,
        forgivenFrom: now,
        isQuick: false,
        seenAt: now,
      };
      this.units.set(number, unit);
    }
    return unit;
  }

  private isGood(number: number): boolean {
    const unit = this.units.get(number);
    return unit?.failures === 0 && unit.answeredAt !== undefined;
  }

  private othersAnswer(number: number, now: number): boolean {
    return [...this.units].some(
      ([other, { answeredAt, failures }]) =>
        other !== number && failures === 0 && answeredAt !== undefined && now - answeredAt < PRESENT_MS,
    );
  }

  private costOf(number: number): number {
    return this.units.get(number)?.costMs ?? 0;
  }

  /** When another request may go unanswered without taking more than the share. */
  private silenceAllowedAt(): number {
    const { endedAt, costMs } = this.lastSilence;
    return endedAt + costMs / SILENT_SHARE - costMs;
  }
}
