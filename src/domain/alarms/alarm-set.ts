import { choice, described, FLAG, NUMBER, object, optional, TEXT, type TypeOf } from '../../support/shape';
import { QUALITY, REASON, VALUE } from '../messages/parts';
import type { Samples } from '../messages/telemetry';
import type { ReadTimes } from '../time/read-times';
import { FORMAT, restoreAlarms, type ActiveState, type AlarmSetState, type RuleState } from './alarm-state';
import { limitOf } from './condition';
import { SEVERITIES, type AlarmRule } from './rule';
import { RuleWatch, type Instant } from './rule-watch';

const ROW = { id: TEXT, metric: TEXT, severity: choice(SEVERITIES), message: TEXT };

export const RULE_ROW = object(ROW);

/** What a row says of its rule. */
export type RuleRow = TypeOf<typeof RULE_ROW>;

export const ACTIVE_ALARM = object({
  ...ROW,
  since: described(NUMBER, 'when the condition began to hold, epoch milliseconds UTC'),
  value: described(VALUE, 'the last value seen, null where there was none'),
  quality: described(QUALITY, 'how far that value can be trusted'),
  limit: VALUE,
  acknowledged: FLAG,
  acknowledgedAt: optional(NUMBER, 'when a person did, epoch milliseconds UTC'),
  acknowledgedBy: optional(TEXT, 'who that was, where it is known'),
  latched: described(FLAG, 'the condition is over and only a reset ends the alarm'),
  judged: described(FLAG, 'false: there is no value to compare, the alarm stands as last known'),
});

/** A row of the table of active alarms. */
export type ActiveAlarm = TypeOf<typeof ACTIVE_ALARM>;

export const UNJUDGED_RULE = object({
  ...ROW,
  since: described(NUMBER, 'since when it cannot be judged, epoch milliseconds UTC'),
  active: described(FLAG, 'its alarm is in the table, as it was last known'),
  reason: optional(REASON, 'of the last value; absent when there was none since the start'),
});

/** A rule that cannot be judged: whether its condition holds is not known. */
export type UnjudgedRule = TypeOf<typeof UNJUDGED_RULE>;

/** What happened to one alarm. */
export interface AlarmChange {
  readonly event: 'raised' | 'cleared' | 'acknowledged';
  /** When it happened, epoch milliseconds UTC. */
  readonly timestamp: number;
  /** The row as it is after `raised` and `acknowledged`, and as it last was before `cleared`. */
  readonly alarm: ActiveAlarm;
}

/** Rules that can no longer be judged, or can be again. */
export interface JudgmentChange {
  readonly event: 'unjudged' | 'judged';
  readonly timestamp: number;
  /** With the time and the reason of now, or of before for `judged`. */
  readonly rules: readonly UnjudgedRule[];
}

export type AlarmEvent = AlarmChange | JudgmentChange;

export type AlarmCommand = 'acknowledge' | 'reset';

const NO_SAMPLES: Samples = {};
/** How long a value counts whose cycle is not known yet. */
const DEFAULT_VALID_MS = 60_000;
/** A KPI of the longest demand window comes for the first time after an hour. */
const FIRST_VALUE_MS = 65 * 60_000;

/** An alarm that is in a saved state and whose rule is gone, or is another by now. */
interface Ended {
  readonly id: string;
  readonly state: RuleState & { readonly active: NonNullable<RuleState['active']> };
}

function isSameRule(rule: AlarmRule, state: RuleState): boolean {
  return rule.metric === state.metric && rule.condition === state.condition;
}

/**
 * The alarms of one meter: rules in, events and two tables out: what is active, and what cannot be judged. Time is an
 * argument. Delays go by the monotonic clock; the wall clock only says when. They are looked at whenever `update` or
 * `tick` is called; call `tick` every second or so, because what is missing does not say so itself.
 *
 * A bad value says nothing: it neither raises nor clears (except `missing`), and delays stand still for as long as it
 * lasts. An uncertain one counts, and the alarm carries that quality. `state()` is plain JSON; a new set made with it and
 * the same rules goes on. An alarm whose rule is gone, or now watches something else, is cleared with the first step.
 */
export class AlarmSet {
  private readonly watches: readonly RuleWatch[];
  private ended: readonly Ended[];
  /** When the meter was last heard of, and first, on the monotonic clock. */
  private heardAt = Number.NEGATIVE_INFINITY;
  private startedAt: number | undefined;
  /** Rules whose metric had come when somebody looked last; none before the first time. */
  private comeCount = -1;

