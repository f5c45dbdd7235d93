import type { QualityReason } from '../quality/quality';
import type { Value } from '../messages/reading';
import type { Sample } from '../messages/telemetry';
import type { ActiveState, RuleState } from './alarm-state';
import { conditionHolds } from './condition';
import type { AlarmRule } from './rule';

/** A moment on two clocks: what people read, and what delays go by. */
export interface Instant {
  /** Epoch milliseconds UTC; may jump when the host's clock is set. */
  readonly wallMs: number;
  /** Milliseconds that setting the host's clock does not move; only differences within a process mean something. */
  readonly elapsedMs: number;
}

/** How long a value counts whose cycle is not known yet: as known before a step, and with it. Monotonic milliseconds. */
export interface Validity {
  readonly before: number;
  readonly after: number;
}

/** What a step changes in the table. */
export type AlarmTurn = 'raised' | 'cleared' | undefined;

const MS_PER_SECOND = 1000;
/** A value counts until three of its cycles have passed without the next one. */
const CYCLES = 3;
const GRACE_MS = 1000;
/** How fast a long pause is forgotten: it halves with every sample. */
const FORGET = 0.5;

/**
 * One rule over time. A bad or absent value says nothing: neither is it compared nor does time go on for the delays, and
 * what was known last stands. Only `missing` counts that time; it is what that rule is about.
 */
export class RuleWatch {
  active: ActiveState | undefined;
  /** True once a receiver was told that the rule cannot be judged; until it is told otherwise. */
  isToldUnjudged = false;
  private holds = false;
  /** When the condition began to hold, or ended, epoch milliseconds UTC; undefined before the first step. */
  private turnedAt: number | undefined;
  /** For how long it was seen so: what the delays are compared with, ms. */
  private heldMs = 0;
  private previous: Exclude<Value, null> | undefined;
  /** `missing` only: time without a value that can be used, ms, and when there last was one. */
  private unseenMs = 0;
  private seenAt: number | undefined;
  /** Up to where time was counted, and where the last sample came, on the monotonic clock; undefined before the first. */
  private countedTo: number | undefined;
  private cameAt: number | undefined;
  /** When that sample was read, on the axis of the meter; undefined where its place is not known. */
  private readMs: number | undefined;
  /** The time between samples, the longest of late. */
  private gapMs: number | undefined;
  private isUsable = false;
  private reason: QualityReason | undefined;
  private lastQuality: Sample['quality'] = 'bad';
  private isJudged = false;
  private unjudgedAt = 0;

  /** @param saved the state of the same rule, earlier */
  constructor(
    readonly rule: AlarmRule,
    saved?: RuleState,
  ) {
    if (saved === undefined) return;
    this.holds = saved.holds;
    this.turnedAt = saved.turnedMs;
    this.heldMs = saved.heldMs;
    this.seenAt = saved.seenMs;
    this.previous = saved.previous;
    this.active = saved.active === undefined ? undefined : { ...saved.active };
    this.isToldUnjudged = saved.isToldUnjudged;
  }

  /** True when there is a value of now that can be compared; a rule for what is missing can always be judged. */
  get canJudge(): boolean {
    return this.isJudged || this.rule.condition === 'missing';
  }

  /** Why it cannot be judged: the last sample's reason, `stale` when it is long ago, undefined when there never was one. */
  get unjudgedReason(): QualityReason | undefined {
    if (this.cameAt === undefined) return undefined;
    return this.isUsable ? 'stale' : (this.reason ?? 'stale');
  }

  /** Since when it cannot be judged, epoch milliseconds UTC. */
  get unjudgedSince(): number {
    return this.unjudgedAt;
  }

  /** True when a sample of the metric has come since the start. */
  get hasCome(): boolean {
    return this.cameAt !== undefined;
  }

  /** True when the condition holds, as far as was last known. */
  get isHolding(): boolean {
    return this.holds;
  }

  /**
   * Takes a sample in, or undefined to let time pass.
   * @param onlyUntil how long a sample counts that was the only one so far, on the monotonic clock
   * @param readMs when the sample was read, on the axis of the meter: one that was overtaken says nothing of now
   */
  step(sample: Sample | undefined, now: Instant, onlyUntil: Validity, readMs?: number): AlarmTurn {
    if (sample !== undefined && this.isOvertaken(readMs, now, onlyUntil)) return this.step(undefined, now, onlyUntil);
    if (this.countedTo === undefined) this.begin(now.wallMs);
    const passedMs = Math.max(0, now.elapsedMs - (this.countedTo ?? now.elapsedMs));
    if (this.rule.condition === 'missing') return this.stepMissing(sample, now, passedMs);
    if (this.isUsable && this.countedTo !== undefined) {
      const until = Math.min(now.elapsedMs, this.countsUntil(onlyUntil.before));
      this.heldMs += Math.max(0, until - this.countedTo);
    }
    this.countedTo = now.elapsedMs;
    if (sample !== undefined) {
      this.readMs = readMs;
      this.take(sample, now);
    }
    const wasJudged = this.isJudged;
    this.isJudged = this.isUsable && (sample !== undefined || now.elapsedMs <= this.countsUntil(onlyUntil.after));
    if (wasJudged && !this.isJudged) this.unjudgedAt = now.wallMs;
    return this.isJudged ? this.settle(this.rule.onDelaySeconds) : undefined;
  }