  /** @param validMs how long a value counts whose cycle is not known yet, ms */
  constructor(
    rules: readonly AlarmRule[],
    saved?: unknown,
    private readonly validMs = DEFAULT_VALID_MS,
  ) {
    const states = restoreAlarms(saved);
    const ended = new Map(states);
    this.watches = rules.map((rule) => {
      const state = states.get(rule.id);
      if (state === undefined || !isSameRule(rule, state)) return new RuleWatch(rule);
      if (state.severity === rule.severity) ended.delete(rule.id);
      // Of another severity it is another alarm to whoever receives it: the old one ends and the new one is raised.
      const { active, ...rest } = state;
      const isKept = active !== undefined && state.severity === rule.severity;
      return new RuleWatch(rule, isKept ? state : rest);
    });
    this.ended = [...ended].flatMap(([id, { active, ...rest }]) =>
      active === undefined ? [] : [{ id, state: { ...rest, active } }],
    );
  }

  /**
   * Takes the metrics of a telemetry, those of the catalog and KPIs alike.
   * @param axisOf where a sample of this timestamp lies on the axis of the meter: what comes late is no news
   */
  update(samples: Samples, now: Instant, axisOf: ReadTimes['axisOf'] = () => undefined): AlarmEvent[] {
    const events = this.step(samples, now, axisOf);
    this.heardAt = now.elapsedMs;
    return events;
  }

  /** Lets time pass. */
  tick(now: Instant): AlarmEvent[] {
    return this.step(NO_SAMPLES, now, () => undefined);
  }

  /** The table of active alarms, in the order of the rules. */
  active(): ActiveAlarm[] {
    return this.watches.flatMap((watch) => rowOf(watch) ?? []);
  }

  /** Rules that cannot be judged, in their order. */
  unjudged(): UnjudgedRule[] {
    return this.watches.filter(({ canJudge }) => !canJudge).map(unjudgedRow);
  }

  /** Rules that are judged and have no alarm, in their order. */
  inactive(): RuleRow[] {
    return this.watches
      .filter(({ canJudge, active }) => canJudge && active === undefined)
      .map(({ rule: { id, metric, severity, message } }) => ({ id, metric, severity, message }));
  }

  /** True at the first call, and when the metrics of further rules have come since the last one. */
  hasNewRules(): boolean {
    if (this.comeCount >= this.watches.length) return false;
    let count = 0;
    for (const { hasCome } of this.watches) if (hasCome) count++;
    const isNew = count > this.comeCount;
    this.comeCount = count;
    return isNew;
  }

  /** Both tables, for messages. */
  tables(): { readonly active: ActiveAlarm[]; readonly unjudged: UnjudgedRule[] } {
    return { active: this.active(), unjudged: this.unjudged() };
  }

  /** Of these, those that receivers were told of: not yet what has not come because its cycle is long. */
  get unjudgedCount(): number {
    let count = 0;
    for (const { isToldUnjudged } of this.watches) if (isToldUnjudged) count++;
    return count;
  }

  /**
   * A person's command. `acknowledge` marks alarms as seen; `reset` ends latched ones whose condition is over, as far as
   * was last known, and does nothing to the others.
   * @param id of one alarm; all of them where absent
   * @param by who acknowledges, where it is known
   */
  command(command: AlarmCommand, wallMs: number, id?: string, by?: string): AlarmEvent[] {
    return this.watches
      .filter(({ rule }) => id === undefined || rule.id === id)
      .flatMap((watch) => (command === 'acknowledge' ? acknowledge(watch, wallMs, by) : reset(watch, wallMs)));
  }

  state(): AlarmSetState {
    return { format: FORMAT, rules: Object.fromEntries(this.watches.map((watch) => [watch.rule.id, watch.save()])) };
  }