  save(): RuleState {
    const { metric, condition, severity, message } = this.rule;
    return {
      metric,
      condition,
      severity,
      message,
      holds: this.holds,
      turnedMs: this.turnedAt ?? 0,
      heldMs: this.heldMs,
      seenMs: this.seenAt ?? 0,
      isToldUnjudged: this.isToldUnjudged,
      ...(this.previous === undefined ? {} : { previous: this.previous }),
      ...(this.active === undefined ? {} : { active: { ...this.active } }),
    };
  }

  private begin(wallMs: number): void {
    // Time without the software is time without a value; a clock that was set back says nothing.
    this.unseenMs = Math.max(0, wallMs - (this.seenAt ?? wallMs));
    this.seenAt ??= wallMs;
    this.turnedAt ??= wallMs;
    this.unjudgedAt = wallMs;
  }

  /** True for what was read before the last sample, for as long as that one counts: a clock may have been set back. */
  private isOvertaken(readMs: number | undefined, { elapsedMs }: Instant, { before }: Validity): boolean {
    if (readMs === undefined || this.readMs === undefined || readMs >= this.readMs) return false;
    return elapsedMs <= this.countsUntil(before);
  }

  private countsUntil(onlyUntil: number): number {
    if (this.gapMs === undefined || this.cameAt === undefined) return onlyUntil;
    return this.cameAt + CYCLES * this.gapMs + GRACE_MS;
  }

  private take(sample: Sample, { wallMs, elapsedMs }: Instant): void {
    if (this.cameAt !== undefined) {
      this.gapMs = Math.max(elapsedMs - this.cameAt, FORGET * (this.gapMs ?? 0));
    }
    this.cameAt = elapsedMs;
    const value = sample.quality === 'bad' ? null : sample.value;
    this.isUsable = value !== null;
    this.reason = sample.reason;
    this.noteInTable(sample);
    if (value === null) return;
    this.turn(conditionHolds(this.rule, value, this.holds, this.previous) ?? this.holds, wallMs);
    this.previous = value;
    this.seenAt = wallMs;
  }

  /** Telemetry without the metric is no proof, because groups are read at different times. Only time is. */
  private stepMissing(sample: Sample | undefined, now: Instant, passedMs: number): AlarmTurn {
    this.countedTo = now.elapsedMs;
    this.heldMs += passedMs;
    this.unseenMs += passedMs;
    const isSeen = sample !== undefined && sample.quality !== 'bad' && sample.value !== null;
    if (sample !== undefined) {
      this.cameAt = now.elapsedMs;
      this.isUsable = isSeen;
      this.noteInTable(sample);
    }
    if (isSeen) {
      this.unseenMs = 0;
      this.seenAt = now.wallMs;
    }
    const isMissing = !isSeen && this.unseenMs >= this.rule.onDelaySeconds * MS_PER_SECOND;
    this.turn(isMissing, isMissing ? (this.seenAt ?? now.wallMs) : now.wallMs);
    return this.settle(0);
  }

  private noteInTable({ value, quality }: Sample): void {
    if (this.active !== undefined) {
      this.active.value = value;
      this.active.quality = quality;
    }
    this.lastQuality = quality;
  }

  private turn(holds: boolean, atMs: number): void {
    if (holds === this.holds) return;
    this.holds = holds;
    this.turnedAt = atMs;
    this.heldMs = 0;
  }

  /** Raises or clears when a delay is over. */
  private settle(onDelaySeconds: number): AlarmTurn {
    const { rule } = this;
    if (this.holds && this.active === undefined && this.heldMs >= onDelaySeconds * MS_PER_SECOND) {
      const isMissing = rule.condition === 'missing';
      this.active = {
        sinceMs: this.turnedAt ?? 0,
        acknowledged: false,
        value: isMissing ? null : (this.previous ?? null),
        quality: isMissing ? 'bad' : this.lastQuality,
      };
      return 'raised';
    }
    const isOver = !this.holds && this.heldMs >= rule.offDelaySeconds * MS_PER_SECOND;
    return isOver && this.active !== undefined && !rule.latching ? 'cleared' : undefined;
  }
}