  private step(samples: Samples, now: Instant, axisOf: ReadTimes['axisOf']): AlarmEvent[] {
    this.startedAt ??= now.elapsedMs;
    const before = this.heardAt + this.validMs;
    const validity = { before, after: samples === NO_SAMPLES ? before : now.elapsedMs + this.validMs };
    const events: AlarmEvent[] = this.ended.map((each) => endedEvent(each, now.wallMs));
    this.ended = [];
    const [lost, regained]: [UnjudgedRule[], UnjudgedRule[]] = [[], []];
    for (const watch of this.watches) {
      const told = watch.isToldUnjudged ? unjudgedRow(watch) : undefined;
      const sample = samples[watch.rule.metric];
      const turn = watch.step(sample, now, validity, sample === undefined ? undefined : axisOf(sample.timestamp));
      if (turn !== undefined) events.push(...turned(watch, turn, now.wallMs));
      if (!watch.canJudge && !watch.isToldUnjudged && this.isWorthTelling(watch, now.elapsedMs)) {
        watch.isToldUnjudged = true;
        lost.push(unjudgedRow(watch));
      } else if (watch.canJudge && told !== undefined) {
        watch.isToldUnjudged = false;
        regained.push(told);
      }
    }
    // What can be judged again comes before what this judgment is, what cannot after what was known last.
    if (regained.length > 0) events.unshift({ event: 'judged', timestamp: now.wallMs, rules: regained });
    if (lost.length > 0) events.push({ event: 'unjudged', timestamp: now.wallMs, rules: lost });
    return events;
  }

  /** A default rule for what nobody reads is no news, and a value that comes once an hour is awaited as long. */
  private isWorthTelling({ hasCome, rule, active }: RuleWatch, elapsedMs: number): boolean {
    if (hasCome) return true;
    const waitedMs = elapsedMs - (this.startedAt ?? elapsedMs);
    return active !== undefined ? waitedMs >= this.validMs : !rule.isDefault && waitedMs >= FIRST_VALUE_MS;
  }
}

function rowOf(watch: RuleWatch): ActiveAlarm | undefined {
  const { active, canJudge, isHolding, rule } = watch;
  if (active === undefined) return undefined;
  const { id, metric, severity, message, latching } = rule;
  const { sinceMs, acknowledged, value, quality } = active;
  return {
    id,
    metric,
    severity,
    message,
    since: sinceMs,
    value,
    quality,
    limit: limitOf(rule, value),
    acknowledged,
    ...acknowledgmentOf(active),
    latched: latching && !isHolding,
    judged: canJudge,
  };
}

function unjudgedRow({ rule, active, unjudgedSince, unjudgedReason }: RuleWatch): UnjudgedRule {
  const { id, metric, severity, message } = rule;
  const row = { id, metric, severity, message, since: unjudgedSince, active: active !== undefined };
  return unjudgedReason === undefined ? row : { ...row, reason: unjudgedReason };
}

function change(event: AlarmChange['event'], watch: RuleWatch, timestamp: number): AlarmChange[] {
  const alarm = rowOf(watch);
  return alarm === undefined ? [] : [{ event, timestamp, alarm }];
}

function turned(watch: RuleWatch, turn: 'raised' | 'cleared', timestamp: number): AlarmChange[] {
  const events = change(turn, watch, timestamp);
  if (turn === 'cleared') watch.active = undefined;
  return events;
}

/** When and by whom, as far as that is known. */
function acknowledgmentOf({
  acknowledgedMs: at,
  acknowledgedBy: by,
}: ActiveState): Pick<ActiveAlarm, 'acknowledgedAt' | 'acknowledgedBy'> {
  return { ...(at === undefined ? {} : { acknowledgedAt: at }), ...(by === undefined ? {} : { acknowledgedBy: by }) };
}

function acknowledge(watch: RuleWatch, timestamp: number, by?: string): AlarmChange[] {
  if (watch.active === undefined || watch.active.acknowledged) return [];
  const who = by === undefined ? {} : { acknowledgedBy: by };
  watch.active = { ...watch.active, acknowledged: true, acknowledgedMs: timestamp, ...who };
  return change('acknowledged', watch, timestamp);
}

function reset(watch: RuleWatch, timestamp: number): AlarmChange[] {
  return watch.rule.latching && !watch.isHolding ? turned(watch, 'cleared', timestamp) : [];
}

function endedEvent({ id, state }: Ended, timestamp: number): AlarmChange {
  const { metric, severity, message, active } = state;
  const { sinceMs, acknowledged, value, quality } = active;
  const row = { id, metric, severity, message, since: sinceMs, value, quality, limit: null, acknowledged };
  return { event: 'cleared', timestamp, alarm: { ...row, ...acknowledgmentOf(active), latched: false, judged: false } };
}
